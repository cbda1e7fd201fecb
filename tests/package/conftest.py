"""The archive, built once for all tests of this folder, and the Pythons that it is run with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


def copy_sources(target: Path) -> Path:
    """Copies what the archive is made from into a new folder, outside git."""
    shutil.copytree(ROOT / "orchestra", target / "orchestra", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("build_zipapp.py", "LICENSE"):
        shutil.copy(ROOT / file, target / file)
    return target


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the archive is made from, with the wheels that the checkout has: the checkout itself stays as it is."""
    target = copy_sources(tmp_path_factory.mktemp("sources") / "checkout")
    fetched = ROOT / "build" / "wheels"
    if fetched.is_dir():
        shutil.copytree(fetched, target / "build" / "wheels")
    return target


@pytest.fixture(scope="session")
def build(sources: Path) -> Run:
    """Runs the build script of a checkout; skips where the wheels can be neither found nor fetched."""

    def run(
        *arguments: object, folder: Path = sources, python: str = sys.executable, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [python, str(folder / "build_zipapp.py"), *map(str, arguments)],
            env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
        )
        if "pip could not fetch" in done.stderr or "has no pip" in done.stderr:
            pytest.skip("no wheels: " + done.stderr.strip().splitlines()[-1])
        return done

    return run


@pytest.fixture(scope="session")
def archive(build: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, in a folder that may not be written to."""
    target = tmp_path_factory.mktemp("archive") / "orchestra.pyz"
    done = build("--output", target)
    assert done.returncode == 0, done.stderr
    target.parent.chmod(0o555)
    return target


@pytest.fixture(scope="session")
def wheels(sources: Path, archive: Path) -> Path:
    """A folder with the default wheels: the build's own cache, filled by then."""
    return sources / "build" / "wheels"


def find_python(minor: str) -> str | None:
    """A working interpreter of that minor version, such as `3.9`: on PATH, or one that pyenv installed."""
    installed = sorted(Path.home().glob(".pyenv/versions/%s.*/bin/python%s" % (minor, minor)))
    for candidate in [*map(str, installed), shutil.which("python" + minor)]:
        if candidate and _works(candidate):
            return candidate
    return None


def _works(python: str) -> bool:
    return subprocess.run([python, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


@pytest.fixture
def python(request: pytest.FixtureRequest) -> str:
    """The interpreter for the minor version that the test is parametrised with."""
    found = find_python(request.param)
    if found is None:
        pytest.skip("no Python %s on this machine" % request.param)
    return found


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A folder that not even root can write to."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    for candidate in (folder, Path("/proc")):
        try:
            (candidate / "probe").mkdir()
        except OSError:
            return candidate
        (candidate / "probe").rmdir()
    pytest.skip("every folder here can be written to")


@pytest.fixture
def bare_run(tmp_path: Path, unwritable: Path) -> Run:
    """Runs a Python without a home and without a temporary folder, by default where nothing may be written."""

    def run(
        python: str, *arguments: object, cwd: Path = unwritable, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        nowhere = str(tmp_path / "absent")
        return subprocess.run(
            [python, *map(str, arguments)], cwd=cwd, env={"PATH": os.defpath, "TMPDIR": nowhere, **variables},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
        )

    return run


@pytest.fixture
def checkout(tmp_path: Path) -> Callable[[str], Path]:
    """Copies what the archive is made from into a new folder of that name, outside git."""
    return lambda name: copy_sources(tmp_path / name)
