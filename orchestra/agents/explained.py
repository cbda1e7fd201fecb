"""Which names and lines of a file may go, by what was said."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Iterable, Iterator, Sequence

from orchestra.agents.taking_away import SENTENCE_END, Removal, read_removals
from orchestra.regex import regex
from orchestra.workspace.public_names import public_names

_DEFINED = regex(r"\b(?:def|class|function|func|fn|fun|struct|enum|interface|trait|type|sub)[ \t]+(\w+)")
_WORD = regex(r"[\w$]+")
_CLOSER = regex(r"[ \t]*(?:[})\]]|end\b|fi\b|done\b)")


class Explained:
    """The names and lines of a file that may go, by what was said."""

    def __init__(self, path: str, old: str, new: str, *, order: str, rest: str) -> None:
        """`order` is about the file, `rest` about everything."""
        self._path = path
        self._lines = old.split("\n")
        self._having: dict[str, list[int]] = {}
        for at, line in enumerate(self._lines):
            for word in set(_WORD.findall(line)):
                self._having.setdefault(word, []).append(at)
        known, new_names = ({*public_names(path, text), *_DEFINED.findall(text)} for text in (old, new))
        own, other, about_file = (
            read_removals(said, known, new_names, path) for said in (order, rest, _about(path, rest))
        )
        self._kept = own.kept | other.kept
        self._keeps_all = own.keeps_all or other.keeps_all
        elsewhere = [removal for removal in other.removals if not (own.keeps_all or removal.named & own.kept)]
        removals, everywhere = own.removals + about_file.removals, own.removals + elsewhere
        self._named = {name for removal in everywhere if removal.goes for name in removal.named}
        self._of_named = {line for removal in everywhere for line in self._bodies(removal.named)}
        self._of_others = {line for removal in removals if not removal.named for line in self._spoken_of(removal)}

    def has_name(self, name: str) -> bool:
        """Whether it may go: it is said to, or it stands in what is said to."""
        if name in self._named:
            return True
        places = set(self._places(name))
        is_kept = name in self._kept or self._keeps_all
        return bool(places & self._of_named) or (not is_kept and bool(places & self._of_others))

    def count_lines(self) -> int:
        """How many lines that are not blank may go."""
        own = {at for name in self._named for at in self._places(name)}
        return sum(bool(self._lines[at].strip()) for at in own | self._of_named | self._of_others)

    def _places(self, name: str) -> Sequence[int]:
        """The lines that define a name; all that have it where none is seen to."""
        having = self._having.get(name, [])
        return [at for at in having if self._defines(self._lines[at], name)] or having

    def _defines(self, line: str, name: str) -> bool:
        return name in _DEFINED.findall(line) or name in public_names(self._path, line.strip())

    def _bodies(self, names: Iterable[str]) -> Iterator[int]:
        """Without the lines that define the names."""
        for name in names:
            for at in self._places(name):
                yield from self._body(at)

    def _spoken_of(self, removal: Removal) -> Iterator[int]:
        place = set(self._bodies(removal.within)) if removal.within else set(range(len(self._lines)))
        if removal.is_broad:
            yield from place
        elif removal.stems:
            stems = re.compile("|".join(map(re.escape, removal.stems)), re.IGNORECASE)
            for at in place:
                if stems.search(self._lines[at]):
                    yield at
                    yield from place.intersection(self._body(at))

    def _body(self, at: int) -> Iterator[int]:
        """The lines below that are indented deeper, and what closes them."""
        depth = _depth(self._lines[at])
        for below in range(at + 1, len(self._lines)):
            line = self._lines[below]
            if line.strip() and line.strip() != "{" and _depth(line) <= depth:
                if _CLOSER.match(line) and _depth(line) == depth:
                    yield below
                break
            yield below


def _about(path: str, rest: str) -> str:
    name = PurePosixPath(path).name
    return "\n".join(sentence for sentence in SENTENCE_END.split(rest) if name in sentence)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
