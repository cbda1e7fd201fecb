"""The log as people read it: one line for each event."""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping

from orchestra.observe.log import LEVELS, as_json
from orchestra.records import Event

_HEAD = ("time", "level", "event", "session", "step", "agent", "attempt", "role", "path")
"""Keys that stand in front, or not at all."""
_MOST_CHARACTERS = 200
_EVENT_WIDTH = 18


class LogView:
    """Hands events of a level and above to `write`, as the log's lines. Any thread."""

    def __init__(self, write: Callable[[str], None], *, level: str) -> None:
        self._write = write
        self._from = LEVELS.index(level)

    def __call__(self, event: Event) -> None:
        if LEVELS.index(event.level) >= self._from:
            self._write(log_line(as_json(event)))


def log_line(event: Mapping[str, Any]) -> str:
    """Time, level, event, step and attempt, agent, file, and what else it says; all of it on one line."""
    time = str(event.get("time", "?")).replace("T", " ").rstrip("Z")
    step = str(event["step"]) if event.get("step") is not None else ""
    if event.get("attempt") is not None:
        step += f".{event['attempt']}"
    parts = [f"#{step}" if step else "", _text(event.get("agent") or ""), _text(event.get("path") or "")]
    rest = [f"{key}={_text(value)}" for key, value in event.items() if key not in _HEAD and value is not None]
    named = " ".join(part for part in [*parts, *rest] if part)
    head = f"{time} {_text(event.get('level', '?')):<7} {_text(event.get('event', '?')):<{_EVENT_WIDTH}}"
    return f"{head} {named}".rstrip()


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 3] + "..."
