"""The lines around quoted text: a pair of marks that the text between them cannot know.

A mark is first made from the quoted text alone, which cannot hold its own hash, and then, before the prompt is sent,
made anew with the key of the repository's journal: whoever wrote the text cannot foresee it, and equal texts have equal
marks, so that what is cached stays so.
"""

from __future__ import annotations

import hmac
import re
from functools import lru_cache

from orchestra.regex import regex

FENCE = r"</?data-[0-9a-f]{16}>"
_ANY = regex(FENCE)
_OPENING = regex(r"^<data-([0-9a-f]{16})>\n", re.M)


def fence(text: str) -> str:
    """The text between two marks made from it."""
    body = text if not text or text.endswith("\n") else text + "\n"
    mark = _mark(b"", body)
    return f"<data-{mark}>\n{body}</data-{mark}>"


@lru_cache(maxsize=64)
def keyed(text: str, key: bytes) -> str:
    """The text with the marks of its fences made anew from the key; marks within a fence are the quoted text's own."""
    if "<data-" not in text:
        return text
    pieces: list[str] = []
    position = 0
    while True:
        opening = _OPENING.search(text, position)
        if opening is None:
            return "".join([*pieces, text[position:]])
        end = text.find(f"</data-{opening[1]}>", opening.end())
        body = text[opening.end():max(end, opening.end())]
        if end < 0 or _mark(b"", body) != opening[1]:
            # A mark that no fence of ours has: it stays what it is, text.
            pieces.append(text[position:opening.end()])
            position = opening.end()
            continue
        mark = _mark(key, body)
        pieces += [text[position:opening.start()], f"<data-{mark}>\n{body}</data-{mark}>"]
        position = end + len(f"</data-{opening[1]}>")


def without_marks(text: str) -> str:
    """The text with all marks alike, as it would be with any key."""
    return _ANY.sub(lambda match: "</data>" if match[0].startswith("</") else "<data>", text)


def _mark(key: bytes, body: str) -> str:
    return hmac.digest(key + b"\0fence", body.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]
