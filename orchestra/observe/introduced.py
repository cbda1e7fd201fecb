"""Secrets by what stands before them: in addresses, headers, calls, and commands that take a password."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Iterator

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
        # Loaded with the first that may be one of Kubernetes' manifests.
        from orchestra.observe.manifests import in_manifests

        yield from in_manifests(text)
    yield from _arguments(text)


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
