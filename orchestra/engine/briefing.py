"""What agents are told of the repository as it lay there before the session: its map, and the files that fit the task.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Collection, Iterator, Mapping, Sequence

from orchestra.adapters.tokens import estimate_tokens
from orchestra.agents.file_list import MOST_TOKENS
from orchestra.agents.quoting import FENCE_TOKENS, ShownFile
from orchestra.dataclass import dataclass
from orchestra.engine.asking import Show
from orchestra.engine.showing import MOST_FILES, Excerpt, excerpt_for, no_excerpt, within
from orchestra.records import Plan, PlannedFile
from orchestra.workspace.repo_map.choice import GIVEN, MOST_CHOSEN, Chosen, choose

if TYPE_CHECKING:
    from orchestra.workspace.repo_map.file_facts import Declaration
    from orchestra.workspace.repo_map.index import RepoIndex
    from orchestra.workspace.repo_map.mapping import MapCache, Mapper
    from orchestra.workspace.repo_map.places import Places

Listing = Sequence["tuple[str, int]"]
"""Path and size of every file that may be shown."""
_MOST_NEAR = 12
_SMALL_BYTES = 20_000
"""A repository whose code has no more is shown whole: a round in which the architect asks for it costs more."""
_SHARES = (2, 6)
"""Of the room the half and the sixth part: where it is not enough for all, the first file and any other are shown in
parts rather than take more.
"""
_PROSE = (".md", ".rst", ".txt", ".markdown", ".adoc")
_ENDLESS = 1 << 40
_MOST_NEAR_IN_ALL = 600
"""Of a long plan the first files are told what is near them."""


@dataclass(frozen=True)
class Room:
    """How many tokens each part may have at most, the map with its fence."""

    map_tokens: int = 4_000
    files_tokens: int = 24_000
    """What the user gives is shown beyond that."""
    near_tokens: int = 1_200
    listing_tokens: int = MOST_TOKENS
    """With its fence."""

    @classmethod
    def in_window(cls, tokens: int | None) -> Room:
        """So much that a model with such a window has most of it left for the task and its answer."""
        most = cls()
        if tokens is None:
            return most
        return cls(
            min(most.map_tokens, tokens // 32), min(most.files_tokens, tokens // 8),
            min(most.near_tokens, tokens // 64), min(most.listing_tokens, tokens // 8),
        )


@dataclass(frozen=True)
class Briefing:
    """For the architect."""

    repo_map: str
    chosen: tuple[Chosen, ...]
    """The files to be shown, the best first."""

    def to_json(self) -> Mapping[str, Any]:
        return {"map": self.repo_map, "chosen": [[file.path, file.why] for file in self.chosen]}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Briefing:
        return cls(kept["map"], tuple(Chosen(path, why) for path, why in kept["chosen"]))


class Scout:
    """Maps a repository for one session. Any thread, one at a time.

    What makes the map is loaded with it: a session that goes on has it in its journal.
    """

    def __init__(
        self, root: Path, cache: MapCache, room: Room = Room(), hide: Callable[[str], str] = str
    ) -> None:
        """`hide` takes secrets out of what is drawn: headings and signatures may hold some, and a journal keeps them.
        """
        self._root = root
        self._hide = hide
        self._cache = cache
        self.room = room

    @cached_property
    def _mapper(self) -> Mapper:
        from orchestra.workspace.repo_map.mapping import Mapper

        return Mapper(self._root, self._cache)

    def brief(self, task: str, listing: Listing, given: Sequence[str], folder: str = "") -> Briefing:
        """For a task; `given` are the files that the user wants shown, `folder` is where the user stands."""
        if not listing and not given:
            return Briefing("", ())
        from orchestra.workspace.repo_map.drawing import draw_map
        from orchestra.workspace.repo_map.places import Places
        from orchestra.workspace.repo_map.relevance import ranked, relevance

        paths = [path for path, _ in listing]
        index = self._mapper.index(paths)
        found = relevance(index, Places(paths), task, given, folder)
        order = ranked(index, found)
        declared = self._mapper.declarations(index, order)
        repo_map = draw_map(
            index, declared, found.names, max_tokens=self.room.map_tokens - FENCE_TOKENS, count_tokens=estimate_tokens
        )
        others = _small_code([index.paths[number] for number in order], dict(listing))
        return Briefing(self._hide(repo_map), choose(index, found, given, others))

    def excerpt(self, task: str) -> Excerpt:
        """What of files that are too long to be shown whole has to do with a task."""
        return excerpt_for(task, self._hide)

    def interfaces(self, plan: Plan, listing: Listing) -> dict[str, str]:
        """By planned path the signatures of the files near it, without those that its executor sees in full."""
        if not listing:
            return {}
        from orchestra.workspace.repo_map.places import Places

        paths = [path for path, _ in listing]
        index, places = self._mapper.index(paths), Places(paths)
        near: dict[str, list[int]] = {}
        for planned in plan.files:
            if planned.action != "delete" and sum(map(len, near.values())) < _MOST_NEAR_IN_ALL:
                near[planned.path] = list(dict.fromkeys(_near(index, places, plan, planned)))[:_MOST_NEAR]
        numbers = sorted({number for each in near.values() for number in each})
        declared = dict(self._mapper.declarations(index, numbers))
        drawn = {path: self._drawn(index, declared, each) for path, each in near.items()}
        return {path: self._hide(text) for path, text in drawn.items() if text}

    def _drawn(
        self, index: RepoIndex, declared: Mapping[int, Sequence[Declaration]], numbers: Sequence[int]
    ) -> str:
        from orchestra.workspace.repo_map.drawing import draw_map

        files = [(number, declared[number]) for number in numbers]
        return draw_map(index, files, frozenset(), max_tokens=self.room.near_tokens, count_tokens=estimate_tokens)


def _small_code(paths: Sequence[str], sizes: Mapping[str, int]) -> Sequence[str]:
    """Those of the files that hold code, where these are few and short."""
    code = [path for path in paths if sizes[path] and not path.endswith(_PROSE)]
    return code if len(code) <= MOST_CHOSEN and sum(sizes[path] for path in code) <= _SMALL_BYTES else ()


def fitting_files(
    show: Show, chosen: Sequence[Chosen], max_tokens: int, *, known: Collection[str] = (),
    excerpt: Excerpt = no_excerpt,
) -> tuple[list[ShownFile], list[tuple[str, str]]]:
    """Of the files those that may be shown and fit, and the others with the reason; those given by the user all fit.

    Those `known` already are passed over. Of a file that is too long its excerpt is shown.
    """
    chosen = [file for file in chosen if file.path not in known]
    given = {file.path for file in chosen if file.why == GIVEN}
    shown: list[ShownFile] = []
    not_shown: list[tuple[str, str]] = []
    # Only so many are shown at once.
    for start in range(0, len(chosen), MOST_FILES):
        more, refused = show([file.path for file in chosen[start:start + MOST_FILES]])
        shown, not_shown = [*shown, *more], [*not_shown, *refused]
    wanted, too_long, _ = within([file for file in shown if file.path in given], _ENDLESS, excerpt, always=True)
    by_choice = [file for file in shown if file.path not in given]
    fitting, others, _ = within(by_choice, max_tokens, excerpt)
    if others:
        # What merely uses something leaves room for the next.
        fitting, others, _ = within(by_choice, max_tokens, excerpt, shares=[max_tokens // part for part in _SHARES])
    return [*wanted, *fitting], [*not_shown, *too_long, *others]


def _near(index: RepoIndex, places: Places, plan: Plan, planned: PlannedFile) -> Iterator[int]:
    """What the order for a file names, what is next to it, the plan's other files, the rest of its folder."""
    from orchestra.workspace.repo_map.relevance import relevance

    path, gone = planned.path, [file.path for file in plan.files if file.action == "delete"]
    seen = {path, *planned.depends_on, *gone}
    text = "\n".join((planned.description, *planned.criteria))
    found = relevance(index, places, text, [path])
    named = sorted(found.reasons, key=lambda number: (-found.points[number], -index.scores[number], number))
    others = [file.path for file in plan.files]
    beside = [index.numbers[other] for other in places.beside(path) if other in index.numbers]
    beside.sort(key=lambda number: (-index.scores[number], number))
    known = [index.numbers[other] for other in [*places.partners(path), *others] if other in index.numbers]
    for number in [*named, *known, *beside]:
        other = index.paths[number]
        # A change log's headings say nothing to who writes code.
        if other not in seen and (path.endswith(_PROSE) or not other.endswith(_PROSE)):
            yield number
