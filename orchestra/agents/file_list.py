"""The files of a repository as a prompt lists them: each on a line where they are few, else folder by folder."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Mapping, Sequence

from orchestra.adapters.tokens import estimate_tokens
from orchestra.agents.quoting import FENCE_TOKENS, one_line

MOST_TOKENS = 8_000
"""With the fence. Of a large repository the map and the chosen files say more, and others may be asked for."""
_LEAST_OF_ROOT = 30
_LONGEST_PER_TOKEN = 40
"""No text has so many characters a token (see `adapters.tokens`), so one that is longer need not be counted."""


def list_files(listing: Sequence[tuple[str, int]], most_tokens: int = MOST_TOKENS) -> str:
    """Path and size of each; where that is too long, for each folder the names for which there is room.

    `listing` is path and size in bytes.
    """
    paths, room = [path for path, _ in listing], most_tokens - FENCE_TOKENS
    if sum(map(len, paths)) <= _LONGEST_PER_TOKEN * room:
        text = "\n".join("%s (%d bytes)" % (one_line(path), size_bytes) for path, size_bytes in listing)
        if _fits(text, room):
            return text
    return _by_folder(paths, room)


def _by_folder(paths: Sequence[str], room: int) -> str:
    """As many levels of folders as take half of the room, each folder with the same number of names at most."""
    folders = _folders(paths, _depth(paths, room // 2))
    least, most = 0, max(map(len, folders.values()))
    while least < most:
        names = (least + most + 1) // 2
        if _fits(_lines(folders, names), room):
            least = names
        else:
            most = names - 1
    return _lines(folders, least)


def _fits(text: str, tokens: int) -> bool:
    return len(text) <= _LONGEST_PER_TOKEN * tokens and estimate_tokens(text) <= tokens


def _depth(paths: Sequence[str], room: int) -> int:
    """How many levels of folders fit, with names of the root alone and the number of files in every other folder."""
    of_root = _names([one_line(path) for path in paths if "/" not in path], _LEAST_OF_ROOT)
    counts = Counter(path.rpartition("/")[0] for path in paths)
    least, most = 0, max(path.count("/") for path in paths)
    while least < most:
        depth = (least + most + 1) // 2
        above: Counter[str] = Counter()
        for folder, count in counts.items():
            above["/".join(folder.split("/", depth)[:depth])] += count
        text = "\n".join(_line(folder, _number(count) if folder else of_root) for folder, count in above.items())
        if _fits(text, room):
            least = depth
        else:
            most = depth - 1
    return least


def _folders(paths: Sequence[str], depth: int) -> dict[str, list[str]]:
    """By folder of at most that depth what lies in it or below, as it is shown."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        parts = path.split("/", depth)
        place = min(depth, len(parts) - 1)
        found["/".join(parts[:place])].append(one_line("/".join(parts[place:])))
    return dict(found)


def _lines(folders: Mapping[str, Sequence[str]], most_names: int) -> str:
    """Of the root more: what a project is built and checked with lies there."""
    of_root = max(most_names, _LEAST_OF_ROOT) if len(folders) > 1 else most_names
    return "\n".join(
        _line(folder, _names(names, most_names if folder else of_root)) for folder, names in folders.items()
    )


def _line(folder: str, said: str) -> str:
    return "%s: %s" % (one_line((folder or ".") + "/"), said)


def _names(names: Sequence[str], most: int) -> str:
    shown = ", ".join(names[:most])
    left_out = len(names) - most
    if left_out <= 0:
        return shown
    return "%s and %d more" % (shown, left_out) if shown else _number(left_out)


def _number(files: int) -> str:
    return "%d file%s" % (files, "" if files == 1 else "s")
