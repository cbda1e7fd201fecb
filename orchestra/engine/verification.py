"""The project's tests, and its linter, before and after, and the fixing of what a change broke."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Mapping, Sequence

from orchestra.agents.consultant import failing_tests_request
from orchestra.agents.quoting import ShownFile
from orchestra.agents.replies import Fix, read_fixes
from orchestra.agents.templates import Loader
from orchestra.dataclass import dataclass
from orchestra.engine.asking import FIXES_LINT, Asker
from orchestra.engine.command_runs import LINT, TESTS, CommandRuns, Verdict, what_came_of_it
from orchestra.engine.file_job import JobContext
from orchestra.engine.mending import Hands, Mending, planned_paths
from orchestra.errors import ProviderFault, UnreadableReply, WorkspaceError
from orchestra.records import FileOutcome, Issue, Plan, TestFailure
from orchestra.state.manager import StateManager
from orchestra.workspace.path_names import quoted

_MOST_NAMED = 5
_HAPPENED = {
    TESTS: "tests fail that passed before", LINT: "the project's linter finds what it did not find before",
}
_STILL = "tests that the task asks to have pass fail as before"
_BLAMES_NONE = "the consultant finds no planned file to blame"


@dataclass(frozen=True)
class State:
    """How things stood when a verdict was given."""

    verdict: Verdict
    outcomes: Mapping[str, FileOutcome]
    positions: Mapping[str, int]
    """By path, how many writes of it counted (see JournalledTree)."""


@dataclass(frozen=True)
class Verification:
    """Runs the tests through the journal, and has new failures fixed. Blocks: for a worker thread."""

    session_id: str
    plan: Plan
    journal: StateManager
    asker: Asker
    jobs: JobContext
    runs: CommandRuns
    most_fixes: int
    generation: int
    """How often failed files were taken up again by a resume: tests and fixes of before do not count any more."""
    custom_prompts: Mapping[str, str]
    load_template: Loader
    hands: Hands = Hands()

    @property
    def _mending(self) -> Mending:
        return Mending(self.session_id, self.plan, self.journal, self.jobs, self.hands)

    def _prefix(self, round_: int) -> str:
        """What the keys of a round's fixes begin with."""
        return f"{'fix' if self.runs.kind == TESTS else FIXES_LINT}{self.generation}.{round_}/"

    def verify(self, outcomes: dict[str, FileOutcome], after: Verdict | None = None) -> Verdict | None:
        """Test the change, and fix what it broke; `outcomes` are updated by the fixes. None where nothing ran.

        Goes on `after` an earlier verdict, with the fixes that it left. A fix after which more fails than before is
        taken back, and the next one begins with what was better. Raises Conflict where somebody else changed a file
        meanwhile that was mended.
        """
        round_, fixes = (1, 0) if after is None else (after.round_ + 1, after.fixes)
        best: State | None = None
        mended: Sequence[str] = ()
        while True:
            verdict = self._judge(round_, fixes)
            if verdict is None:
                return None
            is_worse = best is not None and verdict.badness > best.verdict.badness
            for path in mended:
                self._mending.note(path, self._prefix(round_ - 1), what_came_of_it(verdict, is_taken_back=is_worse))
            if best is not None and is_worse:
                self._take_back(best, outcomes)
                verdict = self._judge(round_, fixes, ".back")
                if verdict is None:
                    return None
            # No file can mend what the machine lacks.
            if not verdict.to_mend or fixes == self.most_fixes or self.runs.never_started(verdict.run):
                return verdict
            best = self.state(verdict, outcomes)
            mended = self._fix(round_, verdict, outcomes)
            if not mended:
                return verdict
            round_, fixes = round_ + 1, fixes + 1

    def state(self, verdict: Verdict, outcomes: Mapping[str, FileOutcome]) -> State:
        """How things stand, to come back to."""
        return State(verdict, dict(outcomes), self._positions(verdict.round_, outcomes))

    def check_no_worse(self, outcomes: dict[str, FileOutcome], best: State) -> tuple[Verdict, bool]:
        """Test once more after other changes, which are taken back where more fails now, or nothing runs any more.

        The verdict, and whether they stand.
        """
        # That there are tests, and that they can start, was so when the best verdict was given.
        of_any = replace(self, runs=replace(self.runs, insist=lambda run: None, refuse=lambda run: None))
        round_, fixes = best.verdict.round_ + 1, best.verdict.fixes
        verdict = of_any._judge(round_, fixes)
        if verdict is not None and verdict.badness <= best.verdict.badness:
            return verdict, True
        self._take_back(best, outcomes)
        return of_any._judge(round_, fixes, ".back") or best.verdict, False

    def not_started(self) -> str:
        """What was lacking where nothing ran after the change; empty for any other reason."""
        return self.runs.not_started(self._run_name("1"))

    def settle(self, after: Verdict | None = None) -> None:
        """Have lie there what counts as done, unless the next run, which is to read it, is noted already."""
        self._settle(str(1 if after is None else after.round_ + 1))

    def _settle(self, round_: str) -> None:
        if not self.runs.has_run(self._run_name(round_)):
            self.jobs.files.settle_rest()

    def _judge(self, round_: int, fixes: int, suffix: str = "") -> Verdict | None:
        name = f"{round_}{suffix}"
        self._settle(name)
        verdict = self.runs.judge(self._run_name(name))
        return None if verdict is None else replace(verdict, round_=round_, fixes=fixes)

    def _run_name(self, round_: str) -> str:
        return f"{self.runs.kind}/after/{self.generation}.{round_}"

    def _take_back(self, best: State, outcomes: dict[str, FileOutcome]) -> None:
        """Have the files be what they were when less failed."""
        worse = [path for path, position in best.positions.items() if self.jobs.files.position(path) != position]
        self.jobs.events.emit(f"{self.runs.kind}.taken_back", level="warning", paths=worse)
        for path in worse:
            image = self.journal.images.at(self.session_id, path, best.positions[path])
            assert image is not None  # the file was written: a fix followed
            self.jobs.files.write(path, image.content)
            self.jobs.files.settle_later(path)
        for path, outcome in best.outcomes.items():
            # The audits have been all the same.
            outcomes[path] = replace(outcome, iterations=outcomes[path].iterations)

    def _positions(self, round_: int, outcomes: Mapping[str, FileOutcome]) -> Mapping[str, int]:
        """Where the images of all files stood before a round's fixes; noted, as after a restart they stand later."""
        positions: Mapping[str, int] = self.journal.remember(
            self.session_id, f"{self.runs.kind}/positions/{self.generation}.{round_}",
            lambda: {path: self.jobs.files.position(path) for path in outcomes},
        )
        return positions

    def _fix(self, round_: int, verdict: Verdict, outcomes: dict[str, FileOutcome]) -> Sequence[str]:
        """Have the consultant name the files to blame, and mend them. Those that were mended."""
        if not any(self._mending.may_change(path, outcomes) for path in outcomes):
            return self._give_up("no planned file may be mended any more")
        try:
            fixes = self._ask_for_fixes(round_, verdict)
        except (ProviderFault, UnreadableReply, WorkspaceError) as error:
            return self._give_up(error.message)
        left = [fix for fix in fixes if self._mending.may_change(fix.path, outcomes)]
        if not left:
            named = ", ".join(quoted(fix.path) for fix in fixes[:_MOST_NAMED])
            return self._give_up(f"none of the files to blame may be changed: {named}" if fixes else _BLAMES_NONE)
        findings = {fix.path: _findings(fix, verdict.to_mend) for fix in left}
        errors = self._mending.mend_all(findings, outcomes, key_prefix=self._prefix(round_))
        mended = [path for path, error in errors.items() if error is None]
        return mended or self._give_up(str(errors[left[0].path]))

    def _give_up(self, why: str) -> Sequence[str]:
        self.jobs.events.emit(f"{self.runs.kind}.not_fixed", level="warning", why=why)
        return ()

    def _ask_for_fixes(self, round_: int, verdict: Verdict) -> tuple[Fix, ...]:
        self.hands.sit_out_pause()
        request = failing_tests_request(
            self.jobs.prompts.about_all, happened=_happened(self.runs.kind, verdict), failures=verdict.to_mend,
            output=verdict.run.output, files=self._planned_texts(),
            tried=[f"{file.path}, {line}" for file in self.plan.files for line in self._mending.tried(file.path)],
            custom_prompt=self.custom_prompts.get("consultant", ""), load_template=self.load_template,
        )
        key = f"{self._prefix(round_)}consultant"
        fixes = self.asker.ask("consultant", key, request, path=None, read=read_fixes)
        messages: dict[str, list[str]] = {}
        planned = [file.path for file in self.plan.files]
        for fix in fixes:
            for path in planned_paths(fix.path, planned, self.jobs.files.lies_there) or (fix.path,):
                messages.setdefault(path, []).append(fix.message)
        return tuple(Fix(path, "\n".join(said)) for path, said in messages.items())

    def _planned_texts(self) -> list[ShownFile]:
        """The planned files as they are; one that is no text has failed already."""
        shown = []
        for planned in self.plan.files:
            with suppress(WorkspaceError):
                text = self.jobs.prompts.text(planned.path)
                if text is not None:
                    shown.append(ShownFile(planned.path, text))
        return shown


def _happened(kind: str, verdict: Verdict) -> str:
    said = [_HAPPENED[kind]] if verdict.new_failures or not verdict.still_failing else []
    return ", and ".join([*said, _STILL] if verdict.still_failing else said)


def _findings(fix: Fix, failures: Sequence[TestFailure]) -> list[Issue]:
    tests = [Issue("error", f"{failure.id} fails: {failure.message}") for failure in failures[:10]]
    return [Issue("error", fix.message), *tests]
