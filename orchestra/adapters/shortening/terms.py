"""The words that a text is about."""

from __future__ import annotations

from typing import Iterable, Sequence

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.regex import regex

_WORD = regex(r"[a-z_][a-z0-9_]{2,}")
_CHINESE = regex("[\u3400-\u9fff]{2,}")
_COMMON = frozenset((
    "about after all also and any are because been before being both but can could did does done each else even every "
    "file files first for from get had has have her here him his how into its just last let like line lines made make "
    "may more most much must new none not now off old one only other our out over own path per put same see set she "
    "should some such take than that the their them then there these they this those three too two under use used uses "
    "using very was way well were what when where which while who why will with would you your "
    "self return def class import str int true false null none function const var public static void string"
).split())


def words(text: str) -> list[str]:
    """Its words and names in small letters, and its Chinese in pairs of characters, as often as they stand there."""
    found: list[str] = _WORD.findall(text.lower())
    if text.isascii():
        return found
    for run in _CHINESE.findall(text):
        found.extend(map("".join, zip(run, run[1:])))
    return found


def terms(text: str) -> frozenset[str]:
    """Its words without those that every text has."""
    return without_common(words(text))


def without_common(found: Iterable[str]) -> frozenset[str]:
    """The words without those that every text has."""
    return frozenset(found) - _COMMON


def key_terms(passages: Sequence[Passage]) -> frozenset[str]:
    """What the protected passages are about: the task, the plan, the file in work."""
    return frozenset().union(*(terms(passage.text) for passage in passages if passage.kind is Kind.PROTECTED))
