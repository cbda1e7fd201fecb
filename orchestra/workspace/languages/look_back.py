"""What stands before a token: whether a slash divides or starts a pattern, whether `<` compares or starts a tag."""

from __future__ import annotations

import re

from orchestra.regex import regex
from orchestra.workspace.languages.language import Language

_WORD_LENGTH = 24
_BLOCK_WORDS = frozenset(("else", "do", "try", "finally", "default"))
_CONDITION_WORDS = frozenset(("if", "while", "for", "with", "until", "elsif", "unless", "await"))
_GENERIC = regex(r"<\s*(?:const\s+)?[A-Z]\w*\s*(?:,|extends\b(?!\s*[=/>])|:|=[^={\"']*>\s*\()")
_BARE_NAME = regex(r"<\s*([A-Z]\w*)\s*>\s*\(")
_NEAR = 5000


class LookBack:
    """Remembers as little of what a scan has passed as the questions below need."""

    def __init__(self, text: str, language: Language) -> None:
        self.closed = (-1, -1)
        """Where the last pair of brackets opened and closed."""
        self.literal_end = -1
        """Where the last string or the like ended."""
        self._text = text
        self._words = frozenset(language.operand_words.split())
        self._is_ruby = language.name == "Ruby"
        self._is_perl = language.name == "Perl"
        self._has_bare_calls = language.name in ("Ruby", "Perl")
        """Whether `f /x/` calls a function, and a brace before a slash ends a value."""
        self._comment = (-1, -1)

    def add_comment(self, start: int, end: int) -> None:
        """Pass a comment; one that follows another is taken for its continuation."""
        first, last = self._comment
        gap = self._text[last:start] if 0 <= last else "x"
        self._comment = (first if not gap or gap.isspace() else start, end)

    def place_before(self, start: int) -> int:
        """The index of the last character before `start` that is neither blank nor comment; -1 at the beginning."""
        place = self._skip_blanks(start)
        if place + 1 == self._comment[1]:
            place = self._skip_blanks(self._comment[0])
        elif self._comment[1] > 0 and self._comment[0] <= place < self._comment[1]:
            # The comment's own end is a line's end.
            place = self._skip_blanks(self._comment[0])
        return place

    def word_ending_at(self, place: int) -> str:
        """The word whose last character is at `place`; empty where that is not part of a word."""
        start = place
        while start >= max(0, place - _WORD_LENGTH) and (self._text[start].isalnum() or self._text[start] in "_$"):
            start -= 1
        return self._text[start + 1:place + 1]

    def expects_operand(self, start: int) -> bool:
        """Whether an operand, not an operator, is to follow what stands before `start`."""
        place = self.place_before(start)
        if place < 0:
            return True
        if self._is_ruby and "\n" in self._text[place + 1:start]:
            return True
        char = self._text[place]
        if char.isalnum() or char in "_$":
            return self._word_expects_operand(place, start)
        if char == ")":
            return self._is_condition(place)
        if char == "}" and self._is_perl and "\n" in self._text[place + 1:start]:
            return self._text[start + 1:start + 2] not in (" ", "\t", "\n", "")
        if char == "}":
            return not self._has_bare_calls and place == self.closed[1] and self._is_block(self.closed[0])
        if char == "." and self._text[place - 1:place] != ".":
            # The name of an operator.
            return False
        if char in "]\"'`" or place + 1 == self.literal_end:
            return False
        if char in "+-" and self._text[place - 1:place] == char:
            return False
        if char == "!" and re.match(r"[\w)\]]", self._text[place - 1:place]):
            # TypeScript's "not null" and Ruby's names.
            return self._is_ruby and self._is_spaced(place, start)
        if char == "?" and self._is_ruby and re.match(r"\w", self._text[place - 1:place]):
            return self._is_spaced(place, start)
        return True

    def is_generic(self, start: int) -> bool:
        """Whether `<` opens type parameters of a function without a name."""
        if _GENERIC.match(self._text, start):
            return True
        found = _BARE_NAME.match(self._text, start)
        return found is not None and self._text.find("</%s>" % found.group(1), start, start + _NEAR) < 0

    def _skip_blanks(self, start: int) -> int:
        place = start - 1
        while place >= 0 and self._text[place].isspace():
            place -= 1
        return place

    def _word_expects_operand(self, place: int, start: int) -> bool:
        word = self.word_ending_at(place)
        before = self._text[place - len(word):place - len(word) + 1] if place >= len(word) else ""
        if word in self._words and (before != "." or self._text[place - len(word) - 2:place - len(word) + 1] == "..."):
            return True
        return self._has_bare_calls and not word[:1].isdigit() and self._is_spaced(place, start)

    def _is_spaced(self, place: int, start: int) -> bool:
        """`puts /x/` but not `a / b` nor `a/b`."""
        return start > place + 1 and self._text[start + 1:start + 2] not in (" ", "\t", "\n", "=", "")

    def _is_condition(self, place: int) -> bool:
        if place != self.closed[1]:
            return False
        before = self._skip_blanks(self.closed[0])
        word = self.word_ending_at(before)
        return word in _CONDITION_WORDS and self._text[before - len(word):before - len(word) + 1] != "."

    def _is_block(self, start: int) -> bool:
        """Whether the brace at `start` opens a block, not an object."""
        before = self._skip_blanks(start)
        if before < 0:
            return True
        char = self._text[before]
        if char in ");{}":
            return True
        if char == ">":
            return self._text[before - 1:before] == "="
        word = self.word_ending_at(before)
        return bool(word) and (word in _BLOCK_WORDS or word not in self._words)
