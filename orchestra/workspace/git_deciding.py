"""What decides which programs git runs for a commit, on which files and branch: what tests must leave alone."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Iterable, Iterator, Mapping, NamedTuple, Sequence

from orchestra.regex import regex
from orchestra.workspace.git_hooks import BETWEEN_WORDS, files_of_hooks
from orchestra.workspace.git_paths import split
from orchestra.workspace.git_process import GitProcess

_OWN = ("config", "config.worktree", "hooks", "info/attributes", "HEAD")
# Settings that name a program or a file which our commands, or what they start, may run or read (git-config(1)).
_TELLING = regex(
    r"filter\..+\.(clean|smudge|process)|diff\.(.+\.(command|textconv)|external)|merge\..+\.driver|hook\..+\.command"
    r"|gpg\.(.+\.)?program|gpg\.ssh\..+|user\.signingkey|trailer\..+\.(cmd|command)|gc\.recentobjectshook"
    r"|core\.(fsmonitor|sshcommand|gitproxy|attributesfile|excludesfile|alternaterefscommand)|commit\.template",
    re.I | re.S,
)
_INCLUDE = regex(r"include(if\..+)?\.path", re.I | re.S)
_MOST_WORDS = 50


class _Setting(NamedTuple):
    origin: str
    """The file that says it, absolute or relative to the root; empty for what no file says."""
    key: str
    value: str


def deciding_places(git: GitProcess, planned: Iterable[str]) -> tuple[Path, ...]:
    """Absolute; those that are not there are among them, since they must not appear either.

    A configuration that another one would include counts whatever its condition, and so does every file that a
    setting names, `.gitattributes` of the planned files' folders, what a program's name could stand for, and the files
    of the tree that hooks name.
    """
    arguments = [argument for name in _OWN for argument in ("--git-path", name)]
    lines = os.fsdecode(git.read("rev-parse", *arguments)).splitlines()
    settings = _settings(git.reading("config", "--list", "--show-origin", "-z").stdout)
    found = [
        ".git", *lines, *_users_own(git.variables), *(setting.origin for setting in settings if setting.origin),
        *_included(settings, git.variables), *_attributes(planned), *_named(git, settings),
        *files_of_hooks(git, git.cwd / lines[_OWN.index("hooks")]),
    ]
    places = [git.cwd / path for path in dict.fromkeys(found)]
    return tuple(place for place in places if place != git.cwd / ".git" or not place.is_dir())


def _settings(listed: bytes) -> list[_Setting]:
    """Of `git config --list --show-origin -z`: origin and setting by turns, a key on a line before its value."""
    parts = split(listed)
    settings = []
    for origin, said in zip(parts[::2], parts[1::2]):
        key, _, value = said.partition("\n")
        settings.append(_Setting(origin[len("file:"):] if origin.startswith("file:") else "", key, value))
    return settings


def _users_own(variables: Mapping[str, str]) -> Iterator[str]:
    """Where git looks for a user's settings; git names only those that are there."""
    yield from (variables[name] for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM") if variables.get(name))
    home = variables.get("HOME")
    folder = variables.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
    if home:
        yield os.path.join(home, ".gitconfig")
    if folder:
        yield from (os.path.join(folder, "git", name) for name in ("config", "attributes"))


def _included(settings: Sequence[_Setting], variables: Mapping[str, str]) -> Iterator[str]:
    for setting in settings:
        if setting.value and _INCLUDE.fullmatch(setting.key):
            yield os.path.join(os.path.dirname(setting.origin), _at_home(setting.value, variables))


def _attributes(planned: Iterable[str]) -> Iterator[str]:
    """The files in the tree that say which filters apply to these paths."""
    for path in planned:
        parts = path.split("/")
        yield from ("/".join((*parts[:depth], ".gitattributes")) for depth in range(len(parts)))


def _named(git: GitProcess, settings: Sequence[_Setting]) -> Iterator[str]:
    """What a setting's value may mean: the whole as a path, and each word of it as a command line."""
    for setting in settings:
        if not _TELLING.fullmatch(setting.key):
            continue
        words = [word for word in BETWEEN_WORDS.split(setting.value) if word and not word.startswith("-")]
        for word in dict.fromkeys((setting.value, *words[:_MOST_WORDS])):
            found = _meant(_at_home(word, git.variables), git, is_whole=word == setting.value)
            yield from (path for path in found if not os.path.isdir(git.cwd / path))


def _meant(word: str, git: GitProcess, *, is_whole: bool) -> Iterator[str]:
    if "/" in word:
        yield word
        if word[0] in "/$":
            # Behind a variable or `git rev-parse --show-toplevel`, of which the words are apart by now.
            yield word.partition("/")[2]
    elif word:
        if is_whole or os.path.isfile(git.cwd / word):
            yield word
        yield from _in_path(word, git)


def _in_path(name: str, git: GitProcess) -> Iterator[str]:
    """The program of that name, and where one would come before it."""
    for folder in git.variables.get("PATH", "").split(os.pathsep):
        place = os.path.join(folder, name)
        yield place
        if os.access(git.cwd / place, os.X_OK):
            return


def _at_home(path: str, variables: Mapping[str, str]) -> str:
    """Without `~`, as git reads paths, and without the mark of one that may be missing."""
    path = path[len(":(optional)"):] if path.startswith(":(optional)") else path
    if path.startswith("~/") and variables.get("HOME"):
        return os.path.join(variables["HOME"], path[2:])
    return os.path.expanduser(path) if path.startswith("~") else path
