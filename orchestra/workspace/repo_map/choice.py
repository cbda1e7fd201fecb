"""Which files a model is shown in full for a task, and why each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Sequence

from orchestra.dataclass import dataclass
from orchestra.workspace.repo_map.places import is_test

if TYPE_CHECKING:
    from orchestra.workspace.repo_map.index import RepoIndex
    from orchestra.workspace.repo_map.relevance import Relevance

GIVEN = "given with --file"
MOST_CHOSEN = 20
"""More than that only of those that the user gives or the task names: of these there are as many as have room."""
MOST_RANKED = 6
_FEWEST_POINTS = 11
"""Of the task's words, for a file that has nothing else to do with it."""
_OF_A_TEST = 4
"""Fewer points: what a task speaks of is what is tested, and its tests are found by its name."""
_PLENTY = 16
"""With more points a file is shown though others have as many."""
_MOST_WORDS = 4
_TEST_FOLDERS = frozenset(("test", "tests", "spec", "specs", "__tests__", "testing"))


@dataclass(frozen=True)
class Chosen:
    """A file and the reason for it."""

    path: str
    why: str


def choose(
    index: RepoIndex, found: Relevance, given: Sequence[str], others: Sequence[str] = ()
) -> tuple[Chosen, ...]:
    """Those given, those that the task names, those next to them, those that its words fit; the best first.

    `others` is the code of a small repository.
    """
    chosen: dict[str, str] = {}
    for candidate in _candidates(index, found, given):
        chosen.setdefault(candidate.path, candidate.why)
    for path in others:
        chosen.setdefault(path, "the repository is small enough to be shown whole")
    asked_for = {*given, *found.named}
    return tuple(
        Chosen(path, why) for place, (path, why) in enumerate(chosen.items())
        if place < MOST_CHOSEN or path in asked_for
    )


def _candidates(index: RepoIndex, found: Relevance, given: Sequence[str]) -> Iterator[Chosen]:
    for path in given:
        yield Chosen(path, GIVEN)
    for path in found.named:
        yield Chosen(path, "the task names it")
    order = sorted(found.points, key=lambda number: (
        number not in found.core, -found.points[number], -index.scores[number], number
    ))
    by_words = dict(_by_words(index, found))
    for number in order:
        if number in found.reasons:
            yield Chosen(index.paths[number], found.reasons[number])
        elif number in by_words:
            yield Chosen(index.paths[number], by_words[number])
    for path, what in found.projects:
        yield Chosen(path, "the task speaks of %s" % what)


def _by_words(index: RepoIndex, found: Relevance) -> Iterator[tuple[int, str]]:
    """The files that the task's words fit best and nothing else speaks for, each with the reason."""
    fits = {number: points - _OF_A_TEST * _is_of_tests(index.paths[number]) for number, points in found.points.items()}
    by_words = [
        number for number in fits
        if number in found.words and number not in found.reasons and fits[number] >= _FEWEST_POINTS
    ]
    by_words.sort(key=lambda number: (-fits[number], -index.scores[number], number))
    # Where more files fit as well as the last one there is room for, the words do not tell them apart.
    fewest = fits[by_words[MOST_RANKED]] if len(by_words) > MOST_RANKED else 0
    for number in [number for number in by_words[:MOST_RANKED] if fits[number] > min(fewest, _PLENTY)]:
        yield number, "the map ranks it high for the task's words: " + ", ".join(found.words[number][:_MOST_WORDS])


def _is_of_tests(path: str) -> bool:
    return is_test(path) or not _TEST_FOLDERS.isdisjoint(path.split("/")[:-1])
