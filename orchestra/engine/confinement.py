"""What a session's tests are confined by: asked of the kernel once, and told once."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Mapping

from orchestra.clock import Clock, Halt
from orchestra.errors import ConfigError
from orchestra.workspace.sandbox.layers import REQUIRED, WORDS
from orchestra.workspace.sandbox.sandbox import Sandbox


class Confinement:
    """The sandbox that `tests.sandbox` asks for. One thread at a time."""

    def __init__(
        self, root: Path, choice: str, *, variables: Mapping[str, str], cancel: Halt, clock: Clock,
        tell: Callable[[Sandbox], None] = lambda sandbox: None,
        strengthen: Callable[..., Sandbox] = Sandbox.strengthened,
    ) -> None:
        """`choice` is auto, required or off; `tell` is called before the first run in the sandbox."""
        self._root = root
        self._choice = choice
        self._variables = variables
        self._cancel = cancel
        self._clock = clock
        self._tell: Callable[[Sandbox], None] | None = tell
        self._strengthen = strengthen
        # Before anything of this program could have been rewritten, where it works on itself.
        self._none = Sandbox.none()
        self._found: Sandbox | None = None

    def check(self) -> None:
        """Raises ConfigError where less can be enforced than is required."""
        assert self.sandbox

    @property
    def sandbox(self) -> Sandbox:
        """Raises ConfigError where less can be enforced than is required, Cancelled at a stop."""
        if self._found is None:
            self._found = self._find()
        return self._found

    def sandbox_to_run_in(self) -> Sandbox:
        """The same, told of at the first call."""
        sandbox = self.sandbox
        tell, self._tell = self._tell, None
        if tell is not None:
            tell(sandbox)
        return sandbox

    def _find(self) -> Sandbox:
        if self._choice == "off":
            return self._none
        sandbox = self._strengthen(
            self._none, self._root, variables=self._variables, cancel=self._cancel, clock=self._clock
        )
        lacking = [WORDS[word] for word in REQUIRED if word not in sandbox.layers.enforced]
        if self._choice == "required" and lacking:
            raise ConfigError(
                "tests.sandbox: required cannot be met; this kernel cannot enforce: " + ", ".join(lacking),
                hint="set it to auto or off",
            )
        return sandbox
