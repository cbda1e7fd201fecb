from __future__ import annotations

import pytest

from orchestra.adapters.tokens import estimate_tokens
from orchestra.agents.file_list import MOST_TOKENS, list_files
from orchestra.agents.quoting import FENCE_TOKENS, fenced


def listing(*paths: str) -> list[tuple[str, int]]:
    return [(path, 7) for path in sorted(paths)]


def test_few_files_are_listed_each_with_its_size() -> None:
    assert list_files([("a.py", 1), ("b/c d.py", 20), ("e\n.py", 0)]) == (
        'a.py (1 bytes)\nb/c d.py (20 bytes)\n"e\\n.py" (0 bytes)'
    )


def test_many_files_are_listed_by_folder_and_no_folder_is_left_out() -> None:
    paths = (f"src/part{part:03}/module{number:03}.py" for part in range(60) for number in range(90))
    files = listing("setup.py", *paths)
    lines = list_files(files).split("\n")
    assert estimate_tokens(fenced("\n".join(lines))) <= MOST_TOKENS
    assert [line.partition(": ")[0] for line in lines] == ["./", *(f"src/part{part:03}/" for part in range(60))]
    assert lines[0] == "./: setup.py"
    shown = lines[1].count("module")
    assert shown > 10
    assert all(line.endswith(f" and {90 - shown} more") and line.count("module") == shown for line in lines[1:])


def test_the_roots_own_files_are_all_named() -> None:
    own = [f"file{number:02}.cfg" for number in range(20)]
    below = (f"top{top:03}/part{part}/{'n' * 30}{n}" for top in range(90) for part in range(4) for n in range(30))
    files = listing(*own, *below)
    lines = list_files(files).split("\n")
    assert "./: " + ", ".join(own) in lines
    assert sum(" more" in line for line in lines) == 90


def test_folders_too_many_to_be_named_are_counted_in_those_above_them() -> None:
    files = listing(*(f"src/top{top}/part{part:04}/x.py" for top in range(3) for part in range(2000)))
    lines = list_files(files).split("\n")
    assert estimate_tokens(fenced("\n".join(lines))) <= MOST_TOKENS
    assert [line.partition(": ")[0] for line in lines] == ["src/top0/", "src/top1/", "src/top2/"]
    assert lines[0].startswith("src/top0/: part0000/x.py, part0001/x.py, ")


@pytest.mark.parametrize("paths", [
    [f"{number:05}/x" for number in range(6000)],
    [f"a{number % 9}_{number % 7}/{number}-b{number}.{number % 5}x" for number in range(6000)],
    [f"文件夹{number % 50}/数据{number}.py" for number in range(6000)],
    ["a" * 200 + f"/{number}" for number in range(2000)],
    [f"{number}" * 50 for number in range(3000)],
    ["x" * 70_000],
    ["/".join("abcdefghij") + f"/{number}" for number in range(5000)],
])
@pytest.mark.parametrize("tokens", [1024, MOST_TOKENS])
def test_no_repository_is_too_large(paths: list[str], tokens: int) -> None:
    text = list_files(listing(*paths), tokens)
    assert text and estimate_tokens(fenced(text)) <= tokens


def test_in_little_room_every_folder_is_named_all_the_same() -> None:
    files = listing("src/a.rs", "src/b.rs", *(f"tests/fixtures/invalid-{number:03}.toml" for number in range(240)))
    assert list_files(files, 300).startswith("src/: a.rs, b.rs\ntests/fixtures/: invalid-000.toml, ")


@pytest.mark.parametrize("mark", ["a0" * 8, "0" * 16, "a" * 16, "0a" * 8])
def test_a_fence_takes_no_more_than_is_left_for_it(mark: str) -> None:
    assert estimate_tokens(f"<data-{mark}>\n</data-{mark}>\n\n") <= FENCE_TOKENS


def test_a_folder_without_room_for_a_name_says_how_many_it_has() -> None:
    files = listing(*(f"{part:03}/{'nA_' * 80}{number}" for part in range(100) for number in range(1 + part % 2)))
    assert list_files(files).split("\n")[:2] == ["000/: 1 file", "001/: 2 files"]
