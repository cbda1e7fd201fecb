"""Rows of text in aligned columns."""

from __future__ import annotations

from typing import Collection, Sequence

from orchestra.views.cell_text import width_of


def aligned(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """One line for each row; the columns in `right` end under each other, the others begin so."""
    widths = [
        max((width_of(row[column]) for row in rows if column < len(row)), default=0) for column in range(_most(rows))
    ]
    return [
        "  ".join(
            _filled(cell, widths[column], is_right=column in right) for column, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]


def _filled(cell: str, width: int, *, is_right: bool) -> str:
    blanks = " " * (width - width_of(cell))
    return blanks + cell if is_right else cell + blanks


def _most(rows: Sequence[Sequence[str]]) -> int:
    return max(map(len, rows), default=0)
