"""Perl, as far as it can be read without running it: what is doubtful is passed over."""

from __future__ import annotations

import re

from orchestra.workspace.languages.language import Kind, Language, Rule, until

_PAIRS = ("()", "[]", "{}", "<>")
_BARE = r"(?<![\w$@%&*:-])(?<!->)(?<!\bsub )"
"""No variable, method or file test, no name that is being defined."""

_NO_OPERATOR = "".join(
    rf"(?<!\b{word}')" for word in "eq ne lt gt le ge cmp and or not print return x if unless die warn".split()
)
"""Behind these a quote begins a text; behind any other word it divides a name as `::` does."""


def _between(pair: str, depth: int = 4) -> str:
    """A text in brackets that may hold such brackets."""
    opener, closer = map(re.escape, pair)
    inner = r"(?!)"
    for _ in range(depth):
        inner = rf"{opener}(?:[^\\{opener}{closer}]|\\[\s\S]|{inner})*{closer}"
    return inner


def _marked(words: str, parts: int) -> str:
    """Words like `m` and `s` with as many texts between equal marks."""
    plain = r"[ \t]*([!\"$%&'*+./:?@^`|~-])(?:\\[\s\S]|(?!\1)[^\\])*\1" + r"(?:\\[\s\S]|(?!\1)[^\\])*\1" * (parts - 1)
    close = r"([#,]|=(?![>=~\s]))(?:\\[\s\S]|(?!\2)[^\\])*\2" + r"(?:\\[\s\S]|(?!\2)[^\\])*\2" * (parts - 1)
    return rf"{_BARE}(?:{words})(?:{plain}|{close})[a-z]*"


_ANY_PAIR = "|".join(map(_between, _PAIRS))
_SPACE = r"(?:\s|\s#[^\n]*\n)*"
PERL = Language(
    "Perl",
    (
        Rule("=", r"(?<![^\n])=cut\b[^\n]*", Kind.COMMENT),
        Rule("=", r"(?<![^\n])=[a-zA-Z][\s\S]*?(?:\n=cut\b[^\n]*|\Z)", Kind.COMMENT),
        Rule("_", r"(?<!\w)__(?:END|DATA)__(?!\w)", Kind.STOP),
        Rule("f", r"(?<![^\n])format(?:[ \t]+[\w:]+)?[ \t]*=[ \t]*(?=\r?\n)", Kind.FIXED, "\n.", "format"),
        Rule(
            "s",
            r"(?<![\w$@%&])sub(?:[ \t]+[\w:']+)?\s*:"
            r"(?:[\s:]*[A-Za-z]\w*(?:\((?:[^()\\\n]|\\.|\([^()\n]*\))*\))?(?!\w))+",
            Kind.PASS,
        ),
        Rule("s", r"(?<![\w$@%&])sub(?:\s+[\w:']+)?\s*\([\\$@%&*;+_\[\]\s]*\)", Kind.PASS),
        Rule(
            "$",
            r"\$(?:#?\${0,9}(?:::)?\w+(?:(?:::|'(?=[^\W\d]))\w+)*|#(?=[{$])|#[-+*]|\$"
            r"|\^\w|\{[^\w\s{}$\\@]\}|[^\w\s{}()\[#$])",
            Kind.PASS,
        ),
        Rule("$", r"\$[()\[](?=\s*(?:[;,=.!<>)}+]|\b(?:eq|ne|and|or|if|unless)\b))", Kind.PASS),
        Rule("*", r"(?<![\w@%$#&*)\]}])\*[\"'`/\[\]](?=\s*[;,)])", Kind.PASS),
        Rule("#", r"#[^\n]*", Kind.COMMENT),
        Rule("sty", rf"{_BARE}(?:s|tr|y){_SPACE}(?:{_ANY_PAIR}){_SPACE}(?:{_ANY_PAIR})[a-z]*", Kind.PASS),
        Rule("sty", _marked("s|tr|y", 2), Kind.PASS),
        *(
            Rule(
                "qm", rf"{_BARE}(?:m|q[qwxr]?)\s*{re.escape(pair[0])}", Kind.NESTED,
                rf"(?P<skip>\\[\s\S])|(?P<open>{re.escape(pair[0])})|{re.escape(pair[1])}[a-z]*",
            ) for pair in _PAIRS
        ),
        Rule("qm", _marked("m|q[qwxr]?", 1), Kind.PASS),
        Rule("<", r"(?<!<)<[\w$~./*][^<>\n;=]*>", Kind.PASS, needs_operand=True),
        Rule("/", "//", Kind.PASS),
        Rule("/", "/", Kind.QUOTED, until("/[a-z]*", first="/"), "pattern", needs_operand=True),
        Rule('"', '"', Kind.QUOTED, until('"')),
        Rule("'", r"(?<=[^\W\d])'(?=[^\W\d])" + _NO_OPERATOR, Kind.PASS),
        Rule("'", "'", Kind.QUOTED, until("'")),
        Rule("`", "`", Kind.QUOTED, until("`"), "command"),
        Rule(
            "<", r"<<(?P<indent>~?)[ \t]*[\"'`](?P<tag>(?<=\")[^\"\n]*|(?<=')[^'\n]*|(?<=`)[^`\n]*)[\"'`]",
            Kind.HEREDOC,
        ),
        Rule("<", r"(?<![\w)\]}])<<(?P<indent>~?)\\?(?P<tag>[^\W\d]\w*)", Kind.HEREDOC),
    ),
    operand_words=(
        "if unless while until elsif when and or not xor return split grep map join push unshift eq ne lt gt le ge cmp"
        " print foreach for"
    ),
    tail=r"[=,.]|&&|\|\||(?<!-)-|\b(?:my|our|local|sub|use|package|and|or|not|if|unless|eq|ne)",
    # What filters the source, or is code of another language.
    silent_when=r"(?m:^[ \t]*use[ \t]+(?:Switch|Filter|Inline|Perl6|Lingua|Acme)\b|^#[ \t]*(?:ifdef|ifndef)[ \t])",
)
