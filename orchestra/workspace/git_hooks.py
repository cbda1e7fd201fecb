"""The files of the tree that git's hooks run or read, as far as the hooks' words name them."""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import AbstractSet, Iterable, Iterator, Sequence

from orchestra.found_files import plain
from orchestra.workspace.git_paths import literal, split
from orchestra.workspace.git_process import GitProcess

BETWEEN_WORDS = re.compile(r"[\s'\"`|&;<>(){}=,!]+")
_UP = re.compile(r"(?:\.{0,2}/)+")
_SCRIPT = re.compile(r"\.(?:sh|bash|py|[cm]?js|ts|rb|pl)$")
_RUNNER = re.compile(r"source|(?:/\S*/)?(?:(?:ba|da|k|z)?sh|python[\d.]*|node|ruby|perl)")
_DOT = re.compile(r"(^|[;&|({!]|\b(?:then|do|else))[ \t]*\.[ \t]", re.M)
_OF_THE_ROOT = ("$", "git", "rev-parse", "dirname", "$0")
"""Words of `$(git rev-parse --show-toplevel)` and the like, which stand between a runner and its script."""
_MODULE = re.compile(r"\w+(?:\.\w+)*")
_NODE = ("package.json",)
_READS = {
    "make": ("GNUmakefile", "makefile", "Makefile"), "just": ("justfile",), "rake": ("Rakefile",), "tox": ("tox.ini",),
    "nox": ("noxfile.py",), "npm": _NODE, "npx": _NODE, "yarn": _NODE, "pnpm": _NODE, "bun": _NODE,
    "lefthook": ("lefthook.yml", "lefthook.yaml", ".lefthook.yml"), "pre-commit": (".pre-commit-config.yaml",),
}
"""Programs, and what they go by where no file is named."""
_RUN_THEIR_SETTINGS = ("lint-staged", "eslint", "prettier", "commitlint", "stylelint", "jest", "vitest")
"""Programs that run what is in `NAME.config.js` or `.NAMErc.js`."""
_MOST_BYTES = 65536
_MOST_HOOKS = 100
_MOST_WORDS = 5000
_LONGEST_WORD = 1000
_MOST_ASKED = 500
_MOST_REACHED = 200
_MOST_FOLDERS = 20


def files_of_hooks(git: GitProcess, folder: Path) -> tuple[str, ...]:
    """The files below the root, relative to it, that the hooks in the folder name.

    Only scripts where they are not there, which must not appear, and scripts and tracked files where they are: others
    may be what a suite makes. Of what these name in turn, the tracked ones count. Husky's folder lies in that of the
    real hooks, whose names are the same.
    """
    root = git.cwd
    names = [name for name in _names(folder) if not name.endswith(".sample")]
    inner = os.path.relpath(folder.parent, root)
    real = [] if inner.startswith((os.pardir, ".git")) else [os.path.normpath(f"{inner}/{name}") for name in names]
    texts = [_words(hook, root) for hook in (*(folder / name for name in names), *(root / path for path in real))]
    words = {word for text in texts for word in text}
    named = {path for word in words for path in _named(word)}
    run = {path for word in words for path in _implied(word)}.union(real, *map(_run, texts))
    there = {path for path in named | run if os.path.isfile(root / path)}
    doubtful = {path for path in there - run if not _is_script(root / path)}
    coming = {path for path in named if _SCRIPT.search(path) and not os.path.lexists(root / path)}
    direct = there - doubtful | _tracked(git, sorted(doubtful)) | coming
    reached = _reached(root, texts, direct & there) - direct
    return tuple(sorted(direct | _tracked(git, sorted(reached))))


def _reached(root: Path, texts: Sequence[Sequence[str]], direct: AbstractSet[str]) -> set[str]:
    """The files that hooks run after `cd`, and those that what they run runs or reads in turn."""
    found: set[str] = set()
    todo = [*((".", text) for text in texts), *((os.path.dirname(path), _words(root / path, root)) for path in direct)]
    while todo and len(found) < _MOST_REACHED:
        base, text = todo.pop()
        new = _beside(root, base, text) - found - direct
        found |= new
        todo += [(os.path.dirname(path), _words(root / path, root)) for path in new]
    return found


def _beside(root: Path, base: str, text: Sequence[str]) -> set[str]:
    """The scripts, and what runners read, that the words name from the root, from `base`, or from a folder named."""
    words = list(dict.fromkeys(word.lstrip("@+-") for word in text))[:_MOST_ASKED]
    named = {path for word in words for path in _named(word)}
    run = {path for word in words for path in _implied(word)}.union(_run(text))
    folders = {".", base, *islice((path for path in sorted(named) if os.path.isdir(root / path)), _MOST_FOLDERS)}
    places = {(os.path.normpath(os.path.join(folder, path)), path in run) for folder in folders for path in named | run}
    return {
        place for place, is_run in places
        if not place.startswith((os.pardir, os.sep, ".git" + os.sep)) and os.path.isfile(root / place)
        and (is_run or _is_script(root / place))
    }


def _run(words: Iterable[str]) -> Iterator[str]:
    """What stands behind a word that runs or reads in a script, whatever its name."""
    said = [word for word in words if not word.startswith("-") and word not in _OF_THE_ROOT]
    for runner, word in zip(said, said[1:]):
        if _RUNNER.fullmatch(runner):
            yield from _named(word)


def _is_script(file: Path) -> bool:
    if _SCRIPT.search(file.name) or os.access(file, os.X_OK):
        return True
    try:
        with open(file, "rb", opener=plain) as opened:
            return opened.read(2) == b"#!"
    except OSError:
        return False


def _tracked(git: GitProcess, paths: Sequence[str]) -> AbstractSet[str]:
    """Those of the paths that the index has; all where git cannot tell."""
    if not paths:
        return frozenset()
    limit = ["--", *map(literal, paths)] if len(paths) <= _MOST_ASKED else []
    listed = git.reading("ls-files", "-z", "--cached", *limit)
    return frozenset(paths).intersection(split(listed.stdout)) if listed.exit_status == 0 else frozenset(paths)


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
    words = BETWEEN_WORDS.split(_DOT.sub(r"\1 source ", text.replace(f"{root}/", "/")))[:_MOST_WORDS]
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
    if word in _RUN_THEIR_SETTINGS:
        yield from (f"{word}.config.{ending}" for ending in ("js", "cjs", "mjs", "ts"))
        yield from (f".{word.replace('-', '')}rc{ending}" for ending in ("", ".js", ".cjs", ".mjs"))
    if _MODULE.fullmatch(word):
        module = word.replace(".", "/")
        yield from (module + ".py", module + "/__main__.py")
