"""The files of the tree that git's hooks run or read, as far as the hooks' words name them."""

from __future__ import annotations

import os
import re
from itertools import chain, islice
from pathlib import Path
from typing import AbstractSet, Iterable, Iterator, Sequence

from orchestra.dataclass import dataclass
from orchestra.found_files import start_of
from orchestra.regex import regex
from orchestra.workspace.git_paths import split
from orchestra.workspace.git_process import GitProcess

BETWEEN_WORDS = regex(r"[\s'\"`|&;<>(){}=,!]+")
_UP = regex(r"(?:\.{0,2}/)+")
_SCRIPT = regex(r"\.(?:sh|bash|py|[cm]?js|ts|rb|pl)$")
_RUNNER = regex(r"source|(?:/\S*/)?(?:(?:ba|da|k|z)?sh|python[\d.]*|node|ruby|perl)")
_DOT = regex(r"(^|[;&|({!]|\b(?:then|do|else))[ \t]*\.[ \t]", re.M)
_OF_THE_ROOT = ("$", "git", "rev-parse", "dirname", "$0")
"""Words of `$(git rev-parse --show-toplevel)` and the like, which stand between a runner and its script."""
_MODULE = regex(r"\w+(?:\.\w+)*")
_NODE = ("package.json",)
_READS = {
    "make": ("GNUmakefile", "makefile", "Makefile"), "just": ("justfile",), "rake": ("Rakefile",), "tox": ("tox.ini",),
    "nox": ("noxfile.py",), "npm": _NODE, "npx": _NODE, "yarn": _NODE, "pnpm": _NODE, "bun": _NODE,
    "lefthook": ("lefthook.yml", "lefthook.yaml", ".lefthook.yml"), "pre-commit": (".pre-commit-config.yaml",),
}
"""Programs, and what they go by where no file is named."""
_RUN_THEIR_SETTINGS = ("lint-staged", "eslint", "prettier", "commitlint", "stylelint", "jest", "vitest")
"""Programs that run what is in `NAME.config.js` or `.NAMErc.js`."""
_OF_COMMANDS = frozenset(name for names in _READS.values() for name in names if not name.endswith(".py"))
_SHELL = ("", ".sh", ".bash", ".dash", ".ksh", ".zsh", ".mk")
_FOREIGN = regex(r"#!(?!.*\b(?:(?:ba|da|a|k|z)?sh|make|just)\b)")
_MOST_BYTES = 65536
_MOST_HOOKS = 100
_MOST_WORDS = 5000
_LONGEST_WORD = 1000
MOST_ASKED = 20_000
"""Words, and places that they may mean, of all texts together."""
MOST_REACHED = 200
_MOST_FOLDERS = 20


def files_of_hooks(git: GitProcess, folder: Path) -> tuple[str, ...]:
    """The files below the root, relative to it, that the hooks in the folder name.

    Only scripts where they are not there, which must not appear, and scripts and tracked files where they are: others
    may be what a suite makes. Of what these name in turn, the tracked ones count. Husky's folder lies in that of the
    real hooks, whose names are the same.
    """
    root = git.cwd
    names = [name for name in _names(folder) if not name.endswith(".sample")]
    if not names:
        return ()
    inner = os.path.relpath(folder.parent, root)
    real = [] if inner.startswith((os.pardir, ".git")) else [os.path.normpath(f"{inner}/{name}") for name in names]
    hooks = (*(folder / name for name in names), *(root / path for path in real))
    texts = [_words(_text(hook), root) for hook in hooks]
    words = list(islice(dict.fromkeys(word for text in texts for word in text), MOST_ASKED))
    named = {path for word in words for path in _named(word)}
    run = {path for word in words for path in _implied(word)}.union(real, *map(_run, texts))
    there = {path for path in named | run if os.path.isfile(os.path.join(root, path))}
    doubtful = {path for path in there - run if not _is_script(root / path)}
    coming = {path for path in named if _SCRIPT.search(path) and not os.path.lexists(os.path.join(root, path))}
    listed = git.reading("ls-files", "-z", "--cached")
    if listed.exit_status != 0:
        return tuple(sorted(there | coming))
    index = Index.of(split(listed.stdout))
    direct = there - doubtful | (doubtful & index.paths) | coming
    return tuple(sorted(direct.union(reached(root, texts, direct & there, index))))


@dataclass(frozen=True)
class Index:
    """What git tracks, asked by words of a script."""

    paths: AbstractSet[str]
    names: AbstractSet[str]
    """Of the files, without their folders."""
    folders: AbstractSet[str]

    @classmethod
    def of(cls, paths: Sequence[str]) -> Index:
        parts = [path.rpartition("/") for path in paths]
        folders: set[str] = set()
        for folder in {head for head, _, _ in parts}:
            while folder and folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        return cls(frozenset(paths), {name for _, _, name in parts}, folders)

    def meant(self, base: str, text: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """The places the words may name from the root, from `base`, or from a folder named, tracked or not.

        And whether a runner goes by it there. Only those whose last part is the name of a tracked file.
        """
        words = dict.fromkeys(word.lstrip("@+-") for word in text)
        named = dict.fromkeys(path for word in words for path in _named(word))
        run = dict.fromkeys(path for word in words for path in _implied(word))
        run.update(dict.fromkeys(_run(word.lstrip("@+") for word in text)))
        asked = [path for path in {**named, **run} if path.rpartition("/")[2] in self.names]
        inner = islice((path for path in named if path in self.folders), _MOST_FOLDERS)
        for folder in dict.fromkeys(("", base, *inner)):
            for path in asked:
                yield f"{folder}/{path}" if folder else path, path in run


def reached(root: Path, texts: Sequence[Sequence[str]], direct: AbstractSet[str], index: Index) -> set[str]:
    """The tracked files that hooks run after `cd`, and those that what they run runs or reads in turn."""
    todo, known, left = sorted(direct), set(direct), MOST_ASKED
    # The list grows meanwhile.
    further = ((path.rpartition("/")[0], _words(_commands(root / path), root)) for path in todo)
    for base, text in chain((("", text) for text in texts), further):
        places = list(islice(index.meant(base, text), left))
        left -= len({*text}) + len(places)
        new = dict.fromkeys(
            place for place, is_run in places
            if place in index.paths and place not in known and os.path.isfile(root / place)
            and (is_run or _is_script(root / place))
        )
        todo += islice(new, len(direct) + MOST_REACHED - len(todo))
        known.update(todo)
        if left <= 0 or len(known) >= len(direct) + MOST_REACHED:
            break
    return known


def _run(words: Iterable[str]) -> Iterator[str]:
    """What stands behind a word that runs or reads in a script, whatever its name."""
    said = [word for word in words if not word.startswith("-") and word not in _OF_THE_ROOT]
    for runner, word in zip(said, said[1:]):
        if _RUNNER.fullmatch(runner):
            yield from _named(word)


def _is_script(file: Path) -> bool:
    return bool(_SCRIPT.search(file.name)) or os.access(file, os.X_OK) or start_of(file, 2) == b"#!"


def _names(folder: Path) -> list[str]:
    try:
        return sorted(islice(os.listdir(folder), _MOST_HOOKS))
    except OSError:
        return []


def _text(file: Path) -> str:
    return (start_of(file, _MOST_BYTES) or b"").decode("utf-8", "replace")


def _commands(file: Path) -> str:
    """The text, where it is one of commands: what a program in another language names need not be what it runs."""
    if file.name not in _OF_COMMANDS and file.suffix not in _SHELL:
        return ""
    text = _text(file)
    return "" if _FOREIGN.match(text) else text


def _words(text: str, root: Path) -> list[str]:
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
