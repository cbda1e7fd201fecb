"""The files of a repository as a prompt lists them: each on a line where they are few, else folder by folder."""

from __future__ import annotations

from collections import defaultdict
from typing import Mapping, Sequence

from orchestra.adapters.tokens import estimate_tokens
from orchestra.agents.quoting import FENCE_TOKENS, one_line

MOST_TOKENS = 8_000
"""With the fence. Of a large repository the map and the chosen files say more, and others may be asked for."""
_ROOM = MOST_TOKENS - FENCE_TOKENS
_LEAST_OF_ROOT = 30
_LONGEST_PER_TOKEN = 40
"""No text has so many characters a token (see `adapters.tokens`), so one that is longer need not be counted."""


def list_files(listing: Sequence[tuple[str, int]]) -> str:
    """Path and size of each; where that is too long, for each folder the names for which there is room.

    `listing` is path and size in bytes.
    """
    text = "\n".join("%s (%d bytes)" % (one_line(path), size_bytes) for path, size_bytes in listing)
    return text if _fits(text, _ROOM) else _by_folder([path for path, _ in listing])


def _by_folder(paths: Sequence[str]) -> str:
    """As many levels of folders as take half of the room, each folder with the same number of names at most."""
    depth = max(path.count("/") for path in paths)
    folders = _folders(paths, depth)
    while depth and not _fits(_lines(folders, 0), _ROOM // 2):
        depth -= 1
        folders = _folders(paths, depth)
    least, most = 0, max(map(len, folders.values()))
    while least < most:
        names = (least + most + 1) // 2
        if _fits(_lines(folders, names), _ROOM):
            least = names
        else:
            most = names - 1
    return _lines(folders, least)


def _fits(text: str, tokens: int) -> bool:
    return len(text) <= _LONGEST_PER_TOKEN * tokens and estimate_tokens(text) <= tokens


def _folders(paths: Sequence[str], depth: int) -> dict[str, list[str]]:
    """By folder of at most that depth what lies in it or below."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        parts = path.split("/", depth)
        place = min(depth, len(parts) - 1)
        found["/".join(parts[:place]) or "."].append("/".join(parts[place:]))
    return dict(found)


def _lines(folders: Mapping[str, Sequence[str]], most_names: int) -> str:
    """Of the root more: what a project is built and checked with lies there."""
    of_root = max(most_names, _LEAST_OF_ROOT) if len(folders) > 1 else most_names
    return "\n".join(
        "%s: %s" % (one_line(folder + "/"), _names(names, of_root if folder == "." else most_names))
        for folder, names in folders.items()
    )


def _names(names: Sequence[str], most: int) -> str:
    shown = ", ".join(map(one_line, names[:most]))
    left_out = len(names) - most
    if left_out <= 0:
        return shown
    return "%s and %d more" % (shown, left_out) if shown else "%d file%s" % (left_out, "" if left_out == 1 else "s")
