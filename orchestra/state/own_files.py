"""Files in the state folder that others read: replaced whole, so that nobody ever sees half of one."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(folder: Path, path: Path, text: str) -> None:
    """Have the text lie at `path`, somewhere below the state folder `folder`, for its owner alone. Raises OSError."""
    draft = _draft_of(path, folder / "tmp")
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


def _draft_of(path: Path, place: Path) -> Path:
    """Beside the file where the place for drafts is another file system; the name is the same in each run."""
    is_apart = os.stat(place).st_dev != os.stat(path.parent).st_dev
    return path.with_name(f"{path.name}.draft") if is_apart else place / f"{path.name}.{os.getpid()}"
