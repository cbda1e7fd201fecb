"""The sample project as a git repository, with an identity of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

from orchestra.clock import Halt
from orchestra.workspace.git import Git
from orchestra.workspace.git_process import GitProcess


def start_repository(folder: Path, variables: Mapping[str, str], halt: Halt | None = None) -> Git | None:
    """A repository with the folder's files committed; None where git is not installed.

    Raises GitError, and Cancelled at the halt: the folder goes, and nothing in it need be brought to its end.
    """
    process = GitProcess.find(folder, variables, halt)
    if process is None:
        return None
    process.write("init", "--quiet", "--initial-branch=main", cancel=halt)
    for key, value in (
        ("user.name", "orchestra demo"), ("user.email", "demo@localhost"), ("commit.gpgsign", "false"),
    ):
        process.write("config", key, value, cancel=halt)
    process.write("add", "--all", cancel=halt)
    process.write("commit", "--quiet", "--message=the sample project", cancel=halt)
    return Git.find(folder, variables, halt)
