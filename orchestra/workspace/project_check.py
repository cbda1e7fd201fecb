"""The syntax check as one project needs it: with this machine's parsers, for the Python that the project asks for."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Mapping

from orchestra.clock import CancelToken, Clock
from orchestra.workspace.syntax import SyntaxCheck, check_syntax

_SETTINGS = ("pyproject.toml", "setup.cfg", "setup.py")
_MOST_BYTES = 1_000_000


def project_check(root: Path, variables: Mapping[str, str], *, clock: Clock, cancel: CancelToken) -> SyntaxCheck:
    """Checks files of the repository at `root`; a stop ends what it has started."""
    from orchestra.workspace.languages.installed import InstalledTools
    from orchestra.workspace.languages.python import wanted_python

    tools = InstalledTools(root, variables, clock=clock, cancel=cancel)
    return partial(check_syntax, run_tool=tools, python=wanted_python(_settings(root)))


def _settings(root: Path) -> dict[str, str]:
    """What says which Python is wanted; what cannot be read says nothing."""
    found = {}
    for name in _SETTINGS:
        with suppress(OSError, UnicodeDecodeError):
            path = root / name
            if path.is_file() and path.stat().st_size <= _MOST_BYTES:
                found[name] = path.read_text(encoding="utf-8")
    return found
