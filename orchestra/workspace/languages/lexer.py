"""Finds brackets, strings and comments that do not end, in any language that is described as data."""

from __future__ import annotations

import re
from typing import Callable, Iterable, NamedTuple, Optional

from orchestra.workspace.languages.defect import Defect, Unfinished
from orchestra.workspace.languages.directives import Conditionals
from orchestra.workspace.languages.heredocs import Heredocs
from orchestra.workspace.languages.jsx import scan_element
from orchestra.workspace.languages.language import Kind, Language, Rule
from orchestra.workspace.languages.look_back import LookBack
from orchestra.workspace.languages.rulebook import BRACKETS, rule_book
from orchestra.workspace.languages.words import WordJudge, judge_for

_TAIL_LENGTH = 200
"""How much of a text's end is looked at, in characters."""


class Open(NamedTuple):
    """Something that has been opened, and what is around it."""

    outer: Optional[Open]
    closer: str
    start: int
    resume: Rule | None
    """What goes on once it is closed: the string whose hole it is."""


def find_unfinished(text: str, language: Language) -> tuple[Defect, ...]:
    """The first thing that is not balanced or not finished; at most one defect, with the line where it opens."""
    if language.silent_when and re.search(language.silent_when, text):
        return ()
    try:
        Scan(text, language).run()
    except Unfinished as unfinished:
        return (Defect(text.count("\n", 0, unfinished.start) + 1, str(unfinished)),)
    return ()


