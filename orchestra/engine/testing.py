"""The project's test suite, or its linter, as a session runs it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable

from orchestra.clock import Deadline, Halt
from orchestra.config.settings import TestsSettings
from orchestra.dataclass import dataclass
from orchestra.engine.command_runs import LINT, TESTS
from orchestra.engine.confinement import Confinement
from orchestra.engine.crew import out_of_time
from orchestra.environment import Environment
from orchestra.errors import UsageError
from orchestra.records import Plan, TestRun
from orchestra.workspace.children import child_variables
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_probing import Prober

_SETTINGS = {TESTS: "--test-command (or tests.command)", LINT: "lint.command"}
"""Where the command to run is named."""


@dataclass(frozen=True)
class Testing:
    """Finds the suite afresh each time, since a session may write the first test."""

    __test__ = False

    root: Path
    settings: TestsSettings
    env: Environment
    cancel: Halt
    secret_variables: frozenset[str]
    deadline: Deadline
    confinement: Confinement
    kind: str = TESTS

    def check(self, plan: Plan) -> None:
        """Raises UsageError where there are no tests to be found, and the plan brings none either."""
        from orchestra.workspace.suite_detection import could_bring_tests

        written = [planned.path for planned in plan.files if planned.action != "delete"]
        if could_bring_tests(written):
            return
        suite = self._find()
        if suite is None or suite.lacks:
            raise UsageError(
                "no tests were found to run, and the plan brings none", where=self._why_none(),
                hint="have it plan tests, name the command with --test-command, or leave out --test",
            )

    def run(self, on_start: Callable[[], None]) -> TestRun | None:
        """One run; None where there is no suite, and one that collected nothing where what it needs is not there.

        Blocks; raises Cancelled, and LimitReached when time is up.
        """
        suite = self._find()
        if suite is None:
            return None
        if suite.lacks:
            lacks = f"{suite.found_by}: {suite.lacks}"
            return TestRun(suite.framework, suite.command, None, 0, False, lacks=lacks)
        on_start()
        # Loaded with the first run, together with the readers of what test tools print.
        from orchestra.workspace.suite_run import run_suite

        run = run_suite(
            suite, self.root, sandbox=self.confinement.sandbox_to_run_in(),
            timeout_s=self.deadline.within(self.settings.timeout), variables=self._variables(),
            cancel=self.cancel, clock=self.env.clock,
        )
        if run.exit_status is None and self.deadline.is_over:
            raise out_of_time()
        return run

    def refuse(self, run: TestRun) -> None:
        """Raises UsageError where it is the user's own command that cannot start."""
        if self.settings.command is not None:
            raise UsageError(
                f"the {'lint' if self.kind == LINT else 'test'} command cannot be run: {run.lacks}",
                where=self.settings.command,
                hint=f"correct {_SETTINGS[self.kind]}, or put there what it lacks, then `orchestra resume`",
            )

    def insist(self, run: TestRun | None) -> None:
        """Raises UsageError where this run after the change was none."""
        if run is None or not run.collected:
            raise UsageError(
                "no tests were found to run after the change",
                where=self._why_none() if run is None or run.lacks else f"{run.framework} found none",
                hint="write one, then `orchestra resume` runs it; or run again with --test-command",
            )

    def _find(self) -> Suite | None:
        from orchestra.workspace.suite_detection import detect

        suite = detect(
            self.root, self._variables(), imports=self._prober().can_import, command=self.settings.command,
            may_lack=True,
        )
        return replace(suite, framework=LINT) if suite is not None and self.kind == LINT else suite

    def _why_none(self) -> str:
        """What the suites lack that the project's files speak of."""
        from orchestra.workspace.suite_detection import candidates

        found = candidates(self.root, self._variables(), imports=self._prober().can_import)
        return "; ".join(dict.fromkeys(f"{suite.found_by}: {suite.lacks}" for suite in found)) or str(self.root)

    def _prober(self) -> Prober:
        # In the sandbox, too: an interpreter in the tree may be what a model wrote.
        return Prober(
            self.root, self._variables(), sandbox=lambda: self.confinement.sandbox, cancel=self.cancel,
            clock=self.env.clock,
        )

    def _variables(self) -> dict[str, str]:
        return child_variables(self.env.variables, self.secret_variables)
