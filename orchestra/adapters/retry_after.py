"""How long a provider asks to wait, from the four places where they say it."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Mapping

from orchestra.adapters.error_body import ErrorBody
from orchestra.regex import regex

LONGEST_WAIT_S = 86400.0

_SECONDS = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = r"(\d{1,9}(?:\.\d{1,9})?)\s?(ms|milli|d|h|m|s)[a-z]{0,7}"
_DURATION = regex(_PART)
_IN_TEXT = regex(r"(?:(?:again|retry) (?:in|after)|wait(?: for)?)\s((?:%s\s?){1,4})" % _PART, re.IGNORECASE)


def find_wait_s(headers: Mapping[str, str], error: ErrorBody, *, now: datetime | None = None) -> float | None:
    """Seconds to wait before the next call; None where the provider does not say."""
    lower = {name.lower(): value for name, value in headers.items()}
    for found in (
        _number(lower.get("retry-after-ms"), 0.001),
        _number(lower.get("retry-after"), 1.0),
        _until(lower.get("retry-after"), lower.get("date"), now),
        _duration(error.retry_delay),
        _duration(_in_text(error.text)),
    ):
        if found is not None:
            return min(max(found, 0.0), LONGEST_WAIT_S)
    return None


def _number(value: str | None, unit_s: float) -> float | None:
    # Digits only: float() would take "nan" and "infinity" too.
    return float(value) * unit_s if value and re.fullmatch(r"\d{1,12}(\.\d{1,9})?", value.strip()) else None


def _until(value: str | None, date: str | None, now: datetime | None) -> float | None:
    moment = _moment(value)
    if moment is None:
        return None
    # The server's own clock is the one its date was taken from.
    return (moment - (_moment(date) or now or datetime.now(timezone.utc))).total_seconds()


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    from email.utils import parsedate_to_datetime  # Only here: few answers tell a moment, and it takes time to load.

    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment


def _in_text(text: str) -> str:
    found = _IN_TEXT.search(text)
    return found.group(1) if found else ""


def _duration(text: str) -> float | None:
    parts = _DURATION.findall(text.lower())
    return sum(float(number) * _SECONDS[unit] for number, unit in parts) if parts else None
