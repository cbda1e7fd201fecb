"""What happens, told to whoever listens: the journal, the log, a view, a stream of JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Container

from orchestra.clock import Clock
from orchestra.observe.log import LEVELS
from orchestra.observe.redaction import Redactor
from orchestra.records import Event

Listener = Callable[[Event], None]
"""One with a set `names` hears of these events alone: of what nobody hears nothing is made."""


class _All(Container[str]):
    def __contains__(self, name: object) -> bool:
        return True


_ALL = _All()


class Events:
    """Passes each event to every listener, in the emitting thread. Secrets are taken out here, once."""

    def __init__(self, clock: Clock, redactor: Redactor) -> None:
        self._clock = clock
        self._redactor = redactor
        self._listeners: dict[str, tuple[tuple[Listener, Container[str]], ...]] = dict.fromkeys(LEVELS, ())
        """By level those who are told of it, each with the names it hears of."""
        self._session_id: str | None = None

    def listen(self, listener: Listener, *, level: str = "debug") -> None:
        """To that level and above. Before the first event, or between two: not while workers run."""
        names: Container[str] = getattr(listener, "names", _ALL)
        for heard in LEVELS[LEVELS.index(level):]:
            self._listeners[heard] = (*self._listeners[heard], (listener, names))

    def of_session(self, session_id: str) -> None:
        """Every later event belongs to this session."""
        self._session_id = session_id

    def emit(self, name: str, *, level: str = "info", step_id: int | None = None, **data: Any) -> None:
        """Any thread. `data` are plain JSON values."""
        listeners = [listener for listener, names in self._listeners[level] if name in names]
        if not listeners:
            return
        event = Event(name, self._clock.now(), level, self._session_id, step_id, data)
        if self._redactor.is_needed(event.data_as_json):
            # The names are the program's own.
            event = replace(event, data={key: self._redactor.value(value) for key, value in data.items()})
        for listener in listeners:
            listener(event)
