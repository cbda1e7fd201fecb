"""A layer held against the schema: canonical plain values, or the first error with its place."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Iterable, Mapping

from orchestra.config.key_path import KeyPath, dotted, nearest
from orchestra.config.layers import Layer
from orchestra.config.leaf_values import WrongValue, canonical, found, quoted
from orchestra.config.schema import Leaf, Named, Node, Section, schema
from orchestra.errors import ConfigError

_KEY_HINT = "name a variable that holds it with api_key_env, or a file with api_key_file"


def check_layer(layer: Layer, *, home: str | None) -> Layer:
    """The layer with canonical values: sections are mappings, paths are absolute.

    `home` stands for `~/` at the head of a path. Raises ConfigError for the first wrong key.
    """
    checked = _Check(layer, home).node(schema(), layer.values, ())
    assert isinstance(checked, dict)
    return replace(layer, values=checked)


class _Check:
    """One pass over one layer."""

    def __init__(self, layer: Layer, home: str | None) -> None:
        self._layer = layer
        self._home = home

    def node(self, node: Node, value: object, path: KeyPath) -> object:
        if isinstance(node, Leaf):
            return self._leaf(node, value, path)
        if value is None:  # a section whose keys are all commented out
            return {}
        if not isinstance(value, Mapping):
            shown = found(value, hides_value=path[:1] == ("providers",))  # a key may stand where its section should
            raise self._layer.error(path, "expected a mapping of keys to values, found " + shown)
        return {name: self._below(node, str(name), below, (*path, name)) for name, below in value.items()}

    def _below(self, node: Section | Named, name: str, value: object, path: KeyPath) -> object:
        if isinstance(node, Section):
            if name not in node.entries:
                raise self._unknown(name, node.entries, path)
            return self.node(node.entries[name], value, path)
        if node.known_names is not None and name not in node.known_names:
            raise self._unknown(name, node.known_names, path)
        fault = node.name_form(name) if node.name_form else None
        if fault:
            raise self._layer.error(path, "expected %s, found %s" % (fault, found(name)))
        return self.node(node.entry, value, path)

    def _unknown(self, name: str, known: Iterable[str], path: KeyPath) -> ConfigError:
        if name == "api_key":
            return self._layer.error(path, "a key must not stand in the configuration itself", hint=_KEY_HINT)
        close = nearest(name, known)
        if close:
            hint = "did you mean %s?" % dotted((*path[:-1], close))
        else:
            hint = "expected one of: " + ", ".join(known)
        return self._layer.error(path, "unknown key %s" % quoted(name), hint=hint)

    def _leaf(self, leaf: Leaf, value: object, path: KeyPath) -> object:
        try:
            plain = canonical(leaf, value)
        except WrongValue as wrong:
            if wrong.position is not None and isinstance(value, (list, tuple)):
                path, value = (*path, wrong.position), value[wrong.position]
            shown = found(value, hides_value=leaf.rule.hides_value)
            raise self._layer.error(path, "expected %s, found %s" % (wrong.expected, shown)) from None
        return self._absolute(plain) if leaf.rule.is_path and isinstance(plain, str) else plain

    def _absolute(self, text: str) -> str:
        if self._home and (text == "~" or text.startswith("~/")):
            text = self._home + text[1:]
        return os.path.normpath(os.path.join(str(self._layer.base), text))
