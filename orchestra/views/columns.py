"""Rows of text in aligned columns."""

from __future__ import annotations

from typing import Collection, Sequence


def aligned(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """One line for each row; the columns in `right` end under each other, the others begin so."""
    widths = [max((len(row[column]) for row in rows if column < len(row)), default=0) for column in range(_most(rows))]
    return [
        "  ".join(
            cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
            for column, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]


def _most(rows: Sequence[Sequence[str]]) -> int:
    return max(map(len, rows), default=0)
