"""The file `plan.md` in the state folder."""

from __future__ import annotations

from pathlib import Path

from orchestra.errors import PlanError, StateError
from orchestra.found_files import own
from orchestra.state.own_files import replace_file

FILE = "plan.md"
_SAVE = "save it in UTF-8, or move it away to go on with the plan as it was"


def read_plan_text(folder: Path) -> str | None:
    """What it says; None where it is not there. Raises StateError, PlanError for what is no text."""
    try:
        with open(folder / FILE, encoding="utf-8", opener=own) as file:
            return file.read()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise PlanError("the plan cannot be read: it is not UTF-8", where=str(folder / FILE), hint=_SAVE) from None
    except OSError as error:
        raise StateError(
            "the plan cannot be read", where=f"{folder / FILE}: {error.strerror}", hint="move it away, then resume"
        ) from None


def write_plan_text(folder: Path, text: str) -> None:
    """Replace it whole, so that a reader never sees half a plan. Raises StateError."""
    try:
        replace_file(folder, folder / FILE, text)
    except OSError as error:
        where = f"{folder / FILE}: {error.strerror}"
        raise StateError("the plan cannot be kept", where=where, hint="make room, then resume") from None
