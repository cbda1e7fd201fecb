"""What stands in the journal's cells as text, made into values: the one place where a row turns out to be damaged."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Mapping

from orchestra.errors import StateDamaged
from orchestra.state.database import DAMAGED_HINT


def json_of(text: object) -> Any:
    """Raises StateDamaged."""
    try:
        return json.loads(text)  # type: ignore[arg-type]  # a damaged cell can hold anything
    except (TypeError, ValueError, RecursionError):
        raise damaged("what should be JSON is none") from None


def object_of(text: object) -> Mapping[str, Any]:
    """The same where it can only be an object."""
    value = json_of(text)
    if not isinstance(value, dict):
        raise damaged("what should be an object is none")
    return value


def object_with(text: object, members: Mapping[str, type]) -> Mapping[str, Any]:
    """An object that has these members of these kinds, and maybe others."""
    value = object_of(text)
    for name, kind in members.items():
        if not isinstance(value.get(name), kind):
            raise damaged(f"what should be an object with the member {name} is none")
    return value


def moment(text: object) -> datetime:
    """The inverse of `iso`. Raises StateDamaged."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))  # type: ignore[attr-defined]
    except (AttributeError, TypeError, ValueError):
        raise damaged("what should be a time is none") from None
    if found.tzinfo is None:
        raise damaged("what should be a time in UTC is none")
    return found


def amount_of(text: str | None) -> Decimal | None:
    """Raises StateDamaged."""
    try:
        amount = None if text is None else Decimal(text)
    except (TypeError, ValueError, InvalidOperation):
        raise damaged("what should be an amount is none") from None
    if amount is not None and not amount.is_finite():
        raise damaged("what should be an amount is none")
    return amount


def cell_text(text: str) -> str:
    """The text as a cell can hold it: a byte of a path that is no UTF-8 becomes an escape, in JSON the one for it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def damaged(what: str) -> StateDamaged:
    """The error for a row that can be read and says nothing."""
    return StateDamaged("the journal is damaged", where=what, hint=DAMAGED_HINT)
