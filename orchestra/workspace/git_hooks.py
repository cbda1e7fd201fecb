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


def files_of_hooks(root: Path, folder: Path) -> tuple[str, ...]:
    """The files below the root, relative to it, that the hooks in the folder name; those that are there.

    Husky's folder lies in that of the real hooks, whose names are the same.
    """
    names = [name for name in _names(folder) if not name.endswith(".sample")]
    inner = os.path.relpath(folder.parent, root)
    real = [] if inner.startswith((os.pardir, ".git")) else [os.path.normpath(f"{inner}/{name}") for name in names]
    words = {word for name in names for word in _words(folder / name, root)}
    words.update(word for path in real for word in _words(root / path, root))
    found = {path for word in words for path in _meant(word)}
    return tuple(sorted(path for path in found.union(real) if os.path.isfile(root / path)))


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
    return BETWEEN_WORDS.split(text.replace(f"{root}/", "/"))[:_MOST_WORDS]


def _meant(word: str) -> Iterator[str]:
    """Paths from the root that a word may stand for: itself, behind a variable or a command, and as a module."""
    starts = (word, word.partition("/")[2]) if word[:1] in ("$", "/") else (word,)
    for start in starts:
        path = os.path.normpath(_UP.sub("", start, count=1) if _UP.match(start) else start)
        if not path.startswith((os.pardir, os.sep, ".git" + os.sep)):
            yield path
    yield from _READS.get(word, ())
    if _MODULE.fullmatch(word):
        module = word.replace(".", "/")
        yield from (module + ".py", module + "/__main__.py")
