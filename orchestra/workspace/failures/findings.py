"""What a linter's output says, finding by finding."""

from __future__ import annotations

import re
from collections import Counter
from posixpath import normpath
from typing import Iterator

from orchestra.records import TestFailure
from orchestra.regex import regex

MOST_FINDINGS = 20_000
_PLACE = regex(r"[ \t]*(?P<path>[^\s:]+?\.\w+)[:(]\d+(?:[:,]\d+)?\)?:?[ \t]*(?P<text>\S.*)")
"""A line that begins with a file and a line in it: `a.py:1:2: text`, `a.ts(1,2): text`."""
_BELOW = regex(r"[ \t]+\d+:\d+[ \t]+(?P<text>\S.*)")
"""What eslint says below a line that is a file's path."""
_HEAD = regex(r"(?P<path>[^\s:][^:]*?\.\w+):?[ \t]*$")
_ARROW = regex(r"[ \t]*-->[ \t]+(?P<path>[^\s:]+):\d+(?::\d+)?[ \t]*$")
"""The place, below the text, as ruff and rustc have it."""
_POSITION = regex(r"\b((?:lines?|columns?|col)[ :]|\.[A-Za-z]\w*[:(])[ ]?\d+(?:[-:,]\d+)*", re.IGNORECASE)
"""In a finding's text: `line 12`, `b.go:12-30`."""


def lint_findings(output: str) -> tuple[TestFailure, ...]:
    """MOST_FINDINGS at most. Lines move, so a finding is known again by its file, its words, and how many there are."""
    seen: Counter[str] = Counter()
    findings: list[TestFailure] = []
    for path, text, message in _told(output):
        if len(findings) == MOST_FINDINGS:
            break
        id_ = f"{path}: {_POSITION.sub(_without_digits, text).rstrip(' ━')}"
        seen[id_] += 1
        findings.append(TestFailure(id_ if seen[id_] == 1 else f"{id_} ({seen[id_]})", message))
    return tuple(findings)


def _told(output: str) -> Iterator[tuple[str, str, str]]:
    """Of each finding its file, its text, and both with the place."""
    head = before = ""
    for line in output.split("\n"):
        found, below, arrow = _PLACE.match(line), _BELOW.match(line), _ARROW.match(line)
        if found:
            yield found["path"], found["text"], line.strip()
        elif below and head:
            yield head, " ".join(below["text"].split()), f"{head}:{line.strip()}"
        elif arrow and before:
            yield arrow["path"], before, f"{line.strip()[3:].strip()}: {before}"
        elif line.strip() and not below:
            named = _HEAD.match(line)
            # What is indented belongs to a finding: a line of code, or the rest of a long text.
            head = named["path"] if named else head if line[0] in " \t" else ""
            before = line.strip()


def _without_digits(position: re.Match[str]) -> str:
    return position[1] + "#"


def path_of(finding: TestFailure) -> str:
    """The file that a finding names, as a path of the project where the linter runs at its root."""
    return normpath(finding.id.partition(": ")[0])
