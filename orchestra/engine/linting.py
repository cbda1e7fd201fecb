"""What a linter's output says, as the failures of a test run."""

from __future__ import annotations

import re
from dataclasses import replace

from orchestra.records import TestFailure, TestRun

MOST_FINDINGS = 5000
_PLACE = re.compile(r"^[ \t]*(?P<path>[^\s:()]+\.\w+)[:(]\d+(?:[:,]\d+)?\)?:?[ \t]*(?P<text>\S.*)$", re.MULTILINE)
"""A line that begins with a file and a line in it: `a.py:1:2: text`, `a.ts(1,2): text`."""
_NUMBER = re.compile(r"\d+")


def as_lint(run: TestRun) -> TestRun:
    """The run with one failure for each finding. Lines move, so a finding is known again by its file and its words."""
    findings: dict[str, str] = {}
    if run.exit_status != 0:
        for found in _PLACE.finditer(run.output):
            findings.setdefault(f"{found['path']}: {_NUMBER.sub('#', found['text'])}", found[0].strip())
    failures = tuple(TestFailure(id_, line) for id_, line in list(findings.items())[:MOST_FINDINGS])
    return replace(run, framework="lint", collected=True, failures=failures or run.failures)
