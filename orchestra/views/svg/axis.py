"""Axes: round steps, labels, and where a value lies."""

from __future__ import annotations

import math
from typing import Callable

from orchestra.dataclass import dataclass
from orchestra.views.svg.markup import element, text

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """Values from 0 to `top` on a stretch of pixels."""

    top: float
    start_px: float
    end_px: float

    def at(self, value: float) -> float:
        share = min(max(value / self.top, 0.0), 1.0)
        return self.start_px + share * (self.end_px - self.start_px)


def round_step(largest: float, most_steps: int = 6) -> float:
    """The distance of marks so that at most that many reach `largest`."""
    if not 0 < largest < math.inf:
        return 1.0
    rough = largest / most_steps
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if step * power >= rough * (1 - 1e-9))


def marks(largest: float, most_steps: int = 6, *, whole: bool = False) -> list[float]:
    """From 0 to the first mark that is not below `largest`; whole numbers of what can only be counted."""
    step = round_step(largest, most_steps)
    if whole:
        step = float(math.ceil(step))
    count = max(1, math.ceil(largest / step - 1e-9)) if 0 < largest < math.inf else 1
    return [step * number for number in range(count + 1)]


def horizontal(scale: Scale, values: list[float], *, top_px: float, bottom_px: float, say: Callable[[float], str],
               label: str) -> str:
    """Marks below the plot, with lines up to its top and the axis' name."""
    lines = "".join(
        element("line", x1=scale.at(value), x2=scale.at(value), y1=top_px, y2=bottom_px, class_="grid")
        + text(say(value), x=scale.at(value), y=bottom_px + 14, text_anchor="middle", class_="mark")
        for value in values
    )
    middle = (scale.start_px + scale.end_px) / 2
    return lines + text(label, x=middle, y=bottom_px + 30, text_anchor="middle", class_="axis")


def vertical(scale: Scale, values: list[float], *, left_px: float, right_px: float, say: Callable[[float], str],
             label: str) -> str:
    """Marks left of the plot, with lines across it and the axis' name above."""
    lines = "".join(
        element("line", x1=left_px, x2=right_px, y1=scale.at(value), y2=scale.at(value), class_="grid")
        + text(say(value), x=left_px - 6, y=scale.at(value) + 4, text_anchor="end", class_="mark")
        for value in values
    )
    return lines + text(label, x=left_px, y=scale.end_px - 10, text_anchor="start", class_="axis")
