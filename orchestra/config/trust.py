"""What a repository's own file may set before its user trusts it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Mapping

from orchestra.config.files import ConfigFile
from orchestra.config.key_path import KeyPath, dotted
from orchestra.config.layers import Layer, leaf_paths, merge_values, nested
from orchestra.dataclass import dataclass
from orchestra.errors import ConfigError
from orchestra.found_files import plain, read_json
from orchestra.regex import regex

HARMLESS_KEYS = ("custom_prompts", "mode", "max_concurrency", "max_iterations", "watch")
"""What an untrusted file may set, besides `tests.run: false` and a lower budget."""

_NOT_TRUSTED = "only a trusted file may set this"
_SHA256 = regex(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class LeftOut:
    """A key of the repository's file that was not followed."""

    key: str
    """Dotted."""
    file: str
    line: int | None
    why: str

    def __str__(self) -> str:
        place = self.file if self.line is None else "%s:%d" % (self.file, self.line)
        return "%s: %s left out: %s" % (place, self.key, self.why)


def trust_hash(content: bytes) -> str:
    """What a trust record holds of a file: its SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def is_trusted(file: ConfigFile, *, root: Path, trust_file: Path | None, variables: Mapping[str, str]) -> bool:
    """Whether the user has accepted this file as it is now. Raises ConfigError for a malformed ORCHESTRA_TRUST."""
    given = variables.get("ORCHESTRA_TRUST", "").strip().lower()
    if given and not _SHA256.fullmatch(given):
        raise ConfigError(
            "expected a SHA-256 of 64 hexadecimal digits", where="variable ORCHESTRA_TRUST",
            hint="`sha256sum .orchestra.yaml` prints that of the file as it is now",
        )
    return trust_hash(file.content) in (given, recorded_hash(trust_file, root=root))


def recorded_hash(trust_file: Path | None, *, root: Path) -> str | None:
    """The hash that was trusted for a root; None without a record, or with one that cannot be read.

    The record is a JSON object of root's real path to hash. A damaged one trusts nothing.
    """
    if trust_file is None:
        return None
    try:
        with open(trust_file, "rb", opener=plain) as file:
            record = read_json(file.read())
    except (OSError, ValueError):
        return None
    recorded = record.get(os.path.realpath(root)) if isinstance(record, dict) else None
    return recorded if isinstance(recorded, str) else None


def admit(layer: Layer, *, max_cost: Decimal | None) -> tuple[Layer, tuple[LeftOut, ...]]:
    """What of an untrusted layer is followed, and what is not.

    `max_cost` is the budget of all the other layers; None when they set no limit.
    """
    admitted: dict[str, object] = {}
    left_out: dict[KeyPath, LeftOut] = {}
    for path in leaf_paths(layer.values):
        value = _at(layer.values, path)
        why = _objection(path, value, max_cost)
        if why is None:
            admitted = merge_values(admitted, nested(path, value))
            continue
        place = path if path[0] in ("tests", "budget") else path[:1]
        left_out.setdefault(place, LeftOut(dotted(place), layer.source, layer.line(place), why))
    return replace(layer, values=admitted), tuple(left_out.values())


def _objection(path: KeyPath, value: object, max_cost: Decimal | None) -> str | None:
    if path[0] in HARMLESS_KEYS:
        return None
    if path == ("tests", "run"):
        return None if value is False else "a file that is not trusted may only set it to false"
    if path == ("budget", "max_cost"):
        if value is not None and (max_cost is None or Decimal(str(value)) < max_cost):
            return None
        return "a file that is not trusted may only lower it"
    return _NOT_TRUSTED


def _at(values: object, path: KeyPath) -> object:
    for name in path:
        assert isinstance(values, Mapping)
        values = values[name]
    return values
