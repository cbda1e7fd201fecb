"""An answer that was cut off for good uses a draft up, where edits could say the same in fewer words."""

from __future__ import annotations

from typing import Callable

from orchestra.errors import Truncated
from orchestra.engine.resume import take_up_again
from orchestra.workspace.tree import Tree
from tests.unit.engine.workshop import APPROVED, PATH, SESSION, Workshop, planned, whole

Build = Callable[..., Workshop]
CREATE, MODIFY = planned(), planned(PATH, "modify")
EDIT = "<<<<<<< SEARCH\nmine\n=======\nyours\n>>>>>>> REPLACE\n"


def _cut() -> Truncated:
    return Truncated("the answer stopped at the output cap", partial_text="```\nmi", hint="raise max_output")


def test_the_consultant_is_asked_for_edits_in_place_of_an_executor_that_was_cut_off(workshop: Build) -> None:
    shop = workshop(executor=[_cut()], consultant=[EDIT], auditor=[APPROVED])
    shop.put("mine\n")
    outcome = shop.run(MODIFY)
    assert (outcome.status, outcome.exit_status) == ("approved", 0)
    assert shop.text() == "yours\n"
    assert "The answer was cut off" in shop.agents["consultant"].heard[0]
    assert "SEARCH/REPLACE" in shop.agents["consultant"].heard[0]
    assert shop.told("draft.refused")


def test_an_answer_that_is_always_cut_off_is_the_providers_fault(workshop: Build) -> None:
    shop = workshop(executor=[_cut()], consultant=[_cut(), _cut()])
    shop.put("mine\n")
    outcome = shop.run(MODIFY)
    assert (outcome.status, outcome.error_code, outcome.exit_status) == ("failed", "truncated", 4)
    assert shop.asked() == {"executor": 1, "consultant": 2}
    assert shop.text() == "mine\n"


def test_of_a_new_file_a_shorter_one_is_asked_for(workshop: Build) -> None:
    shop = workshop(executor=[_cut()], consultant=[whole("short\n")], auditor=[APPROVED])
    outcome = shop.run(CREATE)
    assert (outcome.status, shop.text()) == ("approved", "short\n")
    assert "The answer was cut off" in shop.agents["consultant"].heard[0]
    assert "a shorter file that does the same" in shop.agents["consultant"].heard[0]


def test_what_is_always_cut_off_is_not_recovered(workshop: Build) -> None:
    shop = workshop(executor=[_cut()], consultant=[_cut(), _cut()])
    shop.max_recovery_attempts = 3
    outcome = shop.run(CREATE)
    assert (outcome.status, outcome.error_code, outcome.exit_status) == ("failed", "truncated", 4)
    assert shop.told("recovery.started") == []


def test_a_restarted_job_does_not_ask_again_for_what_was_cut_off(workshop: Build) -> None:
    shop = workshop(executor=[_cut()], consultant=[EDIT], auditor=[APPROVED])
    shop.put("mine\n")
    shop.job(MODIFY).advance()
    shop.restart()
    assert shop.run(MODIFY).status == "approved"
    assert shop.asked() == {"executor": 1, "consultant": 1, "auditor": 1}


def test_a_file_that_is_taken_up_again_is_asked_for_again(workshop: Build) -> None:
    shop = workshop(executor=[_cut(), whole("yours\n")], consultant=[_cut(), _cut()], auditor=[APPROVED])
    shop.put("mine\n")
    shop.journal.images.set_outcome(SESSION, shop.run(MODIFY))
    row = shop.journal.sessions.get(SESSION)
    assert row is not None
    take_up_again(shop.journal, row, Tree(shop.root))
    assert shop.run(MODIFY).status == "approved"
    assert shop.text() == "yours\n"


def test_a_cut_off_answer_of_another_agent_is_a_fault_each_time(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\n")], auditor=[_cut()])
    outcome = shop.run(CREATE)
    assert (outcome.error_code, outcome.exit_status) == ("truncated", 4)
    shop.agents["auditor"].answers.append(APPROVED)
    assert shop.run(CREATE).status == "approved"
