"""ORCHESTRA_* variables as layers."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Mapping

from orchestra.config.key_path import KeyPath, nearest, spelling
from orchestra.config.layers import Layer, nested
from orchestra.config.schema import Leaf, Named, Node, Section, schema, walk
from orchestra.errors import ConfigError

PREFIX = "ORCHESTRA_"
RESERVED = ("CONFIG", "SKIP", "TRUST")
"""Read elsewhere; no keys."""

KNOWN_PROVIDERS = (
    "moonshot", "zai", "gemini", "openai", "anthropic", "moonshot-cn", "zai-cn", "zai-coding", "openrouter", "deepseek",
    "mistral", "llama-cpp", "ollama", "vllm", "lm-studio",
)
"""Those that the catalog has before any configuration."""


def variable_layers(
    variables: Mapping[str, str], *, known: Mapping[str, object], base: Path
) -> tuple[Layer, ...]:
    """A layer for each variable that names a key, the deeper key after the one around it.

    A name that the user chose cannot be spelled in a variable, so it is looked up in `known`, the layers below,
    merged. An empty variable counts as absent. Raises ConfigError for a variable that names no key.
    """
    names = [name for name, text in variables.items() if name.startswith(PREFIX) and text.strip()]
    chosen = [name for name in names if name[len(PREFIX):] not in RESERVED]
    ordered = sorted(chosen, key=lambda name: (name.count("__"), name))
    return tuple(_layer(name, variables[name], known, base) for name in ordered)


def variable_for(key: str) -> str:
    """The variable that sets a dotted key."""
    return PREFIX + key.replace(".", "__").upper()


def _layer(variable: str, text: str, known: Mapping[str, object], base: Path) -> Layer:
    path, node = _find(variable, known)
    source = "variable " + variable
    value = text if node is None else _parse(text, node, source)
    return Layer(source, nested(path, value), base)


def _find(variable: str, known: Mapping[str, object]) -> tuple[KeyPath, Node | None]:
    """The key that a variable names; with no node where a section lacks it, which the check will say better."""
    node: Node = schema()
    path: KeyPath = ()
    for part in variable[len(PREFIX):].split("__"):
        name = part.lower()
        if isinstance(node, Section) and name in node.entries:
            node = node.entries[name]
        elif isinstance(node, Named):
            name = _chosen_name(node, path, name, known, variable)
            node = node.entry
        elif isinstance(node, Section) and path:
            return (*path, name), None
        else:
            raise _unknown(variable)
        path = (*path, name)
    return path, node


def _chosen_name(node: Named, path: KeyPath, part: str, known: Mapping[str, object], variable: str) -> str:
    candidates = node.known_names or _names_at(path, known)
    matching = sorted({name for name in candidates if spelling(name) == part})
    if len(matching) == 1:
        return matching[0]
    if node.known_names:
        raise _unknown(variable)
    what = "fits several names: " + ", ".join(matching) if matching else "names nothing that is configured"
    raise ConfigError(what, where="variable " + variable, hint="write it in a file and name that with --config")


def _names_at(path: KeyPath, known: Mapping[str, object]) -> Iterable[str]:
    below: object = known
    for name in path:
        below = below.get(name) if isinstance(below, Mapping) else None
    names = set(below) if isinstance(below, Mapping) else set()
    if path == ("providers",):
        names.update(KNOWN_PROVIDERS)
    elif path[-1] == "models":
        names.update(_models_in_chains(str(path[1]), known))
    return names


def _models_in_chains(provider: str, known: Mapping[str, object]) -> Iterable[str]:
    agents = known.get("agents")
    for chain in agents.values() if isinstance(agents, Mapping) else ():
        for entry in chain:
            if entry.startswith(provider + "/"):
                yield entry[len(provider) + 1:]


def _unknown(variable: str) -> ConfigError:
    keys = [variable_for(key) for key, _ in walk(schema()) if "*" not in key]
    close = nearest(variable, [*keys, *(PREFIX + name for name in RESERVED)])
    hint = "did you mean %s?" % close if close else "`orchestra config show` lists the keys"
    return ConfigError("no such key", where="variable " + variable, hint=hint)


def _parse(text: str, node: Node, source: str) -> object:
    # Few runs set a variable: the others need not pay for the import.
    from orchestra.config.yaml_read import read_yaml

    wants_text = isinstance(node, Leaf) and node.kind == "text" and not node.rule.choices
    try:
        value = read_yaml(text, source=source).value
    except ConfigError:
        if not wants_text:
            raise
        return text
    # A command or a commit template may look like something else in YAML, such as `{type}: {subject}`.
    return text if wants_text and value is not None and not isinstance(value, str) else value
