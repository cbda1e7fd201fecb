"""The sample project as a git repository, with an identity of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

from orchestra.workspace.git import Git
from orchestra.workspace.git_process import GitProcess


def start_repository(folder: Path, variables: Mapping[str, str]) -> Git | None:
    """A repository with the folder's files committed; None where git is not installed. Raises GitError."""
    process = GitProcess.find(folder, variables)
    if process is None:
        return None
    process.write("init", "--quiet", "--initial-branch=main")
    for key, value in (
        ("user.name", "orchestra demo"), ("user.email", "demo@localhost"), ("commit.gpgsign", "false"),
    ):
        process.write("config", key, value)
    process.write("add", "--all")
    process.write("commit", "--quiet", "--message=the sample project")
    return Git.find(folder, variables)
