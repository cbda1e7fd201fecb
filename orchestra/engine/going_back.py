"""Taking a session back to one of its checkpoints, so that it goes on from there.

Every file that begins anew goes back to what it was before the session, and its way is gone through again: with
the answers that were paid for wherever the question is the same, up to the phase that is taken back.
"""

from __future__ import annotations

from typing import Any, Mapping

from orchestra.dataclass import dataclass
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.errors import Conflict, UsageError
from orchestra.state.forgetting import GOING_BACK, Forgotten
from orchestra.state.manager import StateManager
from orchestra.state.phases import ENDS
from orchestra.state.session_lookup import find_session
from orchestra.state.sessions import UNDO_MODE, SessionRow
from orchestra.workspace.git import Git
from orchestra.workspace.tree import Tree

PLANNING = ("init", "planning")
ASKED_AGAIN = {
    "init": "architect", "planning": "architect", "executing": "executor", "auditing": "auditor",
    "consulting": "consultant", "recovering": "consultant",
}
"""Whose answers are the point of going back to a phase."""


def session_to_take_back(journal: StateManager | None, session_id: str | None) -> SessionRow:
    """The session of that id; else the newest that can go on, or where none can the newest.

    An undo is none of them. Raises UnknownSession, UsageError for one that cannot be taken back.
    """
    if session_id is None and journal is not None:
        can_go_on = (row.session_id for row in journal.sessions.all() if row.can_resume and row.mode != UNDO_MODE)
        session_id = next(can_go_on, None)
    row = find_session(journal, session_id, fits=lambda row: row.mode != UNDO_MODE)
    assert journal is not None  # it gave the row
    if row.mode == UNDO_MODE:
        raise UsageError("an undo has no checkpoints to go back to", where=row.session_id, hint="leave --from out")
    if journal.images.undone_paths(row.session_id):
        raise UsageError("what the session did was put back by an undo", where=row.session_id,
                         hint="`orchestra run TASK` starts anew")
    if journal.recall(row.session_id, "commit"):
        raise UsageError("the session's commit is made", where=row.session_id,
                         hint="`git revert` takes it back; `orchestra run TASK` starts anew")
    return row


@dataclass(frozen=True)
class GoingBack:
    """Takes one session back; safe to do again after a kill. Main thread, before the session is reopened."""

    journal: StateManager
    tree: Tree
    git: Git | None
    row: SessionRow
    max_iterations: int

    def find(self, name: str) -> Mapping[str, Any]:
        """The checkpoint of that name. Raises UsageError."""
        known = self.journal.sessions.points(self.row)
        for each in known:
            if each["name"] == name:
                return each
        is_end = any(each["name"] == name for each in self.journal.sessions.checkpoints(self.row.session_id))
        what = f"nothing goes on from the end {name}" if is_end else f"the session has no checkpoint {name}"
        names = ", ".join(each["name"] for each in known)
        raise UsageError(what, where=self.row.session_id, hint=f"go back to one of: {names}")

    def forgets_plan(self, name: str | None) -> bool:
        """Whether going back to that checkpoint asks for a new plan."""
        return name is not None and self.find(name)["phase"] in PLANNING

    def finish(self) -> None:
        """Complete what a kill left half done. Raises Conflict."""
        name = self.journal.recall(self.row.session_id, GOING_BACK)
        if name is not None:
            self._carry_out(self.find(name))

    def run(self, name: str) -> None:
        """Raises UsageError for an unknown name, Conflict where somebody else changed a file: nothing is done then."""
        point = self.find(name)
        if point["phase"] in (*ENDS, "committing"):
            return
        self._check_commit()
        for path in self._anew(point["phase"]):
            self._check_own(path)
        self.journal.forgetting.announce(self.row.session_id, name)
        self._carry_out(point)

    def _carry_out(self, point: Mapping[str, Any]) -> None:
        session_id, phase = self.row.session_id, str(point["phase"])
        paths = self._anew(phase)
        files = JournalledTree(
            self.tree, self.journal.images, session_id=session_id, dry_run=bool(self.row.options.get("dry_run"))
        )
        for path in self.journal.images.paths(session_id):
            if path in paths:
                files.write(path, files.before(path).content)
        self.journal.forgetting.forget(session_id, Forgotten(
            checkpoint_id=int(point["id"]), plan=phase in PLANNING,
            approval=phase == "awaiting_approval" or phase in PLANNING, paths=paths,
            change_review=ASKED_AGAIN.get(phase) == "auditor", step_ids=self._asked_again(phase),
        ))

    def _anew(self, phase: str) -> list[str]:
        """The files that begin anew: those mended for the tests' sake, or all."""
        paths = self.journal.images.paths(self.row.session_id)
        outcomes = self.journal.images.outcomes(self.row.session_id)
        if phase != "testing":
            return sorted({*paths, *outcomes})
        return [path for path in paths if self.journal.forgetting.is_mended(self.row.session_id, path)]

    def _asked_again(self, phase: str) -> list[int]:
        role = ASKED_AGAIN.get(phase)
        found = []
        for step in self.journal.forgetting.answered(self.row.session_id):
            is_late = phase != "recovering" or _draft_of(step["step_key"]) > self.max_iterations
            if step["agent_role"] == role and is_late:
                found.append(int(step["id"]))
        return found

    def _check_own(self, path: str) -> None:
        if self.row.options.get("dry_run") or self.journal.images.at(self.row.session_id, path, 0) is None:
            return
        before, after = self.journal.images.ends(self.row.session_id, path)
        if self.tree.read(path).content not in (before.content, after.content):
            raise Conflict(
                "it was changed since, so that the session cannot go back", where=path,
                hint="keep your version, or put it aside and try again",
            )

    def _check_commit(self) -> None:
        """Raises UsageError where a kill may have come between a commit and its note."""
        parent = self.journal.recall(self.row.session_id, "commit-parent")
        if parent is not None and self.git is not None and self.git.head() != parent["head"]:
            raise UsageError(
                "a commit of the session's may have been made", where=self.row.session_id,
                hint=f"`orchestra resume {self.row.session_id}` finds out",
            )


def _draft_of(step_key: str) -> int:
    """The number in a key like `consultant/PATH/4#2`; 0 in another."""
    number = step_key.partition("#")[0].replace("/other", "").rpartition("/")[2]
    return int(number) if number.isdigit() else 0
