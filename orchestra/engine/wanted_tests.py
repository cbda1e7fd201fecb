"""Which tests that failed before the change it is meant to mend, by what the task says, and the plan.

Only what is said plainly counts: a test that is wanted and still fails makes the run fail, too. In every other case the
architect is asked to name such tests in the plan, where the user sees them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from orchestra.engine.command_runs import HIDES_OTHERS
from orchestra.records import Plan
from orchestra.regex import regex

_CLAUSES = regex(r"[.!?;:]+(?=\s|\Z)|[()\n。；！？]|,|\b(?:but|then)\b")
_MOST_CHARACTERS = 8_000
"""Of a task that are read."""
_MEND = r"(?:fix|mend|repair|resolve|debug)"
_ANY = r"(?:(?:all|the|our|these|those|every|any|of|currently|\d+|two|three) ){0,4}"
_END = r"(?=\s*(?:\Z|[^\w\s-])|\s+(?:in|of|that|which|and|again|now|by|on)\b)"
_ALL = regex(
    rf"(?i)\b{_MEND} {_ANY}(?:failing|failed|broken|red) (?:unit |integration )?tests?\b{_END}"
    rf"|\b{_MEND} {_ANY}(?:unit |integration )?(?:tests?|test failures?|failures){_END}"
    rf"|\b(?:make|get|have|let|until|so that) {_ANY}(?:(?:failing|broken|red|existing|unit) )*tests?"
    rf" (?:all |now |to )?(?:pass|green){_END}"
    rf"|\btests (?:must|should|have to|need to) (?:all |now )?pass{_END}"
)
"""Of all tests that fail."""
_ASKS = regex(rf"(?i)\b(?:{_MEND}|make|get|have|let|until|so that)\b|\bfail(?:s|ing|ed)?\b|\bis (?:red|broken)\b")
_NOT = regex(
    r"(?i)\b(?:not|never|without|ignor\w*|skip\w*|leav\w*|if|when|unless|even|anyway|already|known|another|unrelated"
    r"|still|add|write|create|mark|delete|remove|disable|rename|report|print|show|count|document|exit|stop|typos?"
    r"|docs?|docstrings?|comments?|names?)\b|n['’]t\b"
)
"""What makes a clause ask for something else."""
_NAMED = regex(r"\btests?[/_]\w|\w_test\b|\.(?:test|spec)\.|\bTest[A-Z]|[a-z]Tests?\b")
_PASSES = regex(r"(?i)\b(?:pass|passes|succeeds?|green)\b")
_BARE = regex(r"(?<![\w/.:])(?:test_\w+|\w+Tests?|Test[A-Z]\w*)(?![\w/.])")
"""A test's name without a file's: where a whole file of tests does not load, it may be any of them."""
_PARAMETERS = regex(r"[\[(].*\Z", re.DOTALL)
_SEPARATOR = regex(r"::|[./#\\]|\s[>›]\s")
_TELLING = regex(r"(?i)\w_\w|test\w|\wtest|spec\w|\wspec|\s")
_LEAST = 6


def is_wanted(failure_id: str, task: str, plan: Plan) -> bool:
    """Whether it is asked to have this test pass: by its own name or its file's, or as one of all that fail.

    Of the plan only what is to be tested counts, and there a test's own name alone.
    """
    parts = [part.strip() for part in _SEPARATOR.split(_PARAMETERS.sub("", failure_id))]
    names = [part for part in parts if len(part) >= _LEAST and _TELLING.search(part)]
    hides = HIDES_OTHERS.fullmatch(failure_id) is not None
    own = names[-1:] if names and names[-1] == parts[-1] and not hides else []
    if _asks_for_all(task) or any(_holds(clause, names, hides) for clause in _asking(task)):
        return True
    planned = [clause for said in plan.tests for clause in _clauses(said)]
    return any(_PASSES.search(clause) and _holds(clause, own, hides) for clause in planned)


@lru_cache(maxsize=4)
def _asking(task: str) -> tuple[str, ...]:
    """The clauses that may ask for a test to pass; kept, since every failure is asked about."""
    return tuple(clause for clause in _clauses(task) if _ASKS.search(clause))


@lru_cache(maxsize=4)
def _asks_for_all(task: str) -> bool:
    return any(_ALL.search(clause) and not _NAMED.search(clause) for clause in _clauses(task))


def _clauses(text: str) -> list[str]:
    """Those that are not taken back by a word in them."""
    return [clause for clause in _CLAUSES.split(text[:_MOST_CHARACTERS]) if clause and not _NOT.search(clause)]


def _holds(text: str, names: list[str], hides: bool) -> bool:
    if hides and _BARE.search(text):
        return True
    return any(re.search(r"(?<!\w)" + re.escape(name) + r"(?!\w)", text) for name in names)
