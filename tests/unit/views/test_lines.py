from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from orchestra.records import Event
from orchestra.views.lines import LineView
from tests.unit.fake_clock import START

ANSWER = {
    "role": "executor", "path": "a.py", "model": "zai/glm-4.7", "input_tokens": 1200, "output_tokens": 340,
    "cost": 0.0012, "latency_ms": 812,
}


def told(*events: tuple[str, dict[str, Any]], level: str = "info") -> list[str]:
    """The lines that a view makes of these events, the first one second after the start, and so on."""
    lines: list[str] = []
    view = LineView(lines.append, started=START)
    for seconds, (name, data) in enumerate(events, 1):
        view(Event(name, START + timedelta(seconds=seconds), level, "s-1", None, data))
    return lines


ONE = {"path": "a.py"}


@pytest.mark.parametrize(
    ("name", "data", "label", "fragments"),
    [
        ("session.started", {"task": "add\na flag", "mode": "parallel", "phase": "init"}, "session",
         ["add a flag", "parallel"]),
        ("session.started", {"task": "t", "mode": "parallel", "phase": "executing"}, "session", ["from executing"]),
        ("step.started", {**ONE, "role": "executor"}, "executor", ["a.py"]),
        ("step.started", {"role": "architect", "path": None}, "architect", ["the plan"]),
        ("step.started", {"role": "consultant", "path": None}, "consultant", ["failing tests"]),
        ("step.completed", ANSWER, "executor",
         ["a.py", "zai/glm-4.7", "0.8 s", "1.2k+340 tokens", "$0.0012 so far"]),
        ("step.completed", {**ANSWER, "cost": None, "input_tokens": None}, "executor", ["?+340 tokens"]),
        ("step.completed", {**ANSWER, "cost": None, "from_cache": True}, "executor", ["zai/glm-4.7", "cache"]),
        ("attempt.failed", {**ONE, "role": "auditor", "model": "p/m", "error_code": "TIMEOUT", "message": "no\nword"},
         "auditor", ["a.py", "p/m", "TIMEOUT", "no word"]),
        ("attempt.failed", {**ONE, "role": "auditor", "model": "p/m", "error_code": "TIMEOUT", "message": None},
         "auditor", ["TIMEOUT"]),
        ("attempt.waiting", {**ONE, "role": "auditor", "model": "p/m", "seconds": 7.4}, "auditor",
         ["a.py", "waits 7 s for p/m"]),
        ("prompt.compacted",
         {**ONE, "role": "auditor", "model": "p/m", "tokens_before": 12000, "tokens_after": 3100},
         "auditor", ["a.py", "p/m", "12.0k to 3.1k tokens"]),
        ("reply.unreadable", {**ONE, "role": "executor", "why": "no block"}, "executor", ["a.py", "no block"]),
        ("plan.estimated", {"low": 0.01, "high": 0.25, "unpriced": [], "files": 1, "budget": 1.0}, "cost",
         ["about $0.0100 to $0.2500 for 1 file; the budget is $1.0000"]),
        ("plan.estimated", {"low": 0.0, "high": 0.1, "unpriced": ["auditor"], "files": 2, "budget": None}, "cost",
         ["for 2 files, without the auditor"]),
        ("plan.ready", {"summary": "do it", "files": [{}]}, "plan", ["1 file:", "do it"]),
        ("plan.ready", {"summary": "do it", "files": [{}, {}]}, "plan", ["2 files:"]),
        ("plan.circle", {"path": "a", "other": "b"}, "note", ["a", "b"]),
        ("plan.unknown", {"names": [["a", "b"]], "count": 1}, "note", ["a is to depend on b, which is neither"]),
        ("plan.unknown", {"names": [["a", "b"], ["a", "c"]], "count": 3}, "note", ["(and 2 more such names)"]),
        ("file.reviewed", {**ONE, "approved": False, "issues": [{"message": "one"}, {"message": "two"}]}, "review",
         ["a.py", "one; two"]),
        ("draft.read", {**ONE, "matches": {"exact": 3, "indentation": 1}}, "draft", ["a.py", "1 but for indentation"]),
        ("draft.refused", {**ONE, "why": "cut off"}, "draft", ["a.py", "cut off"]),
        ("file.ended", {**ONE, "status": "approved", "error": None}, "file", ["a.py approved"]),
        ("file.ended", {**ONE, "status": "failed", "error": "no"}, "file", ["a.py failed: no"]),
        ("tests.started", {"baseline": True}, "tests", ["already"]),
        ("tests.started", {"baseline": False}, "tests", ["running"]),
        ("tests.started", {"baseline": False, "path": "a.py"}, "tests", ["running after a.py"]),
        ("guidance.left_out", {"files": [["AGENTS.md", "too long"], ["b/AGENTS.md", "x"]]}, "note", [
            "AGENTS.md: too long", "1 more",
        ]),
        ("lint.started", {"baseline": False, "path": "a.py"}, "lint", ["running after a.py"]),
        ("tests.not_started", {"command": ["npm", "test"], "lacks": "jest: not found"}, "tests", [
            "cannot start here: jest: not found (npm test)",
        ]),
        ("tests.ended", {"passed": False, "framework": "npm", "failures": 1, "new": 0, "lacks": "jest: not found"},
         "tests", ["could not start: jest: not found (npm)"]),
        ("lint.ended", {"passed": False, "failures": 1, "new": 0, "lacks": "gone"}, "lint", ["could not start: gone"]),
        ("lint.too_long", {}, "lint", ["more than can be compared"]),
        ("lint.too_long", {"timed_out": True}, "lint", ["ran out of time", "tests.timeout"]),
        ("lint.ended", {"passed": False, "failures": 1, "new": 0, "timed_out": True}, "lint", ["ran out of time"]),
        ("tests.sandbox", {"asked": "auto", "enforced": ["writes"], "missing": ["git"]}, "sandbox", [
            "enforced for the tests: writes", "not enforced here: git",
        ]),
        ("tests.sandbox", {"asked": "auto", "enforced": [], "missing": ["git"]}, "sandbox", ["none", "kernel"]),
        ("tests.sandbox", {"asked": "off", "enforced": [], "missing": ["git"]}, "sandbox", ["none", "tests.sandbox"]),
        ("lint.changed", {"paths": ["a.py"]}, "lint", ["changed", "a.py"]),
        ("lint.touched", {"paths": ["a.py"], "count": 1}, "lint", ["plan does not have: a.py"]),
        ("tests.touched", {"paths": ["a.py", "b"], "count": 5}, "tests", ["changed or removed", "a.py, b and 3 more"]),
        ("tests.touched", {"paths": ["a.py"], "count": 1, "kept": ".orchestra/runs/s"}, "tests", [
            "a.py; what git has no copy of lies as it was in .orchestra/runs/s",
        ]),
        ("tests.touched", {"paths": ["a", "b"], "count": 9, "kept": "k", "lost": ["b"], "count_lost": 3}, "tests", [
            "a, b and 7 more; nothing has a copy of b and 2 more; ",
            "; the rest of what git has no copy of lies as it was in k",
        ]),
        ("tests.touched", {"paths": ["a"], "count": 1, "kept": None, "lost": ["a"], "count_lost": 1}, "tests", [
            "plan does not have: a; nothing has a copy of a",
        ]),
        ("tests.touched", {"paths": ["a"], "count": 1, "kept": "k", "cut_off": True}, "tests", [
            "a run that was cut off changed or removed", "a; what git has no copy of lies as it was in k",
        ]),
        ("tests.changed", {"paths": ["a.py", "/x/.git/config"]}, "tests", ["changed", "a.py, /x/.git/config"]),
        ("tests.ended", {"passed": True, "framework": "pytest", "failures": 0, "new": 0}, "tests", ["passed"]),
        ("tests.ended", {"passed": False, "framework": "pytest", "failures": 3, "new": 1}, "tests", ["3", "1"]),
        ("tests.not_fixed", {"why": "nobody answered"}, "tests", ["nobody answered"]),
        ("log.failed", {"file": "/r/.orchestra/logs/s-1.jsonl", "why": "No space left on device"}, "log", [
            "/r/.orchestra/logs/s-1.jsonl cannot be written: No space left on device; the run goes on",
        ]),
        ("log.lost", {"file": "/r/.orchestra/logs/s-1.jsonl"}, "log", ["/r/.orchestra/logs/s-1.jsonl was removed"]),
        ("commit.made", {"sha": "0123456789abcdef", "subject": "fix: it"}, "commit", ["0123456789 fix: it"]),
        ("commit.none", {"paths": ["a.py"]}, "commit", ["none"]),
        ("commit.as_found", {"paths": ["a.py"]}, "commit", ["a.py changed", "committed as they are"]),
        ("commit.left_out", {"paths": ["a.py", "b"]}, "commit", ["without a.py, b", "overlook"]),
        ("commit.changed", {"paths": ["a.py"]}, "commit", ["hook", "a.py"]),
        ("commit.touched", {"paths": ["a.py"]}, "commit", ["somebody", "changed a.py", "stays"]),
    ],
)
def test_an_event_is_a_line_with_its_time_and_label(
    name: str, data: dict[str, Any], label: str, fragments: list[str]
) -> None:
    line, = told((name, data))
    assert line.startswith(f"  0:01  {label:<11} ")
    assert [fragment for fragment in fragments if fragment not in line] == []
    assert "\n" not in line


