"""Answers that were given before: what is not asked again, and what always is."""

from __future__ import annotations

import signal
import sqlite3
import threading
from contextlib import contextmanager
from typing import Any, Iterator, Mapping

import pytest

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.routes import config_by_role
from orchestra.demo.script import Fault, Script
from orchestra.state.lock import RepositoryLock
from tests.flows.hurried_clock import HurriedClock
from tests.flows.project import Project, Ran
from tests.flows.team import APPROVED, block, finding, fixes, one_file, plan_of, planned, team, whole

TRY = ("run", "task", "--yes", "--dry-run", "--json")
"""A dry run leaves the project as it is, so that the next one asks the same."""


class Server:
    """One server that several runs ask; another address would be another server to the cache."""

    def __init__(self, project: Project, provider: ScriptedProvider) -> None:
        self._project = project
        self._provider = provider

    def run(self, *argv: str, settings: Mapping[str, Any] | None = None) -> Ran:
        """A run, with what was asked meanwhile."""
        before = len(self._provider.calls)
        config = {**config_by_role(self._provider.base_url("openai-chat"), "openai-chat"), **(settings or {})}
        ran = self._project.run(*argv, settings=config)
        assert self._provider.errors == ()
        return Ran(ran.status, ran.out, ran.err, self._provider.calls[before:])


@contextmanager
def serving(project: Project, script: Script) -> Iterator[Server]:
    with ScriptedProvider(script) as provider:
        yield Server(project, provider)


def test_what_a_dry_run_was_told_is_not_paid_again(project: Project) -> None:
    with serving(project, one_file()) as server:
        dry = server.run(*TRY)
        real = server.run("run", "task", "--yes", "--json")

    assert (dry.status, real.status) == (0, 0)
    assert dry.asked == [("architect", None), ("executor", "a.txt"), ("auditor", "a.txt")]
    assert real.asked == []
    assert project.read("a.txt") == "one\n"


def test_answers_from_the_cache_are_no_attempts_and_are_said(project: Project) -> None:
    with serving(project, one_file()) as server:
        server.run(*TRY)
        stream = server.run(*TRY, "--json-stream")
        again = server.run("run", "task", "--yes", "--json")

    metrics = again.json["metrics"]
    assert (metrics["total_attempts"], metrics["total_tokens"], metrics["unpriced_attempts"]) == (0, 0, 0)
    assert again.err.count("from the cache") == 3
    assert project.rows("SELECT count(*) AS attempts FROM attempts") == [{"attempts": 3}]
    completed = [event for event in stream.lines if event.get("event") == "step.completed"]
    assert [(event["from_cache"], event["cost"]) for event in completed] == [(True, 0.0)] * 3


def test_the_report_says_what_the_cache_saved(project: Project) -> None:
    with serving(project, one_file()) as server:
        server.run(*TRY)
        paid = server.run("report", "--json").json["report"]
        server.run(*TRY)
        saved = server.run("report", "--json").json["report"]

    assert (paid["cache"]["answers"], paid["cache"]["saved_cost"], paid["total_cost_estimate"] > 0) == (0, None, True)
    assert (saved["cache"]["answers"], saved["total_cost_estimate"]) == (3, None)
    assert saved["cache"]["saved_cost"] == pytest.approx(paid["total_cost_estimate"])
    assert saved["cache"]["saved_tokens"] == sum(one["input_tokens"] + one["output_tokens"] for one in paid["usage"])


def test_a_session_told_from_the_cache_alone_can_be_afforded_by_anyone(project: Project) -> None:
    with serving(project, one_file()) as server:
        server.run(*TRY)
        again = server.run(*TRY, "--max-cost", "0.0000001")

    assert (again.status, again.calls) == (0, ())


@pytest.mark.parametrize("settings", [
    {"cache": {"enabled": False}}, {"cache": {"ttl": 0}}, {"cache": {"max_bytes": 0}},
])
def test_the_cache_can_be_switched_off(project: Project, settings: dict[str, Any]) -> None:
    with serving(project, one_file()) as server:
        server.run(*TRY, settings=settings)
        again = server.run(*TRY, settings=settings)

    assert len(again.calls) == 3
    assert "no effect" not in again.err
    assert project.rows("SELECT count(*) AS kept FROM reply_cache") == [{"kept": 0}]


def test_the_present_setting_counts_and_not_the_one_of_the_run_that_kept_it(project: Project) -> None:
    with serving(project, one_file()) as server:
        server.run(*TRY)
        again = server.run(*TRY, settings={"cache": {"enabled": False}})

    assert len(again.calls) == 3


def test_another_task_or_another_project_asks_anew(project: Project) -> None:
    with serving(project, one_file()) as server:
        server.run(*TRY)
        assert len(server.run("run", "another task", "--yes", "--dry-run").calls) == 3
        project.write("b.txt", "more of the project\n")
        assert ("architect", None) in server.run(*TRY).asked


