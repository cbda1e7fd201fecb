"""Which files a model means that asks for a folder, a pattern, some lines, or for a path as it remembers it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from fnmatch import translate
from typing import Callable, Iterable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from orchestra.agents.quoting import ShownFile, Spans, one_line
from orchestra.regex import regex

MOST_EXPANDED_BYTES = 60_000
"""Of all files that a folder or a pattern stands for: they are shown. Of more only the names are told."""
MOST_EXPANDED = 20
_MOST_NAMES = 80
_MOST_GUESSES = 5
_MOST_LOOKED_FOR = 100
_LONGEST = 1000
_LINES = regex(r"(?:[:#@]L?\d+(?:[-:,]+L?\d+)*|[ :]*[(\[]?lines? \d+(?: ?(?:-|to) ?\d+)?[)\]]?)$")
_RANGE = regex(r"(\d{1,9})(?:(-+L?| to | ?- ?|:)(\d{1,9}))?")
_PATTERN = regex(r"[*?]|\[.+\]")

Answer = Tuple[List[ShownFile], List[Tuple[str, str]]]


class _Meant(NamedTuple):
    """The files, what is to be said where there is none or where they are too many, and the lines of a file."""

    paths: Sequence[str]
    said: str = ""
    lines: Spans = ()


def show_meant(
    asked: Sequence[str], show: Callable[[Sequence[str]], Answer], listing: Callable[[], Sequence[tuple[str, int]]],
    root: str,
) -> Answer:
    """As `show`; what it does not show is looked for in the listing of paths and sizes."""
    shown, not_shown = show(asked)
    if not not_shown:
        return shown, not_shown
    sizes = dict(listing())
    meant = {path: _meant(path, sizes, root) for path, _ in not_shown[:_MOST_LOOKED_FOR]}
    more = [path for found in meant.values() for path in found.paths]
    there = {file.path for file in shown}
    others, refused = show([path for path in more if path not in there])
    lines = {path: _lines_of(path, meant.values()) for path in more}
    others = [replace(file, lines=lines.get(file.path, ())) for file in others]
    said = [
        (path, meant[path].said if path in meant and meant[path].said else why)
        for path, why in not_shown if path not in meant or not meant[path].paths
    ]
    return [*shown, *others], [*said, *refused]


def _meant(asked: str, sizes: Mapping[str, int], root: str) -> _Meant:
    if len(asked) > _LONGEST:
        return _Meant(())
    wanted = asked.strip().strip("`'\"").replace("\\", "/")
    if wanted.startswith(root.rstrip("/") + "/"):
        wanted = wanted[len(root.rstrip("/")):]
    if asked in sizes or ".." in wanted.split("/"):
        return _Meant(())
    wanted = posixpath.normpath(wanted.lstrip("/") or ".")
    for name in dict.fromkeys((wanted, _LINES.sub("", wanted))):
        found = _named(name, sizes)
        if found.paths or found.said:
            return found._replace(lines=tuple(_ranges(wanted[len(name):])))
    return _Meant(())


def _ranges(tail: str) -> Iterator[tuple[int, int]]:
    """The lines that are asked for behind a path; what is lower behind a colon is a column."""
    for match in _RANGE.finditer(tail):
        first, last = int(match[1]), int(match[3] or match[1])
        yield (first, last) if last >= first else (first, first) if match[2] == ":" else (last, first)


def _lines_of(path: str, meant: Iterable[_Meant]) -> Spans:
    """What is asked for of one file, in one part of the answer or in several; nothing where the whole is, too."""
    asked = [each.lines for each in meant if path in each.paths]
    return tuple(sorted(span for lines in asked for span in lines)) if all(asked) else ()


def _named(name: str, sizes: Mapping[str, int]) -> _Meant:
    if name in sizes:
        return _Meant([name])
    below = [path for path in sizes if path.startswith(name + "/")]
    if below:
        return _several(below, sizes, "is a folder of")
    if _PATTERN.search(name):
        form, depth = _form_of(name), None if "**" in name else name.count("/")
        fitting = [path for path in sizes if form and form.match(path) and depth in (None, path.count("/"))]
        return _several(fitting, sizes, "fits") if fitting else _Meant((), "no file fits this pattern")
    tail = "/" + name.lower()
    likely = [path for path in sizes if ("/" + path.lower()).endswith(tail)]
    if len(likely) == 1:
        return _Meant(likely)
    names = ", ".join(map(one_line, likely[:_MOST_GUESSES]))
    return _Meant((), "there is no such file; %d end so: %s" % (len(likely), names) if likely else "")


def _form_of(pattern: str) -> re.Pattern[str] | None:
    """None where it is none: Python 3.9 takes `[user-id]` for a range that runs backwards."""
    try:
        return re.compile(translate(pattern.replace("**/", "*")))
    except re.error:
        return None


def _several(paths: Sequence[str], sizes: Mapping[str, int], what: str) -> _Meant:
    if len(paths) <= MOST_EXPANDED and sum(sizes[path] for path in paths) <= MOST_EXPANDED_BYTES:
        return _Meant(paths)
    names = ", ".join("%s (%d bytes)" % (one_line(path), sizes[path]) for path in paths[:_MOST_NAMES])
    more = len(paths) - _MOST_NAMES
    return _Meant((), "%s %d files, too many or too long to be shown at once; ask for those that you need: %s%s" % (
        what, len(paths), names, " and %d more" % more if more > 0 else ""
    ))
