"""A layer held against the schema: canonical plain values, or the first error with its place."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Iterable, Mapping

from orchestra.config.key_path import KeyPath, dotted, nearest
from orchestra.config.layers import Layer
from orchestra.config.leaf_values import WrongValue, canonical, found, quoted
from orchestra.config.schema import Leaf, Named, Node, Section, schema
from orchestra.config.yaml_write import inline
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
            raise self._layer.error(path, "expected a mapping of keys to values, found " + shown, hint=self._keys())
        self._one_of_two_keys(value, path)
        return {name: self._below(node, str(name), below, (*path, name)) for name, below in value.items()}

    def _one_of_two_keys(self, value: Mapping[object, object], path: KeyPath) -> None:
        # In one file; a variable may name another key than a file, and a session keeps what all of them say.
        if not self._layer.lines or path[:1] != ("providers",) or len(path) != 2:
            return
        if value.get("api_key_env") and value.get("api_key_file"):
            what = "expected api_key_env or api_key_file, found both"
            raise self._layer.error((*path, "api_key_file"), what, hint="leave one of them out")

    def _below(self, node: Section | Named, name: str, value: object, path: KeyPath) -> object:
        if isinstance(node, Section):
            if name not in node.entries:
                raise self._unknown(name, node.entries, path)
            return self.node(node.entries[name], value, path)
        if node.known_names is not None and name not in node.known_names:
            raise self._unknown(name, node.known_names, path)
        fault = node.name_form(name) if node.name_form else None
        if fault:
            raise self._layer.error(path, "expected %s, found %s" % (fault, found(name)), hint="give it another name")
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
            what = "expected %s, found %s" % (wrong.expected, shown)
            raise self._layer.error(path, what, hint=self._example(leaf, path)) from None
        return self._absolute(plain) if leaf.rule.is_path and isinstance(plain, str) else plain

    def _keys(self) -> str:
        """Where the keys of a section are written."""
        if not self._layer.lines:
            return "`orchestra help variables` shows how a variable names a key"
        return "write its keys below it, indented"

    def _example(self, leaf: Leaf, path: KeyPath) -> str:
        """What could stand there: a whole line for a file, the value alone elsewhere."""
        key = [name for name in path if isinstance(name, str)][-1]
        value = leaf.rule.example if leaf.default in (None, ()) else leaf.default
        if value is None:
            return "leave %s out if you need none" % key
        is_list = leaf.kind == "list of texts" and isinstance(value, str)
        shown = inline((value,) if is_list else value)
        return "write, for example, `%s`" % ("%s: %s" % (key, shown) if self._layer.lines else shown)

    def _absolute(self, text: str) -> str:
        if self._home and (text == "~" or text.startswith("~/")):
            text = self._home + text[1:]
        return os.path.normpath(os.path.join(str(self._layer.base), text))
