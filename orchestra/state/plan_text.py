"""The file `plan.md` in the state folder."""

from __future__ import annotations

import os
from pathlib import Path

from orchestra.errors import StateError

FILE = "plan.md"


def read_plan_text(folder: Path) -> str | None:
    """What it says; None where it is not there. Raises StateError."""
    try:
        return (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StateError("the plan cannot be read", where=f"{folder / FILE}: {error}") from None


def write_plan_text(folder: Path, text: str) -> None:
    """Replace it whole, so that a reader never sees half a plan. Raises StateError."""
    draft = folder / "tmp" / f"{FILE}.{os.getpid()}"
    try:
        with open(draft, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, folder / FILE)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StateError("the plan cannot be kept", where=f"{folder / FILE}: {error.strerror}") from None
