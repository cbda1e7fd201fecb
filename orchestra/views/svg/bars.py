"""Horizontal bars, one below the other, each of one or more parts."""

from __future__ import annotations

from typing import Callable, Sequence

from orchestra.dataclass import dataclass
from orchestra.views.svg.axis import Scale, horizontal, marks
from orchestra.views.svg.markup import element, shortened, text, title

WIDTH, LABELS, VALUES = 900, 260, 90
ROW, THICKNESS = 24, 15
_MOST_LABEL = 38


@dataclass(frozen=True)
class Bar:
    """One row."""

    label: str
    parts: tuple[tuple[str, float], ...]
    """Colour class and length of each."""
    said: str
    """Its value in words, behind it."""


def bars(rows: Sequence[Bar], *, axis: str, say: Callable[[float], str], whole: bool = False) -> str:
    """The chart; an empty text for no rows. With `whole` the lengths are counts."""
    if not rows:
        return ""
    ticks = marks(max(sum(length for _, length in row.parts) for row in rows), whole=whole)
    scale = Scale(ticks[-1], LABELS, WIDTH - VALUES)
    bottom = 8 + ROW * len(rows)
    body = horizontal(scale, ticks, top_px=4, bottom_px=bottom, say=say, label=axis)
    body += "".join(_bar(row, scale, 8 + ROW * number) for number, row in enumerate(rows))
    return element("svg", body, viewBox=f"0 0 {WIDTH} {bottom + 38}", role="img", aria_label=axis)


def _bar(row: Bar, scale: Scale, y: float) -> str:
    label = text(
        shortened(row.label, _MOST_LABEL), x=LABELS - 8, y=y + THICKNESS - 3, text_anchor="end", class_="name"
    )
    pieces, start = "", 0.0
    for colour, length in row.parts:
        left, right = scale.at(start), scale.at(start + length)
        pieces += element("rect", x=left, y=y, width=max(0.0, right - left), height=THICKNESS, class_=colour)
        start += length
    value = text(row.said, x=scale.at(start) + 5, y=y + THICKNESS - 3, class_="mark")
    return element("g", title(f"{row.label}: {row.said}") + label + pieces + value)
