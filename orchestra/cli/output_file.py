"""A file that a command was asked to write: whole, or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from orchestra.cli.context import Context
from orchestra.cli.output import printable
from orchestra.errors import WorkspaceError


def write_output(context: Context, name: str, text: str) -> Path:
    """Have the text lie there, in place of an older file; where it lies.

    A link is followed. Raises WorkspaceError for a folder, a device and the like, and where it cannot be written.
    """
    path = Path(os.path.realpath(context.env.cwd / name))
    try:
        mode = _mode_of(path)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
                stream.write(printable(text if text.endswith("\n") else text + "\n"))
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(draft, path)
        except OSError:
            with suppress(OSError):
                draft.unlink()
            raise
    except OSError as error:
        raise WorkspaceError(
            "the report cannot be written", where=f"{name}: {error.strerror}", hint="name another file with --output"
        ) from None
    return path


def _mode_of(path: Path) -> int:
    """Of the file that is replaced, else the usual one."""
    try:
        found = path.stat().st_mode
    except FileNotFoundError:
        return 0o666
    if not stat.S_ISREG(found):
        raise WorkspaceError("this is no file that could be replaced", where=str(path), hint="name another one")
    return stat.S_IMODE(found)
