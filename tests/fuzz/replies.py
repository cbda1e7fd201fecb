"""Answers made of what models write and of noise, read and applied by the hundred thousand.

`python -m tests.fuzz.replies --examples 100000 --seed 1` prints what came of them; it ends at the first that breaks a
law, with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import difflib
import random
import re
import time
from collections import Counter
from typing import Callable, Sequence

from orchestra.agents.draft_reply import read_draft
from orchestra.agents.shrinking import Explanation, find_loss
from orchestra.errors import RefusedDraft, UnfitEdits, UnreadableReply, WorkspaceError
from orchestra.records import MATCHES, Draft
from orchestra.workspace.edits import Edit, apply_edits
from orchestra.workspace.text import decode, encode

PATHS = ("a.py", "src/b.ts", "README.md", "data.json", "Makefile", "x.diff", "说明.md")
LINES = (
    "", " ", "\t", "a = 1", "    a = 1", "b = 2  ", "def f():", "    return 1", "}", "Title", "=======", "-------",
    "<<<<<<< HEAD", ">>>>>>> branch", "<think>", "</think>", "\ufeff", "中文。", "é", "\r", "x\r", "# ... rest unchanged",
    "...", "@@ -1,2 +1,2 @@", "--- a/a.py", "+++ b/a.py", "-a = 1", "+a = 2", " a = 1", "*** End Patch", "```", "~~~",
    "\x0c", "\x85", "\u2028", "\U0001f600", "class A:", "export const x = 1", "func Do() {",
)
MARKS = (
    "```", "```python", "````", "~~~~", "```diff", "```json", "```a.py", "  ```", "      ```py", "<<<<<<< SEARCH",
    "<<<<< SEARCH", "<<<<<<< SEARCH src/b.ts", "=======", "=====", ">>>>>>> REPLACE", ">>>>> REPLACE", "------- SEARCH",
    "+++++++ REPLACE", "**a.py**", "文件：`a.py`", '{"need_files": ["x"]}', "*** Update File: a.py", "*** Begin Patch",
    "<think>", "</think>", "◁/think▷", "Sure!", "--- a/a.py", "+++ b/a.py", "@@", "@@ -1 +1 @@ def f():", "```\r",
)
ENDINGS = ("\n", "\n", "\n", "\r\n", "\r", "\n\n")


def some_lines(chance: random.Random, most: int) -> list[str]:
    return [chance.choice(LINES) for _ in range(chance.randrange(most + 1))]


def some_text(chance: random.Random) -> str:
    return "".join(line + "\n" for line in some_lines(chance, 12))


def some_answer(chance: random.Random, original: str) -> str:
    """Marks, lines of the file and noise, with any line endings; sometimes cut off, sometimes with a character lost."""
    pool = [*MARKS, *original.split("\n")] if original else list(MARKS)
    lines = [chance.choice(pool if chance.random() < 0.8 else LINES) for _ in range(chance.randrange(24))]
    answer = "".join(line + chance.choice(ENDINGS) for line in lines)
    if answer and chance.random() < 0.2:
        at = chance.randrange(len(answer))
        answer = answer[:at] + chr(chance.choice((0, 0x60, 0x3C, 0xD800, 0xFEFF, 0x10FFFF))) + answer[at + 1:]
    return answer


def any_answer_is_read_or_refused(chance: random.Random) -> str:
    original = some_text(chance) if chance.random() < 0.8 else None
    path = chance.choice(PATHS)
    try:
        found = read_draft(some_answer(chance, original or ""), path, original)
    except (UnreadableReply, RefusedDraft) as error:
        return error.code
    if isinstance(found, Draft):
        assert found.path == path and not {match for match in found.matches} - set(MATCHES)
        find_loss(path, original or "", found.text, Explanation("", str))
        return found.form
    return "need files"


def fenced(text: str) -> str:
    """As a careful model gives a file: between fences longer than any run of backticks in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    ending = "" if not text or text.endswith("\n") else "\n"
    return f"{fence}\n{text}{ending}{fence}"


