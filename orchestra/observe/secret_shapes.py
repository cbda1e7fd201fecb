"""Where a text holds secrets: tokens of known forms, private keys, passwords in addresses, values with telling names.

A pattern is tried only where a fixed part of it was found, and goes on over so many characters at most: the time grows
with the text alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, groupby
from typing import Iterator, Tuple

from orchestra.observe.beside_names import beside_names
from orchestra.observe.encoded import encoded
from orchestra.observe.introduced import introduced
from orchestra.observe.split_literals import across_seams, stretches_of
from orchestra.observe.telling_names import named_values
from orchestra.regex import regex

Spans = Tuple[Tuple[int, int], ...]
"""Where values begin and end."""
SHORTEST = 8
"""A shorter text is no secret that could be told from a word."""

# As the makers' documentation and the public rules of secret scanners have them.
_TOKENS = (
    # Models
    "sk- (?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,250}", "AIza [A-Za-z0-9_-]{35}", "gsk_ [A-Za-z0-9]{40,80}",
    "xai- [A-Za-z0-9]{40,100}", "hf_ [A-Za-z0-9]{30,50}", "r8_ [A-Za-z0-9]{37,40}", "pplx- [A-Za-z0-9]{32,60}",
    "nvapi- [A-Za-z0-9_-]{40,100}", "tvly- [A-Za-z0-9_-]{20,60}", "rpa_ [A-Z0-9]{40,60}",
    "api_org_ [A-Za-z0-9]{34}", "jina_ [A-Za-z0-9]{60}", "pcsk_ [A-Za-z0-9]{5,7}_[A-Za-z0-9]{50,70}",
    "lsv2_ [ps][tk]_[0-9a-f]{32}_[0-9a-f]{10}",
    # Clouds
    "AKIA [A-Z2-7]{16}", "ASIA [A-Z2-7]{16}", "ABIA [A-Z2-7]{16}", "ACCA [A-Z2-7]{16}", "ya29. [A-Za-z0-9_-]{20,500}",
    "GOCSPX- [A-Za-z0-9_-]{20,40}", "dop_v1_ [0-9a-f]{64}", "doo_v1_ [0-9a-f]{64}", "dor_v1_ [0-9a-f]{64}",
    "dapi [0-9a-f]{32}", "hvs. [A-Za-z0-9_-]{24,300}", "hvb. [A-Za-z0-9_-]{24,300}",
    "pscale_ (?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}", "sbp_ [0-9a-f]{40}",
    "dp. (?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9._-]{40,64}", "fm1_ [A-Za-z0-9+/=_-]{40,900}",
    "fm2_ [A-Za-z0-9+/=_-]{40,900}", "AGE-SECRET-KEY-1 [A-Z0-9]{58}", "LTAI [A-Za-z0-9]{16,24}",
    "nfp_ [A-Za-z0-9]{36}", "ops_eyJ [A-Za-z0-9+/=_-]{200,2000}",
    "tskey- [a-z]{2,10}-[A-Za-z0-9]{8,24}-[A-Za-z0-9]{20,60}",
    # Code and packages
    *("gh%s_ [A-Za-z0-9]{36,255}" % letter for letter in "pousr"), "github_pat_ [A-Za-z0-9_]{60,100}",
    *("gl%s- [A-Za-z0-9_.-]{20,64}" % kind for kind in ("pat", "dt", "rt", "cbt", "ptt", "ft", "imt", "agent", "oas")),
    "npm_ [A-Za-z0-9]{36}", "pypi- [A-Za-z0-9_-]{50,300}", "rubygems_ [0-9a-f]{48}", "cio [A-Za-z0-9]{32}",
    "dckr_pat_ [A-Za-z0-9_-]{27,60}", "dckr_oat_ [A-Za-z0-9_-]{27,60}", "ATATT3 [A-Za-z0-9_=-]{100,250}",
    "PMAK- [0-9a-f]{24}-[0-9a-f]{34}", "ATCTT3 [A-Za-z0-9_=-]{100,250}", "CCIPAT_ [A-Za-z0-9]{20,24}_[0-9a-f]{40}",
    "bkua_ [0-9a-f]{40}", "sgp_ (?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}", "AKCp [A-Za-z0-9]{60,80}",
    # Talking and paying
    *("xox%s- [A-Za-z0-9-]{10,250}" % letter for letter in "abeoprs"), "xapp- [A-Za-z0-9-]{20,250}",
    "hooks.slack.com/ (?:services|workflows|triggers)/[A-Za-z0-9/_+-]{20,150}",
    "api/webhooks/ [0-9]{15,22}/[A-Za-z0-9_-]{50,90}", "SG. [A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{30,64}",
    *("%sk_%s_ [A-Za-z0-9]{16,250}" % (letter, kind) for letter in "sr" for kind in ("live", "test", "prod")),
    "whsec_ [A-Za-z0-9+/=]{24,100}", "SK [0-9a-f]{32}", "key- [0-9a-f]{32}",
    *("sq0%s- [A-Za-z0-9_-]{22,43}" % kind for kind in ("atp", "csp", "idp")),
    *("shp%s_ [0-9a-fA-F]{32}" % kind for kind in ("at", "ca", "pa", "ss")), "lin_api_ [A-Za-z0-9]{40}",
    "xkeysib- [0-9a-f]{64}-[A-Za-z0-9]{16}",
    "re_ (?=[A-Za-z_]*[0-9])[A-Za-z0-9]{8}_[A-Za-z0-9]{24}", "EZAK [A-Za-z0-9]{54}",
    "duffel_live_ [A-Za-z0-9_=-]{43}",
    "ntn_ [A-Za-z0-9]{40,60}", "secret_ [A-Za-z0-9]{43}", "figd_ [A-Za-z0-9_-]{40,60}",
    "pat [A-Za-z0-9]{14}\\.[0-9a-f]{64}",
    # Watching
    "NRAK- [A-Z0-9]{27}", "glsa_ [A-Za-z0-9]{32}_[0-9A-Fa-f]{8}", "glc_ [A-Za-z0-9+/=]{40,400}",
    "dt0c01. [A-Z0-9]{24}\\.[A-Z0-9]{64}", "sntrys_ [A-Za-z0-9+/=_-]{40,400}", "sntryu_ [A-Za-z0-9+/=_-]{40,400}",
    "phx_ [A-Za-z0-9]{40,60}",
    # Private keys without their frame: of OpenSSH, of PKCS #8 and PKCS #1, of elliptic curves
    "b3BlbnNzaC1rZXktdjE [A-Za-z0-9+/=]{40,20000}",
    "MII [A-Za-z0-9+/]{2}[AQgw]IBA(?:DANBgkqhkiG9w0BAQEFAASC|AKCA)[A-Za-z0-9+/=]{40,20000}",
    "MIGHAgEAMBMGByqGSM49AgEG [A-Za-z0-9+/=]{40,400}", "MHcCAQEEI [A-Za-z0-9+/=]{60,400}",
    "MC4CAQAwBQYDK2VwBCIEI [A-Za-z0-9+/=]{40,60}",
    # JSON web tokens, of whatever maker, and keys of Grafana
    "eyJ (?:[A-Za-z0-9_-]{10,2000}\\.eyJ[A-Za-z0-9_-]{10,4000}\\.[A-Za-z0-9_-]{10,1000}|rIjoi[A-Za-z0-9+/=]{40,400})",
)
"""What a token begins with, a blank, and how it goes on."""
_FORMS = {
    begin: re.escape(begin) + rest + "(?![A-Za-z0-9])" for begin, _, rest in (form.partition(" ") for form in _TOKENS)
}
"""Compiled by need: few texts hold more than a few of them."""
_BEGINS = regex(
    "(?<![A-Za-z0-9])(?:%s)" % "|".join(
        f"{re.escape(first)}(?:%s)" % "|".join(re.escape(begin[1:]) for begin in begins)
        for first, begins in groupby(sorted(_FORMS), lambda begin: begin[0])
    )
)
"""By their first characters: all of them side by side take three times as long."""
_LONG_RUN = regex(r"[A-Za-z0-9_+/=.~:-]{20,}")
"""Every token lies in one: few are looked at, since most of a text are words."""
_IN_THE_MIDDLE = (
    (":AA", r"(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9])"),
    ("8Q~", r"[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,40}"),
    (".", r"(?<![\w.-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.(?=[A-Za-z_-]{0,26}[0-9])[\w-]{27,40}(?![\w-])"),
    (":APA91b", r"(?<![\w-])[\w-]{11}:APA91b[\w-]{120,180}"),
    (".atlasv1.", r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,90}"),
)
_MAY_BE_TOKEN = regex(r"[0-9]|A[KSBC][IC]A")
_KEY_BEGINS = regex(
    r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"|Private-Lines: [0-9]{1,3}(?=\r?\n)"
)
_KEY_LINE = regex(
    r"[ \t>+#*/\"'|-]{0,40}(?:[A-Za-z-]{2,20}: [^\n]{0,100}|[A-Za-z0-9+/=\\]{0,1000})[\"',;\\ \t\r+]{0,8}(?:\n|\Z)"
)
_KEY_PART = regex(r"[A-Za-z0-9+/=]{8,}")
_MOST_KEY = 30_000
"""In characters; no private key is longer."""


def find_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Where secrets begin and end, in no order; some may lie within others.

    Of a private key each line is one by itself: in a diff they stand behind signs, and some may be missing. So is each
    part of a string that is written in several.
    """
    return chain(*find_apart(text))


