"""Secrets by what stands before them: in addresses, headers, calls, and commands that take a password."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Iterable, Iterator

from orchestra.observe.drawn_by_lot import has_both, is_random
from orchestra.observe.introducing import AFTER_NAMES, FORMS, IN_CALLS, OF_GO
from orchestra.observe.telling_names import is_no_example, is_no_name
from orchestra.regex import regex

_CALL = regex(
    r"(?:login|BasicAuth|onnect|onnection|PDO|jwt\.(?:sign|encode|verify|decode)|hmac\.new|Fernet|createHmac"
    r"|auth(?: ?= ?)?|Credentials?|PasswordAuthentication|assword)\((?=([^\n]{0,200}))"
)
_ROW = regex(r"assw\w{0,20}[^;()\n]{0,120}\)\s?(?i:values)\s?\((?=([^\n]{0,200}))")
_LITERAL = regex(r"[\"']([^\s\"'\\]{8,200})[\"']")
_BEGINS = regex(r"(?m)^(?:---|[ \t]*```|(?<!ownerReferences:\n)[ ]*- (?:apiVersion|data|kind|metadata):)")
"""An object of a manifest, in a file of its own, in a list or in a document."""
_SECRET_KIND = regex(r"(?m)^[ \t-]*kind: *([\"']?)Secret\1[ \t\r]*(?: #[^\n]*)?$")
_DATA = regex(
    r"(?m)^(?P<indent>[ ]*)(?:- )?(?:data|(?P<plain>stringData)):[ \t\r]*\n(?P<entries>(?:(?P=indent)[ ]+[^\n]*\n?)+)"
)
_ENTRY = regex(r"(?m)^[ ]+[\w.-]+:[ \t]*[\"']?(?P<value>[^\s\"'|>][^\s\"']{7,8000})[\"']?[ \t\r]*$")
_IN_JSON = regex(r"[{}]|\"kind\"\s{0,99}:\s{0,99}\"Secret\"|\"(data|stringData)\"\s{0,99}:\s{0,99}{")
_JSON_ENTRY = regex(r":\s{0,99}\"(?P<value>[^\s\"\\]{8,8000})\"")
_USUAL = regex(
    r"(?i)pass|pwd|secret|user|admin|root|guest|test|token|foo|bar|name|postgres|mysql|redis|rabbit|key"
)
_LONG = 20
_WORD_LONG = 8
_DIGIT = regex(r"[0-9]")


def introduced(text: str) -> Iterator[tuple[int, int]]:
    """Where such secrets begin and end."""
    for begin, form in FORMS:
        if begin in text:
            yield from _found(text, begin, form, _is_likely_address if begin == "://" else _is_likely)
    for begin, form in AFTER_NAMES:
        if begin in text:
            yield from _found(text, begin, form, is_no_name)
    for begin, form in IN_CALLS:
        if begin in text:
            yield from _found(text, begin, form, has_both)
    if "@tcp(" in text or "@unix(" in text:
        yield from _found(text, ":", OF_GO, _is_likely_address)
    if "Secret" in text and "kind" in text:
        yield from _in_manifests(text)
        yield from _in_json_manifests(text)
    yield from _arguments(text)


def _in_manifests(text: str) -> Iterator[tuple[int, int]]:
    """Whatever the secrets of a Kubernetes manifest are called."""
    begins = [0, *(match.start() for match in _BEGINS.finditer(text)), len(text)]
    for span in zip(begins, begins[1:]):
        if _SECRET_KIND.search(text, *span):
            for data in _DATA.finditer(text, *span):
                yield from _entries(_ENTRY.finditer(text, *data.span("entries")), data["plain"] is not None)


def _in_json_manifests(text: str) -> Iterator[tuple[int, int]]:
    """The same in JSON: of each object that says it is a Secret, what its member `data` holds."""
    objects: list[_Object] = []
    for match in _IN_JSON.finditer(text):
        if match[0].endswith("{"):
            objects.append(_Object(match.end(), match[1]))
        elif objects and match[0] != "}":
            objects[-1].is_secret = True
        elif objects:
            ended = objects.pop()
            if ended.is_secret:
                for is_plain, begin, end in ended.data:
                    yield from _entries(_JSON_ENTRY.finditer(text, begin, end), is_plain)
            if objects and ended.name is not None:
                objects[-1].data.append((ended.name == "stringData", ended.begin, match.start()))


class _Object:
    """One in JSON whose end was not seen yet."""

    def __init__(self, begin: int, name: str | None) -> None:
        self.begin = begin
        self.name = name
        self.is_secret = False
        self.data: list[tuple[bool, int, int]] = []
        """Whether it is plain text, from where, to where."""


def _entries(found: Iterable[re.Match[str]], is_plain: bool) -> Iterator[tuple[int, int]]:
    """Those that may be secrets. In plain text also hosts and names of users stand there."""
    for entry in found:
        if is_no_example(entry["value"]) and (not is_plain or has_both(entry["value"])):
            yield entry.span("value")


def _found(text: str, begin: str, form: str, is_one: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    for match in _compiled(re.escape(begin) + form).finditer(text):
        if is_no_example(match["secret"]) and is_one(match["secret"]):
            yield match.span("secret")


def _arguments(text: str) -> Iterator[tuple[int, int]]:
    """Of calls that take a password among other texts, and of rows in SQL."""
    forms = [_CALL] if "(" in text else []
    if "ALUES" in text or "alues" in text:
        forms.append(_ROW)
    for form in forms:
        for call in form.finditer(text):
            for literal in _LITERAL.finditer(text, *call.span(1)):
                if is_no_example(literal[1]) and is_no_name(literal[1]):
                    yield literal.span(1)


def _is_likely(secret: str) -> bool:
    return len(secret) >= _LONG or _DIGIT.search(secret) is not None or is_random(secret)


def _is_likely_address(secret: str) -> bool:
    """Between a user's name and a host a word counts, too, but not what documents write there."""
    is_word = secret.isalpha() and len(secret) >= _WORD_LONG and not _USUAL.search(secret)
    return is_word or _is_likely(secret)


@lru_cache(maxsize=None)
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(form)
