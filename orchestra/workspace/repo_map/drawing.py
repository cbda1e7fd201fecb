"""The map as text: files with the signatures of what they declare, cut to a budget of tokens."""

from __future__ import annotations

import math
from typing import AbstractSet, Callable, Iterable, Iterator, Sequence

from orchestra.workspace.repo_map.file_facts import Declaration
from orchestra.workspace.repo_map.index import RepoIndex

MOST_LINES = 40
"""Of one file; those that count most are shown."""
_FEWER_LINES = 8
"""Where there is no room for more."""
_MOST_MISSES = 12
"""So many files in a row that do not fit, and the map is full."""
_LEFT_OUT = "    ..."
_FUNCTIONS = ("def ", "async def ", "function ", "async function ")


def draw_map(
    index: RepoIndex, files: Iterable[tuple[int, Sequence[Declaration]]], names: AbstractSet[str], *,
    max_tokens: int, count_tokens: Callable[[str], int],
) -> str:
    """One block a file, in the order given, as many as there is room for; `names` count most.

    `files` are read only as far as they are needed.
    """
    blocks: list[str] = []
    left, misses = max_tokens, 0
    for number, declarations in files:
        if not declarations:
            continue
        order = _order(index, declarations, names)
        for most in (MOST_LINES, _FEWER_LINES):
            block = "\n".join(_block(index.paths[number], declarations, order[:most]))
            tokens = count_tokens(block + "\n")
            if tokens <= left:
                blocks.append(block)
                left -= tokens
                misses = -1
                break
        misses += 1
        if misses == _MOST_MISSES:
            break
    return "\n".join(blocks)


def _order(index: RepoIndex, declarations: Sequence[Declaration], names: AbstractSet[str]) -> Sequence[int]:
    """The places of the declarations, those that count most first."""
    places = range(len(declarations))
    if len(declarations) <= _FEWER_LINES:
        return places
    local = _within_functions(declarations)
    ranks = [(place in local, -weight) for place, weight in enumerate(_weights(index, declarations, names))]
    return sorted(places, key=ranks.__getitem__)


def _block(path: str, declarations: Sequence[Declaration], places: Sequence[int]) -> Iterator[str]:
    yield path + ":"
    chosen, skipped = frozenset(places), False
    for place, declaration in enumerate(declarations):
        if place in chosen:
            yield "  " + declaration.signature
        elif not skipped:
            yield _LEFT_OUT
        skipped = place not in chosen


def _within_functions(declarations: Sequence[Declaration]) -> set[int]:
    """The places of what stands in the body of a function, where nobody else can call it."""
    found: set[int] = set()
    indent_around: float = math.inf
    for place, signature in enumerate(it.signature for it in declarations):
        bare = signature.lstrip()
        indent = len(signature) - len(bare)
        if indent > indent_around:
            found.add(place)
        else:
            indent_around = indent if bare.startswith(_FUNCTIONS) else math.inf
    return found


def _weights(index: RepoIndex, declarations: Sequence[Declaration], names: AbstractSet[str]) -> Iterator[int]:
    own = index.weights_of(declaration.name for declaration in declarations)
    for declaration, weight in zip(declarations, own):
        # A class says what its methods belong to.
        yield weight + (1 << 20) * (declaration.name in names) + 20 * (not declaration.signature.startswith(" "))
