"""C and C++ that a compiler can read alone: files that want no header but the standard library's."""

from __future__ import annotations

import re
from collections import Counter

from orchestra.regex import regex

# What does not end in its line or at all is taken as if it ended there, in linear time.
_TOKEN = regex(
    r"//[^\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*(?:\"|$)"
    r"|(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)*(?:'|$)", re.M
)
_STANDARD = regex(
    r"^[ \t]*#[ \t]*include[ \t]*<(?:[a-z_]+|(?:assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits"
    r"|locale|math|setjmp|signal|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|tgmath"
    r"|threads|time|uchar|wchar|wctype|unistd|fcntl|pthread|dirent|poll|strings|getopt|dlfcn|termios|netdb|pwd"
    r"|semaphore|sys/(?:types|stat|time|wait|socket|mman|ioctl|select|un|resource|uio)"
    r"|netinet/(?:in|tcp)|arpa/inet)\.h)>[ \t]*$", re.M
)
_READS = regex(r"include|import|embed|pragma|_Pragma|\bR\"|[uUL8]R\"|\0")
"""What may have a compiler read another file, or read this one otherwise than is assumed here."""
_MACRO = regex(r"(?:#|%:)[ \t]*define[ \t]+(\w+)(\([^)\n]*\))?(.*)")
_WORD = regex(r"\w+")
_MOST_GROWTH = 100_000


def alone(text: str) -> str | None:
    """The text line for line without its comments; None where it needs more than the standard headers.

    What is left of a hostile text names no file, and its macros grow to no more than a compiler can hold.
    """
    bare = _TOKEN.sub(lambda found: _blank(found.group()), _joined(text))
    rest, headers = _STANDARD.subn("", bare)
    if not headers or _READS.search(rest) or _growth(rest) > _MOST_GROWTH:
        return None
    return bare


def _joined(text: str) -> str:
    """With what a backslash at a line's end continues in one line, and empty lines after it in their place."""
    lines: list[str] = []
    parts: list[str] = []
    for line in text.split("\n"):
        bare = line.rstrip(" \t")
        if bare.endswith("\\"):
            parts.append(bare[:-1])
            continue
        lines.append("".join((*parts, line, "\n" * len(parts))))
        parts.clear()
    return "\n".join((*lines, *parts))


def _blank(token: str) -> str:
    return " " + "\n" * token.count("\n") if token.startswith("/") else token


def _growth(text: str) -> int:
    """How many times a word may come to stand at most where macros are put into one another, or into themselves."""
    macros = [(found.group(1), set(_WORD.findall(found.group(2) or "")), _WORD.findall(found.group(3)))
              for found in _MACRO.finditer(text)]
    names = {name for name, _, _ in macros}
    uses, depth = Counter(_WORD.findall(text)), _depth(text)
    growth = 1
    for name, parameters, words in macros:
        within = sum(word in names for word in words)
        repeated = max((words.count(parameter) for parameter in parameters), default=1)
        growth *= max(1, within) * max(1, repeated) ** min(uses[name], depth)
        if growth > _MOST_GROWTH:
            break
    return growth


def _depth(text: str) -> int:
    depth = deepest = 0
    for mark in re.findall("[()]", text):
        depth += 1 if mark == "(" else -1
        deepest = max(deepest, depth)
    return deepest
