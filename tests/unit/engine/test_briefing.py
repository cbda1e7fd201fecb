from __future__ import annotations

import json
from pathlib import Path
from typing import Sequence

import pytest

from orchestra.agents.quoting import ShownFile
from orchestra.engine.briefing import Briefing, Room, Scout, fitting_files
from orchestra.engine.showing import MOST_FILES, Showing
from orchestra.records import Plan, PlannedFile
from orchestra.workspace.repo_map.choice import GIVEN, Chosen
from orchestra.workspace.repo_map.mapping import NoCache
from orchestra.workspace.tree import Tree
from tests.unit.workspace.repo_map.trees import SHOP, write

LISTING = [(path, len(text)) for path, text in SHOP.items()]


@pytest.fixture
def scout(tmp_path: Path) -> Scout:
    write(tmp_path, SHOP)
    return Scout(tmp_path, NoCache())


def test_a_briefing_has_the_map_and_the_choice_and_survives_the_journal(scout: Scout) -> None:
    briefing = scout.brief("Mend shop/stock.py", LISTING, ["README.md"])
    assert briefing.repo_map.startswith("shop/stock.py:\n  class Stock\n")
    assert [file.path for file in briefing.chosen][:2] == ["README.md", "shop/stock.py"]
    assert Briefing.from_json(json.loads(json.dumps(briefing.to_json()))) == briefing


def test_what_is_drawn_holds_no_secret(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "# password: Blue42Horse\n", "b.md": "# B\n"})
    scout = Scout(tmp_path, NoCache(), hide=lambda text: text.replace("Blue42Horse", "it"))
    listing = [("a.md", 24), ("b.md", 4)]
    assert "# password: it" in scout.brief("look at a.md", listing, ()).repo_map
    near = scout.interfaces(Plan("p", (PlannedFile("b.md", "modify", "d"),)), listing)
    assert "# password: it" in near["b.md"]


def test_only_what_is_listed_is_mapped(scout: Scout) -> None:
    briefing = scout.brief("Stock", [row for row in LISTING if not row[0].startswith("shop/")], ())
    assert "shop/" not in briefing.repo_map


@pytest.mark.parametrize("size, shown", [(19_980, ["a.py", "b.py"]), (20_000, [])])
def test_the_code_of_a_small_repository_is_shown_whole(tmp_path: Path, size: int, shown: Sequence[str]) -> None:
    files = {"a.py": "A = 1\n", "b.py": "#" * size, "none.py": "", "README.md": "# About\n"}
    write(tmp_path, files)
    chosen = Scout(tmp_path, NoCache()).brief("Have it go faster", [*zip(files, map(len, files.values()))], ()).chosen
    assert sorted(file.path for file in chosen) == shown


def test_the_code_of_many_files_is_not_shown_whole(tmp_path: Path) -> None:
    files = {f"f{number}.py": f"A{number} = 1\n" for number in range(21)}
    write(tmp_path, files)
    scout = Scout(tmp_path, NoCache())
    listing = [*zip(files, map(len, files.values()))]
    assert scout.brief("Have it go faster", listing, ()).chosen == ()
    assert len(scout.brief("Have it go faster", listing[:20], ()).chosen) == 20


def test_a_small_window_has_little_room() -> None:
    assert Room.in_window(None) == Room.in_window(1_000_000) == Room()
    assert Room.in_window(8192) == Room(256, 1024, 128, 1024)


@pytest.mark.parametrize("tokens", [0, 10, 120, 4000])
def test_the_map_keeps_to_its_room(tmp_path: Path, tokens: int) -> None:
    write(tmp_path, SHOP)
    text = Scout(tmp_path, NoCache(), Room(tokens, 0, 0)).brief("Mend shop/stock.py", LISTING, ()).repo_map
    assert (text == "") is (tokens <= 10)
    assert len(text) <= 6 * tokens


def test_each_planned_file_is_told_what_is_near_it(scout: Scout) -> None:
    plan = Plan("", (
        PlannedFile("shop/invoice.py", "modify", "Use parse_item.", ("shop/stock.py",)),
        PlannedFile("shop/new.py", "create", "New."),
        PlannedFile("web/total.ts", "delete", "Gone."),
    ))
    near = scout.interfaces(plan, LISTING)
    assert list(near) == ["shop/invoice.py", "shop/new.py"]
    assert "shop/items.py:" in near["shop/invoice.py"], "declares what the order names"
    assert "shop/stock.py:" not in near["shop/invoice.py"], "is shown in full"
    assert "shop/invoice.py:" in near["shop/new.py"] and "shop/stock.py:" in near["shop/new.py"]
    assert "web/" not in near["shop/invoice.py"]


def test_who_writes_code_is_not_told_the_headings_of_documents_and_who_writes_documents_is(tmp_path: Path) -> None:
    files = {"a.py": "def f(): pass\n", "b.py": "def g(): pass\n", "CHANGES.md": "# 1.0\n", "NEWS.md": "# 2.0\n"}
    write(tmp_path, files)
    plan = Plan("", tuple(PlannedFile(path, "modify", "Mend it.") for path in ("a.py", "CHANGES.md", "NEWS.md")))
    near = Scout(tmp_path, NoCache()).interfaces(plan, [(path, len(text)) for path, text in files.items()])
    assert "b.py:" in near["a.py"] and ".md" not in near["a.py"]
    assert "NEWS.md:" in near["CHANGES.md"]


def test_every_file_that_is_given_is_shown_however_many(tmp_path: Path) -> None:
    files = {f"f{number}.py": "x = 1\n" for number in range(MOST_FILES + 5)}
    write(tmp_path, files)
    showing = Showing(tmp_path, None, Tree(tmp_path))
    fitting, left_out = fitting_files(showing.show, [Chosen(path, GIVEN) for path in files], 0)
    assert ([file.path for file in fitting], left_out) == (list(files), [])


def shown(paths: Sequence[str]) -> tuple[list[ShownFile], list[tuple[str, str]]]:
    there = [path for path in paths if path != "gone"]
    return [ShownFile(path, "word " * 100) for path in there], [("gone", "there is no such file")] * ("gone" in paths)


def test_files_are_shown_as_far_as_they_fit_and_given_ones_always() -> None:
    chosen = [Chosen("a", "named"), Chosen("gone", "named"), Chosen("b", "next"), Chosen("mine", GIVEN)]
    fitting, left_out = fitting_files(shown, chosen, 150)
    assert [file.path for file in fitting] == ["mine", "a"]
    assert [path for path, _ in left_out] == ["gone", "b"] and "tokens" in left_out[1][1]
    assert fitting_files(shown, [], 150) == ([], [])
