"""The project's test suite as a session runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from orchestra.clock import CancelToken, Deadline
from orchestra.config.settings import TestsSettings
from orchestra.engine.confinement import Confinement
from orchestra.engine.crew import out_of_time
from orchestra.environment import Environment
from orchestra.errors import UsageError
from orchestra.records import TestRun
from orchestra.workspace.children import child_variables
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_detection import detect
from orchestra.workspace.suite_probing import Prober
from orchestra.workspace.suite_run import run_suite

_NOT_STARTED = (126, 127)
"""With these a shell says that a command is not executable, or not there."""


@dataclass(frozen=True)
class Testing:
    """Finds the suite afresh each time, since a session may write the first test."""

    __test__ = False

    root: Path
    settings: TestsSettings
    env: Environment
    cancel: CancelToken
    secret_variables: frozenset[str]
    deadline: Deadline
    confinement: Confinement

    def check(self) -> None:
        """Raises UsageError where there are no tests to be found."""
        if self._find() is None:
            raise UsageError(
                "no tests were found to run", where=str(self.root),
                hint="name the command with --test-command, or leave out --test",
            )

    def run(self, on_start: Callable[[], None]) -> TestRun | None:
        """One run; None where there is no suite. Blocks; raises Cancelled, and LimitReached when time is up."""
        suite = self._find()
        if suite is None:
            return None
        on_start()
        run = run_suite(
            suite, self.root, sandbox=self.confinement.sandbox_to_run_in(),
            timeout_s=self.deadline.within(self.settings.timeout), variables=self._variables(),
            cancel=self.cancel, clock=self.env.clock,
        )
        if run.exit_status is None and self.deadline.is_over:
            raise out_of_time()
        if self.settings.command is not None and run.exit_status in _NOT_STARTED:
            raise UsageError(
                "the test command cannot be run", where=self.settings.command,
                hint="correct --test-command (or tests.command), then `orchestra resume`",
            )
        return run

    def _find(self) -> Suite | None:
        variables = self._variables()
        # In the sandbox, too: an interpreter in the tree may be what a model wrote.
        prober = Prober(
            self.root, variables, sandbox=lambda: self.confinement.sandbox, cancel=self.cancel, clock=self.env.clock
        )
        return detect(self.root, variables, imports=prober.can_import, command=self.settings.command)

    def _variables(self) -> dict[str, str]:
        return child_variables(self.env.variables, self.secret_variables)
