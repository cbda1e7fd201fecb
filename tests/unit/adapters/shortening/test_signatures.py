from __future__ import annotations

import pytest

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.adapters.shortening.signatures import LONGEST_WHOLE_BLOCK, is_summary, summarise_code, summary

ALL = 10 ** 6

PYTHON = '''\
"""Keeps rows."""
import os
from typing import (
    Any,
    Mapping,
)

LIMIT = 10


class Store:
    """Rows by their paths."""

    def load(
        self, path: str,
    ) -> bytes:
        """The bytes of one row."""
        with open(path, "rb") as stream:
            return stream.read()

    def save(self, path: str, rows: Mapping[str, Any]) -> None:
        for name, row in rows.items():
            os.write(path, row)
'''


def _body(line: str) -> str:
    return (line + "\n") * 40


BODIES = {
    "JavaScript": ("export function load(path) {\n", "  total += rows[index].length;", "}\n"),
    "TypeScript": ("export async function load(path: string): Promise<Row[]> {\n", "  total += rows[index];", "}\n"),
    "Go": ("func Load(path string) ([]byte, error) {\n", "\ttotal += len(rows[index])", "}\n"),
    "Rust": ("pub fn load(path: &Path) -> Result<Vec<u8>> {\n", "    total += rows[index].len();", "}\n"),
    "Java": ("public List<Row> load(String path) throws IOException {\n", "    total += rows.get(index);", "}\n"),
    "C": ("static int load(struct store *store, const char *path)\n{\n", "    total += store->rows[index];", "}\n"),
    "C++": ("std::vector<Row> Store::load(const std::string& path) const {\n", "    total += rows_[index];", "}\n"),
    "Ruby": ("def load(path)\n", "  total += rows[index].size", "end\n"),
    "PHP": ("public function load(string $path): array {\n", "    $total += $rows[$index];", "}\n"),
    "shell": ("load() {\n", "  total=$((total + count))", "}\n"),
    "SQL": ("CREATE TABLE rows (\n", "  -- a remark on the column", "  path text);\n"),
}


@pytest.mark.parametrize("language", BODIES)
def test_code_is_reduced_to_its_signatures(language: str) -> None:
    before, line, end = BODIES[language]
    code = before + _body(line) + end
    short = summary(code)
    assert short.startswith("[signatures of %d lines]\n" % code.count("\n"))
    assert before.split("\n")[0] in short.split("\n")
    assert short.count(line) < 12


def test_a_signature_comes_with_all_its_lines_and_the_first_of_its_docstring() -> None:
    assert summary(PYTHON) == '''\
[signatures of 23 lines]
import os
from typing import (
    Any,
    Mapping,
)
LIMIT = 10
class Store:
    """Rows by their paths."""
    def load(
        self, path: str,
    ) -> bytes:
        """The bytes of one row."""
    def save(self, path: str, rows: Mapping[str, Any]) -> None:
'''


def test_carriage_returns_hide_no_signature() -> None:
    code = "load() {\r\n" + "  total=$((total + count))\r\n" * 9 + "}\r\n"
    assert summary(code) == "[signatures of 11 lines]\nload() {\r\n"


def test_code_without_signatures_is_reduced_to_an_outline() -> None:
    short = summary("a: 1\nb:\n  c: 2\n    d: 3\n" * 20)
    assert short.startswith("[signatures of 80 lines]\na: 1\nb:\n  c: 2\na: 1\n")
    assert short.count("\n") == 21 and "d: 3" not in short


def test_a_line_of_endless_length_is_cut() -> None:
    short = summary("x=" + "y" * 10_000)
    assert short == "[signatures of 1 lines]\nx=" + "y" * 152 + " [...]"


def test_a_signature_whose_bracket_is_never_closed_is_one_line() -> None:
    assert summary("def f(\n" + "    a,\n" * 100) == "[signatures of 101 lines]\ndef f(\n"


def test_what_is_reduced_already_stays() -> None:
    assert is_summary(summary(PYTHON)) and not is_summary(PYTHON)
    assert summary(summary(PYTHON)) == summary(PYTHON)


def _code(length: int, path: str = "") -> Passage:
    text = "def f():\n" + "    x += 1\n" * length
    return Passage(Kind.CODE, text[:length], path)


def test_a_block_of_up_to_500_characters_stays_whole() -> None:
    whole, long = _code(LONGEST_WHOLE_BLOCK), _code(LONGEST_WHOLE_BLOCK + 1)
    assert summarise_code([whole, long], ALL)[0] is whole
    assert is_summary(summarise_code([whole, long], ALL)[1].text)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.CODE])
def test_only_code_is_reduced(kind: Kind) -> None:
    passage = Passage(kind, PYTHON)
    assert summarise_code([passage], ALL) == [passage]


def test_no_more_blocks_are_reduced_than_needed_and_those_that_concern_the_task_last() -> None:
    task = Passage(Kind.PROTECTED, "Mend the cooldown of the provider.")
    near = Passage(Kind.CODE, "def cooldown(provider):\n" + "    cooldown += provider\n" * 40)
    far = Passage(Kind.CODE, "def weather(cloud):\n" + "    weather += cloud\n" * 40)
    assert [is_summary(passage.text) for passage in summarise_code([task, near, far], 1)] == [False, False, True]
    assert [is_summary(passage.text) for passage in summarise_code([task, near, far], ALL)] == [False, True, True]
