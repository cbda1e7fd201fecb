"""Reading JSON that a stranger wrote: a value if it has the shape asked for, an empty one if not."""

from __future__ import annotations

import json
from typing import Mapping

_MOST_TOKENS = 10**12
_BLANKS = " \t\n\r"
_DECODER = json.JSONDecoder()


def parse_json(text: str) -> object:
    """The parsed value. Raises ValueError for anything that is not JSON, absurdly nested text too."""
    text = text.strip(_BLANKS)
    try:
        # As json.loads does, but without what it does around it: a stream has thousands of events.
        value, end = _DECODER.raw_decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if end != len(text):
        raise ValueError("more than one value")
    return value


def mapping_at(value: object, *keys: str) -> Mapping[str, object]:
    """The object under that path of keys; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items_at(value: object, key: str) -> list[object]:
    """The list under a key; an empty one where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def text_at(value: object, key: str) -> str:
    """The string under a key; an empty one where there is none, for null too."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def count_at(value: object, key: str) -> int | None:
    """The number of tokens under a key; None for what cannot be one."""
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 <= found < _MOST_TOKENS:
        return None
    return int(found)
