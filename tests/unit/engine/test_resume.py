from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Callable, Mapping

import pytest

from orchestra.config.kept import dump_values
from orchestra.config.loading import Config, load_config
from orchestra.engine.resume import (
    UNJUDGED_CHANGE,
    generation,
    overlooked,
    resumed_settings,
    session_to_resume,
    take_up_again,
)
from orchestra.errors import ExitStatus, UnknownSession, UsageError
from orchestra.records import FileImage, FileOutcome, Reply, Task, Usage
from orchestra.workspace.tree import Tree
from tests.unit.engine.workshop import SESSION, Workshop

Build = Callable[..., Workshop]
OTHER = "s-20261122-080000-0001"


def config(
    tmp_path: Path, flags: Mapping[str, Any] | None = None, named: str = "", *, variables: Mapping[str, str] = {}
) -> Config:
    (tmp_path / "named.yaml").write_text(named)
    return load_config(
        root=tmp_path, cwd=tmp_path, variables=variables, user_config=None, trust_file=None,
        config_flag=str(tmp_path / "named.yaml"),
        flags={key: ("--flag", value) for key, value in (flags or {}).items()},
    )


def outcome(path: str, status: str, exit_status: int, error_code: str | None = None) -> FileOutcome:
    return FileOutcome(path, "modify", status, 1, error_code=error_code, exit_status=exit_status)


def end(shop: Workshop, status: ExitStatus, *, can_resume: bool = True) -> None:
    shop.journal.sessions.enter_phase(SESSION, "executing")
    shop.journal.sessions.finish(SESSION, status.word, status, can_resume=can_resume, last_error=None)


def retake(shop: Workshop) -> None:
    row = shop.journal.sessions.get(SESSION)
    assert row is not None
    take_up_again(shop.journal, row, Tree(shop.root))


# Which session


def test_without_a_journal_there_is_nothing_to_resume() -> None:
    with pytest.raises(UnknownSession, match="no session here"):
        session_to_resume(None, None)


def test_the_newest_that_can_go_on_is_taken_by_default(workshop: Build) -> None:
    shop = workshop()
    shop.journal.sessions.create(OTHER, Task("other", "words"), mode="sequential", options={}, config={})
    shop.journal.sessions.enter_phase(OTHER, "executing")
    shop.journal.sessions.finish(OTHER, "completed", ExitStatus.DONE, can_resume=False, last_error=None)
    assert session_to_resume(shop.journal, None).session_id == SESSION


def test_when_all_came_to_their_end_that_is_said(workshop: Build) -> None:
    shop = workshop()
    end(shop, ExitStatus.DONE, can_resume=False)
    with pytest.raises(UnknownSession, match="nothing to resume"):
        session_to_resume(shop.journal, None)


def test_an_unknown_id_is_no_session(workshop: Build) -> None:
    with pytest.raises(UnknownSession, match=OTHER):
        session_to_resume(workshop().journal, OTHER)


def test_a_session_that_came_to_its_end_cannot_be_resumed_by_its_id(workshop: Build) -> None:
    shop = workshop()
    end(shop, ExitStatus.DONE, can_resume=False)
    with pytest.raises(UsageError, match="come to its end"):
        session_to_resume(shop.journal, SESSION)


# Which settings


def test_without_anything_said_the_settings_are_those_of_the_start(tmp_path: Path) -> None:
    kept = dump_values(config(tmp_path, {"mode": "parallel", "max_concurrency": 2}))
    settings, refused = resumed_settings(kept, config(tmp_path), said_now=[])
    assert (settings.mode, settings.max_concurrency, refused) == ("parallel", 2, [])


def test_budget_and_concurrency_and_chains_may_be_changed(tmp_path: Path) -> None:
    kept = dump_values(config(tmp_path, {"budget.max_cost": Decimal("0.5")}))
    now = config(tmp_path, {"budget.max_cost": Decimal(2)}, "max_concurrency: 7\nagents: {executor: [zai/glm-4.7]}\n")
    settings, refused = resumed_settings(kept, now, said_now=["budget.max_cost", "max_concurrency", "agents.executor"])
    assert (settings.budget.max_cost, settings.max_concurrency) == (Decimal(2), 7)
    assert settings.agents.executor == ("zai/glm-4.7",)
    assert refused == []


def test_what_was_not_said_now_stays_even_if_a_default_differs(tmp_path: Path) -> None:
    kept = dump_values(config(tmp_path, {"budget.max_cost": Decimal("0.5")}))
    settings, _ = resumed_settings(kept, config(tmp_path, {"max_concurrency": 7}), said_now=["max_concurrency"])
    assert settings.budget.max_cost == Decimal("0.5")


def test_anything_else_that_differs_is_left_out_and_named(tmp_path: Path) -> None:
    kept = dump_values(config(tmp_path, {"mode": "parallel"}))
    now = config(tmp_path, {}, "mode: pipeline\ntests: {run: false, timeout: 600}\n")
    settings, refused = resumed_settings(kept, now, said_now=["mode", "tests.run", "tests.timeout"])
    assert (settings.mode, settings.tests.run) == ("parallel", "auto")
    assert refused == ["mode", "tests.run"]


# What is tried again


