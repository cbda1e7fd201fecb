"""A language as data: what its strings, comments and brackets look like to a scanner that knows no grammar."""

from __future__ import annotations

from enum import Enum

from orchestra.dataclass import dataclass


class Kind(Enum):
    """What the scanner does with what a rule matches."""

    PASS = "pass"
    """Nothing: the match is complete in itself (a character, an escape, a short string)."""
    COMMENT = "comment"
    """Nothing, and what stands before it still counts as what stands before the next token."""
    QUOTED = "quoted"
    """Goes on with `rest` to the closer, or to a hole that holds code."""
    FIXED = "fixed"
    """Looks for the text `rest`, in which `%s` stands for the opener's first group."""
    NESTED = "nested"
    """Holds others like it; `rest` matches openers (the group `open`), closers and what is neither (`skip`)."""
    HEREDOC = "heredoc"
    """A body from the next line on, to a line that is the group `tag`; blanks before it where `rest` says so."""
    TAG = "tag"
    """An element of JSX."""
    DIRECTIVE = "directive"
    """A line for the C preprocessor or one like it."""
    STOP = "stop"
    """What follows is no code."""


@dataclass(frozen=True)
class Rule:
    """One kind of token that is not code: a comment, a string, a heredoc."""

    starts: str
    """The characters that it may start with."""
    opener: str
    """A regular expression for its start, or for all of it."""
    kind: Kind
    rest: str = ""
    what: str = "string"
    """For the message when it does not end."""
    needs_operand: bool = False
    """Whether it is this only where an operand is expected, and else no token of note."""


@dataclass(frozen=True)
class Blocks:
    """Words that open and close as brackets do."""

    closers: tuple[tuple[str, str], ...]
    """Each opening word with its closing one."""
    pattern: str
    """Finds the words in code."""
    style: str = "reserved"
    """`reserved`: a word is a word wherever it stands; `shell`, `ruby`: see the module `words`."""


@dataclass(frozen=True)
class Language:
    """All that the scanner needs to know of a language."""

    name: str
    rules: tuple[Rule, ...]
    brackets: str = "()[]{}"
    holes: tuple[tuple[str, str], ...] = ()
    """What opens a hole in a string and is itself a string: with the rule's `what` that goes on there."""
    blocks: Blocks | None = None
    operand_words: str = ""
    """Words, divided by blanks, after which an operand is expected: there a slash starts a pattern."""
    starts_after: str = ""
    """A regular expression after whose first match the code starts (PHP)."""
    tail: str = ""
    """A regular expression: code in which nothing is open is unfinished if its end matches this."""
    silent_when: str = ""
    """A regular expression: where the text has it, nothing that the scanner says would be sure."""


def until(
    closer: str,
    *,
    hole: str = "",
    first: str = "",
    is_one_line: bool = False,
    escape: str = r"\\[\s\S]",
    escape_first: str = r"\\",
) -> str:
    """The `rest` of a string up to `closer` or to `hole` (a regular expression each), in linear time.

    `first` and `escape_first` are the characters, as in a class, that closer and hole and that escapes begin with.
    """
    first = first or closer[:1]
    stops = first + (escape_first if escape else "") + (r"\n" if is_one_line else "")
    other = "(?!%s%s)[%s]" % (closer, "|" + hole if hole else "", first)
    inner = escape + "|" + other if escape else other
    end = "%s|(?P<hole>%s)" % (closer, hole) if hole else closer
    return "[^%s]*(?:(?:%s)[^%s]*)*(?:%s)" % (stops, inner, stops, end)
