"""One planned file on its way from a first draft to approval: a small state machine."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import field, replace
from functools import partial
from typing import Callable, Protocol, Sequence, TypeVar

from orchestra.adapters.adapter import Request
from orchestra.agents.replies import NeedFiles, read_review
from orchestra.dataclass import dataclass
from orchestra.engine.activity import Activity
from orchestra.engine.asking import Asker
from orchestra.engine.discretion import Discretion
from orchestra.engine.draft_check import check_draft, cut_off
from orchestra.engine.file_prompts import FilePrompts
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.engine.recovery import Recovery, RecoveryLimits, defects_of, tried_line
from orchestra.errors import (
    ExitStatus,
    LimitReached,
    NotRecorded,
    OrchestraError,
    RefusedDraft,
    StateError,
    TimedOut,
    Truncated,
    UnfitEdits,
    UnreadableReply,
)
from orchestra.observe.events import Events
from orchestra.observe.placeholders import PLACEHOLDER
from orchestra.records import Draft, FileImage, FileOutcome, Issue, PlannedFile, Review
from orchestra.workspace.declared_encoding import encoded
from orchestra.workspace.syntax import SyntaxCheck, check_syntax
from orchestra.workspace.text import decode

T = TypeVar("T")
MOST_QUOTED_CHARACTERS = 2000
MOST_MISSES = 2
"""After so many drafts whose edits did not fit the whole file is asked for."""


class NotGoodEnough(OrchestraError):
    """The auditor approved none of the drafts."""

    code = "not-approved-by-auditor"
    exit_status = ExitStatus.JUDGED_BAD


class Stage(enum.Enum):
    """What is done to the file next."""

    EXECUTE = "execute"
    AUDIT = "audit"
    CONSULT = "consult"
    CHECK = "check"
    ENDED = "ended"


class AfterFile(Protocol):
    """What is done about a file once it is approved, before that counts."""

    def begin(self, path: str) -> None: ...

    def judge(self, planned: PlannedFile, outcome: FileOutcome) -> FileOutcome: ...


@dataclass(frozen=True)
class JobContext:
    """What all files of a session have in common."""

    asker: Asker
    files: JournalledTree
    prompts: FilePrompts
    events: Events
    max_iterations: int
    auto_revert: bool
    recovery: RecoveryLimits
    discretion: Discretion
    check: SyntaxCheck = check_syntax
    """With the project's own tools and Python, where there are any."""
    activity: Activity = field(default_factory=Activity)
    words: Sequence[str] = ()
    """What the user said: a secret of theirs may stand in any planned file."""
    left_behind: Callable[[str, Sequence[str]], Sequence[str]] = lambda key, changed: ()
    """Lines of other files for an auditor, see LeftBehind; none where the change is judged as a whole, too."""
    after: AfterFile | None = None
    """For the project's own linter and tests, where they run after each file."""


