"""What a session goes on with: how it was started, and what may be changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from orchestra.config.kept import resumed
from orchestra.config.loading import Config
from orchestra.config.settings import Settings
from orchestra.errors import Conflict, ExitStatus, UnreadableReply, UsageError
from orchestra.state.manager import StateManager
from orchestra.state.session_lookup import find_session
from orchestra.state.sessions import SessionRow
from orchestra.workspace.tree import Tree

CHANGEABLE = ("providers", "agents", "budget", "max_concurrency")
"""Parts of the configuration that a resumed session takes from the command line or a --config file."""
RETRIED = (int(ExitStatus.PROVIDER), int(ExitStatus.WORKSPACE))
"""Files that ended so are tried again."""
_CUT_SHORT = (None, *map(int, (
    ExitStatus.STATE, ExitStatus.LIMIT, ExitStatus.DEFECT, ExitStatus.INTERRUPTED, ExitStatus.TERMINATED
)))
"""Of sessions that came to no end of their own: they go on with all that was answered."""
UNJUDGED_CHANGE = "whole-change-not-judged"
"""The fact that nobody could be had to judge the change as a whole."""
START = "start/"
"""What the name begins with under which a path's first image that counts is kept."""


def session_to_resume(journal: StateManager | None, session_id: str | None) -> SessionRow:
    """The session of that id, or the newest that can go on. Raises UnknownSession, UsageError for one that cannot."""
    row = find_session(journal, session_id, fits=lambda row: row.can_resume, none="there is nothing to resume")
    if not row.can_resume:
        raise UsageError(
            f"session {session_id} has come to its end ({row.phase})", hint="`orchestra run TASK` starts a new one"
        )
    return row


def resumed_settings(
    kept: Mapping[str, Any], current: Config, *, said_now: Sequence[str]
) -> tuple[Settings, list[str]]:
    """The session's settings with what may be changed, and the keys that were given now but may not be.

    `said_now` are the dotted keys that flags or a --config file of this command set.
    """
    settings = resumed(kept, current).settings
    changed = {key.split(".")[0] for key in said_now}
    for part in CHANGEABLE:
        if part in changed:
            settings = replace(settings, **{part: getattr(current.settings, part)})
    refused = [
        key for key in said_now
        if key.split(".")[0] not in CHANGEABLE and _value(settings, key) != _value(current.settings, key)
    ]
    return settings, refused


def overlooked(settings: Settings, current: Config) -> list[str]:
    """The keys that variables set now to other values than the session goes on with: they count at its start only."""
    set_now = [key for key, origin in current.origins.items() if origin.startswith("variable ")]
    return [key for key in set_now if _value(settings, key) != _value(current.settings, key)]


def take_up_again(journal: StateManager, row: SessionRow, tree: Tree) -> None:
    """Have the plan and the files be tried again that failed by no fault of their drafts, and a review that was none.

    Before the session is reopened; safe to do again after a kill. Raises RefusedPath and WorkspaceError where a file
    that was changed by somebody else cannot be looked at.
    """
    session_id = row.session_id
    if row.exit_status in RETRIED and journal.sessions.plan(session_id) is None:
        journal.steps.ask_last_again(session_id, role="architect")
    retried = journal.images.outcomes(session_id, only=RETRIED)
    is_unjudged = journal.recall(session_id, UNJUDGED_CHANGE)
    if not retried and not is_unjudged:
        return
    for outcome in retried.values():
        journal.keep(session_id, f"begun/{outcome.path}", None)
        if outcome.error_code == UnreadableReply.code and row.exit_status not in _CUT_SHORT:
            journal.steps.ask_again(session_id, outcome.path)
        is_put_back = outcome.error_code == Conflict.code and _is_put_back(journal, session_id, outcome.path, tree)
        if outcome.status == "reverted" or is_put_back:
            # What was put back counts as the file's beginning: its writes are not gone through again.
            journal.keep(session_id, START + outcome.path, journal.images.count_writes(session_id, outcome.path))
    journal.keep(session_id, "generation", generation(journal, session_id) + 1)
    if is_unjudged:
        journal.keep(session_id, UNJUDGED_CHANGE, None)
    if retried:
        journal.images.forget_outcomes(session_id, RETRIED)


def _is_put_back(journal: StateManager, session_id: str, path: str, tree: Tree) -> bool:
    """Whether the user brought back what was there before the session; that is noted, as what a revert leaves is."""
    images = journal.images.all(session_id, path)
    if len(images) < 2 or tree.read(path).content != images[0].content:
        return False
    if images[-1].content != images[0].content:
        journal.images.save(session_id, path, "after", images[0])
    return True


def generation(journal: StateManager, session_id: str) -> int:
    """How often the session's files, or its change as a whole, were taken up again."""
    return int(journal.recall(session_id, "generation") or 0)


def _value(settings: Settings, key: str) -> object:
    value: object = settings
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
    return value
