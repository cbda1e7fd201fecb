"""Recovery mode: a few more tries at a file that the audit loop left without approval, within limits."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from orchestra.clock import Deadline
from orchestra.dataclass import dataclass
from orchestra.records import Issue
from orchestra.regex import regex
from orchestra.workspace.syntax import SyntaxCheck, check_syntax

_LEAST_S, _MOST_S = 180.0, 1800.0
_LINE_S, _BRANCH_S = 0.3, 1.5
_BRANCH = regex(
    r"\b(?:if|elif|else|for|foreach|while|until|switch|case|match|when|catch|except|rescue|try|and|or)\b|&&|\|\||\?\?"
)


@dataclass(frozen=True)
class RecoveryLimits:
    """How long a session may try."""

    most_attempts: int
    """For one file."""
    deadline: Deadline
    """The run's own."""
    keep: Callable[[str, Any], None]
    recall: Callable[[str], Any]
    """The session's memory, by name."""


class Recovery:
    """The tries at one file. Whether time was left for one is remembered, so that a restart decides the same."""

    def __init__(self, path: str, text: str, limits: RecoveryLimits) -> None:
        """The clock starts now; `text` is the file as it stands."""
        self.limit_s = time_limit_s(text)
        self.deadline = limits.deadline.at_most(self.limit_s)
        self._own_deadline = Deadline.after(limits.deadline.clock, self.limit_s)
        self.attempts = 0
        """How many were begun."""
        self._path = path
        self._limits = limits

    def begin_attempt(self) -> bool:
        """Whether there may be one more try, by recovery's own limits: the run's time is the asker's matter."""
        if self.attempts >= self._limits.most_attempts:
            return False
        self.attempts += 1
        is_over = self._limits.recall(self._name)
        if is_over is None:
            is_over = self._own_deadline.is_over
            self._limits.keep(self._name, is_over)
        return not is_over

    def run_out(self) -> None:
        """The time was over in the middle of this try."""
        self._limits.keep(self._name, True)

    @property
    def _name(self) -> str:
        return f"recovery/{self._path}/{self.attempts}"


def time_limit_s(text: str) -> float:
    """How long a file may be tried at: longer for one of more lines and more branches."""
    return min(_MOST_S, _LEAST_S + _LINE_S * (text.count("\n") + 1) + _BRANCH_S * len(_BRANCH.findall(text)))


def defects_of(
    path: str, text: str | None, original: str | None, *, check: SyntaxCheck = check_syntax
) -> list[Issue]:
    """What can be said without a model of a file as it stands: where it is not valid, where it is not whole."""
    if text is None:
        return []
    from orchestra.agents.elision import find_elision

    issues = [Issue("error", defect.message, defect.line) for defect in check(path, text).defects]
    elision = find_elision(text, original, path=path)
    if elision is not None:
        line, remark = elision
        issues.append(Issue("error", f"`{remark}` stands for text that was left out", line))
    return issues


def tried_line(draft: int, issues: Sequence[Issue], *, is_refused: bool) -> str:
    """What came of a draft, in one item of a list."""
    who = "could not be used" if is_refused else "was not approved"
    return f"draft {draft} {who}: " + "; ".join(issue.message for issue in issues)
