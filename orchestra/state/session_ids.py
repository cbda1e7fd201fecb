"""The ids of sessions: `s-20261122-071500-4f2a`, which no path is taken for."""

from __future__ import annotations

import secrets
from datetime import datetime

from orchestra.regex import regex

_ID = regex(r"s-\d{8}-\d{6}-[0-9a-f]{4}")


def new_session_id(now: datetime) -> str:
    """An id that begins with the time in UTC."""
    return f"s-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def is_session_id(word: str) -> bool:
    """Whether a word has the form of an id."""
    return _ID.fullmatch(word) is not None