class Scan:
    """One pass over one text."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.language = language
        self.top: Open | None = None
        self.look_back = LookBack(text, language)
        self._book = rule_book(language)
        self._conditionals: Conditionals[Open | None] = Conditionals(text)
        self._words: WordJudge | None = judge_for(text, language, self.look_back)
        self._heredocs = Heredocs(text, language)
        self._handlers: dict[Kind, Callable[[re.Match[str], Rule], int | None]] = {
            Kind.PASS: self._pass,
            Kind.COMMENT: self._comment,
            Kind.QUOTED: self._quoted,
            Kind.FIXED: self._fixed,
            Kind.NESTED: self._nested,
            Kind.HEREDOC: self._heredoc,
            Kind.TAG: self._tag,
            Kind.DIRECTIVE: self._directive,
            Kind.STOP: self._stop,
        }

    def run(self) -> None:
        """Raises Unfinished."""
        text, (jump, jump_or_line, rules, _, openers, closers, _) = self.text, self._book
        at, heredocs = self._start(), self._heredocs
        while True:
            found = (jump_or_line if heredocs.announced else jump).search(text, at)
            if found is None:
                break
            start = found.start()
            char = text[start]
            if char in rules:
                at = self._apply(rules[char], start, found)
            elif char in openers:
                self.top = Open(self.top, openers[char], start, None)
                at = start + 1
            elif char in closers:
                at = self._close(char, start)
            elif char == "\n":
                at = heredocs.read(start + 1)
            else:
                at = self._word(found)
        self._end()

    def push(self, closer: str, start: int, resume: Rule | None = None) -> None:
        """Open something."""
        self.top = Open(self.top, closer, start, resume)

    def pop(self) -> int:
        """Close the innermost; where it had opened."""
        assert self.top is not None
        start, self.top = self.top.start, self.top.outer
        return start

    @property
    def closer(self) -> str:
        """What must come next; empty where nothing is open."""
        return "" if self.top is None else self.top.closer

    def _start(self) -> int:
        if not self.language.starts_after:
            return 0
        found = re.search(self.language.starts_after, self.text)
        self.look_back.literal_end = found.end() if found else len(self.text)
        return self.look_back.literal_end

    def _apply(self, candidates: Iterable[tuple[re.Pattern[str], Rule]], start: int, found: re.Match[str]) -> int:
        for pattern, rule in candidates:
            match = pattern.match(self.text, start)
            if match is not None and (not rule.needs_operand or self.look_back.expects_operand(start)):
                at = self._handlers[rule.kind](match, rule)
                if at is not None:
                    return at
        return self._bracket_or_word(found)

    def _bracket_or_word(self, found: re.Match[str]) -> int:
        start = found.start()
        char = self.text[start]
        if found.end() - start > 1:
            return self._word(found)
        if char in self._book.openers:
            self.push(self._book.openers[char], start)
        elif char in self._book.closers:
            return self._close(char, start)
        return start + 1

    def _close(self, char: str, start: int) -> int:
        top = self.top
        if top is None or top.closer != char:
            return self._mismatch(char, start)
        self.top = top.outer
        self.look_back.closed = (top.start, start)
        return start + 1 if top.resume is None else self._resume(top, start + 1)

    def _mismatch(self, char: str, start: int) -> int:
        if self._words is not None and self._words.may_stand_alone(char, self.top and self.top.closer):
            return start + 1
        if self._conditionals.in_alternative:
            return start + 1
        if self.top is None:
            raise Unfinished(start, "'%s' closes nothing" % char)
        line = self.text.count("\n", 0, start) + 1
        opened = self._name(self.top)
        raise Unfinished(self.top.start, "%s is not closed before '%s' on line %d" % (opened, char, line))

    def _resume(self, hole: Open, at: int) -> int:
        rule = hole.resume
        assert rule is not None
        if rule.kind is Kind.TAG:
            return scan_element(self, at, rule)
        return self._go_on(rule, hole.start, at)

    def _go_on(self, rule: Rule, start: int, at: int) -> int:
        """The place after a string that started at `start` and is read from `at`, or after the start of its hole."""
        while True:
            match = self._book.rests[rule].match(self.text, at)
            if match is None:
                raise Unfinished(start, "this %s is not closed" % rule.what)
            at = match.end()
            hole = match.groupdict().get("hole")
            if hole is not None and hole not in self._book.holes:
                self.push(BRACKETS[hole[-1]], start, rule)
                return at
            if hole is not None:
                self.push("", start, rule)
                rule, start = self._book.holes[hole], match.start("hole")
                continue
            top = self.top
            if top is None or top.resume is None or top.closer:
                self.look_back.literal_end = at
                return at
            # It was itself the hole of a string.
            self.top, rule, start = top.outer, top.resume, top.start

    def _pass(self, match: re.Match[str], rule: Rule) -> int:
        self.look_back.literal_end = match.end()
        return match.end()

    def _comment(self, match: re.Match[str], rule: Rule) -> int:
        self.look_back.add_comment(match.start(), match.end())
        return match.end()

    def _quoted(self, match: re.Match[str], rule: Rule) -> int:
        return self._go_on(rule, match.start(), match.end())

    def _fixed(self, match: re.Match[str], rule: Rule) -> int:
        closer = rule.rest % match.group(1) if "%s" in rule.rest else rule.rest
        end = self.text.find(closer, match.end())
        if end < 0:
            raise Unfinished(match.start(), "this %s is not closed" % rule.what)
        end += len(closer)
        self._pass_over(rule, match.start(), end)
        return end

    def _pass_over(self, rule: Rule, start: int, end: int) -> None:
        if rule.what == "comment":
            self.look_back.add_comment(start, end)
        else:
            self.look_back.literal_end = end

    def _nested(self, match: re.Match[str], rule: Rule) -> int:
        depth = 1
        for mark in self._book.rests[rule].finditer(self.text, match.end()):
            depth += {"open": 1, "skip": 0}.get(mark.lastgroup or "", -1)
            if depth == 0:
                self._pass_over(rule, match.start(), mark.end())
                return mark.end()
        raise Unfinished(match.start(), "this %s is not closed" % rule.what)

    def _heredoc(self, match: re.Match[str], rule: Rule) -> int | None:
        top = self.top
        if top is not None and top.closer == ")" and top.start > 0 and self.text.startswith("((", top.start - 1):
            # A shift in shell arithmetic.
            return None
        self._heredocs.announce(match)
        self.look_back.literal_end = match.end()
        return match.end()

    def _tag(self, match: re.Match[str], rule: Rule) -> int | None:
        if self.look_back.is_generic(match.start()):
            return None
        return scan_element(self, match.start())

    def _directive(self, match: re.Match[str], rule: Rule) -> int | None:
        if self.text[self.text.rfind("\n", 0, match.start()) + 1:match.start()].strip():
            return None
        at, self.top = self._conditionals.read(match, self.top)
        self.look_back.add_comment(match.start(), at)
        return at

    def _stop(self, match: re.Match[str], rule: Rule) -> int:
        self.look_back.literal_end = len(self.text)
        return len(self.text)

    def _word(self, found: re.Match[str]) -> int:
        assert self._words is not None
        verdict = self._words.judge(found, self.top and self.top.closer)
        if verdict.opens:
            self.push(verdict.opens, found.start())
        elif verdict.closes:
            if self.top is None or self.top.closer != verdict.closes:
                self._mismatch(verdict.closes, found.start())
            else:
                self.top = self.top.outer
        return verdict.end

    def _end(self) -> None:
        self._heredocs.read(len(self.text))
        start = self._conditionals.unclosed()
        if self.top is not None and not (start is not None and start > self.top.start):
            raise Unfinished(self.top.start, "%s is not closed" % self._name(self.top))
        if start is not None:
            raise Unfinished(start, "this #if is not closed")
        if self.language.tail:
            self._look_at_tail()

    def _look_at_tail(self) -> None:
        end = self.look_back.place_before(len(self.text)) + 1
        if end <= max(0, self.look_back.literal_end):
            return
        found = re.search(r"(?m:%s)\Z" % self.language.tail, self.text[max(0, end - _TAIL_LENGTH):end])
        if found is not None:
            raise Unfinished(end - 1, "the last statement is not finished")

    def _name(self, opened: Open) -> str:
        if opened.closer.startswith("</"):
            return "this element"
        found = re.compile(r"[^\W\d]\w*|\S{1,2}").match(self.text, opened.start)
        name = found.group() if found else ""
        if opened.resume is not None:
            return "this %s" % opened.resume.what
        return "'%s'" % (name if name[:1].isalpha() else name[:1])
