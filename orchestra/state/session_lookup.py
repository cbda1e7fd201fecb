"""A session by its id, or the newest that will do."""

from __future__ import annotations

from typing import Callable

from orchestra.errors import UnknownSession
from orchestra.state.manager import StateManager
from orchestra.state.sessions import SessionRow

_NONE = "there is no session here"


def find_session(
    journal: StateManager | None, session_id: str | None, *, fits: Callable[[SessionRow], bool] | None = None,
    none: str = _NONE,
) -> SessionRow:
    """The session of that id, or without one the newest that `fits`.

    Raises UnknownSession, with the words `none` where none fits.
    """
    row = None if journal is None else _row(journal, session_id, fits)
    if row is None and session_id is not None:
        raise UnknownSession(f"there is no session {session_id}", hint="`orchestra sessions` lists all of them")
    if row is None:
        raise UnknownSession(none if journal else _NONE, hint="`orchestra run TASK` starts one")
    return row


def _row(
    journal: StateManager, session_id: str | None, fits: Callable[[SessionRow], bool] | None
) -> SessionRow | None:
    if session_id is not None:
        return journal.sessions.get(session_id)
    return journal.sessions.newest() if fits is None else next(filter(fits, journal.sessions.all()), None)
