"""The commit of a session: own files only, made once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Mapping, Sequence

from orchestra.clock import CancelToken
from orchestra.engine.commit_message import commit_message
from orchestra.errors import Conflict, GitError, UsageError, WorkspaceError
from orchestra.observe.events import Events
from orchestra.records import Commit, FileImage, Plan
from orchestra.state.manager import StateManager
from orchestra.workspace.git import Git
from orchestra.workspace.tree import Tree


def check_possible(git: Git | None) -> None:
    """Raises UsageError outside git, GitError in the middle of a merge or the like."""
    if git is None:
        raise UsageError("there is no git repository to commit to", hint="leave out --commit, or run `git init`")
    busy = git.in_progress()
    if busy not in (None, "bisect"):
        raise GitError(f"a {busy} is in progress", hint="finish it first, or leave out --commit")


@dataclass(frozen=True)
class Committing:
    """Looks at the planned files before the first write, and makes the commit at the end."""

    session_id: str
    journal: StateManager
    git: Git | None
    events: Events
    template: str | None
    allow_dirty: bool
    cancel: CancelToken
    tree: Tree

    def check_clean(self, paths: Sequence[str]) -> None:
        """Raises WorkspaceError where the user has uncommitted work in a planned file; asked once per session."""

        def find_out() -> bool:
            dirty = self._git().dirty(paths)
            if dirty and not self.allow_dirty:
                raise WorkspaceError(
                    "planned files have uncommitted work: " + ", ".join(dirty),
                    hint="commit it first, or use --allow-dirty to have it in the same commit",
                )
            return True

        self.journal.remember(self.session_id, "clean", find_out)

    def commit(self, plan: Plan, paths: Sequence[str]) -> Commit | None:
        """The commit of these paths; None where they hold nothing to commit. Blocks: for a worker thread.

        Raises GitError, and Conflict where somebody else changed one since it was approved; the files stay as they
        are.
        """
        made = self.journal.recall(self.session_id, "commit")
        if made is None:
            commit = self._found_or_made(plan, paths)
            made = {} if commit is None else {"sha": commit.sha, "message": commit.message}
            self.journal.keep(self.session_id, "commit", made)
        return Commit(made["sha"], made["message"]) if made else None

    def _found_or_made(self, plan: Plan, paths: Sequence[str]) -> Commit | None:
        """The commit that was made just before a kill, or a new one."""
        git = self._git()
        message = commit_message(plan, template=self.template, session_id=self.session_id)
        parent = self.journal.recall(self.session_id, "commit-parent")
        if parent is not None:
            found = git.commit_after(parent["head"], paths)
            if found is not None:
                return found
        self._check_own(paths)
        self.journal.keep(self.session_id, "commit-parent", {"head": git.head()})
        left_out = self._left_out(git, paths)
        before = self._as_left(paths)
        try:
            commit = git.commit(paths, message, cancel=self.cancel)
        except GitError:
            # Formatters change the files, refuse, and are content at the next try.
            self._note_changed(before)
            raise
        if commit is None:
            self.events.emit("commit.none", level="warning", paths=list(paths))
            return None
        self.events.emit("commit.made", sha=commit.sha, subject=message.splitlines()[0])
        if left_out:
            self.events.emit("commit.left_out", level="warning", paths=left_out)
        self._note_changed(before)
        return commit

    def _left_out(self, git: Git, paths: Sequence[str]) -> list[str]:
        """The files that the session changed and in which git is to see no change, being told to overlook them."""
        seen = {*git.dirty(paths)}
        changed = {*self.journal.images.changed_paths(self.session_id)}
        return [path for path in paths if path in changed and path not in seen]

    def _as_left(self, paths: Sequence[str]) -> dict[str, FileImage]:
        """Path to what lies there, where that is what the session left."""
        images = self.journal.images.changed(self.session_id)
        return {path: images[path][1] for path in paths if path in images and self.tree.read(path) == images[path][1]}

    def _note_changed(self, before: Mapping[str, FileImage]) -> None:
        """Have what the commit's hooks made of the files count as the session's, to be undone with the rest."""
        changed = []
        for path, left in before.items():
            with suppress(WorkspaceError):  # a file that cannot be read any more is nobody's to undo
                found = self.tree.read(path)
                if found != left:
                    self.journal.images.save(self.session_id, path, "after", found)
                    changed.append(path)
        if changed:
            self.events.emit("commit.changed", level="warning", paths=changed)

    def _check_own(self, paths: Sequence[str]) -> None:
        if self.allow_dirty:
            return
        images = self.journal.images.changed(self.session_id)
        other = [path for path in paths if path in images and self.tree.read(path).content != images[path][1].content]
        if other:
            raise Conflict(
                "changed by somebody else since they were approved, so nothing is committed: " + ", ".join(other),
                hint="look at the files and commit them yourself",
            )

    def _git(self) -> Git:
        assert self.git is not None  # check_possible() refused that
        return self.git
