"""The repository around a folder, asked and changed through the user's own git."""

from __future__ import annotations

import os
from pathlib import Path
from typing import AbstractSet, Iterable, Mapping, Sequence

from orchestra.clock import CancelToken, Halt
from orchestra.errors import GitError
from orchestra.records import Commit
from orchestra.workspace.git_paths import StatusEntry, literal, parse_status, split
from orchestra.workspace.git_process import GitProcess, words_of

COMMIT_TIMEOUT_S = 600.0
"""Hooks may run a whole test suite."""
_MAX_ARGUMENTS = 200

# In a bare repository, or below .git, there is no tree to work on; a broken .git file gives other words.
_NO_REPOSITORY = ("not a git repository (or any", "must be run in a work tree")
# Marks in git's own folder, in the order in which one operation may contain another.
_IN_PROGRESS = (
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("MERGE_HEAD", "merge"),
    ("BISECT_LOG", "bisect"),
)


class Git:
    """One worktree of a repository. Paths are relative to its root. Every method raises GitError. Any thread."""

    def __init__(self, process: GitProcess) -> None:
        self._process = process
        self.root = process.cwd

    @classmethod
    def find(cls, cwd: Path, variables: Mapping[str, str], halt: Halt | None = None) -> Git | None:
        """The worktree that holds the folder; None outside of one, and where no git is installed.

        `variables` are those for child processes. Raises GitError where git will not work in the repository, and as
        all that only reads Cancelled at the halt.
        """
        process = GitProcess.find(cwd, variables, halt)
        if process is None:
            return None
        arguments = ("rev-parse", "--show-toplevel", "--absolute-git-dir")
        result = process.reading(*arguments)
        if result.exit_status == 0:
            places = result.stdout.splitlines()
            if len(places) != 2:
                # A folder's name can have lines.
                places = [process.read("rev-parse", argument)[:-1] for argument in arguments[1:]]
            root, folder = (Path(os.fsdecode(place)) for place in places)
            return cls(_own_worktree(process, root, folder))
        if any(words in words_of(result) for words in _NO_REPOSITORY):
            return None
        raise process.refuse(result, arguments)

    def without(self, names: AbstractSet[str]) -> Git:
        """The same, but git and its hooks do not get the variables of these names."""
        return Git(self._process.without(names))

    def until(self, cancel: Halt) -> Git:
        """The same, of which `cancel` ends what only reads, too."""
        return Git(self._process.until(cancel))

    def head(self) -> str | None:
        """The id of the commit checked out; None on a branch without commits."""
        return self._process.head()

    def status(self, paths: Sequence[str] | None = None) -> tuple[StatusEntry, ...]:
        """What differs from HEAD, ignored files left out; of `paths` only, where given."""
        if paths is not None and not paths:
            return ()
        wanted = None if paths is None else frozenset(paths)
        # A longer list would not fit a command line.
        limit = ["--", *map(literal, paths)] if paths is not None and len(paths) <= _MAX_ARGUMENTS else []
        # Not into submodules: their own settings name programs.
        output = self._process.read(
            "status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty",
            *limit,
        )
        return tuple(entry for entry in parse_status(output) if wanted is None or entry.path in wanted)

    def dirty(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of the paths that are modified, staged or untracked, in the order given."""
        asked = tuple(paths)
        changed = {entry.path for entry in self.status(asked)}
        return tuple(path for path in asked if path in changed)

    def ignored(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of the paths that git would not add by itself, in the order given."""
        # Without the index first, which git would search from end to end for every path.
        matching = self._matching_ignores(tuple(paths), "--no-index")
        return self._matching_ignores(matching)

    def _matching_ignores(self, asked: Sequence[str], *options: str) -> tuple[str, ...]:
        if not asked:
            return ()
        # This command knows no literal pathspecs; the prefix keeps a colon at the start from meaning something.
        lines = b"".join(b"./" + os.fsencode(path) + b"\0" for path in asked)
        arguments = ("check-ignore", *options, "-z", "--stdin")
        found = split(self._process.read(*arguments, stdin=lines, accepted=(0, 1)))
        ignored = {path[2:] for path in found}
        return tuple(path for path in asked if path in ignored)

    def unseen(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those of the paths that are tracked but kept out of the working tree, as in a sparse checkout."""
        if not paths:
            return ()
        limit = ["--", *map(literal, paths)] if len(paths) <= _MAX_ARGUMENTS else []
        marked = split(self._process.read("ls-files", "-z", "-t", "--cached", *limit))
        skipped = {entry[2:] for entry in marked if entry.startswith("S ")}
        return tuple(path for path in paths if path in skipped and not os.path.lexists(self.root / path))

    def linked(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those of the paths that are, or lie in, a repository of which the index has but the commit, here or not."""
        if not paths:
            return ()
        above = {path: [path[:at] for at, sign in enumerate(path + "/") if sign == "/"] for path in paths}
        entries = split(self._process.read("ls-files", "-z", "--stage"))
        links = {entry.partition("\t")[2] for entry in entries if entry.startswith("160000 ")}
        return tuple(path for path in paths if links.intersection(above[path]))

    def is_tracked(self, path: str) -> bool:
        """Whether the index has this file."""
        return path in split(self._process.read("ls-files", "-z", "--cached", "--", literal(path)))

    def tracks(self, prefix: str) -> bool:
        """Whether the index has anything at or below this path."""
        return bool(self._process.read("ls-files", "-z", "--cached", "--", literal(prefix)))

    def listed_paths(self, only: Sequence[str] = ()) -> list[str]:
        """Tracked files and untracked ones that are not ignored; some may be gone, links or nested repositories.

        Where `only` names paths, it is no more than these, and what lies below them.
        """
        named = ["--", *map(literal, only)] if only else []
        return split(self._process.read("ls-files", "-z", "--cached", "--others", "--exclude-standard", *named))

    def commit_after(self, parent: str | None, paths: Sequence[str]) -> Commit | None:
        """The commit checked out, where its only parent is `parent` and it touches none but `paths`.

        That is how a run that was killed after its commit knows it again.
        """
        said = self._process.reading("log", "-1", "--format=%H %P%n%B", "--no-show-signature", "HEAD")
        if said.exit_status != 0:
            return None
        head, _, message = said.stdout.decode("utf-8", "replace").partition("\n")
        sha, *parents = head.split()
        if parents != ([parent] if parent else []):
            return None
        touched = self.touched(sha)
        return Commit(sha, message.rstrip("\n") + "\n") if touched and set(touched) <= set(paths) else None

    def touched(self, sha: str, *, since: str | None = None) -> list[str]:
        """The paths that this commit, which is no merge, changes; or that differ between an older one and it."""
        trees = [sha] if since is None else [since, sha]
        return split(self._process.read("diff-tree", "--root", "--no-commit-id", "--name-only", "-r", "-z", *trees))

    def reaches(self, sha: str) -> bool:
        """Whether this commit is in the history of what is checked out, of a branch or of a tag."""
        if self._process.reading("merge-base", "--is-ancestor", sha, "HEAD").exit_status == 0:
            return True
        places = ("refs/heads", "refs/remotes", "refs/tags")
        return bool(self._process.reading("for-each-ref", "--count=1", "--contains", sha, *places).stdout)

    def in_progress(self) -> str | None:
        """The name of the operation that waits for the user to go on, such as `merge`; None for none."""
        asked = [argument for mark, _ in _IN_PROGRESS for argument in ("--git-path", mark)]
        places = os.fsdecode(self._process.read("rev-parse", *asked)).splitlines()
        for place, (_, name) in zip(places, _IN_PROGRESS):
            if os.path.lexists(self.root / place):
                return name
        return None

    def deciding_places(self, planned: Iterable[str] = ()) -> tuple[Path, ...]:
        """The files and folders that say which programs git runs, as configured now, and what becomes of the paths."""
        # What most commands never need is not loaded with git.
        from orchestra.workspace.git_deciding import deciding_places

        return deciding_places(self._process, planned)

    def commit(
        self,
        paths: Sequence[str],
        message: str,
        *,
        timeout_s: float = COMMIT_TIMEOUT_S,
        cancel: CancelToken | None = None,
    ) -> Commit | None:
        """The commit of these files as they lie in the working tree; None where none of them is a change for git.

        Ignored files are left out, other staged changes stay staged, the user's hooks run.
        """
        busy = self.in_progress()
        if busy is not None and busy != "bisect":
            hint = "finish it or abort it first, then commit yourself"
            raise GitError("a %s is in progress, so nothing is committed" % busy, where=str(self.root), hint=hint)
        changed = self.dirty(paths)
        if not changed:
            return None
        from orchestra.workspace.git_commit import commit_paths

        return commit_paths(self._process, changed, message, timeout_s=timeout_s, cancel=cancel)

    def await_index(self, cancel: CancelToken) -> None:
        """Wait a while for another git that holds the index, such as one that a killed run has left in a hook."""
        from orchestra.workspace.git_commit import await_index

        await_index(self._process, cancel)

    def take_over(self, left: Mapping[str, bytes | None]) -> None:
        """Have the index hold what the commit checked out has of these paths, where it holds what is given here."""
        from orchestra.workspace.git_commit import content_id, take_over

        git = self._process
        take_over(git, lambda path, held: path in left and held == content_id(git, path, left[path]))

    def head_has(self, path: str, content: bytes | None) -> bool:
        """Whether the commit checked out has this content at the path, or for None nothing."""
        from orchestra.workspace.git_commit import content_id

        result = self._process.reading("rev-parse", "--verify", "--quiet", "HEAD:" + path)
        found = result.stdout.decode("ascii").strip() if result.exit_status == 0 else None
        return found == (None if content is None else content_id(self._process, path, content))


def _own_worktree(process: GitProcess, root: Path, folder: Path) -> GitProcess:
    """Git at the root. Raises GitError where that is not the folder in which the repository, at `folder`, lies.

    `core.worktree` can name any folder, and a bare repository among cloned files brings its own settings.
    """
    place = root / ".git"
    try:
        if place.is_file():
            place = root / place.read_text(encoding="utf-8", errors="surrogateescape").partition(": ")[2].rstrip("\r\n")
        if place.samefile(folder):
            return process.at(root)
    except OSError:
        pass  # no repository lies there
    what = "the repository %s takes another folder, %s, for its working tree" % (folder, root)
    raise GitError(what, where=str(process.cwd), hint="take that setting back: git config --unset core.worktree")
