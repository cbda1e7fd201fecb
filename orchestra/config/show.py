"""The merged configuration for a person and for a script."""

from __future__ import annotations

from typing import Iterator, Mapping

from orchestra.config.key_path import KeyPath, dotted
from orchestra.config.loading import Config
from orchestra.config.yaml_write import inline, text

_WIDEST_COLUMN = 72


def render_show(config: Config, *, with_origin: bool) -> str:
    """Every key as YAML, headers masked; with the origin of each value as a comment where asked."""
    lines = list(_lines(config.values, ()))
    if not with_origin:
        return "".join(line + "\n" for line, _ in lines)
    column = max((len(line) for line, path in lines if path and len(line) <= _WIDEST_COLUMN), default=0)
    rendered = []
    for line, path in lines:
        rendered.append("%s  # %s" % (line.ljust(column), _one_line(config.origins[dotted(path)])) if path else line)
    return "".join(line + "\n" for line in rendered)


def show_as_json(config: Config) -> dict[str, object]:
    """The same for `--json`: `{"config": {...}, "origins": {dotted key: origin}}`."""
    return {"config": config.values, "origins": dict(config.origins)}


def _lines(values: Mapping[str, object], path: KeyPath) -> Iterator[tuple[str, KeyPath | None]]:
    indent = "  " * len(path)
    for name, value in values.items():
        key = indent + text(name) + ":"
        if isinstance(value, Mapping) and value:
            yield key, None
            yield from _lines(value, (*path, name))
        elif isinstance(value, Mapping):
            yield key + " {}", None
        else:
            yield key + " " + inline(value), (*path, name)


def _one_line(origin: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in origin)
