"""Columns side by side: how values are spread over classes."""

from __future__ import annotations

from typing import Sequence

from orchestra.views.svg.axis import Scale, marks, vertical
from orchestra.views.svg.markup import element, text, title

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 420, 210, 46, 34, 44


def columns(labels: Sequence[str], counts: Sequence[int], *, x_axis: str, y_axis: str) -> str:
    """One column for each label; an empty text where nothing was counted."""
    if not any(counts):
        return ""
    ticks = marks(max(counts), most_steps=4, whole=True)
    scale = Scale(ticks[-1], HEIGHT - BOTTOM, TOP)
    body = vertical(scale, ticks, left_px=LEFT, right_px=WIDTH - 6, say=lambda value: f"{value:.0f}", label=y_axis)
    width = (WIDTH - 6 - LEFT) / len(labels)
    for number, (label, count) in enumerate(zip(labels, counts)):
        left, top = LEFT + number * width, scale.at(count)
        body += element(
            "rect", title(f"{label}: {count}"), x=left + 2, y=top, width=width - 4, height=scale.start_px - top,
            class_="part answers",
        )
        body += text(label, x=left + width / 2, y=HEIGHT - BOTTOM + 14, text_anchor="middle", class_="mark")
    body += text(x_axis, x=(LEFT + WIDTH) / 2, y=HEIGHT - 10, text_anchor="middle", class_="axis")
    return element("svg", body, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=f"{y_axis} by {x_axis}")