def test_an_event_that_deserves_no_line_has_none() -> None:
    assert told(("draft.read", {"path": "a.py", "matches": {"exact": 2}})) == []
    assert told(("file.written", {"path": "a.py"}), ("something.new", {})) == []


def test_a_file_that_ends_says_how_many_have_and_how_long_the_rest_may_take() -> None:
    lines = told(
        ("plan.ready", {"summary": "do it", "files": [{}, {}, {}]}), ("phase.entered", {"phase": "executing"}),
        ("draft.read", {"path": "a.py", "matches": {}}),
        ("file.ended", {**ONE, "status": "approved", "error": None}),
        ("file.ended", {**ONE, "status": "failed", "error": "no"}),
        ("file.ended", {**ONE, "status": "approved", "error": None}),
        ("phase.entered", {"phase": "testing"}),
        ("file.ended", {**ONE, "status": "reverted", "error": "no"}),
    )
    assert [line.partition("a.py ")[2] for line in lines[1:]] == [
        "approved (1 of 3 files, about 0:04 left)", "failed: no (2 of 3 files, about 0:01 left)",
        "approved (3 of 3 files)", "reverted: no",
    ]


def test_costs_add_up_and_an_unknown_price_leaves_the_sum() -> None:
    lines = told(
        ("step.completed", ANSWER), ("step.completed", {**ANSWER, "cost": None}), ("step.completed", ANSWER)
    )
    assert [line.rpartition(", ")[2] for line in lines] == ["$0.0012 so far", "$0.0012 so far", "$0.0024 so far"]


