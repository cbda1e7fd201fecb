"""The program itself, its Python, and the terminal."""

from __future__ import annotations

import os
import sys

import orchestra
from orchestra import version
from orchestra.cli.checkup.finding import OK, WARN, Finding
from orchestra.environment import Environment

NEWEST_TESTED = (3, 13)


def check_program(package_file: str | None = orchestra.__file__) -> Finding:
    """Which copy of the program this is, and where it lies."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(package_file or "")))
    # In an archive the folder of the package is a file to everybody but the import system.
    kind = "archive" if os.path.isfile(folder) else "folder"
    packages = version.packages()
    facts = version.facts()
    text = f"{facts['version']}, commit {facts['commit']}, from the {kind} {folder}"
    details = {**facts, "kind": kind, "path": folder}
    missing = [name for name in ("requests", "PyYAML") if packages[name] == version.UNKNOWN]
    if missing:
        text += f"; the version of {' and '.join(missing)} cannot be told"
    return Finding("program", OK, text, details=details)


def check_python(running: tuple[int, ...] = sys.version_info[:3], executable: str = sys.executable) -> Finding:
    """Which Python runs it."""
    name = ".".join(map(str, running))
    details = {"version": name, "path": executable}
    if running[:2] > NEWEST_TESTED:
        newest = ".".join(map(str, NEWEST_TESTED))
        return Finding(
            "python", WARN, f"{name}, newer than what this version was tested with", f"use a Python up to {newest}",
            details,
        )
    return Finding("python", OK, f"{name}, {executable}", details=details)


def check_terminal(env: Environment, color: str) -> Finding:
    """Whether a person can be asked and shown things."""
    streams = {"stdin": env.stdin, "stdout": env.stdout, "stderr": env.stderr}
    terminals = {name: env.is_terminal(stream) for name, stream in streams.items()}
    editor = env.variables.get("VISUAL") or env.variables.get("EDITOR") or "vi"
    details = {
        **terminals, "term": env.variables.get("TERM"), "color": env.wants_color(env.stdout, color), "editor": editor
    }
    why = env.why_nobody_to_ask()
    if why is not None:
        hint = "approve with `run --yes`, or `plan` first and `resume --yes` later"
        return Finding("terminal", WARN, f"nobody can be asked: {why}", hint, details)
    shown = "colours" if details["color"] else "no colours"
    return Finding("terminal", OK, f"{details['term'] or 'of unknown kind'}, {shown}, editor {editor}", details=details)