def a_quoted_file_is_read_back(chance: random.Random) -> str:
    text = some_text(chance).replace("\r\n", "\n").lstrip("\ufeff")
    path = chance.choice(PATHS)
    answer = "Here it is.\n\n%s\n" % fenced(text)
    try:
        found = read_draft(answer, path, None)
    except (UnreadableReply, RefusedDraft) as error:
        # A remark for what was left out, or edits where there is nothing to edit.
        assert "stands for text" in error.what or "nothing to edit" in error.what, (answer, error)
        return error.code
    assert found == Draft(path, text), (answer, found)
    return "read back"


def an_edit_changes_its_lines_alone(chance: random.Random) -> str:
    lines = ["%d %s" % (number, line) for number, line in enumerate(some_lines(chance, 12) + ["end"])]
    start = chance.randrange(len(lines))
    end = chance.randrange(start, len(lines)) + 1
    new = ["new " + line for line in some_lines(chance, 4)]
    final = chance.choice(("\n", ""))
    original = "\n".join(lines) + final
    edited = apply_edits(original, (Edit(_joined(lines[start:end]), _joined(new)),))
    ends = [line.endswith("\r") for line in lines[start:end]]
    ending = "\r" if 2 * sum(ends) > len(ends) else ""
    expected = lines[:start] + [line.rstrip("\r") + ending for line in new] + lines[end:]
    assert edited.text == "\n".join(expected) + (final if expected else ""), (original, edited)
    return ", ".join(edited.matches)


def loose_edits_keep_the_rest(chance: random.Random) -> str:
    """An edit in other blanks may fit or not, but what is outside of the place it fits stays byte for byte."""
    original = some_text(chance)
    lines = original.split("\n")[:-1]
    start = chance.randrange(len(lines) + 1)
    blanks = ("", "", "  ", "\t")
    search = [chance.choice(blanks) + line + chance.choice(("", "", " ")) for line in lines[start:start + 3]]
    edits = (Edit(_joined(search), _joined(some_lines(chance, 3))),)
    try:
        edited = apply_edits(original, edits)
    except UnfitEdits:
        return "unfit"
    if edited.text == original:
        return "in place"
    new = edited.text.split("\n")[:-1]
    after = len(lines) - start - len(search)
    for at in range(len(lines) - len(search) + 1):
        rest = len(lines) - at - len(search)
        if new[:at] == lines[:at] and (not rest or new[-rest:] == lines[-rest:]):
            return ", ".join(edited.matches)
    raise AssertionError((original, edits, edited, after))


def a_file_keeps_its_bytes(chance: random.Random) -> str:
    parts = [line.encode("utf-8", "replace") for line in some_lines(chance, 8)]
    content = b"".join(part + chance.choice((b"\n", b"\r\n", b"\r", b"")) for part in parts)
    if chance.random() < 0.3:
        content = bytes(chance.choice((0x0A, 0x0D, 0x41, 0x80, 0x93, 0xE9, 0xFF, 0xFE)) for _ in range(12))
    try:
        file = decode(content)
    except WorkspaceError:
        return "binary"
    assert encode(file) == content, content
    lines = file.text.split("\n")
    at = chance.randrange(len(lines))
    if not lines[at] and at == len(lines) - 1:
        return file.form.encoding
    changed = "\n".join(lines[:at] + ["changed"] + lines[at + 1:])
    before, after = _around(content, file.text, at)
    written = file.with_text(changed)
    assert written.startswith(before) and written.endswith(after), (content, changed, written)
    return file.form.encoding


