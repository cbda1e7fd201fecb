"""The keeper's program text: its modules and an order, for an interpreter that has nothing of ours."""

from __future__ import annotations

import json
import os
import pkgutil
from typing import Any, Mapping

_PACKAGE = __name__.rpartition(".")[0]
# Each after those it imports.
_MODULES = ("kernel", "landlock", "seccomp", "namespaces", "keeper")
_START = """
import json, sys, types
modules, verb, order = json.loads(%r)
package = sys.modules[%r] = types.ModuleType(%r)
for name, source in modules:
    module = sys.modules[package.__name__ + "." + name] = types.ModuleType(package.__name__ + "." + name)
    exec(compile(source, name, "exec"), module.__dict__)
getattr(module, verb)(order)
"""


def read_modules() -> tuple[tuple[str, str], ...]:
    """Name and source of each module. To be read before a session writes: it may write our own sources."""
    sources = ((name, pkgutil.get_data(_PACKAGE, name + ".py")) for name in _MODULES)
    return tuple((name, source.decode("utf-8")) for name, source in sources if source is not None)


def program(modules: tuple[tuple[str, str], ...], verb: str, order: Mapping[str, Any]) -> bytes:
    """What an interpreter reads from standard input (`-X utf8 -`); all of it ASCII."""
    told = json.dumps([modules, verb, _in_utf8(order)])
    return (_START % (told, _PACKAGE, _PACKAGE)).encode("ascii")


def _in_utf8(value: Any) -> Any:
    """The same with every text as the other interpreter reads its bytes, whatever the locale of this one is."""
    if isinstance(value, str):
        return os.fsencode(value).decode("utf-8", "surrogateescape")
    if isinstance(value, Mapping):
        return {_in_utf8(key): _in_utf8(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_in_utf8(inner) for inner in value]
    return value
