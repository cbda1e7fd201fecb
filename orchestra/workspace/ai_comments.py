"""Comments that ask for something: those that end, or begin, in `AI!`, as in other tools."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import PurePosixPath

from orchestra.dataclass import dataclass
from orchestra.regex import regex
from orchestra.workspace.languages.interpreters import interpreter_of, suffix_of

MOST_CHARACTERS = 1_000_000
_ASKS = regex(r"(?i)(?:.*(?<![\w.-]))?ai!|ai!\s.*")
_SAYS_AI = regex(r"(?i)(?:.*(?<![\w.-]))?ai[!?]?|ai[!?:]?\s.*")
_MARK = regex(r"(?i)\A\s*ai[!?:]?(?=\s|\Z)|(?<![\w.-])ai[!?]?\s*\Z")

_C_BLOCK, _MARKUP = ("/*", "*/"), ("<!--", "-->")
_STYLES: tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...], str], ...] = (
    (('"', "#"), (), "vim vimrc gvimrc"),
    (("REM", "::"), (), "bat cmd"),
    (("#",), (), "py pyi rb rake sh bash zsh fish yaml yml toml r pl pm jl mk mak ex exs cr nim conf cfg properties"
     " graphql gql ps1 psm1 makefile dockerfile gemfile rakefile gitignore"),
    (("//",), (_C_BLOCK,), "c h cc cpp cxx hh hpp hxx cu m mm java cs go rs kt kts scala swift dart groovy gradle proto"
     " sol zig js mjs cjs jsx ts mts cts tsx scss less jsonc json5 v sv"),
    (("//", "#"), (_C_BLOCK,), "php tf hcl nix"),
    (("//",), (_C_BLOCK, _MARKUP), "vue svelte"),
    ((), (_C_BLOCK,), "css"),
    ((), (_MARKUP,), "html htm xml svg md markdown xhtml"),
    (("--",), (_C_BLOCK,), "sql"),
    (("--",), (("--[[", "]]"),), "lua"),
    (("--",), (("{-", "-}"),), "hs elm purs"),
    (("--",), (), "adb ads vhd vhdl"),
    ((), (("(*", "*)"),), "ml mli"),
    ((";", ";;"), (("#|", "|#"),), "lisp clj cljs edn el scm rkt asm s"),
    ((";", "#"), (), "ini"),
    (("%",), (), "tex sty erl hrl"),
    (("#",), (("#[[", "]]"),), "cmake"),
)
_COMMAND = r"(?:^|(?<=[&|(]))[\s@]*(?i:%s)"
_PATTERNS = {'"': r'^\s*"|"(?=[^"]*$)', "REM": _COMMAND % r"rem(?!\S)", "::": _COMMAND % "::"}
"""Of openers that mean a comment only where they are no string, and where a command may be."""
_PYTHON = (".py", ".pyi")
_ANY = (("#", "//", "--", ";"), ())
_BY_SUFFIX = {suffix: (lines, blocks) for lines, blocks, suffixes in _STYLES for suffix in suffixes.split()}


@dataclass(frozen=True)
class AiComment:
    """One such comment with the comments beside it that say `AI` too."""

    line: int
    """Where it begins, from 1."""
    text: str
    """What it asks for, without comment marks."""
    quoted: str
    """Its lines as they stand in the file."""


def may_ask(content: bytes) -> bool:
    """Whether `find_ai_comments` might find something: most files can be passed over."""
    return b"ai!" in content.lower()


def find_ai_comments(path: str, text: str) -> tuple[AiComment, ...]:
    """What is asked for in a file, from its start to its end."""
    if "ai!" not in text[:MOST_CHARACTERS].lower():
        return ()
    lines = text[:MOST_CHARACTERS].splitlines()
    said = _comments(path, text, lines)
    found = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and _SAYS_AI.fullmatch(said[end] or ""):
            end += 1
        group = range(at, end)
        if any(_ASKS.fullmatch(said[index] or "") for index in group):
            found.append(_comment(group, said, lines))
        at = max(end, at + 1)
    return tuple(comment for comment in found if comment.text)


def _comment(group: range, said: list[str | None], lines: list[str]) -> AiComment:
    start = group.start
    if not any(_MARK.sub("", said[index] or "").strip() for index in group):
        # The mark stands alone, below the comment that it is about.
        while start > 0 and said[start - 1]:
            start -= 1
    parts = [_MARK.sub("", said[index] or "").strip(" \t,;:") for index in range(start, group.stop)]
    return AiComment(start + 1, "\n".join(filter(None, parts)), "\n".join(lines[start:group.stop]))


def _comments(path: str, text: str, lines: list[str]) -> list[str | None]:
    """Of each line what a comment in it says; None for a line without one."""
    markers, blocks = _style_of(path, text)
    openers = sorted([*markers, *(opener for opener, _ in blocks)], key=len, reverse=True)
    if not openers:
        return [None] * len(lines)
    pattern = re.compile("|".join(_PATTERNS.get(opener) or re.escape(opener) for opener in openers))
    closers = dict(blocks)
    said: list[str | None] = []
    inside = ""
    for line in lines:
        rest: str | None = line
        if not inside:
            opened = _opening(pattern, line)
            rest = None if opened is None else line[opened.end():]
            inside = "" if opened is None else closers.get(opened.group(), "")
        if rest is not None and inside and inside in rest:
            rest, inside = rest[:rest.index(inside)], ""
        said.append(None if rest is None else rest.strip().lstrip("*#/;-%!").strip())
    commented = _python_comments(text) if suffix_of(path, text) in _PYTHON else None
    return said if commented is None else [each if at in commented else None for at, each in enumerate(said, 1)]


def _python_comments(text: str) -> frozenset[int] | None:
    """The lines with comments, which strings of several lines may only seem to be; None where it cannot be read."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return None
    return frozenset(token.start[0] for token in tokens if token.type == tokenize.COMMENT)


def _opening(pattern: re.Pattern[str], line: str) -> re.Match[str] | None:
    """Where a comment starts: after a blank or a bracket, and in no string, as far as quotes can tell."""
    for found in pattern.finditer(line):
        before = line[:found.start()]
        is_free = not before or before[-1] in " \t;{}(),>&|"
        if is_free and before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return found
    return None


def _style_of(path: str, text: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    known = _BY_SUFFIX.get(suffix_of(path, text)[1:] or PurePosixPath(path).name.lower().lstrip("."))
    if known is None and interpreter_of(text):
        return ("#",), ()
    return known or _ANY
