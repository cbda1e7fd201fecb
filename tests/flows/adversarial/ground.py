"""A project full of ways out, and all that must stay as it is around it."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Collection

from tests.flows.project import Project

SECRET = "sentinel-of-what-no-model-may-see"


def prepare(project: Project) -> None:
    """Links out, devices, pipes, other repositories, secrets, and a folder of the user's beside the repository."""
    project.commit("src/app.py", "x = 1\n")
    project.commit(".gitignore", "ignored.txt\n")
    project.write(".env", f"TOKEN={SECRET}\n")
    project.write("ignored.txt", f"{SECRET}\n")
    beside = project.folder / "beside"
    beside.mkdir()
    (beside / "precious.txt").write_text(f"{SECRET}\n", encoding="utf-8")
    (project.folder / "home" / ".bashrc").write_text("# mine\n", encoding="utf-8")
    for name, target in (
        ("link-out.txt", "../beside/precious.txt"), ("link-folder", "../beside"),
        ("link-dangling", "../beside/new.txt"), ("link-inside.py", "src/app.py"), ("link-device", "/dev/zero"),
        ("link-git", ".git"), ("link-circle", "link-circle"),
    ):
        (project.root / name).symlink_to(target)
    os.link(beside / "precious.txt", project.root / "hard.txt")
    os.mkfifo(project.root / "pipe")
    with open(project.root / "huge.bin", "wb") as file:
        file.truncate(1 << 33)  # takes no room on the disk
    project.git("init", "--quiet", "vendor/lib")
    project.write("vendor/sub/.git", "gitdir: ../lib/.git\n")
    project.git("init", "--quiet", "--bare", "vendor/bare.git")


def trace_of(folder: Path, *, but: Collection[str] = ()) -> dict[str, tuple[str, int, str]]:
    """Path below the folder to kind, mode and content of everything there, without the program's state.

    `but` are paths, relative to the folder, that may change; folders on the way to them may come.
    """
    found: dict[str, tuple[str, int, str]] = {}
    for place, folders, files in os.walk(folder):
        inner = os.path.relpath(place, folder)
        folders[:] = [name for name in folders if name != ".orchestra"]
        for name in (*folders, *files):
            path = os.path.normpath(os.path.join(inner, name))
            if not any(f"{path}/".startswith(f"{other}/") or other.startswith(f"{path}/") for other in but):
                found[path] = _seen(os.path.join(place, name))
    return found


def _seen(path: str) -> tuple[str, int, str]:
    status = os.lstat(path)
    kind = stat.filemode(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return kind, status.st_nlink, os.readlink(path)
    if stat.S_ISREG(status.st_mode) and status.st_size < 1 << 30:
        with open(path, "rb") as file:
            return kind, status.st_nlink, hashlib.sha256(file.read()).hexdigest()
    return kind, 0, str(status.st_size) if stat.S_ISREG(status.st_mode) else ""
