"""Files in the state folder that others read: replaced whole, so that nobody ever sees half of one."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def replace_file(folder: Path, path: Path, text: str) -> None:
    """Have the text lie at `path`, somewhere below the state folder `folder`, for its owner alone. Raises OSError."""
    try:
        _replace_from(folder / "tmp" / f"{path.name}.{os.getpid()}", path, text)
    except OSError as error:
        # Two mounts of one device look alike until something is moved between them.
        if error.errno != errno.EXDEV:
            raise
        # Of the same name each time, so that what a kill leaves is used up by the next.
        _replace_from(path.with_name(f"{path.name}.draft"), path, text)


def _replace_from(draft: Path, path: Path, text: str) -> None:
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
