"""Text for a terminal's cells: harmless, and as wide as it says."""

from __future__ import annotations

import unicodedata
from os.path import commonprefix
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


def told_apart(paths: Iterable[str], width: int) -> dict[str, str]:
    """Each path in `width` cells: whole or its end, before it what sets it apart where two would end alike."""
    names: dict[str, str] = {}
    alike: dict[str, list[str]] = {}
    for path in dict.fromkeys(paths):
        names[path] = clip(path, width, keeps_end=True)
        # What may stand beside the half that sets them apart.
        alike.setdefault(clip(path, width - width // 2, keeps_end=True), []).append(path)
    for group in alike.values():
        if len({names[path] for path in group}) < len(group):
            names.update(_set_apart(sorted(path for path in group if width_of(harmless(path)) > width), width))
    return names


def _set_apart(group: list[str], width: int) -> dict[str, str]:
    """Where the first of them differ, else where each leaves the one most like it, else both."""
    first, tail = len(commonprefix(group)), len(commonprefix([path[::-1] for path in group]))
    shared = [0, *(len(commonprefix(pair)) for pair in zip(group, group[1:])), 0]
    own = [max(shared[place:place + 2]) for place in range(len(group))]
    names: dict[str, str] = {}
    for starts in ([[first] for _ in group], [[place] for place in own], [[first, place] for place in own]):
        names = {path: _pieces(path, begun, len(path) - tail, width) for path, begun in zip(group, starts)}
        if len({*names.values()}) == len(group):
            break
    return names


def _pieces(path: str, starts: list[int], end: int, width: int) -> str:
    """Half of the cells for what begins at `starts`, each behind a mark; the rest for the path's end."""
    if not any(start < end for start in starts):
        return clip(path, width, keeps_end=True)
    room = width // 2 // len(starts)
    pieces = [clip("~" + path[start:end], room, mark="") for start in starts if start < end]
    used = sum(map(width_of, pieces))
    return "".join(pieces) + clip(path[max(*starts, end, 0):], width - used, keeps_end=True)


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
