"""The file `plan.md` in the state folder."""

from __future__ import annotations

from pathlib import Path

from orchestra.errors import StateError
from orchestra.found_files import own
from orchestra.state.own_files import replace_file

FILE = "plan.md"


def read_plan_text(folder: Path) -> str | None:
    """What it says; None where it is not there. Raises StateError."""
    try:
        with open(folder / FILE, encoding="utf-8", opener=own) as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StateError("the plan cannot be read", where=f"{folder / FILE}: {error}") from None


def write_plan_text(folder: Path, text: str) -> None:
    """Replace it whole, so that a reader never sees half a plan. Raises StateError."""
    try:
        replace_file(folder, folder / FILE, text)
    except OSError as error:
        raise StateError("the plan cannot be kept", where=f"{folder / FILE}: {error.strerror}") from None
