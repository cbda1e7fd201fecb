"""What a parser finds."""

from __future__ import annotations

import sys
import warnings

import pytest

from tests.unit.workspace.defects import defects_in


@pytest.mark.parametrize(
    "path, text, line",
    [
        ("a.py", "x = 1\ndef f(:\n", 2),
        ("a.py", "return 1\n", 1),
        ("a.pyi", "def f( -> int: ...\n", 1),
        ("a.py", "if 1:\n\tx = 1\n        y = 2\n", 3),
        ("a.json", '{"a": 1,\n "b": }\n', 2),
        ("a.json", "", 1),
        ("a.json", '{"a": "NaN",\n "b": [\n  NaN]}', 3),
        ("a.json", '{"a": -Infinity}', 1),
        ("a.geojson", '[1, Infinity]', 1),
        ("package.json", "{} x", 1),
        ("a.jsonl", '{"a": 1}\n\n{"b"\n', 3),
        ("a.yaml", "a: 1\nb: [1,\n", 3),
        ("a.yml", "a: b: c\n", 1),
        (".github/workflows/ci.yml", "a:\n\t- b\n", 2),
        ("a.xml", "<a>\n<b>\n</a>\n", 3),
        ("a.svg", "<svg>\n<g>", 2),
        ("a.csproj", "<A>\n<B c=d/>\n</A>", 2),
        ("a.ini", "[a]\nb = 1\n[c", 3),
        ("setup.cfg", "[a]\nb = 1\n[a]\n", 3),
        ("setup.cfg", "a = 1\n", 1),
        ("tox.ini", "[a]\n = b\n", 2),
        ("a.csv", "a,b\nc,\"d\n\n", 2),
        ("a.jsonc", "{ // why\n \"a\": [\n", 2),
        ("tsconfig.json", "{\n \"a\": { /* b\n}\n", 2),
        ("a.js", "f(\n", 1),
        ("deploy", "#!/usr/bin/env bash\nif x; then\n", 2),
        ("bin/deploy", "#!/usr/bin/env python3\ndef f(:\n", 2),
        ("bin/deploy", "#!/usr/bin/env -S uv run\ndef f(:\n", 2),
        ("bin/deploy", "#!/bin/sh\necho \"x\n", 2),
        ("bin/deploy", "#!/usr/bin/env node\nf(\n", 2),
        ("bin/deploy", "#!/usr/bin/ruby\ndef f\n", 2),
        ("bin/deploy", "#!/usr/bin/php\n<?php\nf(\n", 3),
        ("bin/deploy.sh", "#!/usr/bin/env python3\nx = (\n", 2),
    ],
)
def test_finds_the_line_that_is_broken(path: str, text: str, line: int) -> None:
    defects = defects_in(path, text)
    assert [defect.line for defect in defects] == [line]
    assert defects[0].message and "\n" not in defects[0].message


@pytest.mark.parametrize(
    "path, text",
    [
        ("a.py", "x = '\\d'\nassert (1, 'always')\nx is 1\n"),
        ("a.py", ""),
        ("a.py", "# -*- coding: latin-1 -*-\nx = '\u00e4'\n"),
        ("a.json", '{"a": 1, "a": 2}'),
        ("a.json5", "{a: NaN, b: Infinity}"),
        ("a.ipynb", '{"a": NaN}'),
        ("a.json", "1" * 5000),
        ("tsconfig.json", "{ /* why */ }"),
        ("tsconfig.build.json", "{ // why\n }"),
        (".vscode/settings.json", "{ // why\n }"),
        ("a.jsonc", "// only this"),
        ("a.yaml", "--- !Ref x\n--- !!python/object:os.system {}\n"),
        ("a.yaml", "a: &x 1\nb: *x\n"),
        ("chart/templates/a.yaml", "{{ if x }}\na: [\n{{ end }}\n"),
        ("a.yaml", "a: 1\n{% if x %}\nb: 2\n{% endif %}\n"),
        ("a.xml", "<?xml version='1.0' encoding='latin-1'?><!DOCTYPE a [<!ENTITY b 'c'>]><a d='&b;'>&b;\u00e4</a>\n"),
        ("a.xml", "<a>{% if b %}</c>{% endif %}</a>"),
        ("a.svg", "<!DOCTYPE svg PUBLIC 'x' 'http://127.0.0.1:9/x.dtd'><svg>&nbsp;</svg>"),
        ("pom.xml", ""),
        ("a.plist", "{ old = style; }"),
        ("a.ini", "top = 1\n[a]\nb\nb = [1\n  2\n; [\n"),
        ("setup.cfg", "[a]\nb =\n  c\n"),
        ("a.csv", "a;b\n\"c\";\"d \"\"e\"\" f\"\n"),
        ("a.csv", "a,b\n\"c \\\" d\",e\n"),
        ("a.csv", "it's,5\" wide\n"),
        ("a.jsonc", "{ // why\n 'a': [1,], }"),
        ("Makefile", "((("),
        ("README", ""),
    ],
)
def test_does_not_call_good_text_broken(path: str, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert defects_in(path, text) == ()


def test_characters_that_no_source_may_hold_are_defects() -> None:
    assert defects_in("a.py", "x = 1\0")
    assert defects_in("a.py", "x = '\ud800'")
    assert defects_in("a.yaml", "a: \x01")


def test_checks_toml_where_python_can() -> None:
    broken = defects_in("pyproject.toml", "[a]\nb = 1\nb = = 2\n")
    assert defects_in("pyproject.toml", "[a]\nb = 1\n") == ()
    assert [defect.line for defect in broken] == ([3] if sys.version_info >= (3, 11) else [])
    # Older ones have no parser of it, but the lexer.
    assert defects_in("pyproject.toml", "[a]\nb = [1\n")


@pytest.mark.parametrize("depth", [1000, 50_000])
@pytest.mark.parametrize(
    "path, before, after",
    [
        ("a.py", "(", ")"),
        ("a.py", "-", "1"),
        ("a.py", "a.b+", "1"),
        ("a.py", "lambda:", "1"),
        ("a.json", "[", "]"),
        ("a.json", '{"a":', "}"),
        ("a.yaml", "[", "]"),
        ("a.yaml", "{a: ", "}"),
        ("a.yaml", "- ", "a"),
        ("a.toml", "a = [", "]"),
    ],
)
def test_deep_nesting_ends_with_an_answer(path: str, before: str, after: str, depth: int) -> None:
    assert isinstance(defects_in(path, before * depth + after * depth), tuple)


def test_text_that_would_overflow_the_compiler_is_not_compiled() -> None:
    assert defects_in("a.py", "a" + ".b" * 1_500_000) == ()


def test_an_entity_that_grows_is_not_expanded() -> None:
    levels = "".join("<!ENTITY e%d '%s'>" % (level, ("&e%d;" % (level - 1)) * 10) for level in range(1, 12))
    bomb = "<!DOCTYPE a [<!ENTITY e0 'x'>%s]><a b='&e11;'>&e11;</a>" % levels
    assert defects_in("a.xml", bomb) == ()
