"""The map as text: files with the signatures of what they declare, cut to a budget of tokens."""

from __future__ import annotations

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
        for most in (MOST_LINES, _FEWER_LINES):
            block = "\n".join(_block(index, number, declarations, names, most))
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


def _block(
    index: RepoIndex, number: int, declarations: Sequence[Declaration], names: AbstractSet[str], most: int
) -> Iterator[str]:
    yield index.paths[number] + ":"
    chosen = set(range(len(declarations)))
    if len(declarations) > most:
        local = _within_functions(declarations)
        order = sorted(chosen, key=lambda place: (place in local, -_weight(index, declarations[place], names), place))
        chosen = set(order[:most])
    skipped = False
    for place, declaration in enumerate(declarations):
        if place in chosen:
            yield "  " + declaration.signature
        elif not skipped:
            yield _LEFT_OUT
        skipped = place not in chosen


def _within_functions(declarations: Sequence[Declaration]) -> set[int]:
    """The places of what stands in the body of a function, where nobody else can call it."""
    around: list[tuple[int, bool]] = []
    found = set()
    for place, signature in enumerate(it.signature for it in declarations):
        bare = signature.lstrip()
        indent = len(signature) - len(bare)
        while around and around[-1][0] >= indent:
            around.pop()
        if any(is_function for _, is_function in around):
            found.add(place)
        around.append((indent, bare.startswith(("def ", "async def ", "function ", "async function "))))
    return found


def _weight(index: RepoIndex, declaration: Declaration, names: AbstractSet[str]) -> int:
    own = index.weight_of(declaration.name) + (1 << 20) * (declaration.name in names)
    # A class says what its methods belong to.
    return own + 20 * (not declaration.signature.startswith(" "))
