"""Whether a draft has lost parts of the file that nobody asked to have removed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Callable, Iterable, Iterator, Sequence

from orchestra.agents.taking_away import SENTENCE_END, Removal, read_removals
from orchestra.records import Plan, PlannedFile
from orchestra.workspace.public_names import lost_names, public_names

FEWEST_LINES = 10
"""A file with fewer lines that are not blank is soon another one altogether."""
_MOST_NAMED = 5
_DEFINED = re.compile(r"\b(?:def|class|function|func|fn|fun|struct|enum|interface|trait|type|sub)[ \t]+(\w+)")
_WORD = re.compile(r"[\w$]+")
_CLOSER = re.compile(r"[ \t]*(?:[})\]]|end\b|fi\b|done\b)")


@dataclass(frozen=True)
class Explanation:
    """What was said that a loss may be explained by."""

    order: str
    """About this file: its description, its criteria, what was found wrong with it."""
    of_rest: Callable[[], str]
    """About everything: the task, the summary, the orders for the other files. Few files are asked for it."""

    @cached_property
    def rest(self) -> str:
        return self.of_rest()


def explanation_of(task: str, plan: Plan, planned: PlannedFile, findings: Sequence[str] = ()) -> Explanation:
    """What task, plan and findings say, as far as they can explain that a part of this file is gone."""
    order = "\n".join((planned.description, *planned.criteria, *findings))

    def of_rest() -> str:
        others = [file for file in plan.files if file.path != planned.path]
        parts = [part for file in others for part in (file.description, *file.criteria)]
        return "\n".join((task, plan.summary, *parts))

    return Explanation(order, of_rest)


def find_loss(path: str, old: str, new: str, said: Explanation) -> str | None:
    """What the new text has lost of the old without a word about it, as a sentence; None where all is well.

    A name may go where a sentence says so: it is what the verb takes away, not where it is taken from or what takes
    its place, and nothing says no. With it goes its body. A sentence that takes away without a name explains the names
    and the lines that its words speak of, those in one place where it says in which, or all where it is about
    functions, modules or the file; but no name that is to be kept. So it is in an order for this file, and elsewhere
    in a sentence that names the file; other sentences explain what they name.
    """
    lost = lost_names(path, old, new)
    before, after = _count(old), _count(new)
    is_shorter = before >= FEWEST_LINES and 3 * after <= 2 * before
    if not lost and not is_shorter:
        return None
    explained = _Explained(path, old, said)
    names = [name for name in lost if not explained.has_name(name)]
    if names:
        listed = ", ".join("`%s`" % name for name in names[:_MOST_NAMED])
        more = " and %d more" % (len(names) - _MOST_NAMED) if len(names) > _MOST_NAMED else ""
        return "The draft no longer has %s%s, which the plan does not say." % (listed, more)
    if is_shorter and 3 * (after + explained.count_lines()) <= 2 * before:
        return "The draft has %d lines that are not blank, the file had %d; the plan does not say so." % (after, before)
    return None


class _Explained:
    """The names and lines of a file that may go, by what was said."""

    def __init__(self, path: str, old: str, said: Explanation) -> None:
        self._path = path
        self._lines = old.split("\n")
        self._having: dict[str, list[int]] = {}
        for at, line in enumerate(self._lines):
            for word in set(_WORD.findall(line)):
                self._having.setdefault(word, []).append(at)
        known = {*public_names(path, old), *_DEFINED.findall(old)}
        own, other = read_removals(said.order, known, path), read_removals(said.rest, known, path)
        about_file = read_removals(_about(path, said.rest), known, path)
        self._kept = own.kept | about_file.kept
        self._keeps_all = own.keeps_all
        removals = (*own.removals, *about_file.removals)
        self._named = {
            name for removal in (*removals, *other.removals) if removal.goes for name in removal.named
        }
        self._of_named = {line for removal in (*removals, *other.removals) for line in self._bodies(removal.named)}
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
        return [at for at in having if name in public_names(self._path, self._lines[at].strip())
                or name in _DEFINED.findall(self._lines[at])] or having

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


def _count(text: str) -> int:
    return sum(bool(line.strip()) for line in text.split("\n"))
