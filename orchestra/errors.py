"""Every exception of the program, with its code, its exit status and its policy."""

from __future__ import annotations

from enum import IntEnum
from typing import Iterable


_SIGINT = 2


class ExitStatus(IntEnum):
    """How the process leaves; the table stands in README."""

    DONE = 0
    JUDGED_BAD = 1
    USAGE = 2
    NOT_APPROVED = 3
    PROVIDER = 4
    WORKSPACE = 5
    STATE = 6
    LIMIT = 7
    TESTS_FAILED = 8
    PARTIAL = 9
    PLUGIN = 10
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143

    @classmethod
    def stopped_by(cls, signal_number: int | None) -> ExitStatus:
        """How a run leaves that was stopped by a signal."""
        return cls.INTERRUPTED if signal_number == _SIGINT else cls.TERMINATED

    @property
    def word(self) -> str:
        """The value of the key `status` in JSON."""
        return _WORDS.get(self, "failed")

    @property
    def meaning(self) -> str:
        """What it says, for people."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitStatus.DONE: "done: every planned file approved and written, tests passed or not asked for; an empty plan; "
    "a plan printed; a dry run",
    ExitStatus.JUDGED_BAD: "judged not good: no file of the plan succeeded, the change as a whole was not approved, "
    "or a test that the task asks to have pass still fails; `verify` found a difference, `doctor` or `models --check` "
    "a failure",
    ExitStatus.USAGE: "usage or configuration; an empty chain; a missing key; an unknown session; nothing to resume",
    ExitStatus.NOT_APPROVED: "the plan was not approved: refused, nobody there to ask, or the architect has questions",
    ExitStatus.PROVIDER: "nothing was approved, and every file (or the plan) failed by a provider's fault",
    ExitStatus.WORKSPACE: "workspace: a refused path, no write access, a conflict with your own edit, git failed",
    ExitStatus.STATE: "state: held by another run, from a newer version, damaged, not yours",
    ExitStatus.LIMIT: "a limit was reached (cost, time); resumable",
    ExitStatus.TESTS_FAILED: "tests failed that passed before",
    ExitStatus.PARTIAL: "partial: some files done, others failed or were put back",
    ExitStatus.PLUGIN: "a plugin marked required failed",
    ExitStatus.DEFECT: "a defect in the program itself",
    ExitStatus.INTERRUPTED: "interrupted; resumable",
    ExitStatus.TERMINATED: "terminated; resumable",
}
_WORDS = {
    ExitStatus.DONE: "completed",
    ExitStatus.NOT_APPROVED: "rejected",
    ExitStatus.LIMIT: "limited",
    ExitStatus.PARTIAL: "partial",
    ExitStatus.INTERRUPTED: "interrupted",
    ExitStatus.TERMINATED: "interrupted",
}

PRECEDENCE = (
    ExitStatus.DEFECT,
    ExitStatus.INTERRUPTED,
    ExitStatus.TERMINATED,
    ExitStatus.STATE,
    ExitStatus.PLUGIN,
    ExitStatus.WORKSPACE,
    ExitStatus.LIMIT,
    ExitStatus.NOT_APPROVED,
    ExitStatus.USAGE,
    ExitStatus.PROVIDER,
    ExitStatus.PARTIAL,
    ExitStatus.TESTS_FAILED,
    ExitStatus.JUDGED_BAD,
    ExitStatus.DONE,
)
"""Where several hold, the first of this order counts."""


def weightiest(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """The status that counts where several hold; DONE for none."""
    return min(statuses, key=PRECEDENCE.index, default=ExitStatus.DONE)


def _joined(*parts: str | None) -> str:
    """One line's parts; a full stop that ends one gives way to the semicolon."""
    known = [part for part in parts if part]
    return "; ".join([*(part[:-1] if part.endswith(".") else part for part in known[:-1]), *known[-1:]])


class OrchestraError(Exception):
    """What happened, where, and what to type next; the root of all our errors."""

    code = "defect"
    exit_status = ExitStatus.DEFECT

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    @property
    def message(self) -> str:
        """What happened and where, in one line."""
        return _joined(self.what, self.where)

    def __str__(self) -> str:
        return _joined(self.what, self.where, self.hint)

    def told_in(self, place: str) -> str:
        """All three parts: what happened in no other place is told to have happened in this one."""
        has_place = self.where or "; " in self.what
        return str(self) if has_place else _joined(self.what, place, self.hint)


class UsageError(OrchestraError):
    """The command line cannot be carried out as typed."""

    code = "usage"
    exit_status = ExitStatus.USAGE


class ConfigError(OrchestraError):
    """A configuration value that cannot be used; `where` names file, line and key."""

    code = "config"
    exit_status = ExitStatus.USAGE


class NoProviderError(ConfigError):
    """A chain is empty: nothing could answer for an agent."""

    code = "no-provider"


class NotRecorded(ConfigError):
    """A request that the cassette being replayed has no answer to."""

    code = "not-recorded"


class PlanError(UsageError):
    """A plan file that cannot be read; `where` names file and line."""

    code = "plan"


class UnknownSession(UsageError):
    """No session has that id, or none fits."""

    code = "unknown-session"


class NotReady(OrchestraError):
    """Something is missing that a run would need."""

    code = "not-ready"
    exit_status = ExitStatus.JUDGED_BAD


class NotVerified(OrchestraError):
    """What a receipt says does not hold any more."""

    code = "not-verified"
    exit_status = ExitStatus.JUDGED_BAD


class NotApproved(OrchestraError):
    """The plan was refused, or nobody was there to ask."""

    code = "not-approved"
    exit_status = ExitStatus.NOT_APPROVED


