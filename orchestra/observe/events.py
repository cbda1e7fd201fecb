"""What happens, told to whoever listens: the journal, the log, a view, a stream of JSON."""

from __future__ import annotations

from typing import Any, Callable

from orchestra.clock import Clock
from orchestra.observe.redaction import Redactor
from orchestra.records import Event

Listener = Callable[[Event], None]


class Events:
    """Passes each event to every listener, in the emitting thread. Secrets are taken out here, once."""

    def __init__(self, clock: Clock, redactor: Redactor) -> None:
        self._clock = clock
        self._redactor = redactor
        self._listeners: tuple[Listener, ...] = ()
        self._session_id: str | None = None

    def listen(self, listener: Listener) -> None:
        """Before the first event, or between two: not while workers run."""
        self._listeners = (*self._listeners, listener)

    def of_session(self, session_id: str) -> None:
        """Every later event belongs to this session."""
        self._session_id = session_id

    def emit(self, name: str, *, level: str = "info", step_id: int | None = None, **data: Any) -> None:
        """Any thread. `data` are plain JSON values."""
        # The names are the program's own.
        hidden = {key: self._redactor.value(value) for key, value in data.items()}
        event = Event(name, self._clock.now(), level, self._session_id, step_id, hidden)
        for listener in self._listeners:
            listener(event)
