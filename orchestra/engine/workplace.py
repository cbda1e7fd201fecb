"""A repository that is worked in: its lock, its journal, and who is told of what happens there."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Sequence

from orchestra.clock import Deadline, Halt
from orchestra.environment import CommandHalt, Environment
from orchestra.errors import OrchestraError, StateDamaged, StateError
from orchestra.observe.events import Events, Listener
from orchestra.observe.log import LogFile, log_path
from orchestra.observe.redaction import Redactor
from orchestra.records import Task
from orchestra.state.database import FOLDER, check_folder, make_folder
from orchestra.state.lock import RepositoryLock, check_lock
from orchestra.state.manager import StateManager
from orchestra.state.session_ids import new_session_id
from orchestra.turns import Turns
from orchestra.workspace.git import Git
from orchestra.workspace.paths import check_root
from orchestra.engine.order import Order

if TYPE_CHECKING:
    from orchestra.state.salvage import Salvaged


class Workplace:
    """A repository with its lock held and its journal open."""

    def __init__(
        self, root: Path, folder: Path, journal: StateManager, turns: Turns, salvaged: Salvaged | None = None
    ) -> None:
        self.root = root
        self.folder = folder
        self.journal = journal
        self.turns = turns
        """Of those who work here."""
        self.salvaged = salvaged
        """What became of a damaged journal that lay here."""


def check_place(root: Path, git: Git | None) -> None:
    """Raises what speaks against working here at all: StateError, WorkspaceError."""
    check_root(root)
    if git is not None and git.tracks(FOLDER):
        raise StateError(
            "git tracks the state folder, which holds what must not be shared", where=str(root / FOLDER),
            hint=f"take it out: git rm -r --cached {FOLDER}",
        )


@contextmanager
def state_first(root: Path, env: Environment) -> Iterator[None]:
    """What is wrong with the state is told before what is wrong with an order, as their statuses count."""
    try:
        yield
    except OrchestraError:
        check_folder(root)
        folder = root / FOLDER
        if folder.is_dir():
            check_lock(folder, now=env.clock.now())
            with suppress(StateDamaged):  # it would be put aside
                journal = StateManager.open_for_reading(folder, env.clock)
                if journal is not None:
                    journal.close()
        raise


@contextmanager
def open_workplace(
    root: Path, git: Git | None, env: Environment, *, salvages: bool = False, checks_all: bool = False,
    halt: Halt | None = None,
) -> Iterator[Workplace]:
    """The one writer of this repository. Raises StateError, WorkspaceError.

    With `salvages` a damaged journal is put aside for a new one with what could be saved of it; without, it is an
    error: who works on an old session must not find half of it. What is looked at for that are the sessions, of which
    an unreadable one would be met only after all is paid; with `checks_all` every row. By itself a signal is the halt.
    """
    check_place(root, git)
    folder = make_folder(root)
    halt = halt or _signal(env)
    with ExitStack() as stack:
        lock = RepositoryLock(folder, now=env.clock.now())
        stack.callback(lock.release)
        salvaged: Salvaged | None = None
        turns = Turns()
        try:
            journal = _journal(folder, env, turns, halt, checks=salvages, checks_all=checks_all)
        except StateDamaged:
            if not salvages:
                raise
            from orchestra.state.salvage import salvage

            salvaged = salvage(folder, env.clock.now())
            journal = StateManager.open(folder, env.clock, turns, halt)
        stack.callback(journal.close)
        yield Workplace(root, folder, journal, turns, salvaged)


@contextmanager
def open_beside(root: Path, git: Git | None, env: Environment) -> Iterator[StateManager]:
    """The journal for writing without the lock, beside a run: for what hurts none. A signal is the halt.

    Raises StateError.
    """
    check_place(root, git)
    with closing(StateManager.open(make_folder(root), env.clock, halt=_signal(env))) as journal:
        yield journal


def _signal(env: Environment) -> Halt:
    return CommandHalt(env.stop, Deadline(env.clock, None))


def _journal(
    folder: Path, env: Environment, turns: Turns, halt: Halt, *, checks: bool, checks_all: bool
) -> StateManager:
    with ExitStack() as stack:
        journal = stack.enter_context(closing(StateManager.open(folder, env.clock, turns, halt)))
        if checks:
            journal.sessions.all()
        if checks_all:
            journal.check()
        stack.pop_all()
    return journal


def new_session(workplace: Workplace, order: Order, task: Task, env: Environment) -> str:
    """A session in the journal, and its id."""
    session_id = new_session_id(env.clock.now())
    workplace.journal.sessions.create(
        session_id, task, mode=order.settings.mode, options=asdict(order.options), config=order.kept_config
    )
    return session_id


@contextmanager
def session_events(
    workplace: Workplace, session_id: str, env: Environment, listeners: Sequence[Listener], *,
    redactor: Redactor = Redactor(), level: str = "info",
) -> Iterator[Events]:
    """What happens in a session, told to its journal, its log and these listeners."""
    events = Events(env.clock, redactor)
    events.of_session(session_id)
    path = log_path(workplace.folder, session_id)

    def tell_failure(error: OSError) -> None:
        events.emit("log.failed", level="warning", file=str(path), why=error.strerror or str(error))

    def tell_loss() -> None:
        events.emit("log.lost", level="warning", file=str(path))

    with closing(LogFile(path, on_failure=tell_failure, on_loss=tell_loss)) as log:
        # Reports are made of the journal's events, whatever the log leaves out.
        events.listen(workplace.journal.add_event, level="debug" if level == "debug" else "info")
        events.listen(log, level=level)
        for listener in listeners:
            events.listen(listener)
        yield events
