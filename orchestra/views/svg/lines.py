"""Lines over periods: one for each name, and a limit if there is one."""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

from orchestra.views.svg.axis import Scale, marks, vertical
from orchestra.views.svg.markup import element, escaped, text, title

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 900, 240, 70, 34, 44
COLOURS = 8
"""So many names have a colour of their own; more share them."""
_CHARACTER, _GAP = 6.5, 16
"""Of the labels below, in pixels."""


def line_chart(
    periods: Sequence[str], values: Mapping[str, Mapping[str, float]], *, x_axis: str, y_axis: str,
    say: Callable[[float], str], limit: tuple[str, float] | None = None,
) -> str:
    """`values` is name to period to value; a period without a value has no point. An empty text for none."""
    found = [value for series in values.values() for value in series.values()]
    if not found:
        return ""
    ticks = marks(max([*found, limit[1] if limit else 0.0]), most_steps=5)
    scale = Scale(ticks[-1], HEIGHT - BOTTOM, TOP)
    across = {period: _x(number, len(periods)) for number, period in enumerate(periods)}
    body = vertical(scale, ticks, left_px=LEFT, right_px=WIDTH - 10, say=say, label=y_axis)
    body += _dates(periods, across, x_axis)
    if limit is not None:
        y = scale.at(limit[1])
        body += element("line", title(limit[0]), x1=LEFT, x2=WIDTH - 10, y1=y, y2=y, class_="limit")
        body += text(limit[0], x=WIDTH - 12, y=y - 5, text_anchor="end", class_="mark")
    for number, (name, series) in enumerate(values.items()):
        points = [(across[period], scale.at(series[period]), period) for period in periods if period in series]
        body += _line(name, points, series, say, number % COLOURS) if points else ""
    return element("svg", body, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=f"{y_axis} by {x_axis}")


def legend(values: Mapping[str, Mapping[str, float]]) -> str:
    """Which colour is whose, of those that have points, as HTML."""
    keys = [
        element("span", _key(name, number % COLOURS), class_="key")
        for number, (name, series) in enumerate(values.items()) if series
    ]
    return element("p", " ".join(keys))


def _key(name: str, colour: int) -> str:
    return element("i", class_=f"swatch s{colour}") + escaped(name)


def _line(
    name: str, points: Sequence[tuple[float, float, str]], series: Mapping[str, float], say: Callable[[float], str],
    colour: int,
) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    dots = "".join(
        element("circle", title(f"{name}, {period}: {say(series[period])}"), cx=x, cy=y, r=3.5, class_=f"dot s{colour}")
        for x, y, period in points
    )
    return element("polyline", points=path, class_=f"line s{colour}") + dots


def _dates(periods: Sequence[str], across: Mapping[str, float], x_axis: str) -> str:
    room = max(1, int((WIDTH - LEFT) / (max(map(len, periods)) * _CHARACTER + _GAP)))
    every = -(-len(periods) // room)
    labels = "".join(
        text(period, x=across[period], y=HEIGHT - BOTTOM + 16, text_anchor="middle", class_="mark")
        for number, period in enumerate(periods) if number % every == 0
    )
    return labels + text(x_axis, x=(LEFT + WIDTH) / 2, y=HEIGHT - 10, text_anchor="middle", class_="axis")


def _x(number: int, count: int) -> float:
    left, right = LEFT + 40, WIDTH - 50
    return (left + right) / 2 if count == 1 else left + (right - left) * number / (count - 1)
