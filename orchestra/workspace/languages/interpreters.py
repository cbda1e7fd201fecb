"""What the first line of a script says: the program that runs it, and by that the language of a name without suffix."""

from __future__ import annotations

from typing import Mapping

from orchestra.regex import regex

USUAL_SUFFIXES: Mapping[str, str] = {
    **dict.fromkeys(("sh", "bash", "dash", "ash", "ksh"), ".sh"), "zsh": ".zsh",
    **dict.fromkeys(("python", "pypy", "uv", "pipx"), ".py"), **dict.fromkeys(("node", "nodejs"), ".js"),
    **dict.fromkeys(("deno", "bun"), ".ts"), "ruby": ".rb", "php": ".php", "perl": ".pl", "lua": ".lua",
}
"""What files that such a program runs are called elsewhere."""
LONGEST_LINE = 160
_SHEBANG = regex(r"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:(?:-\S+|\w+=\S*)[ \t]+)*)?(?:\S*/)?([a-z]+)[\d.]*(?=\s|$)")


def interpreter_of(text: str) -> str:
    """The name of the program that the first line calls, without its version; empty where it calls none."""
    found = _SHEBANG.match(text[:LONGEST_LINE]) if text.startswith("#!") else None
    return found.group(1) if found else ""


def has_suffix(path: str) -> bool:
    """Whether the name alone says what the file is, or that it is hidden."""
    return "." in path.rpartition("/")[2]


def suffix_of(path: str, text: str) -> str:
    """The name's, in small letters, or else the usual one of what the first line calls, or empty."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else "" if dot == 0 else USUAL_SUFFIXES.get(interpreter_of(text), "")
