from __future__ import annotations

import threading

import pytest

from orchestra.views.spending import Spending
from tests.unit.views.screen.events import STARTED, Story


def rows(story: Story) -> list[tuple[str | None, str]]:
    return [(row.path, row.state) for row in story.board.snapshot(story.now).rows]


def test_an_agent_at_work_has_a_row_until_it_has_answered() -> None:
    story = Story()
    story.ask(1, None, "architect")
    story.ask(2, "b.py")
    assert rows(story) == [(None, "architect"), ("b.py", "executor")]
    story.answer(1, None, "architect")
    assert rows(story) == [("b.py", "executor")]


def test_a_file_between_two_agents_says_what_it_is_at_below_those_at_work() -> None:
    story = Story()
    story.execute(2)
    story.ask(1, "a.py")
    story.ask(2, "b.py")
    story.wait(5)
    story.answer(1, "a.py")
    assert rows(story) == [("b.py", "executor"), ("a.py", "checking")]
    story.tell("draft.read", path="a.py", draft=1, form="whole", matches={})
    checked = story.board.snapshot(story.now).rows[-1]
    assert (checked.state, checked.tokens, checked.attempts, checked.since) == ("checking", 1200, 1, story.now)
    story.tell("file.written", path="a.py", draft=1)
    assert rows(story) == [("b.py", "executor"), ("a.py", "waiting")]
    story.ask(3, "a.py", "auditor")
    assert rows(story) == [("b.py", "executor"), ("a.py", "auditor")]
    story.answer(3, "a.py", "auditor")
    story.tell("file.reviewed", path="a.py", approved=True, issues=[])
    assert rows(story) == [("b.py", "executor"), ("a.py", "waiting")]
    story.end("a.py")
    assert rows(story) == [("b.py", "executor"), ("a.py", "approved")]


def test_a_refused_draft_waits_for_the_consultant_and_one_found_in_the_journal_is_checked() -> None:
    story = Story()
    story.execute(2)
    story.tell("step.recalled", level="debug", step=1, role="executor", path="a.py")
    assert rows(story) == [("a.py", "checking")]
    story.tell("draft.refused", level="warning", path="a.py", why="cut off")
    assert rows(story) == [("a.py", "waiting")]
    story.end("a.py", "failed")
    assert rows(story) == [("a.py", "failed")]


def test_a_deletion_that_nobody_is_asked_to_write_waits_for_its_auditor() -> None:
    story = Story()
    story.execute(1)
    story.tell("file.written", path="a.py", draft=1)
    assert rows(story) == [("a.py", "waiting")]


@pytest.mark.parametrize("last", ["file.reviewed", "draft.refused", "nothing"])
def test_a_file_that_is_mended_after_its_end_leaves_no_row_behind(last: str) -> None:
    story = Story()
    story.tell("session.started", **{**STARTED, "planned": 2, "ended": 2})
    story.tell("phase.entered", level="debug", phase="consulting")
    story.ask(1, "a.py", "consultant")
    story.answer(1, "a.py", "consultant")
    story.ask(2, "b.py", "consultant")
    assert rows(story) == [("b.py", "consultant"), ("a.py", "checking")]
    if last != "nothing":
        story.tell(last, path="a.py", why="cut off", approved=True, issues=[])
        assert rows(story) == [("b.py", "consultant")]
    story.tell("tests.started", baseline=False, path=None)
    assert rows(story) == [(None, "tests")]


def test_tests_after_one_file_leave_the_others_their_rows() -> None:
    story = Story()
    story.execute(2)
    story.ask(1, "a.py")
    story.answer(1, "a.py")
    story.tell("tests.started", baseline=False, path="b.py")
    assert rows(story) == [(None, "tests"), ("a.py", "checking")]


def test_tokens_and_attempts_of_a_file_add_up_over_its_agents() -> None:
    story = Story()
    story.ask(1, "a.py")
    story.answer(1, "a.py")
    story.ask(2, "a.py", "auditor", "gemini/pro")
    story.tell("attempt.started", level="debug", step=2, role="auditor", path="a.py", model="openai/codex")
    row, = story.board.snapshot(story.now).rows
    assert (row.state, row.model, row.tokens, row.attempts) == ("auditor", "openai/codex", 1200, 3)


def test_files_that_have_ended_follow_the_last_one_first_with_their_whole_time() -> None:
    story = Story()
    story.ask(1, "a.py")
    story.wait(5)
    story.end("a.py")
    story.end("b.py", "failed")
    story.ask(2, "c.py")
    assert rows(story) == [("c.py", "executor"), ("b.py", "failed"), ("a.py", "approved")]
    last = story.board.snapshot(story.now).rows[-1]
    assert last.until is not None and (last.until - last.since).total_seconds() == 5


def test_a_file_that_ends_takes_its_agents_along_and_one_that_ends_anew_has_one_row() -> None:
    story = Story()
    story.ask(1, "a.py")
    story.end("a.py", "failed")
    story.end("a.py", "reverted")
    assert rows(story) == [("a.py", "reverted")]


