"""Putting back what a session changed, as a session of its own."""

from __future__ import annotations

from functools import cached_property
from typing import Callable, Iterator, Sequence

from orchestra.dataclass import dataclass
from orchestra.engine.journalled_tree import own_folders
from orchestra.engine.workplace import Workplace, session_events
from orchestra.environment import Environment
from orchestra.state.session_lookup import find_session
from orchestra.errors import (
    Cancelled,
    Conflict,
    ExitStatus,
    OrchestraError,
    UsageError,
    WorkspaceError,
)
from orchestra.observe.events import Listener
from orchestra.records import FileImage, FileOutcome, Task
from orchestra.state.manager import StateManager
from orchestra.state.session_ids import new_session_id
from orchestra.state.sessions import UNDO_MODE, SessionRow
from orchestra.workspace.patch import FileChange
from orchestra.workspace.tree import Tree

MODE = UNDO_MODE


def session_to_undo(journal: StateManager | None, session_id: str | None) -> SessionRow:
    """The session of that id, or the newest that wrote files and is not wholly undone. Raises UnknownSession.

    What undid another session is only undone by its name.
    """
    def is_there(row: SessionRow) -> bool:
        assert journal is not None  # it gave the row
        return row.mode != MODE and bool(set(changed_paths(journal, row)) - undone(journal, row))

    return find_session(journal, session_id, fits=is_there, none="there is nothing to undo")


def changed_paths(journal: StateManager, row: SessionRow) -> list[str]:
    """The paths that the session changed on the disk."""
    return journal.images.changed_paths(row.session_id) if _writes(row) else []


def undone(journal: StateManager, row: SessionRow) -> set[str]:
    """The paths of the session that are put back."""
    return journal.images.undone_paths(row.session_id)


