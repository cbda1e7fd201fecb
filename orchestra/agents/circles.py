"""Dependencies that go round in a circle, and which of them to leave out."""

from __future__ import annotations

from typing import AbstractSet, Iterator, Sequence

Needs = Sequence[AbstractSet[int]]
"""Of each number the numbers that it needs."""


def cuts(needs: Needs) -> Iterator[list[tuple[int, int]]]:
    """Of each group that goes round in circles the needs to leave out, so that it can be put in order.

    A group comes after those that it needs, and is entered at its first number. Takes time in proportion to the needs.
    """
    for group in _groups(needs):
        if len(group) > 1:
            yield _cuts_of(needs, group)


def _cuts_of(needs: Needs, group: AbstractSet[int]) -> list[tuple[int, int]]:
    first = min(group)
    found = [(first, other) for other in sorted(needs[first] & group)]
    done = {first}
    open_: set[int] = set()
    for start in sorted(group - {first}):
        stack = [] if start in done else [(start, iter(sorted(needs[start] & group)))]
        open_.update(number for number, _ in stack)
        while stack:
            number, rest = stack[-1]
            other = next(rest, None)
            if other is None:
                stack.pop()
                open_.discard(number)
                done.add(number)
            elif other in open_:
                found.append((number, other))
            elif other not in done:
                open_.add(other)
                stack.append((other, iter(sorted(needs[other] & group))))
    return found


def _groups(needs: Needs) -> Iterator[set[int]]:
    """The strongly connected components, those that others need first (Tarjan 1972, without recursion)."""
    met: dict[int, int] = {}
    lowest: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    for start in range(len(needs)):
        stack = [] if start in met else [(start, iter(sorted(needs[start])))]
        while stack:
            number, rest = stack[-1]
            if number not in met:
                met[number] = lowest[number] = len(met)
                path.append(number)
                on_path.add(number)
            other = next(rest, None)
            if other is not None:
                if other not in met:
                    stack.append((other, iter(sorted(needs[other]))))
                elif other in on_path:
                    lowest[number] = min(lowest[number], met[other])
                continue
            stack.pop()
            if stack:
                lowest[stack[-1][0]] = min(lowest[stack[-1][0]], lowest[number])
            if lowest[number] == met[number]:
                group = {number}
                while path[-1] != number:
                    group.add(path.pop())
                path.pop()
                on_path -= group
                yield group
