from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Callable

import pytest

from tests.package.conftest import Run, copy_sources, find_python

Checkout = Callable[[str], Path]


def commit_in(archive: Path) -> str:
    source = zipfile.ZipFile(archive).read("orchestra/_build.py").decode()
    facts: dict[str, object] = {}
    exec(source, facts)
    return str(facts["COMMIT"])


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, stdout=subprocess.PIPE, universal_newlines=True
    ).stdout.strip()


def test_two_builds_give_the_same_bytes(wheels: Path, build: Run, checkout: Checkout) -> None:
    done = build("--check", "--wheels", wheels, folder=checkout("twice"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("two builds gave the same ")


@pytest.fixture(scope="module")
def plain(wheels: Path, build: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside git with the archive that was built in it, as of a date that was asked for."""
    folder = copy_sources(tmp_path_factory.mktemp("plain") / "a")
    assert build("--wheels", wheels, folder=folder, SOURCE_DATE_EPOCH="1000000000").returncode == 0
    return folder


def test_the_folder_built_in_does_not_show(wheels: Path, build: Run, plain: Path, checkout: Checkout) -> None:
    other = checkout("another, longer name")
    assert build("--wheels", wheels, folder=other, SOURCE_DATE_EPOCH="1000000000").returncode == 0
    assert (plain / "dist/orchestra.pyz").read_bytes() == (other / "dist/orchestra.pyz").read_bytes()


def test_holds_every_file_of_the_program(plain: Path) -> None:
    there = {path.relative_to(plain).as_posix() for path in (plain / "orchestra").rglob("*") if path.is_file()}
    assert there <= set(zipfile.ZipFile(plain / "dist/orchestra.pyz").namelist())


def test_the_checksum_beside_it_is_right(archive: Path) -> None:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert archive.with_name("orchestra.pyz.sha256").read_text() == digest + "  orchestra.pyz\n"


def test_entries_carry_the_date_that_is_asked_for(plain: Path) -> None:
    entries = zipfile.ZipFile(plain / "dist/orchestra.pyz").infolist()
    assert {entry.date_time for entry in entries} == {(2001, 9, 9, 1, 46, 40)}


def test_a_changed_wheel_is_refused_by_name(wheels: Path, build: Run, tmp_path: Path) -> None:
    mine = tmp_path / "wheels"
    shutil.copytree(wheels, mine)
    changed = mine / "idna-3.20-py3-none-any.whl"
    changed.write_bytes(changed.read_bytes() + b"x")
    done = build("--wheels", mine, "--output", tmp_path / "x.pyz")
    assert done.returncode == 1
    assert str(changed) in done.stderr
    assert not (tmp_path / "x.pyz").exists()


def test_a_missing_wheel_is_named(build: Run, tmp_path: Path) -> None:
    done = build("--wheels", tmp_path, "--output", tmp_path / "x.pyz")
    assert done.returncode == 1
    assert "requests-2.32.5-py3-none-any.whl" in done.stderr


def test_outside_git_the_commit_is_unknown(plain: Path) -> None:
    assert commit_in(plain / "dist" / "orchestra.pyz") == "unknown"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_in_git_the_commit_is_told_and_whether_the_folder_differs(
    wheels: Path, build: Run, checkout: Checkout
) -> None:
    folder = checkout("repository")
    target = folder / "dist" / "orchestra.pyz"
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("__pycache__/\n/build/\n/dist/\n/orchestra/ignored.py\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "orchestra" / "ignored.py").write_text("")
    assert build("--wheels", wheels, folder=folder).returncode == 0
    assert commit_in(target) == git(folder, "rev-parse", "HEAD")[:7]
    assert "orchestra/ignored.py" not in zipfile.ZipFile(target).namelist()

    (folder / "orchestra" / "new.py").write_text("")
    assert build("--wheels", wheels, folder=folder).returncode == 0
    assert commit_in(target) == git(folder, "rev-parse", "HEAD")[:7] + "-dirty"
    assert "orchestra/new.py" in zipfile.ZipFile(target).namelist()


@pytest.mark.parametrize("python", ["3.10"], indirect=True)
def test_the_newest_packages_need_a_newer_python(python: str, build: Run, bare_run: Run, tmp_path: Path) -> None:
    target = tmp_path / "newest.pyz"
    done = build("--python", "3.10", "--output", target, python=python)
    assert done.returncode == 0, done.stderr
    told = bare_run(python, "-I", "-S", target, "--version")
    assert "requests 2.34.2, urllib3 2.8.0" in told.stdout
    load = "import sys; sys.path.insert(0, sys.argv[1]); import requests, yaml"
    assert bare_run(python, "-I", "-S", "-W", "error", "-c", load, target).returncode == 0
    older = find_python("3.9")
    if older:
        refused = bare_run(older, target, "--version")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "Python 3.10 or newer is needed" in refused.stderr