def a_diff_makes_the_second_of_the_first(chance: random.Random) -> str:
    """Of two texts, with any line numbers; what cannot be placed is refused, not guessed."""
    old = ["%d %s" % (number % 7, line.rstrip("\r")) for number, line in enumerate(some_lines(chance, 20) + ["end"])]
    new = list(old)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(new) + 1)
        new[at:at + chance.randrange(3)] = ["new " + line.rstrip("\r") for line in some_lines(chance, 2)]
    hunks = list(difflib.unified_diff(_with_ends(old), _with_ends(new), "a/a.py", "b/a.py", n=chance.randrange(4)))
    header = chance.choice((None, "@@\n", "@@ -1,2 +1,2 @@\n"))
    diff = "".join(header if header and line.startswith("@@") else line for line in hunks)
    answer = fenced(diff).replace("```", "```diff", 1) if chance.random() < 0.8 else diff
    try:
        found = read_draft(answer, "a.py", _joined(old))
    except (UnreadableReply, RefusedDraft) as error:
        return error.code
    assert isinstance(found, Draft)
    is_sure = header is None or len(set(old)) == len(old)
    assert found.text == _joined(new) or not is_sure, (answer, old, found)
    return found.form


def rendered_edits_are_made(chance: random.Random) -> str:
    lines = ["%d %s" % (number, line.rstrip("\r")) for number, line in enumerate(some_lines(chance, 16) + ["end"])]
    new, blocks = list(lines), []
    for at in sorted(chance.sample(range(len(lines)), min(len(lines), chance.randrange(1, 4))), reverse=True):
        replacement = ["new " + line.rstrip("\r") for line in some_lines(chance, 3)]
        new[at:at + 1] = replacement
        marks = chance.randrange(5, 10)
        blocks.append("%s SEARCH\n%s\n%s\n%s%s REPLACE\n" % (
            "<" * marks, lines[at], "=" * marks, _joined(replacement), ">" * marks))
    answer = chance.choice(("Sure.\n\n%s", "```\n%s```\n", "```python\na.py\n%s```\nDone.", "%s")) % "".join(blocks)
    try:
        found = read_draft(answer.replace("\n", chance.choice(("\n", "\r\n"))), "a.py", _joined(lines))
    except RefusedDraft as error:
        assert "stands for text" in error.what or "is empty" in error.what, (answer, error)
        return error.code
    assert isinstance(found, Draft) and found.text == _joined(new), (answer, found)
    return found.form


LAWS: Sequence[Callable[[random.Random], str]] = (
    any_answer_is_read_or_refused, any_answer_is_read_or_refused, any_answer_is_read_or_refused,
    a_diff_makes_the_second_of_the_first, rendered_edits_are_made, a_quoted_file_is_read_back,
    an_edit_changes_its_lines_alone, loose_edits_keep_the_rest, a_file_keeps_its_bytes,
)


def run(examples: int, seed: int) -> Counter[str]:
    """How the examples ended, by law. Raises AssertionError for one that breaks its law."""
    ended: Counter[str] = Counter()
    for number in range(examples):
        law = LAWS[number % len(LAWS)]
        try:
            ended["%s: %s" % (law.__name__, law(random.Random("%d/%d" % (seed, number))))] += 1
        except Exception as error:
            raise AssertionError("--seed %d, example %d, %s: %r" % (seed, number, law.__name__, error)) from error
    return ended


def _joined(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)


def _with_ends(lines: Sequence[str]) -> list[str]:
    return [line + "\n" for line in lines]


def _around(content: bytes, text: str, at: int) -> tuple[bytes, bytes]:
    """The bytes of the lines before and behind a line, found by taking the line's own out of the file."""
    file = decode(content)
    lines = text.split("\n")
    endings = file.endings or (file.form.newline,) * (len(lines) - 1) + ("",)
    bare = "utf-8" if file.form.encoding == "utf-8-sig" else file.form.encoding
    pieces = [(line + ending).encode(bare) for line, ending in zip(lines, endings)]
    prefix = content[:len(content) - sum(map(len, pieces))]
    return prefix + b"".join(pieces[:at]), b"".join(pieces[at + 1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.perf_counter()
    for name, count in sorted(run(options.examples, options.seed).items()):
        print("%8d  %s" % (count, name))
    print("%d examples in %.0f s, no law broken" % (options.examples, time.perf_counter() - started))


if __name__ == "__main__":
    main()
