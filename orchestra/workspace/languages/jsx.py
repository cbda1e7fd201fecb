"""Elements of JSX: tags with attributes, text and holes that hold code."""

from __future__ import annotations

from typing import Protocol

from orchestra.regex import regex
from orchestra.workspace.languages.defect import Unfinished
from orchestra.workspace.languages.language import Kind, Rule
from orchestra.workspace.languages.look_back import LookBack

TAG = Rule("<", "", Kind.TAG, what="tag")
"""What goes on after an attribute's hole."""
CHILDREN = Rule("<", "", Kind.TAG, what="children")
"""What goes on after a hole among the children."""
_CLOSER = "</"
_NAME = regex(r"<\s*([\w.:$-]*)\s*(?:<(?:[^<>{}]|<[^<>{}]*>){0,200}>)?")
_IN_TAG = regex(
    r"\"[^\"]*\"|'[^']*'|//[^\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*\*/|(?P<hole>\{)|(?P<end>/\s*>)|(?P<go>>)|[\"'<]"
)
_AMONG_CHILDREN = regex(r"(?P<hole>\{)|(?P<end><\s*/\s*[\w.:$-]*\s*>)|(?P<start><(?!\s*/))")


class TagScan(Protocol):
    """What is asked of the scan."""

    text: str
    look_back: LookBack

    @property
    def closer(self) -> str:
        """What must come next; empty where nothing is open."""

    def push(self, closer: str, start: int, resume: Rule | None = None) -> None:
        """Open something."""

    def pop(self) -> int:
        """Close the innermost; where it had opened."""


def scan_element(scan: TagScan, at: int, rule: Rule | None = None) -> int:
    """Read an element from its `<` on, or on after a hole of `rule`; the place after it or after the next hole's start.

    Raises Unfinished.
    """
    if rule is None:
        at = _open(scan, at)
    in_tag = rule is not CHILDREN
    while True:
        found = (_IN_TAG if in_tag else _AMONG_CHILDREN).search(scan.text, at)
        if found is None or found.group() in ("\"", "'") or (in_tag and found.group() == "<"):
            raise Unfinished(scan.pop(), "this %s is not closed" % ("tag" if in_tag else "element"))
        at = found.end()
        if found.lastgroup == "hole":
            scan.push("}", found.start(), TAG if in_tag else CHILDREN)
            return at
        if found.lastgroup == "start":
            at, in_tag = _open(scan, found.start()), True
        elif found.lastgroup == "go":
            in_tag = False
        elif found.lastgroup == "end":
            in_tag = False
            scan.pop()
            if scan.closer != _CLOSER:
                scan.look_back.literal_end = at
                return at


def _open(scan: TagScan, start: int) -> int:
    scan.push(_CLOSER, start)
    found = _NAME.match(scan.text, start)
    return start + 1 if found is None else found.end()
