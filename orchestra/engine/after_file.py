"""The project's own linter and tests, run as soon as a file is approved, and what they hold against it mended."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Collection, Sequence

from orchestra.dataclass import dataclass
from orchestra.engine.command_runs import LINT, CommandRuns, Verdict, ids_of, what_came_of_it
from orchestra.engine.mending import Mending
from orchestra.engine.resume import generation
from orchestra.records import FileImage, FileOutcome, Issue, PlannedFile

_MOST_NAMED = 10
_LATEST = "{kind}/latest"
"""The fact of what failed when the last file was done with: its name."""


@dataclass(frozen=True)
class _State:
    """How a file stood when a verdict was given."""

    verdict: Verdict
    outcome: FileOutcome
    image: FileImage
    prefix: str
    """What the keys of the questions begin with by which it is mended then."""


@dataclass(frozen=True)
class AfterFile:
    """Runs commands after one file. Any thread; one file at a time, and no planned file is written during a run.

    With several workers others are half done meanwhile, so what a run finds is held against a file by what can be
    known then: of a linter, findings that name the file and were not there before the session; of tests, failures
    that were not there before the file was begun. Those may be another file's fault all the same, or come of one
    that is still missing; and a linter that names paths from elsewhere than the root is not heard. So nothing ends
    badly here: what is left fails again at the end, where the change is whole.
    """

    commands: Sequence[CommandRuns]
    mending: Mending
    most_audits: int
    turn: AbstractContextManager[object]
    """Held while one file is judged and mended."""
    rest: AbstractContextManager[object]
    """Held during a run; whoever writes a planned file holds it, too."""

    def begin(self, path: str) -> None:
        """Note what failed before a file is first written, where that is not noted yet."""
        journal, session_id = self.mending.journal, self.mending.session_id
        journal.remember(session_id, _begun(path), lambda: {
            "generation": generation(journal, session_id),
            "known": {runs.kind: sorted(self._known_now(runs)) for runs in self.commands if runs.kind != LINT},
        })

    def judge(self, planned: PlannedFile, outcome: FileOutcome) -> FileOutcome:
        """How the approved file has ended now. Raises what concerns the whole run, such as ChangedByTests."""
        with self.turn:
            for runs in self.commands:
                outcome = self._judged(runs, planned, outcome)
            self.mending.jobs.files.settle(planned.path)
        return outcome

    def _judged(self, runs: CommandRuns, planned: PlannedFile, outcome: FileOutcome) -> FileOutcome:
        """By one command; what it says is mended as long as that helps and the file has audits left."""
        best: _State | None = None
        begun = runs.journal.recall(runs.session_id, _begun(planned.path))
        round_ = 0
        while True:
            round_ += 1
            name = f"{begun['generation']}.{round_}"
            verdict = self._run(runs, planned.path, name, begun["known"].get(runs.kind))
            if verdict is None:
                return outcome
            is_worse = best is not None and verdict.badness > best.verdict.badness
            if best is not None:
                came_of_it = what_came_of_it(verdict, is_taken_back=is_worse)
                self.mending.note(planned.path, best.prefix, came_of_it)
            if best is not None and is_worse:
                self._take_back(runs, planned.path, best)
                # The audits have been all the same.
                verdict, outcome = best.verdict, replace(best.outcome, iterations=outcome.iterations)
                break
            image = self.mending.jobs.files.current(planned.path)
            is_same = best is not None and image.content == best.image.content
            if is_same or not self._may_mend(verdict, outcome):
                break
            best = _State(verdict, outcome, image, f"after-{runs.kind}-{name}/")
            outcome, error = self._mended(runs, planned.path, best)
            if error is not None:
                runs.events.emit(f"{runs.kind}.not_fixed", level="warning", why=error)
                break
        if runs.kind != LINT:
            runs.journal.keep(runs.session_id, _LATEST.format(kind=runs.kind), sorted(ids_of(verdict.run)))
        return outcome

    def _run(self, runs: CommandRuns, path: str, name: str, known: Collection[str] | None) -> Verdict | None:
        name = f"{runs.kind}/each/{name}/{path}"
        if not runs.has_run(name):
            # What counts as done lies there: a restarted job has passed over what it wrote before.
            self.mending.jobs.files.settle(path)
        activity = self.mending.jobs.activity
        with self.rest, runs.journal.sessions.testing_meanwhile(runs.session_id, activity.current):
            return runs.judge(name, path=path, known=known)

    def _may_mend(self, verdict: Verdict, outcome: FileOutcome) -> bool:
        # Whether a file can help that nothing starts is for the end to find out.
        is_wanted = bool(verdict.new_failures) and not verdict.run.lacks
        return is_wanted and outcome.action != "delete" and outcome.iterations < self.most_audits

    def _mended(self, runs: CommandRuns, path: str, state: _State) -> tuple[FileOutcome, str | None]:
        """How the file has ended after a try at it, and why it stays as it was."""
        outcomes = {path: state.outcome}
        error = self.mending.mend(path, self._findings(runs, path, state.verdict), outcomes, key_prefix=state.prefix)
        return outcomes[path], error

    def _findings(self, runs: CommandRuns, path: str, verdict: Verdict) -> list[Issue]:
        new = verdict.new_failures
        said = "the project's linter says" if runs.kind == LINT else "a test fails that did not fail before this file"
        issues = [Issue("error", f"{said}: {failure.id}\n{failure.message}") for failure in new[:_MOST_NAMED]]
        if len(new) > _MOST_NAMED:
            issues.append(Issue("info", f"and {len(new) - _MOST_NAMED} more"))
        done = self.mending.journal.images.outcomes(self.mending.session_id).keys() | {path}
        left = [planned.path for planned in self.mending.plan.files if planned.path not in done]
        if left and runs.kind != LINT:
            names = ", ".join(left[:_MOST_NAMED]) + (" and others" if len(left) > _MOST_NAMED else "")
            issues.append(Issue(
                "info", f"These files of the plan are not done yet: {names}. What fails for want of them, or because"
                " of them, is no fault of this file; leave it as it is then.",
            ))
        return issues

    def _take_back(self, runs: CommandRuns, path: str, best: _State) -> None:
        """Have the file be what it was when less failed."""
        runs.events.emit(f"{runs.kind}.taken_back", level="warning", paths=[path])
        self.mending.jobs.files.write(path, best.image.content)

    def _known_now(self, runs: CommandRuns) -> Collection[str]:
        latest: Collection[str] | None = runs.journal.recall(runs.session_id, _LATEST.format(kind=runs.kind))
        return ids_of(runs.before()) if latest is None else latest


def _begun(path: str) -> str:
    return f"begun/{path}"