class FileJob:
    """Carries one file through its stages; `advance` does one stage. One thread at a time.

    Every move follows from journalled answers alone, so that a restarted job takes the same way again
    without asking twice.
    """

    def __init__(self, context: JobContext, planned: PlannedFile, *, start: int = 0) -> None:
        """`start` is the position of the image the file begins with (see JournalledTree)."""
        self.planned = planned
        self.stage = Stage.EXECUTE
        self.outcome: FileOutcome | None = None
        self._context = context
        self._key_prefix = ""
        self._most_drafts = context.max_iterations
        self._drafts = 0
        self._iterations = 0
        self._misses = 0
        self._findings: tuple[Issue, ...] = ()
        self._demands: tuple[Issue, ...] = ()
        self._refused_reply = ""
        self._checks: tuple[str, ...] = ()
        self._occasion: tuple[str, ...] = ()
        self._tried: list[str] = []
        self._tried_before: Sequence[str] = ()
        self._can_recover = context.recovery.most_attempts > 0
        self._recovery: Recovery | None = None
        self._approved_image: FileImage | None = None
        self._after = context.after
        self._ended: FileOutcome | None = None
        """How it ended but for what is done after that."""
        context.files.rewind(planned.path, start)

    @classmethod
    def mending(
        cls,
        context: JobContext,
        planned: PlannedFile,
        *,
        start: int,
        findings: Sequence[Issue],
        key_prefix: str,
        iterations: int,
        tried: Sequence[str] = (),
    ) -> FileJob:
        """A job for an approved file that must change once more; if that fails it stays as it is at `start`.

        `tried` says what came of mending it before.
        """
        job = cls(context, planned, start=start)
        job.stage = Stage.CONSULT
        job._key_prefix = key_prefix
        job._most_drafts = 1
        job._can_recover = False
        job._after = None
        job._iterations = iterations
        job._tried_before = tried
        job._findings = job._demands = tuple(findings)
        found = "; ".join(issue.message for issue in findings)[:MOST_QUOTED_CHARACTERS]
        job._occasion = (f"why it changes once more: the file was approved before, and then found wanting: {found}",)
        job._approved_image = context.files.current(planned.path)
        return job

    def run(self, must_rest: Callable[[], bool] = lambda: False) -> None:
        """Carry the file to its end, or to the first stage after which it must rest. Raises what `advance` raises."""
        while self.outcome is None:
            self.advance()
            if must_rest():
                break

    def advance(self, on_answer: Callable[[], None] = lambda: None) -> None:
        """Do the next stage. A failure of this file alone becomes its outcome.

        `on_answer` is called once a draft is there: what is left of its stage asks nobody.
        Raises what concerns the whole run: LimitReached, NotRecorded, StateError, Cancelled, and any error of the
        project's linter and tests.
        """
        if self.stage is Stage.CHECK:
            self._check()
            return
        try:
            with self._context.activity.of(self._phase):
                self._do_stage(on_answer)
        except (LimitReached, NotRecorded, StateError):
            raise
        except OrchestraError as error:
            self._give_up(error)

    @property
    def _phase(self) -> str:
        if self.stage is Stage.AUDIT:
            return "auditing"
        if self.stage is Stage.EXECUTE:
            return "executing"
        return "consulting" if self._recovery is None else "recovering"

    def _do_stage(self, on_answer: Callable[[], None]) -> None:
        if self.stage is Stage.EXECUTE and self._after is not None:
            self._after.begin(self.planned.path)
        if self.stage is Stage.AUDIT:
            self._audit()
        elif self.planned.action == "delete":
            self._delete()
        else:
            self._draft(on_answer)

    def _draft(self, on_answer: Callable[[], None]) -> None:
        context, path = self._context, self.planned.path
        self._drafts += 1
        base = context.prompts.text(path)
        if self.stage is Stage.EXECUTE:
            role, request = "executor", context.prompts.for_executor(self.planned)
        else:
            role = "consultant"
            request = context.prompts.for_consultant(
                self.planned, self._findings, self._refused_reply, tried=[*self._tried_before, *self._tried[:-1]],
                wants_whole=self._misses >= MOST_MISSES,
            )
        key = f"{self._key_prefix}{role}/{path}/{self._drafts}"
        replies: list[str] = []

        def read(text: str) -> Draft | NeedFiles:
            replies.append(text)
            words = [*context.words, *self._moved(text)]
            return context.discretion.draft(text, path, base, original=self._original(), words=words)

        try:
            draft = self._ask(role, key, request, read, keeps_cut=True)
            on_answer()
            self._put(replace(draft, matches=_matches(draft, replies[-1], context.files.current(path))))
        except (RefusedDraft, UnreadableReply) as error:
            self._refuse(error, replies[-1] if replies else "")
        except Truncated as fault:
            # It is edits that are asked for now, being shorter.
            self._misses = 0
            self._refuse(cut_off(is_new=base is None), "", cause=fault)

    def _put(self, draft: Draft) -> None:
        """Write a draft that may be written; raises RefusedDraft for another."""
        context, path = self._context, draft.path
        context.events.emit(
            "draft.read", path=path, draft=self._drafts, form=draft.form, matches=dict(Counter(draft.matches))
        )
        before = context.files.before(path).content
        old = None if before is None else decode(before, path=path)
        with context.discretion.unspoken():
            checks = check_draft(
                draft, None if old is None else old.text, check=context.check,
                explanation=context.prompts.explanation(self.planned, self._demands),
            )
        context.files.write(path, encoded(path, draft.text, old))
        context.events.emit("file.written", path=path, draft=self._drafts)
        self._refused_reply = ""
        self._checks = (*checks, *self._occasion)
        self.stage = Stage.AUDIT

    def _refuse(self, error: OrchestraError, reply: str, *, cause: OrchestraError | None = None) -> None:
        """A draft that must not reach the disk uses one up; the consultant gets its defects.

        If that was the last draft, the file has failed by `cause`, else by `error`.
        """
        self._context.events.emit("draft.refused", level="warning", path=self.planned.path, why=str(error))
        shown = ""
        if isinstance(error, UnfitEdits):
            self._misses += 1
            shown = error.shown
        self._findings = (Issue("error", f"{error}\n{shown}".rstrip()),)
        self._refused_reply = reply
        self._tried.append(tried_line(self._drafts, (Issue("error", str(error)),), is_refused=True))
        if self._approved_image is not None and self._drafts == 1:
            # Nobody has judged what it says: a slip in its form is no reason to leave tests failing.
            self._most_drafts = min(2, self._context.max_iterations)
        self._fall_short(cause or error)

    def _delete(self) -> None:
        path = self.planned.path
        if self._context.files.before(path).content is None:
            self._end("unchanged")
            return
        self._drafts = self._most_drafts
        self._context.files.write(path, None)
        self._context.events.emit("file.written", path=path, draft=self._drafts)
        self.stage = Stage.AUDIT

    def _audit(self) -> None:
        context, path = self._context, self.planned.path
        review = self._review()
        self._iterations += 1
        issues = [{"severity": issue.severity, "line": issue.line, "message": issue.message} for issue in review.issues]
        context.events.emit("file.reviewed", path=path, approved=review.approved, issues=issues)
        if review.approved:
            unchanged = context.files.current(path).content == context.files.before(path).content
            if unchanged or self._after is None:
                self._settle()
            self._end("unchanged" if unchanged else "approved")
            return
        self._findings = review.issues
        # Refusals are no demands: they say what is missing in the very words that would explain it.
        self._demands += review.issues
        self._tried.append(tried_line(self._drafts, review.issues, is_refused=False))
        self._fall_short(_not_approved(review))

    def _review(self) -> Review:
        """The auditor's judgement; an answer that cannot be read is not an approval."""
        path = self.planned.path
        key = f"{self._key_prefix}auditor/{path}/{self._drafts}"
        request = self._context.prompts.for_auditor(
            self.planned, self._checks, self._context.left_behind(key, [path])
        )
        replies: list[str] = []

        def read(text: str) -> Review | NeedFiles:
            replies.append(text)
            return read_review(text)

        try:
            return self._ask("auditor", key, request, read)
        except UnreadableReply:
            said = replies[-1][:MOST_QUOTED_CHARACTERS]
            return Review(False, (Issue("error", f"The auditor gave no verdict that can be read; it said: {said}"),))

    def _fall_short(self, error: OrchestraError) -> None:
        """A draft was refused or not approved: the consultant is next, until drafts and tries are used up."""
        if self._drafts < self._most_drafts:
            self.stage = Stage.CONSULT
        elif self._is_recoverable(error) and self._recovers():
            self.stage = Stage.CONSULT
        else:
            self._give_up(error)

    def _is_recoverable(self, error: OrchestraError) -> bool:
        """Whether another try could help: not against a deletion nobody wants, nor a model whose answers end early."""
        return self._can_recover and self.planned.action != "delete" and not isinstance(error, Truncated)

    def _recovers(self) -> bool:
        """Begin the next try of recovery mode, which is entered at the first; False where there is none left."""
        context, path = self._context, self.planned.path
        if self._recovery is None:
            text = context.prompts.text(path)
            known = {issue.message for issue in self._findings}
            found = defects_of(path, text, self._original(), check=self._context.check)
            defects = [issue for issue in found if issue.message not in known]
            self._findings = (*self._findings, *defects)
            self._recovery = Recovery(path, text or "", context.recovery)
            context.events.emit(
                "recovery.started", level="warning", path=path, attempts=context.recovery.most_attempts,
                limit_s=round(self._recovery.limit_s), defects=[issue.message for issue in self._findings],
            )
        return self._recovery.begin_attempt()

    def _ask(
        self, role: str, key: str, request: Request, read: Callable[[str], T | NeedFiles], *, keeps_cut: bool = False
    ) -> T:
        """As the asker asks. Raises NotGoodEnough where the time for recovery is over."""
        ask = partial(
            self._context.asker.ask, role, key, request, path=self.planned.path, read=read, keeps_cut=keeps_cut
        )
        if self._recovery is None:
            return ask()
        try:
            return ask(deadline=self._recovery.deadline)
        except TimedOut:
            if not self._recovery.deadline.is_over:
                raise
            self._recovery.run_out()
            raise NotGoodEnough(f"its recovery took longer than {self._recovery.limit_s:.0f} s") from None

    def _moved(self, reply: str) -> list[str]:
        """For a new file the texts of those that the plan deletes: it may be one of them under another name."""
        if self.planned.action != "create" or not PLACEHOLDER.search(reply):
            return []
        prompts = self._context.prompts
        deleted = [file.path for file in prompts.plan.files if file.action == "delete"]
        return [file.text for path in deleted for file in prompts.show([path])[0]]

    def _original(self) -> str | None:
        """The text before the session."""
        path = self.planned.path
        content = self._context.files.before(path).content
        return None if content is None else decode(content, path=path).text

    def _give_up(self, error: OrchestraError) -> None:
        """Put back what was there before, where that is wanted and possible.

        A file that was judged counts as put back also where no draft of it was fit to be written.
        """
        files, path = self._context.files, self.planned.path
        status = "failed"
        try:
            image = self._approved_image or files.before(path)
            if self._context.auto_revert or self._approved_image is not None:
                is_judged = error.exit_status is ExitStatus.JUDGED_BAD
                is_changed = files.current(path).content != image.content
                files.write(path, image.content)
                self._settle()
                status = "reverted" if is_changed or is_judged else status
        except StateError:
            raise
        except OrchestraError as worse:
            error = worse
        self._end(status, error)

    def _settle(self) -> None:
        files, path = self._context.files, self.planned.path
        if self._approved_image is None:
            files.settle(path)
        else:
            # More may have been done to the file since, before a kill.
            files.settle_later(path)

    def _end(self, status: str, error: OrchestraError | None = None) -> None:
        self.stage = Stage.ENDED
        self._context.files.let_go(self.planned.path)
        if self._recovery is not None:
            self._context.events.emit(
                "recovery.ended", level="info" if error is None else "warning", path=self.planned.path,
                recovered=error is None, attempts=self._recovery.attempts, tried=list(self._tried),
            )
        outcome = FileOutcome(
            path=self.planned.path,
            action=self.planned.action,
            status=status,
            iterations=self._iterations,
            recovered=self._recovery is not None and error is None,
            error_code=None if error is None else error.code,
            error=None if error is None else error.message,
            exit_status=int(ExitStatus.DONE if error is None else error.exit_status),
        )
        if self._after is None or status != "approved":
            self.outcome = outcome
        else:
            self._ended, self.stage = outcome, Stage.CHECK

    def _check(self) -> None:
        """Have the approved file go through what is done after it."""
        assert self._after is not None and self._ended is not None  # `_end` saw to both
        self.outcome = self._after.judge(self.planned, self._ended)
        self.stage = Stage.ENDED


def _matches(draft: Draft, reply: str, image: FileImage) -> tuple[str, ...]:
    """How the edits fit the file as it lies there, not as it was shown: with the endings of its lines."""
    newline = "\n" if image.content is None else decode(image.content, path=draft.path).form.newline
    if newline == ("\r\n" if "\r\n" in reply else "\n"):
        return draft.matches
    return tuple("line endings" if how == "exact" else how for how in draft.matches)


def _not_approved(review: Review) -> NotGoodEnough:
    first = next((issue for issue in review.issues if issue.severity == "error"), review.issues[0])
    return NotGoodEnough(f"the auditor did not approve it: {first.message}")
