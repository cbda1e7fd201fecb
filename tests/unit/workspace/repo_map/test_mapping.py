"""An index from files, from a cache, and from a cache that lags behind."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from orchestra.workspace.repo_map.file_facts import MAX_FILE_BYTES, key_of, words_of
from orchestra.workspace.repo_map.index import RepoIndex
from orchestra.workspace.repo_map.mapping import MOST_OUTLINED, Mapper, NoCache
from tests.unit.workspace.repo_map.trees import SHOP, Memory, write

LATER_NS = 4_000_000_000_000_000_000


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    return write(tmp_path, SHOP)


@pytest.fixture
def index(tmp_path: Path, paths: list[str]) -> RepoIndex:
    return Mapper(tmp_path, NoCache()).index(paths)


def names(index: RepoIndex, numbers: object) -> list[str]:
    return [index.paths[number] for number in numbers]  # type: ignore[attr-defined]


def test_only_files_of_known_languages_are_mapped_sorted(index: RepoIndex) -> None:
    assert index.paths == tuple(sorted(path for path in SHOP if path != "pyproject.toml"))


def test_hashes_are_those_that_git_gives_blobs(index: RepoIndex) -> None:
    content = SHOP["README.md"].encode()
    assert index.hashes[0] == hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def test_who_declares_and_who_uses_a_name(index: RepoIndex) -> None:
    assert names(index, index.declarers.get(key_of("Stock"))) == ["shop/stock.py"]
    assert names(index, index.users.get(key_of("Stock"))) == ["shop/invoice.py", "tests/test_stock.py"]
    assert names(index, index.users.get(key_of("parse_item"))) == ["shop/invoice.py"]
    assert not index.declarers.get(key_of("nowhere"))
    assert not index.users.get(key_of("is_there")), "not declared by the line scanner"


def test_imports_lead_to_files_of_the_repository(index: RepoIndex) -> None:
    imports = {path: names(index, index.imports.get(number)) for number, path in enumerate(index.paths)}
    assert imports["shop/invoice.py"] == ["shop/stock.py"]
    assert imports["shop/stock.py"] == ["shop/items.py"]
    assert imports["tests/test_stock.py"] == ["shop/stock.py"]
    assert imports["web/cart.ts"] == ["web/total.ts"]
    assert imports["web/cart.spec.ts"] == ["web/cart.ts"]
    stock = index.paths.index("shop/stock.py")
    assert names(index, index.importers.get(stock)) == ["shop/invoice.py", "tests/test_stock.py"]


def test_what_others_refer_to_counts_and_rare_names_count_more(tmp_path: Path) -> None:
    files = {
        "used.py": "def special_thing(): pass\n", "unused.py": "def lonely_thing(): pass\n",
        "a.py": "def common_thing(): special_thing()\n", "b.py": "def common_thing(): special_thing()\n",
        "c.py": "common_thing()\n",
    }
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    scores = dict(zip(index.paths, index.scores))
    assert scores["used.py"] > scores["a.py"] == scores["b.py"] > scores["unused.py"] == 0
    special, common, lonely = index.weights_of(["special_thing", "common_thing", "lonely_thing"])
    assert special > common > lonely == 0


def test_words_of_names_and_paths_lead_to_files(index: RepoIndex) -> None:
    assert "shop/invoice.py" in names(index, index.words.get(key_of("round")))
    assert names(index, index.words.get(key_of("sells"))) == []
    assert words_of("HTTPServer_v2/parseXMLFile") == ["http", "server", "parse", "xml", "file"]
    assert words_of("Заказ_товара") == ["заказ", "товара"]


def test_an_index_comes_back_from_a_cache_as_it_was(index: RepoIndex) -> None:
    assert RepoIndex.from_bytes(index.to_bytes()) == index


@pytest.mark.parametrize("kept", [b"", b"7\n{}", b"x", b"12\n{\"paths\": []"])
def test_what_is_no_index_is_an_error(kept: bytes) -> None:
    with pytest.raises(ValueError):
        RepoIndex.from_bytes(kept)


def mapper(root: Path, cache: Memory) -> Mapper:
    return Mapper(root, cache, now_ns=lambda: LATER_NS)


def test_an_unchanged_tree_is_mapped_from_the_cache_alone(tmp_path: Path, paths: list[str]) -> None:
    cache = Memory()
    first = mapper(tmp_path, cache).index(paths)
    cache.put.clear()
    assert mapper(tmp_path, cache).index(paths) == first
    assert cache.put == []


def test_only_what_changed_is_read_again_and_the_index_is_as_if_all_were(tmp_path: Path, paths: list[str]) -> None:
    cache = Memory()
    mapper(tmp_path, cache).index(paths)
    (tmp_path / "shop/items.py").write_text("class Thing:\n    pass\n")
    (tmp_path / "shop/new.py").write_text("def fresh(): pass\n")
    (tmp_path / "README.md").unlink()
    paths = [*paths, "shop/new.py"]
    cache.put.clear()
    changed = mapper(tmp_path, cache).index(paths)
    assert sorted(cache.put) == ["facts", "facts", "index", "stamps"]
    assert changed == Mapper(tmp_path, NoCache()).index(paths)
    assert "README.md" not in changed.paths


def test_a_file_that_changed_right_before_is_not_trusted_to_its_stamp(tmp_path: Path, paths: list[str]) -> None:
    cache, place = Memory(), tmp_path / "shop/items.py"
    soon = place.stat().st_mtime_ns
    Mapper(tmp_path, cache, now_ns=lambda: soon).index(paths)
    before = place.stat()
    place.write_bytes(place.read_bytes().replace(b"Item", b"Idea"))
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh = mapper(tmp_path, cache).index(paths)
    assert names(fresh, fresh.declarers.get(key_of("Idea"))) == ["shop/items.py"]


def test_a_touched_file_is_the_same_file(tmp_path: Path, paths: list[str]) -> None:
    cache = Memory()
    mapper(tmp_path, cache).index(paths)
    os.utime(tmp_path / "shop/items.py", ns=(1, 1))
    cache.put.clear()
    mapper(tmp_path, cache).index(paths)
    assert cache.put == ["stamps"]


@pytest.mark.parametrize("kind", ["index", "stamps", "facts", "outline"])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, paths: list[str], kind: str) -> None:
    cache = Memory()
    first = mapper(tmp_path, cache).index(paths)
    drawn = dict(mapper(tmp_path, cache).declarations(first, range(len(first.paths))))
    cache.kept[kind] = {key: b"\xff\x00damaged" for key in cache.kept[kind]}
    again = mapper(tmp_path, cache)
    assert again.index(paths) == first
    assert dict(again.declarations(first, range(len(first.paths)))) == drawn


def test_python_is_outlined_by_its_syntax_tree_where_it_can_be_read(tmp_path: Path) -> None:
    paths = write(tmp_path, {
        "a.py": "class A(B, metaclass=C):\n    x: int\n    @p\n    def f(self,\n        y=1, *, z: str) -> 'A': ...\n",
        "b.py": "def f(:\n", "c.ts": "class A {\n",
    })
    cache = Memory()
    index = mapper(tmp_path, cache).index(paths)
    said = {
        index.paths[number]: [it.signature for it in found]
        for number, found in mapper(tmp_path, cache).declarations(index, range(3))
    }
    assert said == {
        "a.py": ["class A(B, metaclass=C)", "    x: int", "    def f(self, y=1, *, z: str) -> 'A'"],
        "b.py": ["def f("], "c.ts": ["class A"],
    }
    assert cache.put.count("outline") == 2
    assert dict(mapper(tmp_path, cache).declarations(index, range(3))).keys() == {0, 1, 2}
    assert cache.put.count("outline") == 2


def test_only_the_first_python_files_are_outlined(tmp_path: Path) -> None:
    paths = write(tmp_path, {f"m{number:02}.py": "class A:\n    x: int\n" for number in range(MOST_OUTLINED + 3)})
    index = Mapper(tmp_path, NoCache()).index(paths)
    backwards = list(reversed(range(len(paths))))
    found = [len(declared) for _, declared in Mapper(tmp_path, NoCache()).declarations(index, backwards)]
    assert found == [2] * MOST_OUTLINED + [1] * 3


def test_what_was_outlined_is_kept_though_nobody_reads_on(tmp_path: Path) -> None:
    cache = Memory()
    index = mapper(tmp_path, cache).index(write(tmp_path, {"a.py": "x = 1\n", "b.py": "x = 1\n"}))
    next(iter(mapper(tmp_path, cache).declarations(index, [0, 1])))
    assert cache.put.count("outline") == 1


def test_links_hard_links_and_long_files_are_left_out(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    write(outside, {"secret.py": "def hidden(): pass\n", "twin.py": "def twin(): pass\n"})
    paths = write(root, {"a.py": "def a(): pass\n", "long.py": "#" * (MAX_FILE_BYTES + 1)})
    (root / "link.py").symlink_to(outside / "secret.py")
    (root / "folder").symlink_to(outside, target_is_directory=True)
    os.link(outside / "twin.py", root / "twin.py")
    os.mkfifo(root / "pipe.py")
    listed = [*paths, "link.py", "folder/secret.py", "twin.py", "pipe.py", "gone.py"]
    assert Mapper(root, NoCache()).index(listed).paths == ("a.py",)


SCRIPTS = {
    "bin/deploy": "#!/usr/bin/env python3\nimport release\n\n\ndef roll_out():\n    pass\n",
    "bin/build": "#!/bin/sh\nbuild_all() {\n  :\n}\n", "release.py": "def make_release(): roll_out()\n",
    "LICENSE": "Do what you want.\n", "Makefile": "all:\n\tbin/build\n", "bin/run.d": "#!/bin/sh\nrun_it() {\n}\n",
}


def test_scripts_without_a_suffix_are_mapped_by_their_first_line(tmp_path: Path) -> None:
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, SCRIPTS))
    assert index.paths == ("bin/build", "bin/deploy", "release.py")
    said = dict(Mapper(tmp_path, NoCache()).declarations(index, range(3)))
    assert [[it.name for it in said[number]] for number in range(3)] == [["build_all"], ["roll_out"], ["make_release"]]
    assert names(index, index.users.get(key_of("roll_out"))) == ["release.py"]
    assert names(index, index.imports.get(1)) == ["release.py"]


def test_python_without_a_suffix_is_outlined_by_its_syntax_tree(tmp_path: Path) -> None:
    scripts = {
        "a": "#!/usr/bin/env python3\nclass A:\n    x: int\n", "b": "#!/bin/sh\nrun_it() {\n:\n}\n",
        "c": "#!/usr/bin/ruby\nclass C(B)\n",
    }
    cache = Memory()
    index = mapper(tmp_path, cache).index(write(tmp_path, scripts))
    for _ in range(2):
        said = [found for _, found in mapper(tmp_path, cache).declarations(index, range(3))]
        assert [[it.signature for it in found] for found in said] == [
            ["class A", "    x: int"], ["run_it()"], ["class C(B)"],
        ]


def test_what_has_no_suffix_and_is_no_script_is_not_read_again(tmp_path: Path) -> None:
    paths, cache = write(tmp_path, SCRIPTS), Memory()
    first = mapper(tmp_path, cache).index(paths)
    for path in ("LICENSE", "Makefile"):
        stamp = (tmp_path / path).stat()
        (tmp_path / path).write_bytes(b"#!/bin/sh\n".ljust(stamp.st_size, b"#"))
    cache.kept["stamps"]["plain"] = "\n".join(
        f"{path}\t{it.st_mtime_ns}:{it.st_ctime_ns}:{it.st_size}:{it.st_ino}"
        for path in ("LICENSE", "Makefile") for it in [(tmp_path / path).stat()]
    ).encode()
    cache.put.clear()
    assert mapper(tmp_path, cache).index(paths) == first
    assert cache.put == []


def test_a_file_that_becomes_a_script_or_ceases_to_be_one_is_seen(tmp_path: Path) -> None:
    paths, cache = write(tmp_path, SCRIPTS), Memory()
    mapper(tmp_path, cache).index(paths)
    (tmp_path / "LICENSE").write_text("#!/bin/sh\nshow_license() {\n}\n")
    (tmp_path / "bin/build").write_text("moved\n")
    changed = mapper(tmp_path, cache).index(paths)
    assert changed == Mapper(tmp_path, NoCache()).index(paths)
    assert changed.paths == ("LICENSE", "bin/deploy", "release.py")


def test_a_damaged_memory_of_plain_files_is_made_anew(tmp_path: Path) -> None:
    paths, cache = write(tmp_path, SCRIPTS), Memory()
    first = mapper(tmp_path, cache).index(paths)
    cache.kept["stamps"]["plain"] = b"\xff\x00damaged"
    assert mapper(tmp_path, cache).index(paths) == first