class WorkspaceError(OrchestraError):
    """The user's tree cannot be read or written as needed."""

    code = "workspace"
    exit_status = ExitStatus.WORKSPACE


class OutputError(WorkspaceError):
    """A result could not be printed."""

    code = "output"


class RefusedPath(WorkspaceError):
    """A path that must not be touched; `what` says why."""

    code = "refused-path"


class Conflict(WorkspaceError):
    """The user changed a file that the program was about to write or put back."""

    code = "conflict"


class GitError(WorkspaceError):
    """Git refused, or is missing where it is needed."""

    code = "git"


class StateError(OrchestraError):
    """The journal cannot be opened, is held, damaged, newer, or not the user's."""

    code = "state"
    exit_status = ExitStatus.STATE


class StateHeld(StateError):
    """Another run holds the repository."""

    code = "state-held"


class StateDamaged(StateError):
    """The journal is there and cannot be read as one."""

    code = "state-damaged"


class LimitReached(OrchestraError):
    """The budget or the time given is used up; the session can be resumed."""

    code = "limit"
    exit_status = ExitStatus.LIMIT


class UnreadableReply(OrchestraError):
    """A model's answer does not have the form it was asked for; `what` is shown to the model."""

    code = "unreadable-reply"
    exit_status = ExitStatus.PROVIDER


class RefusedDraft(OrchestraError):
    """A draft that must not reach the disk; `what` is shown to the consultant."""

    code = "refused-draft"
    exit_status = ExitStatus.JUDGED_BAD


class UnfitEdits(RefusedDraft):
    """Edits that cannot be told apart, or made in the file as it is; `shown` are its nearest lines, for the model."""

    code = "unfit-edits"

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None, shown: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.shown = shown


class ProviderFault(OrchestraError):
    """A failed call to a model. The class says what may be done about it.

    `error_code` is the value written to the table `attempts`.
    """

    code = "provider"
    exit_status = ExitStatus.PROVIDER
    error_code = "API_ERROR"
    retry_same = False
    """Whether the same call may be tried once more on the same model."""
    drops_model = False
    """Whether the model is of no more use in this run."""
    drops_provider = False
    """Whether the provider is of no more use in this run."""

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        http_status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.http_status = http_status
        self.retry_after_s = retry_after_s
        self.next_try_s: float | None = None
        """After what wait a chain would have gone on, had its deadline allowed that; None where it was at its end."""


class RateLimited(ProviderFault):
    """Too many requests for now."""

    code = "rate-limited"
    error_code = "RATE_LIMIT_429"
    retry_same = True


class ContextExceeded(ProviderFault):
    """The prompt does not fit the model's window."""

    code = "context-exceeded"
    error_code = "CONTEXT_EXCEEDED"
    window_tokens: int | None = None
    """How large the window is, where the provider said so."""


class TimedOut(ProviderFault):
    """A deadline of the call passed: connect, first byte, idle or total."""

    code = "timeout"
    error_code = "TIMEOUT"
    retry_same = True


class ApiError(ProviderFault):
    """The provider failed, or refused the request for a reason without a class of its own."""

    code = "api-error"
    error_code = "API_ERROR"
    retry_same = True


class BadRequest(ApiError):
    """The provider will refuse this request however often it is sent."""

    code = "bad-request"
    retry_same = False


class AuthFailed(ProviderFault):
    """The key is missing, wrong or without permission."""

    code = "auth"
    error_code = "AUTH"
    drops_provider = True


class QuotaExhausted(ProviderFault):
    """No money or no quota left; waiting seconds does not help."""

    code = "quota"
    error_code = "QUOTA"
    drops_provider = True


class ModelQuotaExhausted(QuotaExhausted):
    """The quota of this model is used up; the provider counts each model by itself."""

    code = "model-quota"
    drops_provider = False
    drops_model = True


class ModelNotFound(ProviderFault):
    """The provider does not serve this model to this key."""

    code = "model-not-found"
    error_code = "MODEL_NOT_FOUND"
    drops_model = True


class ContentFiltered(ProviderFault):
    """The provider blocked the prompt or the answer, or the model refused."""

    code = "content-filtered"
    error_code = "CONTENT_FILTERED"


class Truncated(ProviderFault):
    """The answer stopped at the output cap."""

    code = "truncated"
    error_code = "TRUNCATED"

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        partial_text: str = "",
        output_tokens: int | None = None,
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.partial_text = partial_text
        self.output_tokens = output_tokens


class InvalidResponse(ProviderFault):
    """A success status with garbage, nothing, or no end mark."""

    code = "invalid-response"
    error_code = "INVALID_RESPONSE"
    retry_same = True


class ConnectionFailed(ProviderFault):
    """The server could not be reached, or the connection was cut."""

    code = "connection"
    error_code = "CONNECTION"
    retry_same = True


class Overloaded(ProviderFault):
    """The provider has too much to do for now."""

    code = "overloaded"
    error_code = "OVERLOADED"
    retry_same = True
    is_in_crowd = False
    """Whether other calls of ours were under way, which may be all that the provider had too much of."""


class TooExpensive(ProviderFault):
    """The worst case of the call is more than what is left of the budget; no call was made."""

    code = "too-expensive"


class HostNotAllowed(ProviderFault):
    """A connection to a host that is not configured, or not loopback under --offline."""

    code = "host-not-allowed"
    error_code = "CONNECTION"
    drops_provider = True


class Cancelled(BaseException):
    """The run was told to stop. Not an Exception, so that no handler swallows it."""
