"""What lies in the archive, as a mapping from entry name to content."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Mapping

from packing.revision import Revision
from packing.wheels import Pin

SHIMS = Path(__file__).parent / "shims"
"""Modules of ours that stand in for a package; each says why."""
LEFT_OUT = re.compile(
    r"""certifi/.*\.py             # replaced: stock certifi writes a temporary file at import, see shims/certifi.py
    | urllib3/contrib/emscripten/  # for browsers
    | urllib3/contrib/(pyopenssl|socks)\.py | urllib3/http2/connection\.py  # need packages that are not here
    | .*/__main__\.py | idna/cli\.py | requests/help\.py
    """,
    re.VERBOSE,
)
"""Entries of the wheels that nothing in the program can reach. Python reads the list of entries at every start."""


def program(folder: Path, files: tuple[str, ...] | None) -> dict[str, bytes]:
    """Our own package: what git lists, else everything that lies there, caches excepted."""
    names = files if files is not None else _walk(folder)
    entries = {
        name: (folder / name).read_bytes()
        for name in names
        if name.startswith("orchestra/") and not name.endswith(".pyc") and (folder / name).is_file()
    }
    entries["__main__.py"] = entries["orchestra/__main__.py"]
    entries["licenses/orchestra.txt"] = (folder / "LICENSE").read_bytes()
    return entries


def _walk(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(folder).as_posix() for path in (folder / "orchestra").rglob("*")))


def vendored(wheels: Mapping[Pin, bytes]) -> dict[str, bytes]:
    """The packages' Python sources, certifi's list of authorities, and every licence; nothing compiled."""
    entries: dict[str, bytes] = {}
    for pin, content in wheels.items():
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            for name in wheel.namelist():
                target = _target(pin, name)
                if target:
                    entries[target] = wheel.read(name)
    for shim in SHIMS.glob("*.py"):
        entries[shim.stem + "/__init__.py"] = shim.read_bytes()
    return entries


def _target(pin: Pin, name: str) -> str | None:
    """Where an entry of a wheel goes; None for nowhere."""
    licence = re.fullmatch(r"[^/]+\.dist-info/licenses/[^/]*(LICEN[CS]E|COPYING|NOTICE)[^/]*", name, re.IGNORECASE)
    if licence:
        return "licenses/%s.txt" % pin.name
    package = pin.name.lower().replace("pyyaml", "yaml")
    if not name.startswith(package + "/") or LEFT_OUT.match(name):
        return None
    return name if name.endswith((".py", ".pem")) else None


def build_facts(revision: Revision, wheels: Mapping[Pin, bytes], oldest_python: tuple[int, int]) -> bytes:
    """The module `orchestra._build`: what the archive can say about itself. Any Python reads it."""
    lines = [
        '"""How this archive was built."""\n',
        "COMMIT = %r" % revision.commit,
        "OLDEST_PYTHON = %r" % (oldest_python,),
        "VENDORED = (",
        *("    (%r, %r)," % (pin.name, pin.version) for pin in wheels),
        ")\n",
    ]
    return "\n".join(lines).encode("ascii")
