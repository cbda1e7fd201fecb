"""What the Secrets of Kubernetes hold, whatever it is called there: in YAML and in JSON."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, Sequence

from orchestra.observe.drawn_by_lot import has_both
from orchestra.observe.telling_names import is_no_example
from orchestra.regex import regex

_OF_KIND = regex(r"kind[\"']?\s{0,99}:\s{0,99}(?:!!str )?[\"']?Secret\b")
_LINE = regex(
    r"(?P<indent> *)(?P<dashes>(?:- +)*)(?:(?P<quote>[\"']?)(?P<key>[\w./-]+)(?P=quote):(?:[ \t]+|(?=\{|$)))?"
)
_SKIPPED = regex(r"[ \t]*(?:#.*|\{\{.*)?$")
_END = r"(?=[\"']?[ \t]*(?:(?<=[ \t])#.*)?$)"
_TAGS = r"(?:[&!][^\s]+[ \t]+)*"
_IS_SECRET = regex(_TAGS + r"[\"']?Secret" + _END)
_IS_NOTHING = regex(r"(?:[&!][^\s]+)?" + _END)
_BASE64 = r"[\"']?(?P<value>[A-Za-z0-9+/]{6,8000}={0,2})"
_PLAIN = r"[\"']?(?P<value>[^\s\"'|>\\,{}\[][^\s\"'\\,{}]{7,8000})"
_OF_LINE = regex(_TAGS + _BASE64 + _END), regex(_TAGS + _PLAIN + _END)
_MEMBER = r"[{,]\s{0,99}[\"']?[\w./-]{1,253}[\"']?\s{0,99}:\s{0,99}"
_IN_FLOW = regex(f"{_MEMBER}{_BASE64}(?=[\"'\\s,}}\\\\])"), regex(f"{_MEMBER}{_PLAIN}(?=[\"'\\s,}}])")
_BRACES = regex(
    r"[\"']?\bkind[\"']?\s{0,99}:\s{0,99}[\"']?(?P<secret>Secret)\b[\"']?"
    r"|[\"']?\b(?P<data>data|stringData)[\"']?\s{0,99}:\s{0,99}\{|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|\\.|[{}]"
)
"""With escaped quotes, at each of which a text would be looked for that has no end."""
_BETWEEN = regex(r"[-._:/@]")
_SEGMENT = regex(r"[A-Za-z]+[0-9]{0,2}|[0-9]+")
_CERTIFICATE = "LS0tLS1CRUdJTiBDRVJU"
"""How one begins in base64."""


def in_manifests(text: str) -> Iterator[tuple[int, int]]:
    """Where each begins and ends."""
    if _OF_KIND.search(text):
        yield from _in_lines(text)
        yield from _in_braces(text)


class _Object:
    """A mapping whose end was not seen yet."""

    def __init__(self, begin: int, name: str | None = None) -> None:
        self.begin = begin
        """The column of its keys, or where its brace stands."""
        self.name = name
        self.is_secret = False
        self.is_flat = True
        self.values: list[tuple[int, int]] = []


def _in_lines(text: str) -> Iterator[tuple[int, int]]:
    """YAML by the columns of its keys, as far as that goes."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    open_: list[_Object] = []
    number = 0
    while number < len(lines):
        line, start = lines[number].rstrip("\r"), starts[number]
        number += 1
        match = _LINE.match(line)
        if match is None or _SKIPPED.match(line):
            continue
        column, is_item = match.end("dashes"), bool(match["dashes"])
        is_new = line.startswith(("---", "```"))
        yield from _ended(open_, 0 if is_new else match.end("indent") + 1 if is_item else column + 1)
        if match["key"] is None or is_new:
            continue
        if not open_ or open_[-1].begin < column:
            open_.append(_Object(column))
        if match["key"] == "kind" and _IS_SECRET.match(line, match.end()):
            open_[-1].is_secret = True
        elif match["key"] in ("data", "stringData"):
            is_plain = match["key"] == "stringData"
            flow = _IN_FLOW[is_plain].finditer(line, match.end())
            open_[-1].values += [(start + begin, start + end) for begin, end in _likely(flow, is_plain)]
            if _IS_NOTHING.match(line, match.end()):
                after = _end_of(lines, number, column)
                open_[-1].values += _entries(lines[number:after], starts[number:after], is_plain)
                if not any(_OF_KIND.search(line) for line in lines[number:after]):
                    number = after
    yield from _ended(open_, 0)


def _ended(open_: list[_Object], column: int) -> Iterator[tuple[int, int]]:
    """Close what begins at the column or behind it."""
    while open_ and open_[-1].begin >= column:
        mapping = open_.pop()
        if mapping.is_secret:
            yield from mapping.values


def _end_of(lines: Sequence[str], first: int, column: int) -> int:
    """The first line that is no more part of what a key at this column holds."""
    number = first
    while number < len(lines):
        line = lines[number].rstrip("\r")
        if not _SKIPPED.match(line) and len(line) - len(line.lstrip(" ")) <= column:
            return number
        number += 1
    return number


def _entries(lines: Sequence[str], starts: Sequence[int], is_plain: bool) -> Iterator[tuple[int, int]]:
    keys_at = None
    for line, start in zip((line.rstrip("\r") for line in lines), starts):
        match = _LINE.match(line)
        if match is None or _SKIPPED.match(line):
            continue
        keys_at = match.end("indent") if keys_at is None else keys_at
        is_more = match.end("indent") > keys_at
        # In base64 what is too long for one line goes on in the next.
        if not (is_more and is_plain):
            value = _OF_LINE[is_plain].match(line, match.end("indent") if is_more else match.end())
            for found in _likely([value] if value else [], is_plain):
                yield start + found[0], start + found[1]


def _in_braces(text: str) -> Iterator[tuple[int, int]]:
    """JSON, and what is written like it: of each object that says it is a Secret, what its member `data` holds."""
    open_: list[_Object] = []
    for match in _BRACES.finditer(text):
        if match[0].endswith("{"):
            if open_:
                open_[-1].is_flat = False
            open_.append(_Object(match.end() - 1, match["data"]))
        elif match["secret"] and open_:
            open_[-1].is_secret = True
        elif match[0] == "}" and open_:
            ended = open_.pop()
            if ended.is_secret:
                yield from ended.values
            elif open_ and ended.name is not None and ended.is_flat:
                is_plain = ended.name == "stringData"
                found = _IN_FLOW[is_plain].finditer(text, ended.begin, match.end())
                open_[-1].values += _likely(found, is_plain)


def _likely(found: Iterable[re.Match[str]], is_plain: bool) -> Iterator[tuple[int, int]]:
    """Those that may be secrets. In plain text also hosts, regions and names of users stand there."""
    for match in found:
        value = match["value"]
        is_one = has_both(value) and not _is_name(value) if is_plain else len(value) % 4 == 0
        if is_one and is_no_example(value) and not value.startswith(_CERTIFICATE):
            yield match.span("value")


def _is_name(value: str) -> bool:
    segments = _BETWEEN.split(value)
    return len(segments) > 1 and all(_SEGMENT.fullmatch(segment) for segment in segments)
