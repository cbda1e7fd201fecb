"""The report across sessions as an HTML page."""

from __future__ import annotations

from typing import Callable

from orchestra.metrics.overall_figures import AIM_USD, ModelPeriod, OverallFigures
from orchestra.views import report_parts
from orchestra.views.figures import money, percent, seconds
from orchestra.views.html_page import page, table
from orchestra.views.svg.bars import Bar, bars
from orchestra.views.svg.lines import legend, line_chart

_MOST_ROWS = 200
"""Sessions in the chart and in the table, the newest."""


def overall_page(figures: OverallFigures) -> str:
    tiles = [
        (str(len(figures.sessions)), "sessions"),
        (_share(figures.succeeded, figures.judged), f"of {figures.judged} succeeded"),
        (money(figures.mean_cost_usd), f"a session (aim: {money(AIM_USD)})"),
        (f"{figures.within_aim} of {len(figures.costs)}", "within the aim"),
        (money(figures.total.cost_usd), "in all"),
        (_share(figures.recovered, figures.recoveries), f"of {figures.recoveries} files recovered"),
    ]
    replayed = f"; {figures.replayed} replayed, which count nowhere" if figures.replayed else ""
    span = ""
    if figures.sessions:
        span = f"{figures.sessions[0].started_at} to {figures.sessions[-1].started_at}"
    return page("All sessions", span + replayed, tiles, [
        (f"Cost of {_which(figures)}", _costs(figures)),
        ("Latency by model over time", _over_time(figures, "median, seconds", _median, seconds_of)),
        ("Fallbacks by model over time", _over_time(
            figures, "fallbacks for each call", lambda one: one.rotations / one.consumed.attempts, percent
        )),
        ("Answers by the first choice of a chain", _first_choices(figures)),
        ("Cost and tokens by role and model", report_parts.consumption(figures.shares)),
        ("Latency by model", report_parts.latency(figures.latencies)),
        ("Faults and fallbacks", report_parts.trouble(figures.faults, figures.rotations)),
        ("Caches", report_parts.caches(figures.savings, figures.total.input_tokens)),
        (f"{_which(figures, each=False)}".capitalize(), _sessions(figures)),
    ])


def _which(figures: OverallFigures, *, each: bool = True) -> str:
    """What a section shows one by one."""
    count = len(figures.sessions)
    if count > _MOST_ROWS:
        return f"the newest {_MOST_ROWS} of {count} sessions"
    return "each session" if each else "sessions"


def seconds_of(value: float) -> str:
    return seconds(1000 * value)


def _costs(figures: OverallFigures) -> str:
    known = {
        f"{line.started_at[5:16].replace('T', ' ')} {line.session_id[-4:]}": float(line.consumed.cost_usd)
        for line in figures.sessions[-_MOST_ROWS:] if line.consumed.cost_usd is not None
    }
    return line_chart(
        list(known), {"cost": known} if known else {}, x_axis="session, by its start", y_axis="cost in USD",
        say=lambda value: f"{value:g}", limit=(f"aim: {money(AIM_USD)}", float(AIM_USD)),
    )


def _over_time(
    figures: OverallFigures, y_axis: str, value: Callable[[ModelPeriod], float | None], say: Callable[[float], str]
) -> str:
    # Also models without a value: a model has the same colour in every chart.
    series: dict[str, dict[str, float]] = {one.model: {} for one in figures.periods}
    for one in figures.periods:
        found = value(one)
        if found is not None:
            series[one.model][one.period] = found
    periods = sorted({one.period for one in figures.periods})
    axis = "hour (UTC)" if periods and "T" in periods[0] else "day (UTC)"
    chart = line_chart(periods, series, x_axis=axis, y_axis=y_axis, say=say)
    return chart + legend(series) if chart else ""


def _median(one: ModelPeriod) -> float | None:
    return None if one.latency is None else one.latency.quantile(0.5) / 1000


def _first_choices(figures: OverallFigures) -> str:
    return bars(
        [
            Bar(one.role, ((one.role, 100 * one.share),), f"{percent(one.share)} of {one.answers}")
            for one in figures.first_choices
        ],
        axis="percent of the answers", say=lambda value: f"{value:g}",
    )


def _sessions(figures: OverallFigures) -> str:
    rows = [
        (
            line.session_id, " ".join(line.task.split())[:100], line.phase, str(line.files),
            str(line.consumed.attempts), money(line.consumed.cost_usd),
        )
        for line in reversed(figures.sessions[-_MOST_ROWS:])
    ]
    return table(("session", "task", "phase", "files", "calls", "cost"), rows, right={3, 4, 5})


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "-"
