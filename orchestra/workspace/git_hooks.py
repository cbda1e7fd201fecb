"""The files of the tree that git's hooks run or read, as far as the hooks' words name them."""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import Iterator

from orchestra.found_files import plain

BETWEEN_WORDS = re.compile(r"[\s'\"`|&;<>(){}=,!]+")
_UP = re.compile(r"(?:\.{0,2}/)+")
_SCRIPT = re.compile(r"\.(?:sh|bash|py|[cm]?js|ts|rb|pl)$")
_MODULE = re.compile(r"\w+(?:\.\w+)*")
_NODE = ("package.json",)
_READS = {
    "make": ("GNUmakefile", "makefile", "Makefile"), "just": ("justfile",), "rake": ("Rakefile",), "tox": ("tox.ini",),
    "nox": ("noxfile.py",), "npm": _NODE, "npx": _NODE, "yarn": _NODE, "pnpm": _NODE, "bun": _NODE,
    "lefthook": ("lefthook.yml",), "pre-commit": (".pre-commit-config.yaml",),
}
"""Programs, and what they go by where no file is named."""
_MOST_BYTES = 65536
_MOST_HOOKS = 100
_MOST_WORDS = 5000
_LONGEST_WORD = 1000


def files_of_hooks(root: Path, folder: Path) -> tuple[str, ...]:
    """The files below the root, relative to it, that the hooks in the folder name.

    Of those that are not there only scripts, which must not appear: other files may be what a suite makes.
    Husky's folder lies in that of the real hooks, whose names are the same.
    """
    names = [name for name in _names(folder) if not name.endswith(".sample")]
    inner = os.path.relpath(folder.parent, root)
    real = [] if inner.startswith((os.pardir, ".git")) else [os.path.normpath(f"{inner}/{name}") for name in names]
    words = {word for name in names for word in _words(folder / name, root)}
    words.update(word for path in real for word in _words(root / path, root))
    named = {path for word in words for path in _named(word)}
    implied = {path for word in words for path in _implied(word)}
    there = {path for path in implied.union(named, real) if os.path.isfile(root / path)}
    coming = {path for path in named if _SCRIPT.search(path) and not os.path.lexists(root / path)}
    return tuple(sorted(there | coming))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(islice(os.listdir(folder), _MOST_HOOKS))
    except OSError:
        return []


def _words(hook: Path, root: Path) -> list[str]:
    try:
        with open(hook, "rb", opener=plain) as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    words = BETWEEN_WORDS.split(text.replace(f"{root}/", "/"))[:_MOST_WORDS]
    return [word for word in words if len(word) <= _LONGEST_WORD and "\0" not in word]


def _named(word: str) -> Iterator[str]:
    """Paths from the root that a word may stand for: by itself, and behind a variable or a command."""
    starts = (word, word.partition("/")[2]) if word[:1] in ("$", "/") else (word,)
    for start in starts:
        path = os.path.normpath(_UP.sub("", start, count=1) if _UP.match(start) else start)
        if not path.startswith((os.pardir, os.sep, ".git" + os.sep)):
            yield path


def _implied(word: str) -> Iterator[str]:
    """What a program of this name goes by, and where a module of this name would lie."""
    yield from _READS.get(word, ())
    if _MODULE.fullmatch(word):
        module = word.replace(".", "/")
        yield from (module + ".py", module + "/__main__.py")
