"""A language's regular expressions, compiled once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from orchestra.workspace.languages.language import Kind, Language, Rule

BRACKETS = {"(": ")", "[": "]", "{": "}"}


class RuleBook(NamedTuple):
    """What a scan looks things up in."""

    jump: re.Pattern[str]
    """The next place where something may begin or end."""
    jump_or_line: re.Pattern[str]
    """The same, or the next line."""
    rules: dict[str, list[tuple[re.Pattern[str], Rule]]]
    """By the character that they start with."""
    rests: dict[Rule, re.Pattern[str]]
    openers: dict[str, str]
    """Opening brackets, each with its closing one."""
    closers: frozenset[str]
    holes: dict[str, Rule]
    """What goes on in a hole of a string that is itself a string, by what opens the hole."""


@lru_cache(maxsize=None)
def rule_book(language: Language) -> RuleBook:
    rules: dict[str, list[tuple[re.Pattern[str], Rule]]] = {}
    for rule in language.rules:
        for char in rule.starts:
            rules.setdefault(char, []).append((re.compile(rule.opener), rule))
    stops = re.escape("".join(sorted(set(language.brackets) | set(rules))))
    words = language.blocks.pattern + "|" if language.blocks else ""
    by_name = {rule.what: rule for rule in language.rules}
    return RuleBook(
        jump=re.compile(words + "[%s]" % stops if stops else words[:-1]),
        jump_or_line=re.compile(words + r"[%s\n]" % stops),
        rules=rules,
        rests={rule: re.compile(rule.rest) for rule in language.rules if rule.kind in (Kind.QUOTED, Kind.NESTED)},
        openers={char: BRACKETS[char] for char in language.brackets if char in BRACKETS},
        closers=frozenset(language.brackets) - frozenset(BRACKETS),
        holes={hole: by_name[what] for hole, what in language.holes},
    )
