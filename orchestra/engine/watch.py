"""A task carried out again and again, for what changes: each round is a session of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Callable, Protocol

from orchestra.agents.plan_json import plan_from_json, plan_hash, plan_to_json
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.dataclass import dataclass
from orchestra.engine.resume import RETRIED
from orchestra.engine.session import Report
from orchestra.engine.watch_known import KnownContents
from orchestra.engine.watch_rounds import Round, comment_rounds, known_to, merged, round_for
from orchestra.environment import CommandHalt, StopSignal
from orchestra.errors import Cancelled, ExitStatus, LimitReached, OrchestraError, StateHeld, weightiest
from orchestra.records import Plan, Task
from orchestra.state.manager import StateManager
from orchestra.workspace.ai_comments import find_ai_comments, may_ask

TURN_S = 0.2
"""How long a wait may keep from noticing a signal."""
LONGEST_UNREST_S = 60.0
"""A tree that does not come to rest for this long is taken as it is."""
ENDING = (
    ExitStatus.LIMIT, ExitStatus.STATE, ExitStatus.INTERRUPTED, ExitStatus.TERMINATED, ExitStatus.DEFECT,
)
"""A round that ends so ends the watch: another one would end no better."""


class Changes(Protocol):
    """Where changes come from (see workspace.watcher)."""

    def changes(self, wait_s: float, *, is_settling: bool = False) -> set[str]:
        """The paths that changed since the last call."""

    def holding(self, is_wanted: Callable[[bytes], bool]) -> tuple[str, ...]:
        """The paths of all watched files whose content is wanted."""


@dataclass(frozen=True)
class Carried:
    """A round as it was carried out."""

    round: Round
    report: Report
    approved: Plan | None
    """The plan that was approved in it, or one that asks for nothing."""


@dataclass(frozen=True)
class Surroundings:
    """What a watch works with; the command fills it."""

    watcher: Changes
    clock: Clock
    stop: StopSignal
    cancel: CancelToken
    deadline: Deadline
    debounce_s: float
    max_cost_usd: Decimal | None
    is_attended: bool
    """Whether somebody or something answers for new plans."""
    read: Callable[[str], bytes | None]
    """What lies at a path; None for nothing, or for what is no regular file."""
    is_of_user: Callable[[str], bool]
    """Whether the file differs from what is committed: a comment that came with a branch asks for nothing."""
    learn: Callable[[Callable[[StateManager], object]], None]
    """Calls back with the journal, open for reading, where there is one."""
    carry_out: Callable[[Round, Decimal | None], Carried]
    """Runs a session, with what is left of the budget. Raises StateHeld."""
    emit: Callable[..., None]


@dataclass(frozen=True)
class WatchReport:
    """How a watch ended."""

    rounds: int
    status: ExitStatus
    error: OrchestraError | None


class Watch:
    """Runs in the main thread. The lock is held by each round, not between them."""

    def __init__(self, task: Task, around: Surroundings) -> None:
        self._task = task
        self._around = around
        self._plan: Plan | None = None
        self._retried: set[str] = set()
        self._owed: set[str] = set()
        """What changed before a round that failed through no fault of the change and did not come to all of it."""
        self._deleted: set[str] = set()
        """The files of the plan that somebody deleted and nobody brought back."""
        self._known = KnownContents()
        self._put_off: set[str] = set()
        """What another run, which holds the repository, keeps from being seen to."""
        self._during: set[str] = set()
        """What changed while the last rounds ran."""
        self._litter: set[str] = set()
        self._was_stirred_by_itself = False
        self._is_said_to_wait = False
        """Since the last round."""
        self._tried_comments: set[tuple[str, str]] = set()
        self._latest: dict[tuple[str, str], tuple[ExitStatus, OrchestraError | None]] = {}
        self._rounds = 0
        self._spent = Decimal(0)

    def run(self, first: Round) -> WatchReport:
        """Go on until a signal, a limit, or something that no further round could mend."""
        how: tuple[ExitStatus, OrchestraError | None] = (ExitStatus.DONE, None)
        try:
            self._around.learn(self._known.note_sessions)
            standing = self._standing()
            self._carry_out(first)
            self._see_to(standing)
            self._during = self._around.watcher.changes(0, is_settling=True)
            while True:
                self._turn()
        except Cancelled:
            over = LimitReached("the time given to the watch is used up", hint="--timeout gives it more")
            how = self._around.stop.end(over)
        except _Over as end:
            how = end.how
        except OrchestraError as error:
            # Such as a journal that another program holds, for which nobody waits after a signal.
            how = (self._around.stop.weighed(error.exit_status), error)
        ended = [how, *self._latest.values()]
        status = weightiest(each for each, _ in ended)
        return WatchReport(self._rounds, status, next(why for each, why in ended if each is status))

    def _turn(self) -> None:
        """Wait for changes to come to rest, and see to them."""
        changed = self._settled()
        self._around.learn(self._known.learn)
        news = self._known.news({path: self._around.read(path) for path in changed})
        rounds = self._rounds_for(news)
        self._during = set()
        if self._see_to(rounds):
            self._put_off = set()
            if rounds:
                self._during = self._around.watcher.changes(0, is_settling=True)

    def _standing(self) -> list[Round]:
        """The rounds that the user's comments ask for which stand there when the watch begins."""
        rounds: list[Round] = []
        for path in self._around.watcher.holding(may_ask):
            rounds += self._asked_in(path, self._around.read(path))
        if rounds:
            self._around.emit("watch.asked", comments=len(rounds), paths=sorted({each.changed[0] for each in rounds}))
        return rounds

    def _see_to(self, rounds: list[Round]) -> bool:
        """Carry the rounds out; False where another run is in the way, for which the rest is put off."""
        for done, coming in enumerate(rounds):
            try:
                if self._is_still_asked(coming):
                    self._carry_out(coming)
            except StateHeld as error:
                self._wait_for_lock(rounds[done:], error)
                return False
        return True

    def _settled(self) -> set[str]:
        """What changed, once the debounce time has gone by without a further change."""
        around = self._around
        changed = self._during | self._put_off
        if not changed and not self._is_said_to_wait:
            self._is_said_to_wait = True
            around.emit("watch.waiting")
        began = last = around.clock.monotonic()
        while True:
            left_s = due_s(began, last, around.debounce_s) - around.clock.monotonic()
            if changed and left_s <= 0:
                return changed
            self._check()
            more = around.watcher.changes(min(TURN_S, left_s) if changed else TURN_S, is_settling=bool(changed))
            if more:
                last = around.clock.monotonic()
                began = began if changed else last
                self._during -= more
                changed |= more

    def _check(self) -> None:
        CommandHalt(self._around.stop, self._around.deadline).check()

    def _rounds_for(self, news: dict[str, bytes | None]) -> list[Round]:
        rounds: list[Round] = []
        rest = set(news)
        for path in sorted(news):
            asked = self._asked_in(path, news[path])
            rounds += asked
            if asked:
                rest.discard(path)
        stirred = rest & self._during - known_to(self._plan)
        litter = stirred if self._was_stirred_by_itself else stirred & self._litter
        self._litter |= stirred
        rest -= litter
        # What rounds themselves leave about, such as the reports of tests, must not keep them going.
        self._was_stirred_by_itself = bool(rest) and rest <= stirred
        self._note_deleted(news)
        if rest:
            coming = round_for(
                self._task, self._plan, rest | self._owed, retried=self._retried, deleted=self._deleted,
                exists=self._exists,
            )
            rounds += [coming] if coming else []
            self._around.emit("watch.changed", paths=sorted(rest), starts_round=coming is not None)
        return rounds

    def _note_deleted(self, news: dict[str, bytes | None]) -> None:
        planned = () if self._plan is None else self._plan.files
        gone = self._deleted | {path for path, content in news.items() if content is None}
        self._deleted = {file.path for file in planned if file.path in gone and not self._exists(file.path)}

    def _exists(self, path: str) -> bool:
        return self._around.read(path) is not None

    def _asked_in(self, path: str, content: bytes | None) -> list[Round]:
        """The rounds that comments in a file ask for; each is tried once while it stands there."""
        comments = find_ai_comments(path, "" if content is None else content.decode("utf-8", "replace"))
        found = {(path, comment.text) for comment in comments}
        self._tried_comments -= {key for key in self._tried_comments if key[0] == path} - found
        if not found or not self._around.is_of_user(path):
            return []
        return [coming for coming in comment_rounds(path, comments) if coming.key not in self._tried_comments]

    def _carry_out(self, coming: Round) -> None:
        left = self._budget_left()
        self._is_said_to_wait = False
        self._around.emit(
            "watch.round", number=self._rounds + 1, cause=coming.cause, task=coming.task.text,
            changed=list(coming.changed),
            planned=None if coming.plan is None else [file.path for file in coming.plan.files],
        )
        carried = self._around.carry_out(coming, left)
        self._rounds += 1
        report = carried.report
        self._spent += report.outcome.metrics.total_cost_usd or Decimal(0)
        status = report.status
        if coming.comment is not None:
            self._after_comment(coming, status)
        else:
            self._owed = set(coming.changed) if int(status) in RETRIED and _is_cut_short(carried) else set()
            self._adopt(carried)
        self._latest[coming.key] = (status, report.error)
        self._around.emit("watch.round_ended", number=self._rounds, status=status.word, exit_status=int(status))
        if status in ENDING or (status is ExitStatus.NOT_APPROVED and not self._around.is_attended):
            raise _Over(status, report.error)

    def _adopt(self, carried: Carried) -> None:
        """Have the plan of later rounds be what was approved in this one, too."""
        if carried.approved is not None:
            self._plan = merged(self._plan, carried.approved)
            ended = carried.report.outcome.files
            self._retried -= {file.path for file in ended}
            self._retried |= {file.path for file in ended if file.exit_status in RETRIED}

    def _after_comment(self, coming: Round, status: ExitStatus) -> None:
        """A comment that stays is not seen to again, unless nobody could answer."""
        if int(status) in RETRIED or not self._is_still_asked(coming):
            return
        self._tried_comments.add(coming.key)
        if status is ExitStatus.DONE:
            self._around.emit("watch.comment_left", level="warning", path=coming.changed[0], text=coming.key[1])

    def _is_still_asked(self, coming: Round) -> bool:
        """Whether a comment stands where it stood: another one's change may have taken it away."""
        return coming.comment is None or coming.key in self._comments_in(coming.changed[0])

    def _comments_in(self, path: str) -> set[tuple[str, str]]:
        text = (self._around.read(path) or b"").decode("utf-8", "replace")
        return {(path, comment.text) for comment in find_ai_comments(path, text)}

    def _wait_for_lock(self, rounds: list[Round], error: StateHeld) -> None:
        """Another run holds the repository: the same changes are looked at again a little later."""
        if not self._put_off:
            self._around.emit("watch.held", level="warning", why=error.message)
        self._put_off = {path for coming in rounds for path in coming.changed}
        self._known.forget(self._put_off)
        self._around.clock.sleep(TURN_S, self._around.cancel)

    def _budget_left(self) -> Decimal | None:
        most = self._around.max_cost_usd
        if most is not None and 0 < self._spent >= most:
            raise LimitReached(f"the watch has cost {self._spent} USD", hint="--max-cost allows for more")
        return None if most is None else most - self._spent


def _is_cut_short(carried: Carried) -> bool:
    return carried.approved is None or any(file.status == "skipped" for file in carried.report.outcome.files)


class _Over(Exception):
    """A round's end that is the watch's too."""

    def __init__(self, status: ExitStatus, error: OrchestraError | None) -> None:
        super().__init__(status)
        self.how = (status, error)


def due_s(first_s: float, last_s: float, debounce_s: float) -> float:
    """When changes count as come to rest, that began at `first_s` and of which the last was seen at `last_s`."""
    return min(last_s + debounce_s, first_s + max(LONGEST_UNREST_S, 10 * debounce_s))


def seed(journal: StateManager, session_id: str, plan: Plan, remark: str) -> None:
    """Have a new session's architect be asked to revise this plan."""
    journal.sessions.save_plan(session_id, plan_hash(plan), plan_to_json(plan))
    journal.keep(session_id, "remarks", [remark])


def approved_in(journal: StateManager, report: Report) -> Plan | None:
    """The plan of a session that was approved, or that asks for nothing."""
    row = journal.sessions.plan(report.outcome.session_id)
    if row is None:
        return None
    plan = plan_from_json(row.content)
    return plan if row.approved_by is not None or (report.status is ExitStatus.DONE and not plan.files) else None
