"""Markdown tables of the keys and of the variables, for the documentation."""

from __future__ import annotations

from typing import Sequence

from orchestra.config.conversion import plain_leaf
from orchestra.config.leaf_values import expected
from orchestra.config.schema import Leaf, schema, walk
from orchestra.config.variables import variable_for
from orchestra.config.yaml_write import inline

_RESERVED_MEANINGS = {
    "ORCHESTRA_CONFIG": "a configuration file, as `--config`",
    "ORCHESTRA_SKIP": "reserved for git hooks",
    "ORCHESTRA_TRUST": "the SHA-256 of the repository's file that is trusted",
}


def keys_table() -> str:
    """Every key with what may stand there, its default and its meaning."""
    rows = [("Key", "Value", "Default", "Meaning")]
    for key, node in walk(schema()):
        if isinstance(node, Leaf):
            default = "" if key.endswith("*") else _code(inline(plain_leaf(node, node.default)))
            rows.append((_code(key.replace("*", "NAME")), expected(node), default, node.rule.comment))
    return _table(rows)


def variables_table() -> str:
    """Every variable whose key has a fixed name, with that key, and the reserved ones."""
    rows = [("Variable", "Sets")]
    for key, node in walk(schema()):
        if isinstance(node, Leaf) and "*" not in key:
            rows.append((_code(variable_for(key)), _code(key)))
    rows.extend((_code(name), meaning) for name, meaning in _RESERVED_MEANINGS.items())
    return _table(rows)


def _code(text: str) -> str:
    return "`%s`" % text


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| %s |" % " | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "".join(line + "\n" for line in lines)