def test_what_a_failed_attempt_cost_and_what_was_spent_before_a_resume_count() -> None:
    failed = {**ONE, "role": "auditor", "model": "p/m", "error_code": "TRUNCATED", "message": "cut off"}
    lines = told(
        ("session.started", {"task": "t", "mode": "parallel", "phase": "auditing", "spent": 0.5}),
        ("attempt.failed", {**failed, "cost": 0.25}), ("attempt.failed", {**failed, "cost": None}),
        ("step.completed", ANSWER),
    )
    assert [line.partition(", $")[2] for line in lines[1:]] == ["0.7500 so far", "", "0.7512 so far"]


def test_an_event_without_a_line_of_its_own_is_passed_over() -> None:
    assert told(("step.recalled", {"role": "executor", "path": "a.py"}), level="debug") == []


def test_long_texts_are_cut() -> None:
    line = told(("draft.refused", {"path": "a.py", "why": "x" * 1000}))[0]
    assert line.endswith("x...") and len(line) < 200


def test_threads_do_not_mix_their_lines() -> None:
    lines: list[str] = []
    view = LineView(lines.append, started=START)
    event = Event("step.completed", START, "info", "s-1", None, {**ANSWER, "cost": 1.0})
    threads = [threading.Thread(target=lambda: [view(event) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(lines) == 400
    assert "$400.0000 so far" in lines[-1]


def test_a_pause_of_less_than_a_second_is_over_before_anybody_has_read_of_it() -> None:
    assert told(("attempt.waiting", {**ONE, "role": "auditor", "model": "p/m", "seconds": 0.9})) == []
