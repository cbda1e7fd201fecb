"""Which tests that failed before the change it is meant to mend, by what the task says, and the plan."""

from __future__ import annotations

import re

from orchestra.records import Plan

_ALL = re.compile(
    r"(?i)\b(?:failing|broken|red) (?:\w+ )?tests?\b"
    r"|\b(?:fix|mend|repair) (?:(?:all|the|our|of|unit|any) )*tests?\b"
    r"|\b(?:make|get|have|let) (?:\w+ ){0,3}tests? (?:\w+ ){0,2}(?:pass|green)\b"
    r"|\btests? (?:still |now )?(?:fail|are failing|are red|are broken)\b(?! (?:on|when|if|for)\b)"
    r"|fehlschlagende\w* tests?|tests? schl(?:agen|ägt) fehl|失败的测试|测试(?:失败|不通过)|修复测试"
)
"""Of all tests that fail."""
_OF_A_FILE = re.compile(r"(?i)\bfail|\bpass(?:es)?\b|\bbroken\b|\bred\b|\bgreen\b|fehl|grün|失败|通过")
_OF_A_TEST = re.compile(rf"{_OF_A_FILE.pattern}|(?i:\b(?:fix|mend|repair)|\bbug\b|修复)")
_PARAMETERS = re.compile(r"[\[(].*\Z", re.DOTALL)
_SEPARATOR = re.compile(r"::|[./#\\]|\s+[>›]\s+")
_TELLING = re.compile(r"(?i)\w_\w|test\w|\wtest|spec\w|\wspec|\s")
_LEAST = 6


def is_wanted(failure_id: str, task: str, plan: Plan) -> bool:
    """Whether the task asks to have this test pass, by its own name, its file's, or as one of all that fail.

    Of the plan only what is to be tested counts, and there a test's own name alone.
    """
    if _ALL.search(task):
        return True
    parts = [part for part in _SEPARATOR.split(_PARAMETERS.sub("", failure_id)) if _is_telling(part)]
    if not parts:
        return False
    own, others = parts[-1], parts[:-1]
    if _OF_A_TEST.search(task) and _names(task, own):
        return True
    if _OF_A_FILE.search(task) and any(_names(task, part) for part in others):
        return True
    return any(_OF_A_FILE.search(said) and _names(said, own) for said in plan.tests)


def _is_telling(part: str) -> bool:
    """Whether nothing but a test, or a file of tests, is called so."""
    return len(part) >= _LEAST and _TELLING.search(part) is not None


def _names(text: str, part: str) -> bool:
    return re.search(r"(?<!\w)" + re.escape(part) + r"(?!\w)", text) is not None