def test_who_failed_without_a_word_is_gone_in_the_next_phase() -> None:
    story = Story()
    story.ask(1, None, "architect")
    story.tell("phase.entered", level="debug", phase="executing")
    assert rows(story) == []


def test_those_at_work_stay_when_another_file_is_what_counts_for_the_phase() -> None:
    story = Story()
    story.tell("phase.entered", level="debug", phase="executing")
    story.ask(1, "a.py")
    story.tell("phase.entered", level="debug", phase="auditing")
    assert rows(story) == [("a.py", "executor")]
    story.answer(1, "a.py")
    story.end("a.py")
    assert story.board.snapshot(story.now).rows[0].tokens > 0


def test_of_a_file_only_the_agent_that_was_asked_last_is_at_work() -> None:
    story = Story()
    story.ask(1, "a.py")
    story.ask(2, "a.py", "consultant")
    assert rows(story) == [("a.py", "consultant")]


def test_a_pause_of_a_provider_is_noted_until_the_next_attempt() -> None:
    story = Story()
    story.ask(1, "a.py")
    story.tell("attempt.waiting", step=1, role="executor", path="a.py", model="zai/glm", seconds=7.4)
    assert story.board.snapshot(story.now).rows[0].note == "waits 7 s"
    story.tell("attempt.started", level="debug", step=1, role="executor", path="a.py", model="zai/glm")
    assert story.board.snapshot(story.now).rows[0].note == ""


def test_the_totals_are_of_what_models_answered_and_not_of_the_cache() -> None:
    story = Story()
    story.answer(1, "a.py")
    story.answer(2, "b.py", cost=None, output_tokens=None)
    story.answer(3, "c.py", from_cache=True, cost=5.0)
    shot = story.board.snapshot(story.now)
    assert shot.spending == Spending(0.01, 2000, 200, is_priced=False)
    assert shot.budget_usd == 1.0


def test_throughput_is_spread_over_the_time_in_which_an_answer_came() -> None:
    story = Story()
    story.wait(10)
    story.answer(1, "a.py", latency_ms=3000)
    assert story.board.snapshot(story.now).rate[-5:] == (0.0, 300.0, 300.0, 300.0, 300.0)
    story.wait(2)
    assert story.board.snapshot(story.now).rate[-3:] == (300.0, 0.0, 0.0)


def test_throughput_is_forgotten_in_the_end_and_an_answer_older_than_the_session_is_cut() -> None:
    story = Story()
    story.answer(1, "a.py", latency_ms=60_000)
    assert sum(story.board.snapshot(story.now).rate) == 1200
    story.wait(500)
    story.answer(2, "b.py")
    assert sum(story.board.snapshot(story.now).rate) == 1200
    assert story.board.snapshot(story.now).rate[:-2] == (0.0,) * 118


def test_faults_are_the_last_warnings_that_have_a_line() -> None:
    story = Story()
    for number in range(9):
        story.tell("draft.refused", level="warning", path=f"{number}.py", why="cut off")
    story.tell("something.odd", level="warning")
    faults = story.board.snapshot(story.now).faults
    assert faults == tuple(f"draft: {number}.py refused: cut off" for number in range(4, 9))


def test_the_log_is_of_a_file_or_of_all() -> None:
    story = Story()
    story.ask(1, "a.py")
    story.wait(65)
    story.ask(2, "b.py")
    assert story.board.log("b.py") == ["  1:05  executor    b.py: asked"]
    assert [line.split()[1] for line in story.board.log(None)] == ["session", "executor", "executor"]


def test_the_estimate_is_that_of_the_newest_plan() -> None:
    story = Story()
    assert story.board.estimate() == ""
    for high in (0.5, 0.7):
        story.tell("plan.estimated", low=0.1, high=high, unpriced=[], files=1, budget=None)
    assert story.board.estimate() == "cost: about $0.1000 to $0.7000 for 1 file"


def test_tests_at_work_have_a_row() -> None:
    story = Story()
    story.tell("tests.started", baseline=True)
    assert rows(story) == [(None, "tests")]
    story.tell("tests.ended", passed=True, framework="pytest", failures=0, new=0)
    assert rows(story) == []


def test_another_session_begins_with_an_empty_board_and_a_new_version() -> None:
    story = Story()
    story.execute(2)
    story.ask(1, "a.py")
    version = story.board.version
    story.tell("session.started", **{**STARTED, "planned": 5, "ended": 2, "spent": 0.5})
    shot = story.board.snapshot(story.now)
    assert (shot.rows, shot.phase, shot.spending.cost_usd) == ((), "", 0.5)
    assert (shot.progress.planned, shot.progress.ended) == (5, 2)
    assert shot.version > version


def test_many_threads_may_tell_at_once() -> None:
    story = Story()

    def work(worker: int) -> None:
        for number in range(50):
            step, path = 100 * worker + number, f"{worker}/{number}"
            story.ask(step, path)
            story.answer(step, path)
            story.end(path)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shot = story.board.snapshot(story.now)
    assert (len(shot.rows), shot.spending.input_tokens, shot.version) == (400, 400_000, 1 + 400 * 4)
