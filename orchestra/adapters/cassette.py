"""What a cassette holds: every question of a run to an agent's models, and what came of it.

A cassette is text in UTF-8, one JSON object a line. The first is `{"orchestra_cassette": 1}`; each further one is
an Entry. Prompts stand in it as hashes only, with the role and the file for reading; answers in full, as do the
faults' messages, both without keys and secret headers, and stand-ins for secrets with their numbers; of each attempt
its model, its figures and its error. Nothing else of a request, and no header, is in it.
"""

from __future__ import annotations

import json
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Any, Mapping

from orchestra.adapters.fingerprint import Fingerprint
from orchestra.dataclass import dataclass
from orchestra.errors import ProviderFault
from orchestra.records import Reply, Usage

VERSION_KEY = "orchestra_cassette"
VERSION = 1
VOLATILE = ("findings", "failures", "output", "checks")
"""Segments of prompts that the tests of a project and the tools of a machine speak in: with times, places and versions
that are others in every run. They do not count in a question's hash."""

_FAULT_FIELDS: Mapping[str, tuple[type, ...]] = {
    "what": (str,),
    "where": (str, type(None)),
    "hint": (str, type(None)),
    "http_status": (int, type(None)),
    "retry_after_s": (int, float, type(None)),
    "next_try_s": (int, float, type(None)),
    "partial_text": (str,),
    "output_tokens": (int, type(None)),
}
"""What faults say of themselves, and its types."""


class Malformed(ValueError):
    """A line that is no part of a cassette; the text says what is wrong with it."""


@dataclass(frozen=True)
class PlayedAttempt:
    """One attempt, without its time."""

    provider: str
    model_id: str
    success: bool
    latency_ms: int
    usage: Usage
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True)
class Entry:
    """One question to an agent: the attempts to answer it, and the answer or the fault that it ended with."""

    role: str
    file: str | None
    question: Fingerprint
    attempts: tuple[PlayedAttempt, ...]
    outcome: Reply | ProviderFault


def head_line() -> str:
    """The first line of a cassette."""
    return json.dumps({VERSION_KEY: VERSION})


def check_head(value: Mapping[str, Any]) -> None:
    """Raises Malformed for a first line that is not one, or of a version that this program does not know."""
    if VERSION_KEY not in value:
        raise Malformed("it does not begin as a cassette does")
    if value[VERSION_KEY] != VERSION:
        raise Malformed(f"it is of version {value[VERSION_KEY]!r}, and this program knows {VERSION}")


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """The entry as JSON values."""
    outcome = entry.outcome
    ended = {"reply": _reply_to_json(outcome)} if isinstance(outcome, Reply) else {"fault": _fault_to_json(outcome)}
    return {
        "role": entry.role,
        "file": entry.file,
        "request": entry.question.digest,
        "turns": [list(turn) for turn in entry.question.turns],
        "attempts": [_attempt_to_json(attempt) for attempt in entry.attempts],
        **ended,
    }


def entry_from_json(value: Mapping[str, Any]) -> Entry:
    """The inverse of `entry_to_json`. Raises Malformed."""
    turns = tuple((_text(turn, 0), _text(turn, 1)) for turn in _taken(value, "turns", list))
    attempts = tuple(_attempt_from_json(attempt) for attempt in _taken(value, "attempts", list))
    outcome: Reply | ProviderFault
    if "reply" in value:
        outcome = _reply_from_json(_taken(value, "reply", dict))
    else:
        outcome = _fault_from_json(_taken(value, "fault", dict))
    return Entry(
        _taken(value, "role", str), _taken(value, "file", str, type(None)), Fingerprint(turns), attempts, outcome
    )


def _attempt_to_json(attempt: PlayedAttempt) -> dict[str, Any]:
    return {
        "provider": attempt.provider, "model": attempt.model_id, "success": attempt.success,
        "latency_ms": attempt.latency_ms, **_usage_to_json(attempt.usage), "error_code": attempt.error_code,
        "error_message": attempt.error_message,
    }


def _attempt_from_json(value: object) -> PlayedAttempt:
    return PlayedAttempt(
        _taken(value, "provider", str), _taken(value, "model", str), _taken(value, "success", bool),
        _taken(value, "latency_ms", int), _usage_from_json(value), _taken(value, "error_code", str, type(None)),
        _taken(value, "error_message", str, type(None)),
    )


def _reply_to_json(reply: Reply) -> dict[str, Any]:
    return {
        "text": reply.text, "provider": reply.provider, "model": reply.model_id, "latency_ms": reply.latency_ms,
        **_usage_to_json(reply.usage), "from_cache": reply.from_cache,
    }


def _reply_from_json(value: Mapping[str, Any]) -> Reply:
    return Reply(
        _taken(value, "text", str), _usage_from_json(value), _taken(value, "provider", str),
        _taken(value, "model", str), _taken(value, "latency_ms", int), _taken(value, "from_cache", bool),
    )


def _fault_to_json(fault: ProviderFault) -> dict[str, Any]:
    said = {name: value for name, value in vars(fault).items() if name in _FAULT_FIELDS}
    return {"code": fault.code, **said}


def _fault_from_json(value: Mapping[str, Any]) -> ProviderFault:
    code = _taken(value, "code", str)
    fault_class = next((each for each in fault_classes() if each.code == code), None)
    if fault_class is None:
        raise Malformed(f"there is no fault {code!r}")
    fault = fault_class(_taken(value, "what", str))
    for name in vars(fault).keys() & _FAULT_FIELDS.keys() & value.keys():
        setattr(fault, name, _taken(value, name, *_FAULT_FIELDS[name]))
    return fault


def fault_classes() -> list[type[ProviderFault]]:
    """Every kind of fault."""
    found = [ProviderFault]
    for each in found:
        found.extend(each.__subclasses__())
    return found


def _usage_to_json(usage: Usage) -> dict[str, Any]:
    values = {field.name: getattr(usage, field.name) for field in fields(usage)}
    return {**values, "cost_usd": None if usage.cost_usd is None else str(usage.cost_usd)}


def _usage_from_json(value: object) -> Usage:
    cost = _taken(value, "cost_usd", str, type(None))
    try:
        cost_usd = None if cost is None else Decimal(cost)
    except InvalidOperation:
        raise Malformed(f"`cost_usd` is {cost!r}") from None
    names = [field.name for field in fields(Usage) if field.name != "cost_usd"]
    return Usage(cost_usd=cost_usd, **{name: _taken(value, name, int, type(None)) for name in names})


def _taken(value: object, name: str, *types: type) -> Any:
    """The value under a name. Raises Malformed where it is missing or of another type."""
    if not isinstance(value, dict) or name not in value:
        raise Malformed(f"`{name}` is missing")
    found = value[name]
    if not isinstance(found, types) or (isinstance(found, bool) and bool not in types):
        raise Malformed(f"`{name}` is {found!r:.40}")
    return found


def _text(turn: object, index: int) -> str:
    if not isinstance(turn, list) or len(turn) != 2 or not isinstance(turn[index], str):
        raise Malformed("`turns` are not pairs of texts")
    return str(turn[index])