def find_apart(text: str) -> tuple[Spans, Spans]:
    """Those that are secrets by their form, or by what they are assigned to, and those that only stand beside a name.

    The first are secrets wherever else they stand; elsewhere the others may mean something else.
    """
    stretches = tuple(stretches_of(text))
    sure, likely = ((*find(text), *across_seams(text, stretches, find)) for find in (_found, beside_names))
    return sure, likely


def holds_secret(text: str) -> bool:
    """Whether something in it looks like one."""
    return next(find_secrets(text), None) is not None


def without_secrets(text: str) -> str:
    """The text with `***` in place of each."""
    pieces, position = [], 0
    for start, end in sorted(find_secrets(text)):
        if end > position:
            pieces += [text[position:max(start, position)], "***" if start >= position else ""]
            position = end
    return "".join([*pieces, text[position:]])


def _found(text: str, *, is_decoded: bool = False) -> Iterator[tuple[int, int]]:
    for start, end in _stretches(text):
        yield from _tokens(text, start, end)
        if not is_decoded:
            yield from encoded(text, start, end, lambda plain: _found(plain, is_decoded=True))
    yield from introduced(text)
    yield from named_values(text)
    if "PRIVATE KEY" in text or "Private-Lines" in text:
        end = 0
        for match in _KEY_BEGINS.finditer(text):
            if match.start() >= end:
                end = _end_of_key(text, match.end())
                yield from (part.span() for part in _KEY_PART.finditer(text, match.end(), end))


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Where tokens may lie: each long run that may hold one, those on lines one after the other as one."""
    start = end = 0
    for run in _LONG_RUN.finditer(text):
        if _MAY_BE_TOKEN.search(run[0]):
            if run.start() > end + 1:
                yield start, end
                start = run.start()
            end = run.end()
    yield start, end


def _tokens(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The tokens that begin in this stretch."""
    for begin in _BEGINS.finditer(text, start, end):
        match = _compiled(_FORMS[begin[0]]).match(text, begin.start())
        if match is not None and not text[max(0, begin.start() - 1):begin.start()].isalnum():
            yield match.span()
    for needed, form in _IN_THE_MIDDLE:
        if text.find(needed, start, end) >= 0:
            yield from (match.span() for match in _compiled(form).finditer(text, start, end))


@lru_cache(maxsize=None)
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(form)


def _end_of_key(text: str, position: int) -> int:
    """Where a key ends; without its last line before the first that cannot be a part of it."""
    end = text.find("-----END", position, position + _MOST_KEY)
    if end >= 0:
        return end
    end = text.find("\n", position, position + _MOST_KEY) + 1
    while end and end - position < _MOST_KEY:
        match = _KEY_LINE.match(text, end)
        if match is None or match.end() == end:
            break
        end = match.end()
    return end or position
