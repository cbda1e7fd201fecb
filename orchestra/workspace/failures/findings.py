"""What a linter's output says, finding by finding."""

from __future__ import annotations

import re
from posixpath import normpath

from orchestra.records import TestFailure

MOST_FINDINGS = 20_000
_PLACE = re.compile(r"^[ \t]*(?P<path>[^\s:()]+\.\w+)[:(]\d+(?:[:,]\d+)?\)?:?[ \t]*(?P<text>\S.*)$", re.MULTILINE)
"""A line that begins with a file and a line in it: `a.py:1:2: text`, `a.ts(1,2): text`."""
_NUMBER = re.compile(r"\d+")


def lint_findings(output: str) -> tuple[TestFailure, ...]:
    """MOST_FINDINGS at most. Lines move, so a finding is known again by its file and its words."""
    findings: dict[str, str] = {}
    for found in _PLACE.finditer(output):
        if len(findings) == MOST_FINDINGS:
            break
        findings.setdefault(f"{found['path']}: {_NUMBER.sub('#', found['text'])}", found[0].strip())
    return tuple(TestFailure(id_, line) for id_, line in findings.items())


def path_of(finding: TestFailure) -> str:
    """The file that a finding names, as a path of the project where the linter runs at its root."""
    return normpath(finding.id.partition(": ")[0])
