"""What would be sent for a task, told without a model."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestra.adapters.tokens import estimate_tokens
from orchestra.state.lock import RepositoryLock
from tests.flows.project import Project
from tests.flows.team import block, plan_of, team

STOCK = "from shop.items import Item\n\n\nclass Stock:\n    def take(self, item: Item) -> bool:\n        return True\n"


@pytest.fixture
def shop(project: Project) -> Project:
    project.commit("shop/stock.py", STOCK)
    project.commit("shop/items.py", "class Item:\n    pass\n")
    project.commit("tests/test_stock.py", "from shop.stock import Stock\n")
    return project


def reasons(project: Project, *argv: str, cwd: Path | None = None) -> dict[str, str]:
    ran = project.run("context", *argv, "--json", cwd=cwd)
    assert ran.status == 0, ran.err
    return {part["path"]: part["why"] for part in ran.json["parts"] if part["path"]}


def test_every_part_is_told_with_its_tokens_and_its_reason(shop: Project) -> None:
    ran = shop.run("context", "Let", "stock.py", "count", "--json")

    document = ran.json
    assert (ran.status, document["schema"], document["exit_status"], document["error"]) == (0, 1, 0, None)
    assert document["task"] == "Let stock.py count"
    assert document["total_tokens"] == sum(part["tokens"] for part in document["parts"])
    assert {part["part"] for part in document["parts"]} == {"rules", "listing", "map", "file", "task", "text"}
    assert all(part["tokens"] > 0 and part["why"] for part in document["parts"])
    assert document["left_out"] == []
    assert ran.err == ""


def test_files_have_the_reason_why_they_are_shown(shop: Project) -> None:
    assert reasons(shop, "Let stock.py count", "--file", "README.md") == {
        "README.md": "given with --file",
        "shop/stock.py": "the task names it",
        "shop/items.py": "is imported by shop/stock.py",
        "tests/test_stock.py": "tests shop/stock.py",
    }


def test_of_several_architects_the_first_prompt_is_told(shop: Project) -> None:
    settings = {"planning": {"swarm": 3}}
    told = shop.run("context", "Let stock.py count", "--json", settings=settings).json
    ran = shop.run("run", "Let stock.py count", "--yes", "--json", script=team(plan_of()), settings=settings)

    rules = next(part["tokens"] for part in told["parts"] if part["part"] == "rules")
    assert rules == estimate_tokens(ran.calls[0].system)


def test_it_is_what_a_run_sends(shop: Project) -> None:
    told = shop.run("context", "Let stock.py count", "--json").json
    ran = shop.run("run", "Let stock.py count", "--yes", "--json", script=team(plan_of()))

    sent = ran.calls[0].system + ran.calls[0].text
    # The parts are counted one by one.
    assert abs(told["total_tokens"] - estimate_tokens(sent)) < 0.03 * estimate_tokens(sent)
    for part in told["parts"]:
        if part["path"]:
            assert f"=== {part['path']}\n" in sent


def test_the_table_is_for_people(shop: Project) -> None:
    ran = shop.run("context", "Let stock.py count")

    lines = ran.out.splitlines()
    assert lines[0].split() == ["part", "tokens", "path", "why"]
    assert any(line.startswith("file ") and line.endswith("shop/stock.py        the task names it") for line in lines)
    assert lines[-1].startswith("total")
    assert shop.run("-q", "context", "Let stock.py count").out == ran.out


def test_paths_and_folders_are_taken_as_in_other_commands(shop: Project) -> None:
    here = reasons(shop, "count", "--file", "items.py", cwd=shop.root / "shop")
    small = "the repository is small enough to be shown whole"
    assert here == {
        "shop/items.py": "given with --file", "shop/stock.py": "imports shop/items.py", "tests/test_stock.py": small,
    }
    assert list(reasons(shop, "-C", str(shop.root), "count", "--file", "README.md", cwd=shop.folder))[0] == "README.md"


def test_secrets_and_ignored_files_are_not_even_counted(shop: Project) -> None:
    shop.commit(".gitignore", "private.py\n")
    shop.write("private.py", "def hidden_things(): pass\n")
    shop.write(".env", "KEY=hunter2-hunter2\n")
    ran = shop.run("context", "show private.py, hidden_things and .env", "--file", ".env", "--json")

    assert ran.status == 0
    shown = sorted(part["path"] for part in ran.json["parts"] if part["path"])
    assert shown == ["shop/items.py", "shop/stock.py", "tests/test_stock.py"]
    assert [row["path"] for row in ran.json["left_out"]] == [".env"]
    assert "hunter2" not in ran.out
    assert not any(b"hidden_things" in file.read_bytes() for file in shop.state.rglob("*") if file.is_file())


def test_what_has_no_room_is_said(shop: Project) -> None:
    shop.commit("shop/long.py", "import shop.stock\n" + "value = [1, 2, 3]\n" * 9000)
    left_out = shop.run("context", "mend long.py", "--json").json["left_out"]
    assert [row["path"] for row in left_out] == ["shop/long.py"] and "tokens" in left_out[0]["why"]
    given = shop.run("context", "mend long.py", "--file", "shop/long.py", "--json").json
    assert given["left_out"] == []


def test_of_many_files_that_the_task_names_every_one_is_shown_or_said_to_have_no_room(shop: Project) -> None:
    small = [f"shop/small{number:02}.py" for number in range(30)]
    large = [f"shop/large{number}.txt" for number in range(6)]
    for path in small:
        shop.write(path, f"value = {len(path)}\n")
    for path in large:
        shop.write(path, "word " * 5000 + "\n")
    shop.git("add", ".")
    told = shop.run("context", "mend " + ", ".join([*small, *large]), "--json").json

    shown = [part["path"] for part in told["parts"] if part["part"] == "file"]
    left_out = {row["path"]: row["why"] for row in told["left_out"]}
    assert shown[:30] == small and left_out
    assert sorted([*shown[30:], *left_out]) == large
    assert all("there is room for" in why for why in left_out.values())


def test_parts_are_told_of_a_file_that_has_no_room_and_are_what_a_run_sends(shop: Project) -> None:
    functions = "".join(f"def step_{number}():\n    return [{number}, 2, 3]\n\n\n" for number in range(3000))
    shop.commit("shop/long.py", "import shop.stock\n\n\n" + functions)
    told = shop.run("context", "step_1234() is wrong", "--json").json
    part = next(part for part in told["parts"] if part["path"] == "shop/long.py")
    assert part["why"].endswith("; of its lines 1-1, 4940-4941") and part["tokens"] < 1000
    script = team([block({"need_files": ["shop/long.py:10000-10003"]}), plan_of()])
    ran = shop.run("run", "step_1234() is wrong", "--yes", "--json", script=script)
    first, second = ran.calls[0].text, ran.calls[1].text
    assert "=== shop/long.py (lines 4940-4941 of 12003)\n" in first and "return [1233, 2, 3]" not in first
    assert "=== shop/long.py (lines 9995-10008 of 12003)\n" in second and "return [2499, 2, 3]" in second


def test_the_map_is_kept_for_the_next_time(shop: Project) -> None:
    shop.run("context", "count", "--json")
    kept = shop.rows("SELECT kind, count(*) AS number FROM repo_map GROUP BY kind")
    assert {row["kind"]: row["number"] for row in kept} == {"facts": 4, "index": 1, "outline": 3, "stamps": 1}
    assert shop.rows("SELECT * FROM sessions") == []
    assert shop.git("status", "--porcelain") == ""


def test_it_tells_the_same_where_another_run_holds_the_journal(shop: Project) -> None:
    told = shop.run("context", "Let stock.py count", "--json").out
    lock = RepositoryLock(shop.state, now=shop.clock().now())
    shop.commit("shop/late.py", "def late(): pass\n")
    held = shop.run("context", "Let stock.py count", "--json")
    lock.release()

    assert held.status == 0
    assert held.json["parts"][-1] == shop.run("context", "Let stock.py count", "--json").json["parts"][-1]
    assert told != held.out


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told_of_all_the_same(shop: Project) -> None:
    shop.root.chmod(0o500)
    try:
        assert "shop/stock.py" in reasons(shop, "Let stock.py count")
        assert not shop.state.exists()
    finally:
        shop.root.chmod(0o700)


def break_journal(path: Path, how: str) -> None:
    if how == "damaged":
        path.write_bytes(b"x" * 5000)
        return
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("ALTER TABLE steps RENAME COLUMN duration TO lasted")
        connection.commit()


@pytest.mark.parametrize("broken", ["file", "damaged", "without a column"])
def test_a_journal_that_cannot_be_opened_is_done_without(shop: Project, broken: str) -> None:
    if broken == "file":
        shop.write(".orchestra", "not a folder")
    else:
        shop.run("context", "count")
        break_journal(shop.state / "state.db", broken)
    before = shop.tree() if broken == "file" else (shop.state / "state.db").read_bytes()

    assert "shop/stock.py" in reasons(shop, "Let stock.py count")
    assert before == (shop.tree() if broken == "file" else (shop.state / "state.db").read_bytes())


def test_without_git_and_without_files_there_is_still_an_answer(plain_folder: Project) -> None:
    document = plain_folder.run("context", "begin", "--json").json
    assert [part["part"] for part in document["parts"]] == ["rules", "text", "listing", "task"]


@pytest.mark.parametrize("argv", [["context"], ["context", ""], ["context", "x", "--file", "not-there"]])
def test_usage_errors_are_told_as_elsewhere(shop: Project, argv: list[str]) -> None:
    ran = shop.run(*argv, "--json")
    assert (ran.status, ran.json["exit_status"], ran.json["error"]["code"]) == (2, 2, "usage")


def test_no_key_is_asked_for_and_custom_prompts_count(shop: Project) -> None:
    few = shop.run("context", "count", "--json").json["total_tokens"]
    settings = {"custom_prompts": {"architect": "Mind the gap. " * 50}}
    many = shop.run("context", "count", "--json", settings=settings).json["total_tokens"]
    assert many > few + 100
