"""The phases of a session, and which may follow which."""

from __future__ import annotations

from typing import Mapping

from orchestra.errors import OrchestraError

ACTIVITIES = ("executing", "auditing", "consulting", "recovering")
"""What is done with files, the most advanced last. While several are worked on, a session is in the phase of the most
advanced that one of them is in; between two of them any move is legal."""
STOPS = ("failed", "interrupted", "limited")
"""How a session can end whatever it was doing."""
ENDS = ("completed", "partial", "rejected", *STOPS)

_AFTER_FILES = frozenset({*ACTIVITIES, "testing", "committing", "completed", "partial", *STOPS})
MOVES: Mapping[str, frozenset[str]] = {
    "init": frozenset({"planning", "testing", "executing", *STOPS}),
    "planning": frozenset({"awaiting_approval", "completed", "rejected", *STOPS}),
    # Which tests fail already is found out before the first write.
    "awaiting_approval": frozenset({"testing", "executing", "rejected", *STOPS}),
    **{activity: _AFTER_FILES for activity in ACTIVITIES},
    # The linter before the tests; and both after each file, where that is wanted.
    "testing": frozenset({"testing", *ACTIVITIES, "committing", "completed", "partial", *STOPS}),
    "committing": frozenset({"completed", *STOPS}),
    **{end: frozenset() for end in ENDS},
}
"""What may follow within one process. A process that takes a session up again begins at `init`, from wherever it
stands: the answers that the journal holds lead back to where it was."""


class IllegalMove(OrchestraError):
    """A session was to go from one phase to another that cannot follow: a defect, never an answer to anything."""


def check_move(old: str, new: str) -> None:
    """Raises IllegalMove."""
    if new not in MOVES.get(old, ()):
        raise IllegalMove(f"a session cannot go from {old} to {new}")
