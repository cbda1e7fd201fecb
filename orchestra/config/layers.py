"""Layers of configuration: where each came from, and how they become one with the origin of every value."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Iterable, Mapping

from orchestra.config.key_path import KeyPath, dotted
from orchestra.dataclass import dataclass
from orchestra.errors import ConfigError


@dataclass(frozen=True)
class Layer:
    """What one file, variable or flag says, as plain values nested like the file."""

    source: str
    """A file's path, `variable ORCHESTRA_MODE` or `flag --mode`."""
    values: Mapping[str, object]
    base: Path
    """The folder that relative paths in it count from."""
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    """The line of each key, counted from 1; empty for what is no file."""

    def line(self, path: KeyPath) -> int | None:
        """The line of a key, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def origin(self, path: KeyPath) -> str:
        """`FILE:LINE` for a file, else the source."""
        line = self.line(path)
        return self.source if line is None else "%s:%d" % (self.source, line)

    def error(self, path: KeyPath, what: str, *, hint: str | None = None) -> ConfigError:
        """An error that names source, line and key."""
        where = self.origin(path)
        return ConfigError(what, where="%s, key %s" % (where, dotted(path)) if path else where, hint=hint)


@dataclass(frozen=True)
class Merged:
    """Several layers as one."""

    values: Mapping[str, object]
    origins: Mapping[KeyPath, str]
    """Of every leaf."""


def merge_layers(layers: Iterable[Layer]) -> Merged:
    """The layers as one, the later over the earlier; checked layers only."""
    values: Mapping[str, object] = {}
    origins: dict[KeyPath, str] = {}
    for layer in layers:
        values = merge_values(values, layer.values)
        origins.update((path, layer.origin(path)) for path in leaf_paths(layer.values))
    return Merged(values, origins)


def merge_values(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """One mapping from two: mappings merge, everything else is replaced by what lies above."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            merged[name] = merge_values(under, value)
        else:
            merged[name] = value
    return merged


def leaf_paths(values: Mapping[str, object], path: KeyPath = ()) -> Iterable[KeyPath]:
    """The path of everything that is not a mapping."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from leaf_paths(value, (*path, name))
        else:
            yield (*path, name)


def nested(path: KeyPath, value: object) -> dict[str, object]:
    """A mapping that holds one value at a path."""
    for name in reversed(path):
        value = {str(name): value}
    assert isinstance(value, dict)
    return value
