"""Bytecode and the zip itself, in the same bytes however often they are made."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import zipapp
import zipfile
from pathlib import Path
from typing import Mapping

from packing.wheels import BuildError

COMPILE = """
import py_compile, sys
for name in sys.stdin.read().split():
    py_compile.compile(
        name, name + "c", "orchestra.pyz/" + name, doraise=True, optimize=0,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
"""
"""Run by the building Python, in the folder with the sources.

The name given as the source's path shows in tracebacks, and lies nowhere, so that no other file is quoted there.
"""

SOURCE_ONLY = ("idna/uts46data.py",)
"""Not compiled, for the size: a large table that only host names beyond ASCII need."""


def bytecode(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """A `.pyc` beside every `.py`: the only place where zipimport looks. Other Pythons pass over it to the source.

    Made in a process of its own with a fixed hash seed: the order of a set's members is part of the bytes.
    """
    names = sorted(name for name in sources if name.endswith(".py") and name not in SOURCE_ONLY)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(sources[name])
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [sys.executable, "-sS", "-W", "ignore", "-c", COMPILE],
            cwd=folder,
            env={**variables, "PYTHONHASHSEED": "0"},
            input="\n".join(names).encode(),
        )
        if done.returncode != 0:
            raise BuildError("a source cannot be compiled (see above); mend it and build again")
        return {name + "c": Path(folder, name + "c").read_bytes() for name in names}


def write(entries: Mapping[str, bytes], target: Path, *, time_s: int) -> None:
    """Write the archive, executable, in one step: a build that fails leaves the old one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        raw, finished = Path(folder, "raw.zip"), Path(folder, target.name)
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            for name in sorted(entries):
                file.writestr(_entry(name, time_s), entries[name], zipfile.ZIP_DEFLATED, compresslevel=9)
        zipapp.create_archive(raw, finished, interpreter="/usr/bin/env python3")
        finished.chmod(0o755)
        finished.replace(target)


def _entry(name: str, time_s: int) -> zipfile.ZipInfo:
    date = time.gmtime(max(time_s, 315532800))[:6]
    entry = zipfile.ZipInfo(name, (date[0], date[1], date[2], date[3], date[4], date[5]))
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry
