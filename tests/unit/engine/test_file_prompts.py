from __future__ import annotations

import json
from dataclasses import replace
from typing import Callable, Sequence

import pytest

from orchestra.adapters import anthropic_messages
from orchestra.adapters.adapter import Request
from orchestra.adapters.fences import without_marks
from orchestra.adapters.rows import ModelRow
from orchestra.agents.quoting import ShownFile
from orchestra.agents.templates import load
from orchestra.engine.file_prompts import FilePrompts
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.errors import WorkspaceError
from orchestra.records import Issue, Plan
from tests.unit.engine.workshop import Workshop, planned

Build = Callable[..., Workshop]
A, B = planned("a.txt", "modify", "b.txt", "lib.py", "a.txt", "absent.py"), planned("b.txt")
PLAN = Plan("a plan", (A, B))


def show(paths: Sequence[str]) -> tuple[list[ShownFile], list[tuple[str, str]]]:
    """Of what is not planned, only `lib.py` may be shown."""
    return [ShownFile(path, "what lib says") for path in paths if path == "lib.py"], []


def prompts(shop: Workshop, files: JournalledTree) -> FilePrompts:
    return FilePrompts(
        task="the task", plan=PLAN, files=files, show=show, load_template=load,
        custom_prompts={role: f"custom for the {role}" for role in ("executor", "auditor", "consultant")},
    )


def asked(request: Request) -> str:
    return request.messages[0].text


def all_three(room: FilePrompts) -> list[Request]:
    return [
        room.for_executor(A), room.for_auditor(A), room.for_consultant(A, [Issue("error", "it is wrong")], "refused")
    ]


def test_every_prompt_names_its_file_in_its_first_line_and_nowhere_else(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    for request in all_three(prompts(shop, shop.files())):
        lines = asked(request).splitlines()
        assert [number for number, line in enumerate(lines) if line.startswith("File: ")] == [0]
        assert lines[0] == "File: a.txt"


def test_every_prompt_carries_task_plan_and_the_users_own_words(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    for role, request in zip(("executor", "auditor", "consultant"), all_three(prompts(shop, shop.files()))):
        assert "the task" in request.system and "a plan" in request.system
        assert f"custom for the {role}" in request.system


def test_files_that_it_depends_on_are_shown_as_they_are_now(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    files = shop.files()
    files.write("b.txt", b"written by the session\n")
    for request in all_three(prompts(shop, files)):
        assert "=== b.txt" in asked(request) and "written by the session" in asked(request)
        assert "=== lib.py" in asked(request) and "what lib says" in asked(request)
        assert "=== a.txt" not in asked(request) and "=== absent.py" not in asked(request)


def test_a_planned_file_that_is_not_there_yet_or_no_text_is_left_out(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    room = prompts(shop, shop.files())
    assert "=== b.txt" not in asked(room.for_executor(A))
    (shop.root / "b.txt").write_bytes(b"\x00\x01")
    assert "=== b.txt" not in asked(prompts(shop, shop.files()).for_executor(A))


def test_the_executor_sees_the_file_and_the_auditor_the_change(workshop: Build) -> None:
    shop = workshop()
    shop.put("first\nsecond\n")
    files = shop.files()
    room = prompts(shop, files)
    assert "first\nsecond" in asked(room.for_executor(A))
    files.write("a.txt", b"first\nchanged\n")
    files.write("a.txt", b"first\nchanged again\n")
    judged = asked(room.for_auditor(A))
    assert "-second" in judged and "+changed again" in judged and "-changed" not in judged


def test_the_consultant_sees_what_was_found_and_what_was_refused(workshop: Build) -> None:
    shop = workshop()
    request = prompts(shop, shop.files()).for_consultant(A, [Issue("error", "it is wrong", 3)], "the refused answer")
    assert "it is wrong" in asked(request) and "the refused answer" in asked(request)


def test_the_auditor_sees_what_a_delete_would_take_away(workshop: Build) -> None:
    shop = workshop()
    shop.put("what was there\n")
    files = shop.files()
    files.write("a.txt", None)
    assert "what was there" in asked(prompts(shop, files).for_auditor(A))


def test_a_file_that_is_no_text_cannot_be_asked_about(workshop: Build) -> None:
    shop = workshop()
    (shop.root / "a.txt").write_bytes(b"\x00\x01")
    room = prompts(shop, shop.files())
    with pytest.raises(WorkspaceError, match="not text"):
        room.for_executor(A)
    with pytest.raises(WorkspaceError, match="not text"):
        room.text("a.txt")


def test_an_absent_file_has_no_text(workshop: Build) -> None:
    shop = workshop()
    assert prompts(shop, shop.files()).text("a.txt") is None


def test_three_files_share_one_marked_beginning_up_to_the_end_of_the_plan(workshop: Build) -> None:
    shop = workshop()
    plan = Plan("a plan", tuple(planned(f"{name}.txt") for name in "abc"))
    files = shop.files()
    for planned_file in plan.files:
        files.write(planned_file.path, b"written\n")
    room = replace(prompts(shop, files), plan=plan)
    model = ModelRow("m", marks_cache=True)
    for ask in (room.for_executor, room.for_auditor):
        payloads = [anthropic_messages.build_payload(shop.discretion.request(ask(file)), model) for file in plan.files]
        beginnings = [json.dumps(payload["system"]) for payload in payloads]
        (marked,) = json.loads(beginnings[0])
        assert beginnings == [beginnings[0]] * 3 and marked["cache_control"] == {"type": "ephemeral"}
        assert without_marks(marked["text"]).endswith("- create c.txt: What c.txt is for.\n</data>")
        assert "cache_control" not in json.dumps([payload["messages"] for payload in payloads])
