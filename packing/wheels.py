"""The pinned wheels: found in a folder, or fetched by pip, and always checked against their hashes."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence


class BuildError(Exception):
    """The archive cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Pin:
    """One wheel, exactly."""

    name: str
    version: str
    sha256: str
    file: str
    """The wheel's file name."""

    @property
    def tags(self) -> tuple[str, str, str]:
        """Python, ABI and the first platform that the wheel is for, as its name says (PEP 427)."""
        python, abi, platform = self.file[: -len(".whl")].split("-")[-3:]
        return python, abi, platform.split(".")[0]


def gather(pins: Sequence[Pin], cache: Path, *, given: Path | None) -> dict[Pin, bytes]:
    """The content of every wheel: from `given` alone where it is named, else from the cache, else by pip."""
    folder = given or cache
    missing = [pin for pin in pins if not (folder / pin.file).is_file()]
    if missing and given:
        raise BuildError(
            "%s lacks %s; build once where there is a network, and copy the folder build/wheels from there"
            % (given, ", ".join(pin.file for pin in missing))
        )
    if missing:
        download(missing, cache)
    return {pin: read(folder, pin) for pin in pins}


def read(folder: Path, pin: Pin) -> bytes:
    """A wheel's content, if it is the pinned one."""
    path = folder / pin.file
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != pin.sha256:
        raise BuildError("%s is not the wheel that is pinned (its sha256 differs); delete it and build again" % path)
    return content


def download(pins: Sequence[Pin], cache: Path) -> None:
    """Have pip put wheels into the cache, by the user's own settings of index, proxy and certificates."""
    if importlib.util.find_spec("pip") is None:
        raise BuildError(
            "%s has no pip; type: %s -m ensurepip --user (or install your system's python3-pip), or give the wheels "
            "by --wheels DIR: %s" % (sys.executable, sys.executable, ", ".join(pin.file for pin in pins))
        )
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        for tags in sorted({pin.tags for pin in pins}):
            _pip_download([pin for pin in pins if pin.tags == tags], tags, Path(folder))
        for pin in pins:
            if not (Path(folder) / pin.file).is_file():
                raise BuildError("pip fetched another file than %s" % pin.file)
            (Path(folder) / pin.file).replace(cache / pin.file)


def _pip_download(pins: Sequence[Pin], tags: tuple[str, str, str], folder: Path) -> None:
    """Fetch wheels of one kind. The kind is said in full, so that every building machine fetches the same."""
    python, abi, platform = tags
    # A pure wheel is fetched for the running Python, which is no older than the oldest that the set is for.
    version = ["--python-version", python[2:]] if python.startswith("cp") else []
    requirements = folder / "requirements.txt"
    requirements.write_text(
        "".join("%s==%s --hash=sha256:%s\n" % (pin.name, pin.version, pin.sha256) for pin in pins), encoding="ascii"
    )
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--require-hashes", "--no-deps", "--only-binary=:all:"),
        *("--implementation", python[:2], *version, "--abi", abi),
        *("--platform", platform, "--dest", str(folder), "--requirement", str(requirements)),
    ]
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        raise BuildError(
            "pip could not fetch %s (see above); where there is no network, give a folder that holds the wheels: "
            "--wheels DIR" % ", ".join(pin.file for pin in pins)
        )
