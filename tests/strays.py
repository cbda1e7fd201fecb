"""Processes that a test left behind."""

from __future__ import annotations

import os
from pathlib import Path


def strays(root: Path) -> list[str]:
    """The processes that work in a folder."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.readlink(f"/proc/{name}/cwd") == str(root):
                found.append(name)
        except OSError:
            pass
    return found
