"""Lines for a preprocessor: which branch of a conditional counts, and what is no code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from orchestra.regex import regex

State = TypeVar("State")

OPENER = r"#[ \t]*(?P<name>[a-z]+)?"
"""For the rule of a language that has directives."""
_LINE = regex(r"(?:[^\\\n/]|\\\r?\n|\\|/(?!\*)|/\*[^*]*(?:\*(?!/)[^*]*)*\*/)*")
_DEFINITION = regex(
    r"(?:[^\\\n/\"']|\\\r?\n|\\.|\\|//[^\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*\*/|/(?![*/])"
    r"|\"(?:[^\"\\\n]|\\\r?\n|\\.)*\"|'(?:[^'\\\n]|\\\r?\n|\\.)*'|[\"'])*"
)
_NEVER = regex(r"#[ \t]*if[ \t]+(?:0|false)[ \t]*(?:$|//|/\*)", re.M)
_BRANCH = regex(r"^[ \t]*#[ \t]*(?:(?P<open>if)|(?P<other>el)|(?P<close>end[ \t]*if))", re.M)


@dataclass
class _Branches(Generic[State]):
    start: int
    before: State
    first_end: list[State] = field(default_factory=list)
    """What was open where the first branch ended that may be taken; empty until then."""
    is_never: bool = False
    """Whether the present branch is never taken."""


class Conditionals(Generic[State]):
    """The open `#if`s. The scan goes on with what was open before it in each branch, after it with the first's."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[_Branches[State]] = []

    def read(self, match: re.Match[str], state: State) -> tuple[int, State]:
        """Where to go on after a directive, and with what open."""
        name = match.group("name") or ""
        if name.startswith("if"):
            self._open.append(_Branches(match.start(), state))
            if _NEVER.match(self._text, match.start()):
                self._open[-1].is_never = True
                return self._next_branch(match.end()), state
        elif name.startswith("el") and self._open:
            self._end_branch(state)
            state = self._open[-1].before
        elif name == "endif" and self._open:
            self._end_branch(state)
            branches = self._open.pop()
            state = branches.first_end[0] if branches.first_end else branches.before
        body = _DEFINITION if name == "define" else _LINE
        found = body.match(self._text, match.end())
        return (found.end() if found else match.end()), state

    def _end_branch(self, state: State) -> None:
        branches = self._open[-1]
        if not branches.first_end and not branches.is_never:
            branches.first_end.append(state)
        branches.is_never = False

    @property
    def in_alternative(self) -> bool:
        """Whether the scan is in a branch beside one that counts."""
        return any(branches.first_end for branches in self._open)

    def unclosed(self) -> int | None:
        """Where the innermost `#if` without an end stands."""
        return self._open[-1].start if self._open else None

    def _next_branch(self, at: int) -> int:
        """The start of the line that ends a branch which is never taken."""
        depth = 0
        for found in _BRANCH.finditer(self._text, at):
            if found.lastgroup == "open":
                depth += 1
            elif depth == 0:
                return found.start()
            elif found.lastgroup == "close":
                depth -= 1
        return len(self._text)
