"""Values drawn by lot that stand beside a telling name, whatever joins the two: `NAME or "value"`, `NAME[] = "value"`,
`{"name": "NAME", "value": "value"}`, `the password is value`, `"value" as NAME`.

Nothing but what joins them may stand between: `f(password, "value")` says nothing of the value.
"""

from __future__ import annotations

import re
from typing import Iterator, Optional

from orchestra.observe.drawn_by_lot import is_drawn
from orchestra.observe.telling_names import PASSWORDS, is_no_example, telling_names
from orchestra.regex import regex

_VALUE = r"(?P<value>(?!-)[\w+/=.~!@#$%^&*?-]{8,300})"
_BELOW = (
    r"[,|>+\\{ \t-]{0,6}\r?\n[ \t>+|#*/?:-]{0,60}"
    r"(?i:[\"'<]?\w{0,12}(?:value|default|content|data|string)[\"'>]?[ \t]{0,20}[:=]?[ \t]{0,4})"
)
"""The end of a name's line, and what is written before the value on the next."""
_SAID = r"(?:[ ](?:is|was|为|是|for[ ]\w{1,20}(?:[ ]is)?)\b|[ ]\([^()\n]{1,20}\))"
_LITERAL = regex(
    rf"""
    (?:
        (?:["'`][)\]]{{0,2}})?
        (?:
            # NAME or "value"
            [ \t]{{0,9}}(?:or\b|\|{{1,2}}|\?\??|[|?:!=+]{{0,2}}[=:]>?)[ \t]{{0,9}}(?:\\?\r?\n[ \t>+]{{0,60}})?
            | [ \t]{{0,4}}[({{][ \t]{{0,4}}                       # NAME("value")
            | {_SAID}?[*:]{{0,3}}[ \t]{{1,4}}                     # NAME is "value"
            | ["']?{_BELOW}
        )
        # NAME: type = "value", NAME[] = "value", NAME, other = "value"
        | (?::?[ \t]{{1,4}}[\w.<>?\[\]*&|]{{1,40}}(?:[ ]\w{{1,20}})?|[ ]\{{[a-z; ]{{1,30}}\}}|\[\w{{0,9}}\]
            |(?:,[ ]\w{{1,20}}){{1,3}})[ \t]{{1,4}}:?=[ \t]{{1,4}}
        | ["'],[ \t]{{0,9}}(?:["']?(?i:value|default)["']?[ ]?[:=][ ]?)?    # "NAME", "value"
    )
    (?:(?:new[ ])?(?:\w{{1,20}}(?:\[\])?[ ]?)?[({{\[])?
    (?:(?i:value|default)[ ]?[:=][ ]?)?(?:(?:["'`]?\\{{1,3}})?["'`]|\[\[){_VALUE}
    """,
    re.X,
)
_BARE = regex(
    rf"(?:(?:[\"'`]?\]{{0,2}}\)?{_SAID}?[^\w\n\"'`]{{0,12}}"
    r"(?:&\w{1,20} |<!\[CDATA\[|[\"']?(?i:value|default)[\"']?[^\w\n\"'`]{1,6})?"
    rf"|[\"'>:=]{{0,3}}{_BELOW}|[\"'>:=]{{1,3}}[|>+\\ \t-]{{0,6}}\r?\n[ \t>+|#*/?:-]{{0,60}})"
    rf"(?:(?<![\w$@-])|(?<=:-))){_VALUE}"
)
_BEFORE = regex(
    rf"[\"']{_VALUE}[\"'][ \t]{{0,3}}(?:(?i:as)[ \t]|:|=>)[ \t]{{0,3}}[\"']?[A-Za-z_$][\w.$]{{0,60}}\Z"
)
"""`"value" as NAME`, `"value": NAME`."""
_MOST_BEFORE = 380
_AFTER_LITERAL = regex(r"(?<!\.)(?:\\{0,3}[\"'`]|\]\])")
_AFTER_BARE = regex(r"(?<!-)(?=[\s\"'`.,;()<>{}\[\]|:\\]|\Z)")
_VERB = regex(r"(?<![\w.$-])(?i:pass)[ ]{1,4}[\"'`]?(?!(?:is|was)\b)\w")
"""Something is passed on, not named."""
_ALGORITHM = regex(
    r"(?i)(?:[-_/]?(?:secp|sect|prime|brainpool|curve|ed|sha|md|hs|hmac|pbkdf|pbe|aes|rsa|ecdsa|with|and|cbc|gcm|pkcs"
    r"|padding)-?[0-9]{0,4}[kprtvw]?[0-9]?)+"
)
_SHORTEST_PASSWORD = 8
_SHORTEST_TOKEN = 10


def beside_names(text: str) -> Iterator[tuple[int, int]]:
    """Where such values begin and end, without their quotes."""
    judged: set[tuple[int, int]] = set()
    names = sorted((position, stem) for stem, position in telling_names(text))
    for (position, stem), (following, _) in zip(names, [*names[1:], (len(text) + 1, "")]):
        least = _SHORTEST_PASSWORD if stem in PASSWORDS else _SHORTEST_TOKEN
        span = _literal(text, position) or _bare(text, position, following) or _before(text, position)
        if span is None or (span[0], least) in judged or _VERB.match(text, position - len("pass")):
            continue
        judged.add((span[0], least))
        value = text[slice(*span)]
        if is_drawn(value, least=least) and is_no_example(value) and not _ALGORITHM.fullmatch(value):
            yield span


def _literal(text: str, position: int) -> Optional[tuple[int, int]]:
    match = _LITERAL.match(text, position)
    return match.span("value") if match is not None and _AFTER_LITERAL.match(text, match.end()) else None


def _before(text: str, position: int) -> Optional[tuple[int, int]]:
    """On the same line."""
    first = max(text.rfind("\n", 0, position) + 1, position - _MOST_BEFORE)
    line = text[first:position]
    match = _BEFORE.search(line) if line.count('"') + line.count("'") > 1 else None
    return None if match is None else (first + match.start("value"), first + match.end("value"))


def _bare(text: str, position: int, following: int) -> Optional[tuple[int, int]]:
    """Up to the next name's end: what follows that is its own."""
    match = _BARE.match(text, position)
    if match is None or match.end() >= following or not _AFTER_BARE.match(text, match.end()):
        return None
    start, end = match.span("value")
    return start, start + len(text[start:end].rstrip("."))
