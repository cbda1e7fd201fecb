"""The commit of a session: own files only, made once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable, Mapping, Sequence

from orchestra.clock import CancelToken
from orchestra.dataclass import dataclass
from orchestra.engine.commit_message import commit_message
from orchestra.errors import Conflict, GitError, UsageError, WorkspaceError
from orchestra.observe.events import Events
from orchestra.records import Commit, FileImage, Plan
from orchestra.state.manager import StateManager
from orchestra.workspace.git import Git
from orchestra.workspace.tree import Tree

Images = Mapping[str, "tuple[FileImage, FileImage]"]
"""Path to what lay there before the session, and to what it left."""


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
                    hint=f"commit it, then `orchestra resume {self.session_id}`; or run anew with --allow-dirty to "
                    "have it in the same commit",
                )
            return True

        self.journal.remember(self.session_id, "clean", find_out)

    @property
    def judges_edits(self) -> bool:
        """Whether edits of approved files are part of the commit, or may have come of it: git was asked for it already.
        """
        return self.allow_dirty or self.journal.recall(self.session_id, "commit-parent") is not None

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
        """The commit that was made just before a kill, or by the user since; or a new one."""
        git = self._git()
        git.await_index(self.cancel)
        message = commit_message(plan, template=self.template, session_id=self.session_id)
        tried = self.journal.recall(self.session_id, "commit-parent") or {}
        images = self.journal.images.changed(self.session_id)
        before = self._as_left(paths, images)
        found = git.commit_after(tried["head"], paths) if tried else None
        if found is not None and not {*git.dirty([*before])}.difference(git.touched(found.sha)):
            left = {path: images[path][1] for path in tried.get("as_left", ()) if path in images}
            self._take_up(git, found, message, left)
            return found
        self._check_own(git, paths, tried, images)
        other = [path for path in paths if path in images and path not in before]
        if other and self.allow_dirty:
            self.events.emit("commit.as_found", level="warning", paths=other)
        self.journal.keep(self.session_id, "commit-parent", {"head": git.head(), "as_left": [*before]})
        left_out = self._left_out(git, [path for path in paths if path in images])
        try:
            commit = git.commit(paths, message, cancel=self.cancel)
        except GitError:
            self._note_changed(before, lambda path, content: False)
            raise
        if commit is None:
            self.events.emit("commit.none", level="warning", paths=list(paths))
            return None
        self.events.emit("commit.made", sha=commit.sha, subject=message.splitlines()[0])
        if left_out:
            self.events.emit("commit.left_out", level="warning", paths=left_out)
        self._note_changed(before, git.head_has)
        return commit

    def _take_up(self, git: Git, found: Commit, message: str, left: Mapping[str, FileImage]) -> None:
        """What a kill after that commit kept from being done."""
        git.take_over({path: image.content for path, image in left.items()})
        if found.message.strip("\n") == message.strip("\n"):
            # Under other words the user may have made it, of work that is no hook's.
            self._note_changed(left, git.head_has)

    def _left_out(self, git: Git, changed: Sequence[str]) -> list[str]:
        """The files that the session changed and in which git is to see no change, being told to overlook them."""
        seen = {*git.dirty(changed)}
        return [path for path in changed if path not in seen and not self._is_committed(git, path)]

    def _is_committed(self, git: Git, path: str) -> bool:
        with suppress(WorkspaceError):
            return git.head_has(path, self.tree.read(path).content)
        return False

    def _as_left(self, paths: Sequence[str], images: Images) -> dict[str, FileImage]:
        """Path to what lies there, where that is what the session left."""
        found = {}
        for path in paths:
            with suppress(WorkspaceError):  # what cannot be read is not what the session left
                if path in images and self.tree.read(path) == images[path][1]:
                    found[path] = images[path][1]
        return found

    def _note_changed(self, before: Mapping[str, FileImage], is_in_commit: Callable[[str, bytes], bool]) -> None:
        """Have what the commit's hooks made of the files count as the session's, to be undone with the rest.

        A hook made it where the commit has it. Anything else may be what the user wrote meanwhile: it is only told.
        """
        changed: list[str] = []
        touched: list[str] = []
        for path, left in before.items():
            is_hooks = False
            with suppress(WorkspaceError):
                found = self.tree.read(path)
                if found.content == left.content:
                    continue
                is_hooks = found.content is not None and is_in_commit(path, found.content)
                if is_hooks:
                    self.journal.images.save(self.session_id, path, "after", found)
            (changed if is_hooks else touched).append(path)
        if changed:
            self.events.emit("commit.changed", level="warning", paths=changed)
        if touched:
            self.events.emit("commit.touched", level="warning", paths=touched)

    def _check_own(self, git: Git, paths: Sequence[str], tried: Mapping[str, Any], images: Images) -> None:
        """Raises Conflict; `tried` is what was noted when git was last to commit the files."""
        if self.allow_dirty:
            return
        other = [path for path in paths if path in images and self.tree.read(path).content != images[path][1].content]
        if other and tried.get("head"):
            # What the user has committed since is not committed again.
            since = git.touched("HEAD", since=tried["head"])
            other = [path for path in other if path not in since or not self._is_committed(git, path)]
        if not other:
            return
        if {*other} <= {*tried.get("as_left", ())}:
            raise Conflict(
                "changed since git was to commit them, by a hook or by somebody, so nothing is committed: "
                + ", ".join(other),
                hint=f"if that is right, commit them yourself, then `orchestra resume {self.session_id}`",
            )
        raise Conflict(
            "changed by somebody else since they were approved, so nothing is committed: " + ", ".join(other),
            hint="look at the files and commit them yourself",
        )

    def _git(self) -> Git:
        assert self.git is not None  # check_possible() refused that
        return self.git
