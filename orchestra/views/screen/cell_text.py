"""Text for a terminal's cells: harmless, and as wide as it says."""

from __future__ import annotations

import unicodedata
from typing import Iterable

TAB = "    "


def harmless(text: str) -> str:
    """The text with every character as one that has a cell or two of its own.

    What steers a terminal or has no certain width becomes `?`; marks that sit upon another character go.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_harmless, unicodedata.normalize("NFC", text.replace("\t", TAB))))


def _harmless(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Mn", "Me"):
        return ""
    # Vowels and finals of Hangul join what stands before them; two flags' letters become one flag.
    is_joining = "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff" or "\U0001f1e6" <= char <= "\U0001f1ff"
    return "?" if category[0] == "C" or category in ("Zl", "Zp") or is_joining else char


def width_of(text: str) -> int:
    """In cells, of harmless text."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, width: int, *, mark: str = "~", keeps_end: bool = False) -> str:
    """Harmless text of at most `width` cells; `mark` stands where it was cut: at its end, or at its start."""
    text = harmless(text)
    if width_of(text) <= width:
        return text
    kept, room = [], width - len(mark)
    for char in reversed(text) if keeps_end else text:
        room -= _width(char)
        if room < 0:
            break
        kept.append(char)
    if width < len(mark):
        return ""
    return mark + "".join(reversed(kept)) if keeps_end else "".join(kept) + mark


def padded(text: str, width: int, *, keeps_end: bool = False) -> str:
    """Clipped, and filled up to exactly `width` cells."""
    text = clip(text, width, keeps_end=keeps_end)
    return text + " " * (width - width_of(text))


def fold(lines: Iterable[str], width: int) -> list[list[str]]:
    """Each line as the rows that hold all of it, one at least."""
    return [_folded(harmless(line), max(2, width)) for line in lines]


def _folded(text: str, width: int) -> list[str]:
    if width_of(text) <= width:
        return [text]
    rows, row, used = [], "", 0
    for char in text:
        cells = _width(char)
        if used + cells > width:
            rows.append(row)
            row, used = "", 0
        row += char
        used += cells
    return [*rows, row]
