"""A session's log: by default the newest session's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

from orchestra.cli.context import Context
from orchestra.clock import CancelToken
from orchestra.errors import Cancelled, ExitStatus, StateError
from orchestra.observe.log import LEVELS, log_path, older_path
from orchestra.observe.log_reading import LogLine, follow_log, read_log
from orchestra.state.database import FOLDER
from orchestra.state.lock import may_be_held
from orchestra.state.manager import StateManager
from orchestra.state.session_lookup import find_session
from orchestra.views.log_lines import log_line

_PAUSE_S = 0.2
_LOOKS_AFTER_THE_END = 5
"""The last line is written a moment after the journal has the end; a log of errors alone never holds it."""


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where no log was read."""
    return {"session_id": None, "events": [], "damaged_lines": 0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", nargs="?", help="by default the newest")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the session ends")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Print it: lines for people, the events themselves for scripts."""
    with context.journal_for_reading() as journal:
        session_id = find_session(journal, arguments.session).session_id
        assert journal is not None  # find_session raises otherwise
        path = log_path(context.root / FOLDER, session_id)
        if not arguments.follow and not any(each.exists() for each in (path, older_path(path))):
            hint = f"`orchestra report {session_id}` tells the rest"
            context.output.warn(f"there is no log of {session_id}; {hint}")
        try:
            return _tell(context, session_id, _lines(arguments, context, journal, session_id, path))
        except OSError as error:
            where = f"{path}: {error.strerror}"
            raise StateError("the log cannot be read", where=where, hint="make it readable for you") from None


def _lines(
    arguments: argparse.Namespace, context: Context, journal: StateManager, session_id: str, path: Path
) -> Iterator[LogLine]:
    if not arguments.follow:
        yield from read_log(path)
        return
    is_over = _Ending(context, journal, session_id)
    for line in follow_log(path, is_over=is_over, pause=_pausing(context)):
        is_over.has_told_the_end = line.event is not None and line.event.get("event") == "session.ended"
        yield line


def _tell(context: Context, session_id: str, lines: Iterator[LogLine]) -> ExitStatus:
    output = context.output
    events: list[dict[str, Any]] = []
    damaged, status = 0, ExitStatus.DONE
    try:
        for line in lines:
            if line.event is None:
                damaged += 1
            elif not _is_wanted(line.event, context.options.log_level):
                continue
            elif output.as_json_stream:
                output.json_line(line.event)
            elif output.as_json:
                events.append(line.event)
            else:
                output.result(log_line(line.event), {})
    except Cancelled:
        status = ExitStatus.stopped_by(context.env.stop.number)
    if damaged:
        output.warn(f"{damaged} line{'' if damaged == 1 else 's'} of the log cannot be read")
    # In a stream each was told already.
    told = None if output.as_json_stream else events
    output.result("", {**output.head(status), "session_id": session_id, "events": told, "damaged_lines": damaged})
    return status


def _is_wanted(event: Mapping[str, Any], least: str | None) -> bool:
    """Whether it is as serious as the flag asks; what has no level of ours is shown."""
    level = event.get("level")
    return least is None or level not in LEVELS or LEVELS.index(level) >= LEVELS.index(least)


class _Ending:
    """Whether nothing more can come: the session has ended, or nobody is at work here (any more)."""

    def __init__(self, context: Context, journal: StateManager, session_id: str) -> None:
        self._folder = context.root / FOLDER
        self._journal = journal
        self._session_id = session_id
        self._looks_left = _LOOKS_AFTER_THE_END
        self.has_told_the_end = False
        """Whether the last line so far is that of the end."""

    def __call__(self) -> bool:
        if not may_be_held(self._folder):
            return True
        row = self._journal.sessions.get(self._session_id)
        if row is None:
            return True
        if row.exit_status is None:
            self._looks_left = _LOOKS_AFTER_THE_END
            return False
        self._looks_left -= 1
        return self.has_told_the_end or self._looks_left < 0


def _pausing(context: Context) -> Callable[[], None]:
    never = CancelToken()

    def pause() -> None:
        context.env.clock.sleep(_PAUSE_S, never)
        if context.env.stop.number is not None:
            raise Cancelled()

    return pause
