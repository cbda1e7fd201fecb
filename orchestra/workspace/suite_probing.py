"""Asking a project's interpreters what they have, confined as its tests are."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Mapping

from orchestra.clock import Clock, Deadline, Halt
from orchestra.errors import WorkspaceError
from orchestra.workspace.sandbox.sandbox import Sandbox

PROBE_TIMEOUT_S = 30.0
_KEEP_BYTES = 4096


class Prober:
    """Starts interpreters in the project's folder; what they are asked for is not imported."""

    def __init__(
        self, root: Path, variables: Mapping[str, str], *, sandbox: Callable[[], Sandbox], cancel: Halt,
        clock: Clock,
    ) -> None:
        """`sandbox` is asked for one when it is needed."""
        self._root = root
        self._variables = {**variables, "PYTHONDONTWRITEBYTECODE": "1"}
        self._sandbox = sandbox
        self._cancel = cancel
        self._clock = clock

    def can_import(self, python: str, module: str) -> bool:
        """Whether a Python has a module. Raises Cancelled."""
        question = "import importlib.util, sys; sys.exit(importlib.util.find_spec(%r) is None)" % module
        try:
            answer = self._sandbox().run(
                [python, "-c", question], root=self._root, private=None, variables=self._variables,
                deadline=Deadline.after(self._clock, PROBE_TIMEOUT_S), cancel=self._cancel, clock=self._clock,
                keep_bytes=_KEEP_BYTES,
            )
        except (OSError, WorkspaceError):
            return False
        return answer.exit_status == 0
