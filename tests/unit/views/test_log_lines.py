from __future__ import annotations

from orchestra.records import Event
from orchestra.views.log_lines import LogView, log_line
from tests.unit.fake_clock import START


def test_a_line_has_time_level_event_step_agent_file_and_the_rest() -> None:
    line = log_line({
        "time": "2026-11-22T07:15:00.000Z", "level": "warning", "event": "attempt.failed", "session": "s-1",
        "step": "12", "agent": "executor", "role": "executor", "attempt": 2, "path": "src/a.py", "model": "p/a",
        "error_code": "TIMEOUT", "message": None,
    })
    assert line == (
        "2026-11-22 07:15:00.000 warning attempt.failed     #12.2 executor src/a.py model=p/a error_code=TIMEOUT"
    )


def test_an_event_stays_on_one_line_and_within_bounds() -> None:
    line = log_line({"event": "x", "text": "two\nlines " + "y" * 5000, "list": [{"a": "\n"}]})
    assert "\n" not in line and "two lines y" in line and len(line) < 500


def test_a_line_that_lacks_everything_is_a_line_all_the_same() -> None:
    assert log_line({}).startswith("? ?")


def test_the_view_leaves_out_what_is_below_its_level() -> None:
    lines: list[str] = []
    view = LogView(lines.append, level="info")
    for level in ("debug", "info", "error"):
        view(Event("a.b", START, level, "s-1", 3, {"role": "auditor"}))
    assert [line.split()[2] for line in lines] == ["info", "error"]
    assert all(line.endswith("#3 auditor") for line in lines)
