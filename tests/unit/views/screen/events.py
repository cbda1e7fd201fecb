"""A session's events, as views get them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from orchestra.records import Event
from orchestra.views.screen.board import Board
from tests.unit.fake_clock import START

STARTED = {"task": "Add a flag", "mode": "parallel", "phase": "init", "budget": 1.0, "spent": 0.0, "planned": None,
           "ended": 0}


class Story:
    """A board and the events told to it."""

    def __init__(self, board: Board | None = None, *, begins: bool = True) -> None:
        self.board = board or Board()
        self.now: datetime = START
        if begins:
            self.tell("session.started", **STARTED)

    def tell(self, event: str, /, *, level: str = "info", step: int | None = None, **data: Any) -> None:
        self.board(Event(event, self.now, level, "s-1", step, data))

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def execute(self, files: int) -> None:
        self.tell("plan.ready", summary="do it", files=[{}] * files)
        self.tell("phase.entered", level="debug", phase="executing")

    def ask(self, step: int, path: str | None, role: str = "executor", model: str = "zai/glm") -> None:
        self.tell("step.started", step=step, role=role, path=path)
        self.tell("attempt.started", level="debug", step=step, role=role, path=path, model=model)

    def answer(self, step: int, path: str | None, role: str = "executor", **more: Any) -> None:
        data = {
            "model": "zai/glm", "input_tokens": 1000, "output_tokens": 200, "cost": 0.01, "latency_ms": 1000,
            "from_cache": False, **more,
        }
        self.tell("step.completed", step=step, role=role, path=path, **data)

    def end(self, path: str, status: str = "approved") -> None:
        is_good = status == "approved"
        self.tell(
            "file.ended", level="info" if is_good else "warning", path=path, status=status, iterations=1,
            error=None if is_good else "no good",
        )
