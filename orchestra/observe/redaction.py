"""Secrets taken out of text before it is written anywhere."""

from __future__ import annotations

import json
import threading
from typing import Any, Iterable
from urllib.parse import quote

from orchestra.regex import regex

MASK = "***"
_SHORTEST = 6
_SHORTEST_SHAPE = 15
"""No shorter text is looked through, and most values are."""
_SHAPES = regex(
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{30,}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|AKIA[A-Z0-9]{16})|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}"
)


_MAY_BE_SHAPES = regex(_SHAPES.pattern.replace(r"\b", "", 1))
"""For text as JSON writes it, where an escaped line feed or tab ends in a letter."""


class Redactor:
    """Replaces known secrets, and what looks like a provider's key, by `***`. Any thread."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._secrets: list[str] = []
        self._as_json: set[str] = set()
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Also hide these. Very short values are left: hiding them would hide half of every text."""
        new = [secret for secret in secrets if len(secret) >= _SHORTEST]
        # As an address holds it, of which servers speak in their errors.
        new += [quote(secret, safe="") for secret in new]
        with self._lock:
            self._secrets = sorted({*self._secrets, *new}, key=len, reverse=True)
            self._as_json = {json.dumps(secret, ensure_ascii=False)[1:-1] for secret in self._secrets}

    def is_needed(self, encoded: str) -> bool:
        """Whether a text in JSON may hold something to hide: most do not, and this is quickly told."""
        return any(secret in encoded for secret in self._as_json) or bool(_MAY_BE_SHAPES.search(encoded))

    def text(self, text: str) -> str:
        known = self.known(text)
        return known if len(known) < _SHORTEST_SHAPE else _SHAPES.sub(MASK, known)

    def known(self, text: str) -> str:
        """The text without the known secrets; what only looks like one stays."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def value(self, value: Any) -> Any:
        """The same for every string of a JSON value, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, (int, float)):
            return value
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value
