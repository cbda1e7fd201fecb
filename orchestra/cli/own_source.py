"""The program's own modules where a session may write them: a checkout that works on itself."""

from __future__ import annotations

import pkgutil
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import orchestra


def load_own_source(root: Path) -> None:
    """Load every module that lies in a repository, before anything is written there.

    One that is loaded later would be what a model has made of it. The archive is in memory already.
    """
    folder = Path(orchestra.__path__[0])
    if not folder.is_dir() or root.resolve() not in folder.resolve().parents:
        return
    for module in pkgutil.walk_packages(orchestra.__path__, "orchestra."):
        if not module.name.endswith(".__main__"):
            with suppress(ImportError):  # such as curses, where Python has none
                import_module(module.name)
