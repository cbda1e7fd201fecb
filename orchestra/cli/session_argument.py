"""A session named on the command line, and paths beside it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from orchestra.cli.context import Context
from orchestra.errors import UsageError
from orchestra.state.session_ids import is_session_id


def session_and_paths(arguments: argparse.Namespace, context: Context) -> tuple[str | None, list[str]]:
    """The session's id, if one is named, and the paths relative to the root. What follows `--` is a path.

    Raises UsageError for two sessions, or a path outside the root.
    """
    ids = [word for word in arguments.names if is_session_id(word)]
    if len(ids) > 1:
        raise UsageError("only one session can be named", where=" ".join(ids), hint="name them one after the other")
    paths = [word for word in arguments.names if not is_session_id(word)] + list(context.after_dashes)
    return ids[0] if ids else None, [_below_root(context, path) for path in paths]


def _below_root(context: Context, path: str) -> str:
    """A path as typed, relative to the root, whether anything is there or not. Raises UsageError."""
    full = Path(os.path.normpath(context.env.cwd.resolve() / path))
    try:
        return full.relative_to(context.root.resolve()).as_posix()
    except ValueError:
        hint = f"name one below {context.root}"
        raise UsageError("the path lies outside the repository", where=path, hint=hint) from None
