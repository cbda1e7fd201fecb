"""Remarks that are refused only where lines of the file are missing."""

from __future__ import annotations

import pytest

from orchestra.agents.elision import find_elision

PYTHON = "def big(a):\n" + "".join("    a = step_%d(a)\n" % number for number in range(40)) + "    return a\n"
SCRIPT = "function big(a) {\n" + "".join("  a = step%d(a);\n" % number for number in range(40)) + "  return a;\n}\n"
YAML = "".join("k%d: %d\n" % (number, number) for number in range(40))
JSON = "{\n" + "".join('  "k%d": %d,\n' % (number, number) for number in range(40)) + '  "z": 1\n}\n'
PROSE = "".join("Line %d of the document.\n\n" % number for number in range(40))


def cut(text: str, remark: str) -> str:
    """The text with the remark in place of twenty lines."""
    lines = text.splitlines(True)
    indent = lines[20][:len(lines[20]) - len(lines[20].lstrip())]
    return "".join(lines[:20]) + indent + remark + "\n" + "".join(lines[40:])


@pytest.mark.parametrize("path, text, remark", [
    *[("a.py", PYTHON, remark) for remark in (
        "# Lines 20-28 unchanged", "# (8 lines omitted)", "# (same as the original)", "# The rest is identical",
        "# ... more steps ...", "# ...steps 18 to 25...", "# remains the same", "# keep existing", "# truncated",
        "# etc.", "...", "pass  # existing implementation", "# and so on", "# steps as in original", "# …", "# [...]",
        "# Rest der Datei unverändert", "# der Rest bleibt gleich", "# usw.", "# resto del código sin cambios",
        "# le reste est inchangé", "# остальной код без изменений", "# 其余部分", "# same as above", "# as before",
        "# continue as before", "# <existing code>", "# other steps go here", "# code continues", "# keep everything",
        "# TODO: keep the rest", "# Your code here", "# see original", "# continue with existing steps", "# 原有逻辑",
        "# 与原来一致", "# (前略)", "# 既存のコード", "# 이하 동일", "# il resto rimane invariato", "# reszta bez zmian",
        "# неизменённый код", "'... rest unchanged'",
    )],
    *[("a.js", SCRIPT, remark) for remark in ("// etc", "// ⋮", "/* ... */", "... // rest", "// more steps here")],
    *[("a.yaml", YAML, remark) for remark in ("# ... existing keys ...", "# other keys unchanged", "# etc")],
    *[("a.json", JSON, remark) for remark in (
        '"...": "rest unchanged",', '"_comment": "... other keys unchanged ...",', '"//": "remaining keys as before",',
    )],
    *[("a.md", PROSE, remark) for remark in (
        "...", "(The remaining sections stay as they are.)", "<!-- unchanged -->", "*(unchanged)*",
        "[... rest of section unchanged ...]",
    )],
    ("a.rst", PROSE, ".. other sections as before"),
    ("a.html", PROSE, "{% comment %} ... {% endcomment %}"), ("a.cshtml", PROSE, "@* ... *@"),
    ("a.f", PROSE, "C     ... other lines"), ("a.fs", PROSE, "\\ ... the rest"), ("a.json", JSON, '"...",'),
])
def test_a_weak_remark_in_place_of_lines_is_an_elision(path: str, text: str, remark: str) -> None:
    assert find_elision(cut(text, remark), text, path=path) == (21, remark)


@pytest.mark.parametrize("remark", [
    "# ... more steps ...", "# etc.", "# keep existing", "# truncated", "...", "# everything else", "# 原有逻辑",
    "'...'",
])
def test_a_weak_remark_where_nothing_is_missing_is_kept(remark: str) -> None:
    lines = PYTHON.splitlines(True)
    assert find_elision("".join([*lines[:20], "    %s\n" % remark, *lines[20:]]), PYTHON, path="a.py") is None
    assert find_elision("    %s\n" % remark, None, path="a.py") is None


@pytest.mark.parametrize("remark", [
    "# etc.", "# other steps", "# your code here", "# 8 lines in all", "# same as in b.py",
])
def test_a_remark_above_new_code_is_kept(remark: str) -> None:
    new = cut(PYTHON, remark + "\n    a = all_steps(a)")
    assert find_elision(new, PYTHON, path="a.py") is None


@pytest.mark.parametrize("line", ["# Steps are made by the loop.", "pass", "return a", "# if 1:...else: 2"])
def test_another_line_in_place_of_lines_is_kept(line: str) -> None:
    assert find_elision(cut(PYTHON, line), PYTHON, path="a.py") is None


def test_dots_across_an_edit_are_an_elision_but_not_beside_as_much_new_code() -> None:
    new = cut(PYTHON, "a = other(a)\n    # ... the steps ...")
    assert find_elision(new, PYTHON, path="a.py") == (22, "# ... the steps ...")
    much = "".join("    b = other_%d(a)\n" % number for number in range(9))
    assert find_elision(cut(PYTHON, "# now ...\n" + much), PYTHON, path="a.py") is None


CLASS = "class A%s:\n    %sdef f(self):\n        x = 1\n        return x\n\n    def g(self):\n        return 2\n"
DOTS = CLASS.replace("        x = 1\n        return x\n", "        ...\n")


def test_dots_for_a_body_are_an_elision_unless_it_is_only_declared() -> None:
    before = CLASS % ("", "")
    assert find_elision(DOTS % ("", ""), before, path="a.py") == (3, "...")
    assert find_elision(DOTS % ("(Protocol)", ""), before, path="a.py") is None
    assert find_elision(DOTS % ("", "@abstractmethod\n    "), before, path="a.py") is None
    assert find_elision(DOTS % ("", ""), before, path="a.pyi") is None
    assert find_elision(before.replace("return 2", "..."), DOTS % ("", ""), path="a.py") is None


def test_the_end_of_a_yaml_document_is_none() -> None:
    assert find_elision("a: 1\n...\n", "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n", path="a.yaml") is None


def test_what_is_moved_or_repeated_is_not_missing() -> None:
    block = "".join("    x%d = 1\n" % number for number in range(6))
    old = "def f():\n" + block + "def g():\n    y = 1\n"
    new = "def f():\n" + block + "    # etc.\n" + "def h():\n    z = 2\n" + "def g():\n    y = 1\n"
    assert find_elision(new, old, path="a.py") is None


def test_a_hostile_text_is_read_in_time_that_grows_with_its_length() -> None:
    old = "".join("%d\n" % (number % 300) for number in range(20_000))
    for new in ("# etc.\n" * 20_000, "...\n" * 20_000, "# etc.\n" + "\n".join(reversed(old.split("\n")))):
        find_elision(new, old, path="a.py")
