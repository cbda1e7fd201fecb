"""Shorter by passages that stand in the prompt more than once."""

from __future__ import annotations

from typing import Sequence

from orchestra.adapters.shortening.passages import Kind, Passage

_SHORTEST_ANCHOR = 12
"""A line of fewer characters, such as a closing bracket, is no sign of a repeated passage."""
_SHORTEST_REPEAT = 80
"""In characters, without indentation."""
_BARRIER = "\n"
"""Stands between passages, so that none is taken to go on in the next; no line is it."""


def drop_repeats(passages: Sequence[Passage], excess_tokens: int) -> list[Passage]:
    """The passages with a note in the place of lines that stand in a protected passage or in an earlier one.

    Indentation does not tell lines apart.
    """
    seen = _Seen()
    for passage in passages:
        if passage.kind is Kind.PROTECTED:
            seen.read(passage.text)
    return [
        passage if passage.is_fixed else passage.with_text(seen.without_repeats(passage.text)) for passage in passages
    ]


class _Seen:
    """Every line read so far, and where each that may begin a repeat was first."""

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._places: dict[str, int] = {}

    def read(self, text: str) -> None:
        start = self._add(text.split("\n"))
        for place in range(start, len(self._keys)):
            self._note_place(place)

    def without_repeats(self, text: str) -> str:
        """The text without repeats; it counts as read then."""
        lines = text.split("\n")
        start, kept, number = self._add(lines), [], 0
        while number < len(lines):
            place = start + number
            length = self._repeat_at(place) if self._keys[place] in self._places else 0
            if length and sum(map(len, self._keys[place:place + length])) >= _SHORTEST_REPEAT:
                kept.append(_note(length))
                number += length
                continue
            self._note_place(place)
            kept.append(lines[number])
            number += 1
        return "\n".join(kept)

    def _note_place(self, place: int) -> None:
        key = self._keys[place]
        if len(key) >= _SHORTEST_ANCHOR:
            self._places.setdefault(key, place)

    def _add(self, lines: Sequence[str]) -> int:
        self._keys.append(_BARRIER)
        start = len(self._keys)
        self._keys.extend(line.strip() for line in lines)
        return start

    def _repeat_at(self, place: int) -> int:
        """How many lines from here on were read before, without blank ones at their end."""
        keys, earlier, length = self._keys, self._places[self._keys[place]], 0
        while place + length < len(keys) and keys[earlier + length] == keys[place + length]:
            length += 1
        while length and not keys[place + length - 1]:
            length -= 1
        return length


def _note(lines: int) -> str:
    return "[%d repeated %s left out]" % (lines, "line" if lines == 1 else "lines")
