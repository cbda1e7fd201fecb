"""What every command works with: where it is, and how it prints."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Iterator

from orchestra.cli.arguments import GlobalOptions
from orchestra.cli.output import Output
from orchestra.clock import Deadline
from orchestra.dataclass import dataclass
from orchestra.environment import CommandHalt, Environment
from orchestra.errors import OrchestraError, StateDamaged
from orchestra.state.database import FOLDER, check_folder
from orchestra.state.manager import StateManager
from orchestra.workspace.children import child_variables
from orchestra.workspace.git import Git

if TYPE_CHECKING:
    from orchestra.profiler.profiler import Profiler


@dataclass(frozen=True)
class Context:
    """One invocation."""

    env: Environment
    options: GlobalOptions
    output: Output
    after_dashes: tuple[str, ...] = ()
    profiler: Profiler | None = None
    """None without --profile."""
    timeout_s: float | None = None
    """What the command may take, where it can be told."""

    @cached_property
    def deadline(self) -> Deadline:
        """When its time is up. Counts from the first look at it."""
        return Deadline.after(self.env.clock, self.timeout_s)

    @property
    def halt(self) -> CommandHalt:
        """What ends the command before its time."""
        return CommandHalt(self.env.stop, self.deadline)

    @cached_property
    def git(self) -> Git | None:
        """Git's view of the current folder; None outside a repository. Raises GitError."""
        return Git.find(self.env.cwd, child_variables(self.env.variables, frozenset()), self.halt)

    @cached_property
    def root(self) -> Path:
        """Git's top level, else the current folder."""
        return self.git.root if self.git is not None else self.env.cwd

    @contextmanager
    def journal_for_reading(self) -> Iterator[StateManager | None]:
        """The repository's journal while the block runs; None where there is none. Raises StateError."""
        check_folder(self.root)
        journal = StateManager.open_for_reading(self.root / FOLDER, self.env.clock)
        try:
            yield journal
        finally:
            if journal is not None:
                journal.close()

    def check_journal(self) -> None:
        """Look at every row. Raises StateDamaged, and nothing else: other commands say what else is wrong."""
        try:
            with self.journal_for_reading() as journal:
                if journal is not None:
                    journal.check()
        except StateDamaged:
            raise
        except OrchestraError:
            pass
