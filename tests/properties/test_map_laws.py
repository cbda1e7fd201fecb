"""Laws of the repository map: it reads anything, says nothing twice differently, and keeps to its budget."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Iterator

import pytest

from orchestra.workspace.repo_map.choice import choose
from orchestra.workspace.repo_map.drawing import draw_map
from orchestra.workspace.repo_map.file_facts import FileFacts, facts_of
from orchestra.workspace.repo_map.grammar import grammar_of
from orchestra.workspace.repo_map.links import Links
from orchestra.workspace.repo_map.mapping import Mapper, NoCache
from orchestra.workspace.repo_map.places import Places
from orchestra.workspace.repo_map.python_outline import python_outline
from orchestra.workspace.repo_map.relevance import ranked, relevance

SUFFIXES = ("py", "js", "ts", "go", "rs", "java", "c", "cpp", "h", "rb", "php", "sh", "sql", "md")
PIECES = (
    "def f(", "class A", "(", ")", "[", "<", ">", "{", "}", ";", "=", "\"", "'", "`", "```", "#", "# ", "\t", " ",
    "    ", "\n", "\r\n", "\r", "::", "->", "=>", "* ", "& ", "import ", "from . import (", "require('", "#include \"",
    "public static ", "export default async function", "create or replace table ", "\\", "/*", "name", "x = ", "pub(",
    "impl<", "template <", "\u0000", "\ufeff", "\u202e", "\u00e9", "\U0001f600", "\x1b[31m", "../../..", "a.b.c",
    "a/b/c", "type (\n", "\tA struct {\n", "class A {\n", "  run(a,\n", "          \n", "  a\n", "int\nf(a)\n",
    "\na\n===\n", "module.exports = {\n", "---\n", "export default ", "A.prototype.", "  a(b: c): ",
    "| ",
)


def hostile(chance: random.Random) -> str:
    """Mostly one piece over and over, which is what a pattern that tries everything chokes on."""
    piece = chance.choice(PIECES)
    rest = [chance.choice(PIECES) for _ in range(chance.randrange(60))]
    return "".join(rest) + chance.choice(PIECES) + piece * chance.choice((3, 200, 20_000)) + "".join(rest)


def facts(suffix: str, text: str) -> FileFacts:
    grammar = grammar_of("a." + suffix)
    assert grammar is not None
    return facts_of(text.encode("utf-8", "surrogatepass"), grammar)


def rounds() -> Iterator[tuple[str, str]]:
    chance = random.Random(7)
    for number in range(420):
        yield SUFFIXES[number % len(SUFFIXES)], hostile(chance)


def test_any_text_is_read_to_its_end_and_comes_back_from_the_cache() -> None:
    for suffix, text in rounds():
        found = facts(suffix, text)
        assert FileFacts.from_bytes(found.to_bytes()) == found
        lines = text.replace("\r\n", "\n").count("\n") + 1
        assert all(0 < it.line <= lines and "\n" not in it.signature for it in found.declarations())


def test_any_python_is_outlined_or_refused() -> None:
    for text in [*(text for _, text in rounds()), "(" * 90_000, "-" * 90_000 + "1", "x = " + "[" * 50 + "]" * 50]:
        outline = python_outline(text)
        assert outline is None or all("\n" not in it.signature for it in outline)


def test_no_import_leads_outside_or_to_the_file_itself() -> None:
    paths = ["a/b/c.py", "a/b/__init__.py", "a/index.ts", "c.py", "x/c.py", "c/c.py", "b/c.h"]
    links = Links(paths)
    for suffix, text in rounds():
        for number in range(len(paths)):
            targets = links.targets(number, [*facts(suffix, text).imports, text[:300]])
            assert targets <= set(range(len(paths))) - {number}


@pytest.mark.parametrize("seed", range(5))
def test_a_tree_of_anything_is_mapped_within_its_budget_the_same_each_time(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    paths = []
    for number in range(12):
        name = chance.choice(("a", "b", "test_a", "utils"))
        path = f"d{chance.randrange(3)}/{name}{number}.{chance.choice(SUFFIXES)}"
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(hostile(chance), encoding="utf-8")
        paths.append(path)
    task, budget = hostile(chance)[:4000] + " " + chance.choice(paths), chance.randrange(2000)

    def drawn() -> tuple[str, object]:
        mapper = Mapper(tmp_path, NoCache())
        index = mapper.index(chance.sample(paths, len(paths)))
        found = relevance(index, Places(paths), task)
        text = draw_map(
            index, mapper.declarations(index, ranked(index, found)), found.names, max_tokens=budget, count_tokens=len
        )
        return text, choose(index, found, ())

    text, chosen = drawn()
    # One line feed between two blocks is not counted.
    assert len(text) <= budget + len(paths)
    assert drawn() == (text, chosen)