def test_a_repair_and_a_further_turn_are_always_asked(project: Project) -> None:
    plan = plan_of(planned("a.txt"))
    asks = block({"need_files": ["README.md"]})
    script = team([asks, plan, plan], {"a.txt": whole("one\n")}, ["prose", APPROVED, "prose", APPROVED])
    with serving(project, script) as server:
        first, again = server.run(*TRY), server.run(*TRY)

    assert (first.status, again.status) == (0, 0)
    assert first.asked == [
        ("architect", None), ("architect", None), ("executor", "a.txt"), ("auditor", "a.txt"), ("auditor", "a.txt"),
    ]
    assert again.asked == [("architect", None), ("auditor", "a.txt"), ("auditor", "a.txt")]
    assert project.rows("SELECT count(*) AS kept FROM reply_cache") == [{"kept": 2}]


def test_an_answer_that_could_not_be_read_is_asked_for_anew_by_a_resume(project: Project) -> None:
    script = team(["prose", "prose", plan_of(planned("a.txt"))], {"a.txt": whole("one\n")})
    with serving(project, script) as server:
        ran = server.run("run", "task", "--yes", "--json")
        again = server.run("resume", "--yes", "--json")

    assert (ran.status, again.status) == (4, 0)


def test_a_run_that_ended_badly_is_not_told_the_same_again(project: Project) -> None:
    script = team(
        plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, [finding("no"), finding("no"), APPROVED],
        {"a.txt": whole("two\n")},
    )
    with serving(project, script) as server:
        bad = server.run("run", "task", "--yes", "--json", "--max-iterations", "2")
        assert project.tree() == {"README.md": b"A project.\n"}
        again = server.run("run", "task", "--yes", "--json", "--max-iterations", "2")

    assert (bad.status, again.status) == (1, 0)
    assert again.asked == [("architect", None), ("executor", "a.txt"), ("auditor", "a.txt")]


def test_a_change_that_broke_the_tests_is_not_told_again(project: Project) -> None:
    script = team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, blames=fixes())
    with serving(project, script) as server:
        ran = server.run("run", "task", "--yes", "--test-command", "test ! -e a.txt")

    assert ran.status == 8
    assert project.rows("SELECT count(*) AS kept FROM reply_cache") == [{"kept": 0}]


def test_a_providers_fault_loses_no_answer_that_was_paid(project: Project) -> None:
    faults = [Fault(401, "no"), APPROVED]
    with serving(project, team(plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, faults)) as server:
        ran = server.run("run", "task", "--yes", "--json")
        again = server.run("run", "task", "--yes", "--json")

    assert (ran.status, again.status) == (4, 0)
    assert again.asked == [("auditor", "a.txt")]


def test_stats_say_what_is_there_and_clear_empties_it(project: Project) -> None:
    with serving(project, one_file()) as server:
        server.run(*TRY)
        server.run(*TRY)
        stats = project.run("cache", "stats", "--json")
        told = project.run("cache", "stats")
        cleared = project.run("cache", "clear", "--json")
        again = server.run(*TRY)

    cache = stats.json["cache"]
    assert (stats.status, cache["entries"], cache["hits"]) == (0, 3, 3)
    assert cache["saved_cost_estimate"] > 0
    assert (cache["enabled"], cache["ttl"], cache["max_bytes"]) == (True, 86400, 268435456)
    assert 0 < cache["bytes"] < 10000 and cache["oldest"] <= cache["newest"]
    assert "3 times" in told.out and "MiB" in told.out
    assert (cleared.status, cleared.json["cleared"]["entries"]) == (0, 3)
    assert len(again.calls) == 3


def test_a_signal_gets_through_while_another_program_holds_the_journal(project: Project) -> None:
    with serving(project, team(one_file("a.txt"), {"a.txt": whole("a\n")})) as server:
        server.run(*TRY)
        other = sqlite3.connect(project.state / "state.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        letting_go = threading.Timer(5, other.execute, ["ROLLBACK"])
        letting_go.start()
        project.stop.request(signal.SIGTERM)
        # Without git, which would notice it first.
        cleared = project.run("cache", "clear", variables={"PATH": ""})
        letting_go.cancel()
        letting_go.join()
        other.close()

    assert cleared.status == 143


def test_it_is_cleared_beside_a_run(project: Project) -> None:
    with serving(project, one_file()) as server:
        server.run(*TRY)
    lock = RepositoryLock(project.state, now=HurriedClock().now())
    try:
        cleared = project.run("cache", "clear", "--json")
    finally:
        lock.release()
    assert (cleared.status, cleared.json["cleared"]["entries"]) == (0, 3)
    assert project.rows("SELECT count(*) AS kept FROM reply_cache") == [{"kept": 0}]


def test_the_figures_of_a_cache_that_is_not_there_are_zero_and_make_none(project: Project) -> None:
    stats, cleared = project.run("cache", "stats", "--json"), project.run("cache", "clear")

    assert (stats.status, stats.json["cache"]["entries"]) == (0, 0)
    assert (cleared.status, cleared.out) == (0, "removed 0 answers, 0.0 KiB\n")
    assert not project.state.exists()


@pytest.mark.parametrize("argv", [["cache"], ["cache", "empty"], ["cache", "stats", "more"]])
def test_cache_asks_for_one_of_its_two_words(project: Project, argv: list[str]) -> None:
    assert project.run(*argv, "--json").json["error"]["code"] == "usage"
