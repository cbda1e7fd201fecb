"""Words that open and close blocks, where a language lets the same word mean something else."""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

from orchestra.regex import regex
from orchestra.workspace.languages.language import Language
from orchestra.workspace.languages.look_back import LookBack

_SHELL_BEFORE = frozenset((
    "then", "do", "else", "elif", "if", "while", "until", "time", "fi", "done", "esac", "in", "coproc", "eval"
))
_PATTERN_END = regex(r"[ \t]{0,9}[)|](?!\|)")
_FOR_NAME = regex(r"\b(?:for|select)\s+\w+\s+\Z")
_FUNCTION_NAME = regex(r"(?:\bfunction\s+[^\s(){}]+\s+|^[ \t]*@test[ \t][^\n]*)\Z", re.M)
_RUBY_BEFORE = frozenset(("then", "do", "else", "begin", "ensure", "and", "or", "not", "in", "when", "elsif", "rescue"))
_RUBY_MODIFIERS = frozenset(("if", "unless", "while", "until"))
_RUBY_LOOPS = frozenset(("while", "until", "for"))
_CONDITION_END = regex(r"(?<!\bor)(?<!\band)(?<!&&)(?<!\|\|)(?<![,\\])\n|;")
_ENDLESS = regex(
    r"def\s+[\w.]+[?!]?(?:[ \t]*\((?:[^()]{0,500}(?:\([^()]{0,200}\)[^()]{0,200}){0,20})\)[ \t]*|[ \t]+)=(?![=~>])\s"
)
_DEFINED_NAME = regex(r"def\s+(?:\w+\s*\.\s*)?(?:\w+[?!=]?(?=[\s(;]|$)|[^\w\s(;]{1,3})")


class Verdict(NamedTuple):
    """What a word does."""

    end: int
    """Where to go on."""
    opens: str = ""
    """The word that closes what it opens."""
    closes: str = ""


Judge = Callable[["re.Match[str]", "str | None"], Verdict]


class WordJudge:
    """For languages whose block words are reserved wherever they stand (Lua)."""

    def __init__(self, text: str, language: Language, look_back: LookBack) -> None:
        assert language.blocks is not None
        self._text = text
        self._closers = dict(language.blocks.closers)
        self._look_back = look_back

    def judge(self, found: re.Match[str], closer: str | None) -> Verdict:
        """What a word does where `closer` is what must come next."""
        return self._plain(found)

    def may_stand_alone(self, char: str, closer: str | None) -> bool:
        """Whether a closing bracket may close nothing."""
        return False

    def _plain(self, found: re.Match[str]) -> Verdict:
        word = found.group().lower()
        if word in self._closers:
            return Verdict(found.end(), opens=self._closers[word])
        return Verdict(found.end(), closes=word)


class ShellWords(WordJudge):
    """Words are reserved where a command may start."""

    def judge(self, found: re.Match[str], closer: str | None) -> Verdict:
        word = found.group()
        if not self._starts_command(found.start()) and not self._continues(word, found.start()):
            return Verdict(found.end())
        if closer == "esac" and word != "esac" and _PATTERN_END.match(self._text, found.end()):
            # A pattern of a case.
            return Verdict(found.end())
        return self._plain(found)

    def may_stand_alone(self, char: str, closer: str | None) -> bool:
        return char == ")" and closer == "esac"

    def _continues(self, word: str, start: int) -> bool:
        """Whether the word stands where no command starts, yet is itself: `for NAME do`, `function NAME {`."""
        pattern = {"do": _FOR_NAME, "{": _FUNCTION_NAME}.get(word)
        return pattern is not None and pattern.search(self._text, max(0, start - 100), start) is not None

    def _starts_command(self, start: int) -> bool:
        place = _before_blanks(self._text, start)
        if place < 0 or self._text[place] in "\n;&|({)`!":
            return place < 0 or self._text[place] not in "&" or self._text[place - 1:place] not in (">", "<")
        if self._text[place] == "}":
            return True
        return place < start - 1 and self._look_back.word_ending_at(place) in _SHELL_BEFORE


class RubyWords(WordJudge):
    """`if` and the like open nothing behind a statement, `do` nothing behind a loop's condition."""

    _loop = (-1, "")

    def judge(self, found: re.Match[str], closer: str | None) -> Verdict:
        word, start = found.group(), found.start()
        if word == "def":
            return self._definition(start)
        if word == "class":
            inherited = re.compile(r"class\s*<<").match(self._text, start)
            return Verdict(inherited.end() if inherited else found.end(), opens="end")
        if word in _RUBY_MODIFIERS and not self._starts_expression(start):
            return Verdict(found.end())
        if word in _RUBY_LOOPS:
            self._loop = (start, closer or "")
        elif word == "do" and self._ends_condition(start):
            self._loop = (-1, "")
            return Verdict(found.end())
        return self._plain(found)

    def _definition(self, start: int) -> Verdict:
        named = _DEFINED_NAME.match(self._text, start)
        end = named.end() if named else start + 3
        return Verdict(end) if _ENDLESS.match(self._text, start) else Verdict(end, opens="end")

    def _ends_condition(self, start: int) -> bool:
        loop, _ = self._loop
        return loop >= 0 and start - loop < 500 and not _CONDITION_END.search(self._text, loop, start)

    def _starts_expression(self, start: int) -> bool:
        place = _before_blanks(self._text, start)
        if place < 0 or self._text[place] in "\r\n":
            return True
        char = self._text[place]
        if char.isalnum() or char == "_":
            word = self._look_back.word_ending_at(place)
            return word in _RUBY_BEFORE and place < start - 1 and self._text[place - len(word)] != "."
        if place + 1 == self._look_back.literal_end or self._text[place - 1:place] == "." != char:
            return False
        if char == "=" and re.search(r":\w+=\Z", self._text[max(0, place - 60):place + 1]):
            # The name of a method that assigns.
            return False
        if char in "?!":
            # The end of a method's name, or an operator.
            return re.match(r"\w", self._text[place - 1:place]) is None
        return char not in ")]}\"'`"


def _before_blanks(text: str, start: int) -> int:
    """The index of the last character before `start` that is neither a blank nor part of a line's continuation."""
    place = start - 1
    while place >= 0 and (text[place] in " \t" or text[place - 1:place + 1] == "\\\n"):
        place -= 2 if text[place] == "\n" else 1
    return place


def judge_for(text: str, language: Language, look_back: LookBack) -> WordJudge | None:
    """Who judges a language's words; None where no words open blocks."""
    if language.blocks is None:
        return None
    styles = {"shell": ShellWords, "ruby": RubyWords}
    return styles.get(language.blocks.style, WordJudge)(text, language, look_back)
