"""The map of the rooms: imports go only to rooms above, and importing a module does nothing."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "orchestra"
LINES = (
    # Standard library, at a lower price.
    ("dataclass", "regex"),
    ("errors",),
    ("records",),
    ("clock", "found_files", "turns"),
    ("environment", "config", "observe"),
    ("adapters", "state", "workspace", "plugins"),
    # The totals of a journal's attempts are part of the outcome that the engine tells.
    ("agents", "metrics"),
    ("engine",),
    ("views", "profiler", "demo"),
    ("cli",),
    # How the program is started: what is above knows nothing of it.
    ("version", "dependencies", "unpacking"),
    ("process",),
    ("__main__",),
)
"""From above to below; rooms of one line know nothing of each other."""
DEPTH = {room: depth for depth, rooms in enumerate(LINES) for room in rooms}
SEEN_BY_ALL = {"version"}
"""Which version this is, anyone may print."""
NOT_OURS = {"_build", "__version__"}
"""Written by the build; a plain value."""
ONLY_HERE = {
    "requests": {"adapters"}, "urllib3": {"adapters"}, "sqlite3": {"state"}, "curses": {"views"}, "yaml": {
        "config", "workspace"
    },
}
"""What may be touched in one room alone."""


class Import(NamedTuple):
    """One import statement's target, and where it stands."""

    place: str
    room: str
    target: str


def room_of(module: str) -> str:
    return module.split(".")[0]


def imports() -> Iterator[Import]:
    for file in sorted(PACKAGE.rglob("*.py")):
        path = file.relative_to(PACKAGE)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for target in targets(node):
                yield Import(f"{path}:{getattr(node, 'lineno', 0)}", path.with_suffix("").parts[0], target)


def targets(node: ast.AST) -> list[str]:
    """The modules that a statement imports, in full."""
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        if node.module == "orchestra":
            return [f"orchestra.{alias.name}" for alias in node.names]
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def own(found: Import) -> str | None:
    """The room that an import goes to; None for another package's module."""
    if not found.target.startswith("orchestra."):
        return None
    target = room_of(found.target[len("orchestra."):])
    return None if target in NOT_OURS else target


def test_every_module_lies_in_a_room_of_the_map() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - {"__init__", "_build"} <= set(DEPTH)


def test_imports_go_only_to_rooms_above() -> None:
    wrong = [
        f"{found.place} imports {found.target}"
        for found in imports()
        for target in [own(found)]
        if target not in (None, found.room) and target not in SEEN_BY_ALL and DEPTH[target] >= DEPTH[found.room]
    ]
    assert wrong == []


def test_what_touches_the_outside_is_imported_in_its_room_alone() -> None:
    wrong = [
        f"{found.place} imports {found.target}"
        for found in imports()
        if found.room not in ONLY_HERE.get(room_of(found.target), {found.room})
    ]
    assert wrong == []


def test_no_module_imports_everything_of_another() -> None:
    stars = [
        file.name
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    assert stars == []


IMPORT_ALL = """
import importlib, json, os, pkgutil, sys, threading
sys.dont_write_bytecode = True
import orchestra
names = sorted(module.name for module in pkgutil.walk_packages(orchestra.__path__, "orchestra."))
# Once so that what they need of others has been loaded, then again under watch.
for name in names:
    importlib.import_module(name)
for name in [name for name in sys.modules if name.split(".")[0] == "orchestra"]:
    del sys.modules[name]
seen, is_watched = [], True

def watch(event, arguments):
    kind = event.split(".")[0]
    if is_watched and kind in ("open", "os", "socket", "subprocess", "sqlite3", "tempfile", "shutil", "ctypes"):
        reads_code = event in ("open", "os.listdir", "os.scandir") and str(arguments[0]).endswith((".py", ".pyc"))
        looks_for_code = event in ("os.listdir", "os.scandir") and str(arguments[0]).startswith(sys.path[0])
        if not reads_code and not looks_for_code:
            seen.append("%s %r" % (event, arguments))

class Untouched(dict):
    def touched(self, *arguments):
        seen.append("the variables %r" % (arguments,))
        raise KeyError(arguments)
    __getitem__ = __contains__ = get = copy = items = keys = __iter__ = touched

sys.addaudithook(watch)
variables, os.environ = os.environ, Untouched()
for name in names:
    importlib.import_module(name)
found = {"names": names, "seen": list(seen), "threads": threading.active_count()}
# To show that the watch sees.
open(os.devnull).close()
try:
    os.environ.get("HOME")
except KeyError:
    pass
is_watched, os.environ = False, variables
print(json.dumps({**found, "watched": len(seen) - len(found["seen"])}))
"""


def test_importing_a_module_does_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[0] = {str(ROOT)!r}\n{IMPORT_ALL}"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, universal_newlines=True, timeout=60, env={**os.environ, "PYTHONPATH": ""},
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert "orchestra.cli.commands.run" in found["names"] and "orchestra.state.writer" in found["names"]
    assert found["seen"] == []
    assert found["threads"] == 1
    assert found["watched"] == 2


@pytest.mark.parametrize("command", ["sessions", "status", "log", "diff", "report", "cache"])
def test_what_only_looks_loads_nothing_of_the_engine(command: str) -> None:
    code = f"import sys, orchestra.cli.commands.{command}; print(any('.engine' in name for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, universal_newlines=True, timeout=60, cwd=str(ROOT)
    )
    assert (done.returncode, done.stdout) == (0, "False\n")
