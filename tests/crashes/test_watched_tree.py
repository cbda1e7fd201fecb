"""A watch in a process of its own, over a tree in which an editor saves as editors do."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import pytest

from orchestra.demo.routes import by_role
from tests.crashes.killed import Running, started
from tests.flows.project import Project
from tests.flows.team import APPROVED, plan_of, planned, whole


def save(project: Project, path: str, text: str) -> None:
    """As Vim with backups does: a swap file, a probe, the old file moved away, a new one, the backup removed."""
    swap, probe, backup, new = (project.root / name for name in (f".{path}.swp", "4913", f"{path}~", f"{path}.tmp"))
    swap.write_text("not yet")
    probe.write_text("")
    probe.unlink()
    backup.write_bytes((project.root / path).read_bytes())
    new.write_text(text)
    os.rename(new, project.root / path)
    backup.unlink()
    swap.unlink()


def told(running: Running, event: str) -> dict[str, Any]:
    """The next event of that name."""
    assert running.process.stdout is not None
    for line in running.process.stdout:
        found: dict[str, Any] = json.loads(line)
        if found.get("event") == event:
            return found
    raise AssertionError(f"it ended without {event}")


@pytest.mark.parametrize("flags, number, status", [((), signal.SIGINT, 130), (("--poll",), signal.SIGTERM, 143)])
def test_a_save_is_one_round_and_a_signal_ends_it(
    project: Project, flags: tuple[str, ...], number: int, status: int, record_property: pytest.FixtureRequest
) -> None:
    script = by_role(
        architect=plan_of(planned("a.txt"), planned("b.txt")), executor=whole("by the model\n"), auditor=APPROVED
    )
    with started(project, "watch", "task", "--yes", "--no-test", "--json-stream", *flags, script=script) as running:
        how = told(running, "watch.started")["looking_because"]
        told(running, "watch.round_ended")
        saved = time.monotonic()
        save(project, "a.txt", "mine\n")
        told(running, "watch.round")
        began = time.monotonic()
        told(running, "watch.round_ended")
        save(project, "b.txt", "mine\n")
        told(running, "watch.round_ended")
        running.process.send_signal(number)
        stopped = time.monotonic()
        ended = running.end()
        left = time.monotonic()

    record_property("from save to round, with 0.5 s of quiet, s", round(began - saved, 2))  # type: ignore[operator]
    record_property("from signal to end, s", round(left - stopped, 2))  # type: ignore[operator]
    result = json.loads(ended.out.splitlines()[-1])
    assert (ended.returncode, result["status"], how) == (status, "interrupted", "as asked" if flags else None)
    assert [kept["changed"] for kept in result["rounds"]] == [[], ["a.txt"], ["b.txt"]]
    assert project.read("a.txt") == project.read("b.txt") == "by the model\n"