@pytest.mark.parametrize(("exit_status", "is_retried"), [(0, False), (1, False), (4, True), (5, True)])
def test_files_are_tried_again_that_failed_by_no_fault_of_their_drafts(
    workshop: Build, exit_status: int, is_retried: bool
) -> None:
    shop = workshop()
    shop.journal.images.set_outcome(SESSION, outcome("a", "failed", exit_status))
    retake(shop)
    assert (shop.journal.images.outcomes(SESSION) == {}) is is_retried
    assert generation(shop.journal, SESSION) == int(is_retried)


def test_a_file_that_was_put_back_begins_with_what_was_put_back(workshop: Build) -> None:
    shop = workshop()
    for kind, content in (("before", b"mine"), ("after", b"draft"), ("after", b"mine")):
        shop.journal.images.save(SESSION, "a", kind, FileImage(content, 0o644))
    shop.journal.images.set_outcome(SESSION, outcome("a", "reverted", 4))
    retake(shop)
    assert shop.journal.recall(SESSION, "start/a") == 2


def test_a_file_that_was_not_put_back_begins_where_it_began(workshop: Build) -> None:
    shop = workshop()
    shop.journal.images.set_outcome(SESSION, outcome("a", "failed", 4))
    retake(shop)
    assert shop.journal.recall(SESSION, "start/a") is None


def answered(shop: Workshop, key: str, role: str, path: str | None) -> bool:
    """Have a step be answered; afterwards whether it still is."""
    step = shop.journal.steps.begin(SESSION, key, role=role, path=path, input_text="")
    if step.reply is None:
        shop.journal.steps.complete(step, Reply("an answer", Usage(), "local", "m", 1))
        return False
    return True


@pytest.mark.parametrize(("error_code", "status", "is_kept"), [
    ("unreadable-reply", ExitStatus.PARTIAL, False),
    ("unreadable-reply", ExitStatus.PROVIDER, False),
    ("unreadable-reply", ExitStatus.LIMIT, True),
    ("unreadable-reply", ExitStatus.INTERRUPTED, True),
    ("api-error", ExitStatus.PARTIAL, True),
])
def test_answers_that_could_not_be_read_are_asked_for_anew_once_the_session_has_ended_and_others_are_kept(
    workshop: Build, error_code: str, status: ExitStatus, is_kept: bool
) -> None:
    shop = workshop()
    answered(shop, "executor/a/1", "executor", "a")
    shop.journal.images.set_outcome(SESSION, outcome("a", "failed", 4, error_code))
    end(shop, status)
    retake(shop)
    assert answered(shop, "executor/a/1", "executor", "a") is is_kept


def test_a_session_that_was_killed_asks_for_no_answer_again(workshop: Build) -> None:
    shop = workshop()
    answered(shop, "executor/a/1", "executor", "a")
    shop.journal.images.set_outcome(SESSION, outcome("a", "failed", 4, "unreadable-reply"))
    retake(shop)
    assert answered(shop, "executor/a/1", "executor", "a")


@pytest.mark.parametrize(("status", "is_kept"), [(ExitStatus.PROVIDER, False), (ExitStatus.LIMIT, True)])
def test_an_architect_whose_answers_made_no_plan_is_asked_anew(
    workshop: Build, status: ExitStatus, is_kept: bool
) -> None:
    shop = workshop()
    answered(shop, "architect/0", "architect", None)
    end(shop, status)
    retake(shop)
    assert answered(shop, "architect/0", "architect", None) is is_kept


def test_an_architect_whose_plan_is_kept_is_not_asked_anew(workshop: Build) -> None:
    shop = workshop()
    answered(shop, "architect/0", "architect", None)
    shop.journal.sessions.save_plan(SESSION, "h", {})
    end(shop, ExitStatus.PROVIDER)
    retake(shop)
    assert answered(shop, "architect/0", "architect", None)


def test_a_change_that_nobody_judged_is_judged_anew(workshop: Build) -> None:
    shop = workshop()
    shop.journal.images.set_outcome(SESSION, outcome("a", "approved", 0))
    shop.journal.keep(SESSION, UNJUDGED_CHANGE, True)
    retake(shop)
    retake(shop)
    assert generation(shop.journal, SESSION) == 1
    assert set(shop.journal.images.outcomes(SESSION)) == {"a"}


def test_done_twice_because_of_a_kill_it_is_done_once(workshop: Build) -> None:
    shop = workshop()
    for kind, content in (("before", b"mine"), ("after", b"draft"), ("after", b"mine")):
        shop.journal.images.save(SESSION, "a", kind, FileImage(content, 0o644))
    shop.journal.images.set_outcome(SESSION, outcome("a", "reverted", 4))
    shop.journal.images.set_outcome(SESSION, outcome("b", "approved", 0))
    retake(shop)
    shop.restart()
    retake(shop)
    assert (set(shop.journal.images.outcomes(SESSION)), shop.journal.recall(SESSION, "start/a")) == ({"b"}, 2)
    assert generation(shop.journal, SESSION) == 1


def test_a_variable_that_would_change_what_stays_is_named(tmp_path: Path) -> None:
    kept = dump_values(config(tmp_path, {"budget.max_cost": Decimal("0.5"), "mode": "parallel"}))
    now = config(tmp_path, {}, variables={"ORCHESTRA_BUDGET__MAX_COST": "0.1", "ORCHESTRA_MODE": "parallel"})
    settings, _ = resumed_settings(kept, now, said_now=[])
    assert overlooked(settings, now) == ["budget.max_cost"]