def selected(session_id: str, changed: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Those of the paths the session changed that are wanted, by name or by a folder above; all where none is named.

    Raises UsageError for a name that stands for none.
    """
    for name in wanted:
        if not any(_is_below(path, name) for path in changed):
            hint = f"`orchestra diff {session_id}` shows its change"
            raise UsageError(f"the session {session_id} did not change {name}", hint=hint)
    return [path for path in changed if not wanted or any(_is_below(path, name) for name in wanted)]


@dataclass(frozen=True)
class Undoing:
    """Puts files back one by one; safe to do again after a kill. Main thread."""

    journal: StateManager
    tree: Tree
    target: SessionRow
    """The session that is undone."""

    def preview(self, paths: Sequence[str]) -> tuple[list[FileOutcome], list[FileChange]]:
        """What would become of the paths, and the change that this is."""
        outcomes, changes = [], []
        for path in paths:
            try:
                change = self._change(path)
            except WorkspaceError as error:
                outcomes.append(_failed(path, self._action(path), error))
                continue
            outcomes.append(_outcome(change, self._action(path)))
            changes.append(change)
        return outcomes, changes

    def run(
        self, session_id: str, paths: Sequence[str], check_stop: Callable[[], None]
    ) -> Iterator[FileOutcome]:
        """Put the paths back one by one, in the name of the session `session_id`; what it put back before a kill stays.

        Raises StateError, what `check_stop` raises.
        """
        folders = self.journal.images.folders(self.target.session_id)
        redone_in = self.target.options.get("undoes")
        known = self.journal.images.outcomes(session_id)
        for path in paths:
            check_stop()
            if path in known and known[path].error is None:
                yield known[path]
                continue
            try:
                change = self._change(path)
                self._put_back(session_id, change, own_folders(path, folders))
                self.journal.images.mark_undone(self.target.session_id, path, session_id, redone_in=redone_in)
                outcome = _outcome(change, self._action(path))
            except WorkspaceError as error:
                outcome = _failed(path, self._action(path), error)
            self.journal.images.set_outcome(session_id, outcome)
            yield outcome

    def _change(self, path: str) -> FileChange:
        """From what lies there to what lay there before the session. Raises Conflict where somebody else wrote it."""
        before, after = self.journal.images.ends(self.target.session_id, path)
        found = self.tree.read(path)
        if found == before or (found.content is None and before.content is None):
            return FileChange(path, found, found)
        is_new = found.content not in (before.content, after.content)
        if is_new or (path in self._undone and found.content != before.content):
            raise self._conflict(path, found)
        is_own_mode = found.mode != after.mode and found.mode is not None
        if is_own_mode and before.content is not None:
            # The user has changed who may read it since.
            before = FileImage(before.content, found.mode)
        return FileChange(path, found, before)

    @cached_property
    def _undone(self) -> set[str]:
        """Where what the session left has been put back: what is there again now, somebody else has written."""
        return undone(self.journal, self.target)

    def _put_back(self, session_id: str, change: FileChange, folders: Sequence[str]) -> None:
        images, path = self.journal.images, change.path
        noted = images.at(session_id, path, 0)
        if noted is None and change.before == change.after:
            return
        if noted is None:
            images.save(session_id, path, "before", change.before)
        if change.before != change.after:
            if change.after.content is None:
                self.tree.delete(path)
            else:
                images.note_folders(session_id, self.tree.absent_folders(path))
                self.tree.write(path, change.after.content, mode=change.after.mode)
        if images.count_writes(session_id, path) == 0:
            images.save(session_id, path, "after", self.tree.read(path))
        if change.after.content is None:
            self.tree.remove_empty_folders(folders)

    def _action(self, path: str) -> str:
        """What has to be done to the file."""
        before, after = self.journal.images.ends(self.target.session_id, path)
        if after.content is None:
            return "create"
        return "delete" if before.content is None else "modify"

    def _conflict(self, path: str, found: FileImage) -> Conflict:
        writer = self.journal.images.last_writer(path, found.content)
        if writer is not None and writer != self.target.session_id:
            hint = f"undo that first: `orchestra undo {writer}`"
            return Conflict(f"session {writer} wrote it since; undo that first", where=path, hint=hint)
        return Conflict("it was changed since", where=path, hint="keep your version, or put it aside and undo again")


@dataclass(frozen=True)
class Undone:
    """How an undo ended."""

    session_id: str
    """Of the undo itself."""
    outcomes: Sequence[FileOutcome]
    status: ExitStatus
    error: OrchestraError | None


def new_undo(journal: StateManager, target: SessionRow, paths: Sequence[str], env: Environment) -> str:
    """A session in the journal that will put these paths back, and its id."""
    session_id = new_session_id(env.clock.now())
    options = {"undoes": target.session_id, "paths": list(paths)}
    task = Task(f"undo {target.session_id}: {target.task.text}", "undo")
    journal.sessions.create(session_id, task, mode=MODE, options=options, config={}, after=target.session_id)
    return session_id


def carry_out(
    workplace: Workplace, session_id: str, env: Environment, listeners: Sequence[Listener]
) -> Undone:
    """Put back what is still to be put back. Raises StateError."""
    journal = workplace.journal
    row = journal.sessions.get(session_id)
    target = None if row is None else journal.sessions.get(row.options["undoes"])
    assert row is not None and target is not None  # no session is removed before one that undoes it
    tree = Tree(workplace.root)
    with session_events(workplace, session_id, env, listeners) as events:
        events.emit("session.started", task=row.task.text, mode=MODE, root=str(workplace.root), phase=row.phase)
        journal.sessions.reopen(session_id, row.config)
        journal.sessions.enter_phase(session_id, "executing")
        tree.clean_temp(row.options["paths"])
        outcomes: list[FileOutcome] = []
        error: OrchestraError | None = None
        try:
            # What was put back does not go on as if it were there, nor do two undos of the same.
            for other in (target, *_others(journal, row)):
                journal.sessions.end(other.session_id)
            for outcome in Undoing(journal, tree, target).run(session_id, row.options["paths"], _stop_of(env)):
                outcomes.append(outcome)
                events.emit(
                    "file.ended", level="warning" if outcome.error else "info", path=outcome.path,
                    status=outcome.status, iterations=0, error=outcome.error,
                )
            status, error = end_of(outcomes, target)
        except Cancelled:
            status = ExitStatus.stopped_by(env.stop.number)
        is_stopped = status in (ExitStatus.INTERRUPTED, ExitStatus.TERMINATED)
        journal.sessions.finish(
            session_id, status.word, status, can_resume=is_stopped, last_error=None if error is None else error.message
        )
        events.emit("session.ended", status=status.word, exit_status=int(status), can_resume=is_stopped)
    return Undone(session_id, outcomes, status, error)


def _others(journal: StateManager, undo: SessionRow) -> list[SessionRow]:
    """Unfinished undos of the same session."""
    return [
        row for row in journal.sessions.all()
        if row.can_resume and row.mode == MODE and row.session_id != undo.session_id
        and row.options["undoes"] == undo.options["undoes"]
    ]


def _stop_of(env: Environment) -> Callable[[], None]:
    def check() -> None:
        if env.stop.number is not None:
            raise Cancelled()

    return check


def end_of(outcomes: Sequence[FileOutcome], target: SessionRow) -> tuple[ExitStatus, Conflict | None]:
    """What became of the whole undo of `target`."""
    left = [outcome for outcome in outcomes if outcome.status == "failed"]
    if not left:
        return ExitStatus.DONE, None
    count = f"{len(left)} of {len(outcomes)} file{'' if len(outcomes) == 1 else 's'}"
    verb = "was" if len(left) == 1 else "were"
    hint = (
        f"`orchestra diff {target.session_id}` shows what the session changed; put your own version aside and undo"
        " again"
    )
    error = Conflict(f"{count} {verb} not put back; {left[0].path}: {left[0].error}", hint=hint)
    return error.exit_status, error


def _writes(row: SessionRow) -> bool:
    return not row.options.get("dry_run")


def _is_below(path: str, name: str) -> bool:
    return name in ("", ".", path) or path.startswith(name.rstrip("/") + "/")


def _outcome(change: FileChange, action: str) -> FileOutcome:
    return FileOutcome(change.path, action, "unchanged" if change.before == change.after else "reverted")


def _failed(path: str, action: str, error: WorkspaceError) -> FileOutcome:
    return FileOutcome(
        path, action, "failed", error_code=error.code, error=error.what, exit_status=int(error.exit_status)
    )
