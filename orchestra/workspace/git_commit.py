"""Committing some files and nothing else, with the user's hooks, leaving the rest of the index as it is."""

from __future__ import annotations

import os
from typing import Callable, Iterable, Sequence

from orchestra.clock import CancelToken, Deadline
from orchestra.errors import GitError
from orchestra.records import Commit
from orchestra.workspace.git_paths import literal, split
from orchestra.workspace.git_process import GitProcess

INDEX_TIMEOUT_S = 10.0
_FROM_STDIN = ("--pathspec-from-file=-", "--pathspec-file-nul")


def commit_paths(
    git: GitProcess,
    changed: Sequence[str],
    message: str,
    *,
    timeout_s: float,
    cancel: CancelToken | None = None,
) -> Commit:
    """The commit of the working tree's state of `changed`, which git must see as changed. Raises GitError.

    New files are made known to git for it, and unknown again when it fails.
    """
    unknown, head = _unknown_to_index(git, changed), git.head()
    try:
        if unknown:
            names = _joined(map(literal, unknown))
            git.write("add", "--intent-to-add", *_FROM_STDIN, stdin=names, cancel=cancel)
        git.write(
            "commit",
            "--quiet",
            "--only",
            "--cleanup=verbatim",
            "--no-edit",
            "--message=%s" % _clean(message),
            *_FROM_STDIN,
            stdin=_joined(map(literal, changed)),
            timeout_s=timeout_s,
            cancel=cancel,
        )
    except BaseException:
        _tidy(git.tidying(), changed, unknown, head)
        raise
    git = git.tidying()
    take_over(git, lambda path, held: path in changed)
    said = git.read("log", "-1", "--format=%H%n%B", "--no-show-signature", "HEAD").decode("utf-8", "replace")
    sha, _, written = said.partition("\n")
    return Commit(sha, written.rstrip("\n") + "\n")


def await_index(git: GitProcess, cancel: CancelToken) -> None:
    """Wait while another git holds the index, but not for ever: that of a run that was killed may be in a hook."""
    lock = git.cwd / os.fsdecode(git.read("rev-parse", "--git-path", "index.lock").rstrip(b"\n"))
    deadline = Deadline.after(git.clock, INDEX_TIMEOUT_S)
    while lock.exists() and not deadline.is_over:
        git.clock.sleep(0.1, cancel)


def _unknown_to_index(git: GitProcess, paths: Sequence[str]) -> list[str]:
    known = frozenset(split(git.read("ls-files", "-z", "--cached", "--", *map(literal, paths))))
    return [path for path in paths if path not in known and os.path.lexists(git.cwd / path)]


def _tidy(git: GitProcess, changed: Sequence[str], added: Sequence[str], head: str | None) -> None:
    """Take out of the index what was put there for a commit; or, where it was made, have the index hold it all: git may
    be ended in a hook after it, and before it wrote its index.
    """
    try:
        if git.head() != head:
            take_over(git, lambda path, held: path in changed)
        elif added:
            git.write("update-index", "-z", "--force-remove", "--stdin", stdin=_joined(added))
    except GitError:
        # The failure that led here is the one to be told.
        pass


def content_id(git: GitProcess, path: str, content: bytes | None) -> str:
    """The object that git would make of this content of the path; zeros, as in its lists, for none."""
    if content is None:
        return "0" * len(git.read("hash-object", "--stdin").strip())
    return git.read("hash-object", "--stdin", "--path=" + path, stdin=content).decode("ascii").strip()


def take_over(git: GitProcess, is_own: Callable[[str, str], bool]) -> None:
    """Have the index hold what a hook added to the commit; `is_own` is asked about a path and the object held for it.

    With `--only`, git shows hooks an index of their own, and keeps what lay in the real one: staged, that would take
    the hook's work back with the user's next commit. What the user has staged of other files stays.
    """
    try:
        # What is only to be added, as a kill leaves it, counts as missing there.
        arguments = ("--cached", "--ita-invisible-in-index", "--no-renames", "-z", "HEAD")
        staged = _changes(git.read("diff-index", *arguments))
        if not staged:
            return
        made = _changes(git.read("diff-tree", "--root", "--no-commit-id", "--no-renames", "-r", "-z", "HEAD"))
        behind = [
            path for path, (_, held) in staged.items()
            if path in made and (held == made[path][0] or is_own(path, held[1]))
        ]
        if behind:
            lines = (os.fsencode("%s %s\t%s" % (*made[path][1], path)) + b"\0" for path in behind)
            git.write("update-index", "-z", "--index-info", stdin=b"".join(lines))
    except GitError:
        # The commit is made.
        pass


def _changes(output: bytes) -> dict[str, tuple[tuple[str, str], tuple[str, str]]]:
    """Path to mode and object, before and after, of `git diff-tree -z` and its like."""
    parts = split(output)
    changes = {}
    for said, path in zip(parts[::2], parts[1::2]):
        old_mode, new_mode, old, new, _ = said[1:].split(" ")
        changes[path] = ((old_mode, old), (new_mode, new))
    return changes


def _joined(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def _clean(message: str) -> str:
    printable = message.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return printable.strip("\n") + "\n"
