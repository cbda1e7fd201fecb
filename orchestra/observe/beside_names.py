"""Values drawn by lot that stand beside a telling name, whatever joins the two: `NAME or "value"`, `NAME[] = "value"`,
`{"name": "NAME", "value": "value"}`, `the password is value`.
"""

from __future__ import annotations

from typing import Iterator

from orchestra.observe.drawn_by_lot import is_drawn
from orchestra.observe.telling_names import PASSWORDS, is_no_example, telling_names
from orchestra.regex import regex

_VALUE = r"(?P<value>[\w+/=.~!@#$%^&*?-]{7,299}[\w+/=~!@#$%^&*?-])"
_LITERAL = regex(rf"[\"'`]{_VALUE}(?=\\{{0,3}}[\"'`]|\]\])")
_BELOW = (
    r"[,|>+\\ \t-]{0,6}\r?\n[ \t>+|#*/?:-]{0,60}"
    r"(?:(?i:[\"'<]?\w{0,12}(?:value|default|content|data|string)[\"'>]?[ \t]{0,20}[:=]?[ \t]{0,4})"
    r"|(?=[\"'`]?[^\s\"'`]{8,300}[\"'`]?[,;)}\]]{0,4}[ \t]{0,4}(?:\r?\n|\Z)))"
)
"""The end of a name's line, and what may come before the value on the next; or the value is all of that."""
_NEXT_LINE = regex(rf"[^\n]{{0,120}}?{_BELOW}[^\n]{{0,120}}")
_WORDS = r"(?:[\"'`]?\]{0,2}\)?(?:[ ](?:is|was|为|是|for[ ]\w{1,20}(?:[ ]is)?)\b|[ ]\([^()\n]{1,20}\))?"
_BARE = regex(
    rf"(?:{_WORDS}[^\w\n\"'`]{{0,12}}(?:&\w{{1,20}} |<!\[CDATA\[|[\"']?(?i:value|default)[\"']?[^\w\n\"'`]{{1,6}})?)"
    rf"|[\"'>:=]{{0,3}}{_BELOW})(?<![\w$@-]){_VALUE}(?![^\s\"'`.,;()<>{{}}\[\]|:\\])"
)
_FARTHEST = 120
_SHORTEST_PASSWORD = 8
_SHORTEST_TOKEN = 10


def beside_names(text: str) -> Iterator[tuple[int, int]]:
    """Where such values begin and end, without their quotes."""
    for stem, position in telling_names(text):
        least = _SHORTEST_PASSWORD if stem in PASSWORDS else _SHORTEST_TOKEN
        bare = _BARE.match(text, position)
        for match in [*_LITERAL.finditer(text, position, _last(text, position)), *([bare] if bare else [])]:
            if is_drawn(match["value"], least=least) and is_no_example(match["value"]):
                yield match.span("value")


def _last(text: str, position: int) -> int:
    """Where the line ends that belongs to the name, or the next one."""
    further = _NEXT_LINE.match(text, position)
    if further is not None:
        return further.end()
    line = text.find("\n", position, position + _FARTHEST)
    return line if line >= 0 else position + _FARTHEST
