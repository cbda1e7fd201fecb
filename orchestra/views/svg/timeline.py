"""Who was at work on what, and when: a row for each file, a bar for each question."""

from __future__ import annotations

from typing import Callable, Sequence

from orchestra.metrics.session_figures import Span
from orchestra.views.svg.axis import Scale, horizontal, marks
from orchestra.views.svg.markup import element, shortened, text, title

WIDTH, LABELS, RIGHT, TOP = 900, 260, 24, 24
ROW, THICKNESS, THINNEST = 20, 12, 1.5
_MOST_LABEL = 38
_CHARACTER = 6.5
"""Pixels, so that a name fits into its bar."""
_WHOLE = {"architect": "the plan", "consultant": "what fails"}


def timeline(spans: Sequence[Span], phases: Sequence[Span], *, say: Callable[[float], str]) -> str:
    """The chart, with the phases as its first row; an empty text where nothing took time."""
    ends = [span.end_ms for span in (*spans, *phases)]
    if not ends or max(ends) <= 0:
        return ""
    ticks = marks(max(ends) / 1000, most_steps=8)
    scale = Scale(ticks[-1], LABELS, WIDTH - RIGHT)
    rows = list(dict.fromkeys(_subject(span) for span in spans))
    places = {subject: TOP + ROW * (number + 1) for number, subject in enumerate(rows)}
    bottom = TOP + ROW * (len(rows) + 1)
    body = horizontal(scale, ticks, top_px=TOP - 4, bottom_px=bottom, say=say, label="time since the start")
    # Above, too: with hundreds of files the axis is out of sight.
    body += "".join(text(say(tick), x=scale.at(tick), y=TOP - 9, text_anchor="middle", class_="mark") for tick in ticks)
    body += _name("phase", TOP) + "".join(_phase(span, scale) for span in phases)
    body += "".join(_name(subject, place) for subject, place in places.items())
    body += "".join(
        _piece(span, scale, places[_subject(span)], span.name + ("" if span.succeeded else " failed"))
        for span in spans
    )
    return element("svg", body, viewBox=f"0 0 {WIDTH} {bottom + 38}", role="img", aria_label="timeline")


def _subject(span: Span) -> str:
    return span.path or _WHOLE.get(span.name, span.name)


def _name(label: str, y: float) -> str:
    return text(shortened(label, _MOST_LABEL), x=LABELS - 8, y=y + THICKNESS - 2, text_anchor="end", class_="name")


def _phase(span: Span, scale: Scale) -> str:
    left, right = scale.at(span.start_ms / 1000), scale.at(span.end_ms / 1000)
    said = ""
    if right - left > len(span.name) * _CHARACTER:
        said = text(span.name, x=(left + right) / 2, y=TOP + THICKNESS - 2, text_anchor="middle", class_="name")
    return _piece(span, scale, TOP, f"phase {span.name}") + said


def _piece(span: Span, scale: Scale, y: float, kind: str) -> str:
    left, right = scale.at(span.start_ms / 1000), scale.at(span.end_ms / 1000)
    seconds = (span.end_ms - span.start_ms) / 1000
    said = f"{kind}, {span.path or ''} {span.start_ms / 1000:.1f} s to {span.end_ms / 1000:.1f} s ({seconds:.1f} s)"
    return element(
        "rect", title(" ".join(said.split())), x=left, y=y, width=max(THINNEST, right - left), height=THICKNESS,
        class_=kind if kind.startswith("phase") else f"part {kind}",
    )
