"""What stands in a prompt in place of a secret, and how the secret comes back."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from functools import lru_cache
from typing import Callable, Collection, Iterable, Sequence

from orchestra.observe.secret_shapes import SHORTEST, find_apart
from orchestra.regex import regex

PLACEHOLDER = regex(r"__ORCHESTRA_SECRET_[0-9a-f]{12}__")
_LOW = r"(?:\\{1,3}_|&#95;|%5F|_)"
_LIKE_ONE = regex(
    PLACEHOLDER.pattern + r"|(?i:_{0,2}ORCHESTRA_SECRET_\w{0,64})"
    rf"|(?i:{_LOW}{{0,2}}ORCHESTRA{_LOW}SECRET{_LOW}[0-9a-f]{{4,12}}{_LOW}{{0,2}})"
)
"""Also with its low lines written as Markdown, HTML and addresses may have them."""
_WORD = regex(r"[A-Za-z]+|[0-9]+|[\w-]{1,11}")
"""What may well stand elsewhere and mean something else: it is hidden where it is found, not wherever it occurs."""

_MOST_KEPT = 128
_MOST_PASSES = 5


class Placeholders:
    """Knows the secrets of the texts it was shown, and a stand-in for each. Any thread.

    A stand-in is made from the journal's key and the value: the same in every run, and telling nothing of either. It
    is valid in strings, names and addresses.
    """

    def __init__(
        self, key: bytes, known: Iterable[str] = (), *, tell: Callable[[Collection[str]], None] = lambda values: None
    ) -> None:
        """`known` are secrets from elsewhere, such as providers' keys; `tell` hears of every value that is found."""
        self._key = key
        self._tell = tell
        self._lock = threading.Lock()
        self._values: dict[str, str] = {}
        self._common: tuple[str, ...] = ()
        # Most parts of a prompt stand in the next one too.
        self._spans = lru_cache(maxsize=_MOST_KEPT)(find_apart)
        self._add(value for value in known if len(value) >= SHORTEST)

    @property
    def known(self) -> int:
        """How many secrets are known."""
        return len(self._values)

    def learn(self, text: str) -> None:
        """Remember the secrets of a text, so that they are hidden where nothing tells what they are."""
        self.learn_all((text,))

    def learn_all(self, texts: Iterable[str]) -> None:
        """As `learn`: all of them are noted at once, since noting takes longer the more is known."""
        all_sure: set[str] = set()
        all_likely: set[str] = set()
        # One by one: all texts of a repository need not be there at once.
        for text in texts:
            sure, likely = find_apart(text)
            all_sure.update(text[start:end] for start, end in sure)
            all_likely.update(text[start:end] for start, end in likely)
        self._add(all_sure)
        self._note(all_likely)

    def learn_values(self, values: Collection[str]) -> None:
        """Remember values that are secrets by the file they stand in: also short ones are hidden wherever they occur.
        """
        values = [value for value in values if not PLACEHOLDER.search(value)]
        self._note(values)
        self._spread(values)

    def hide(self, text: str) -> str:
        """The text with a stand-in for each of its secrets, and for those of the texts before."""
        for _ in range(_MOST_PASSES):
            hidden = self._hidden(text)
            if hidden == text:
                break
            # A stand-in may leave beside it what had no form of its own before.
            text = hidden
        return text

    def hide_known(self, text: str) -> str:
        """The text with a stand-in for each secret that was known before; what only looks like one stays."""
        return self._without_known(text, [])

    def _hidden(self, text: str) -> str:
        sure, likely = self._spans(text)
        if sure:
            self._add({text[start:end] for start, end in sure})
        return self._without_known(text, [*sure, *likely])

    def _without_known(self, text: str, spans: list[tuple[int, int]]) -> str:
        for value in self._common:
            start = text.find(value)
            while start >= 0:
                spans.append((start, start + len(value)))
                start = text.find(value, start + len(value))
        if not spans:
            return text
        return self._replaced(text, _united(spans, [match.span() for match in PLACEHOLDER.finditer(text)]))

    def put_back(self, text: str, own: Sequence[str]) -> str:
        """The text with the secrets that the texts in `own` hold; other stand-ins stay as they are."""

        def value_of(match: re.Match[str]) -> str:
            value = self._values.get(match[0])
            return value if value is not None and any(value in each for each in own) else match[0]

        return PLACEHOLDER.sub(value_of, text)

    def strangers(self, text: str, own: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What looks like a stand-in and may not be in the text: those of other files' secrets, and invented ones.

        What stands so in `own` already is that file's own words.
        """
        found = [like for like in dict.fromkeys(_LIKE_ONE.findall(text)) if not any(like in each for each in own)]
        foreign = tuple(like for like in found if like in self._values)
        return foreign, tuple(like for like in found if like not in self._values)

    def _add(self, values: Iterable[str]) -> None:
        """Note them, and hide them wherever they occur."""
        values = [value for value in values if not PLACEHOLDER.search(value)]
        self._note(values)
        self._spread(value for value in values if not _WORD.fullmatch(value))

    def _spread(self, values: Iterable[str]) -> None:
        with self._lock:
            common = {*self._common, *values}
            if len(common) > len(self._common):
                # Readers in other threads keep what they have.
                self._common = tuple(sorted(common))

    def _note(self, values: Iterable[str]) -> None:
        new = {self._stand_in(value): value for value in values if not PLACEHOLDER.search(value)}
        with self._lock:
            new = {name: value for name, value in new.items() if name not in self._values}
            if not new:
                return
            self._values = {**self._values, **new}
        self._tell(new.values())

    def _stand_in(self, value: str) -> str:
        digest = hmac.new(self._key, b"secret\0" + value.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"__ORCHESTRA_SECRET_{digest.hexdigest()[:12]}__"

    def _replaced(self, text: str, spans: Sequence[tuple[int, int]]) -> str:
        self._note({text[start:end] for start, end in spans})
        pieces, position = [], 0
        for start, end in spans:
            pieces += [text[position:start], self._stand_in(text[start:end])]
            position = end
        return "".join([*pieces, text[position:]])


def _united(spans: Iterable[tuple[int, int]], taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that overlap as one; without those that touch what is taken."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            start, end = found[-1][0], max(end, found.pop()[1])
        found.append((start, end))
    return [
        (start, end) for start, end in found
        if not any(first < end and start < last for first, last in taken)
    ]
