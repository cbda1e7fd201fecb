"""The report of one session as an HTML page."""

from __future__ import annotations

from typing import Sequence

from orchestra.clock import iso
from orchestra.metrics.overall_figures import AIM_USD
from orchestra.metrics.session_figures import FileFigures, SessionFigures
from orchestra.records import AGENT_ROLES
from orchestra.views import report_parts
from orchestra.views.figures import elapsed, money, paused, spent, tokens
from orchestra.views.html_page import key, page, table
from orchestra.views.profile_text import profile_lines
from orchestra.views.svg.bars import Bar, bars
from orchestra.views.svg.markup import element, escaped
from orchestra.views.svg.timeline import timeline

_MOST_TITLE = 160
_MOST_BARS = 60
"""Files in the chart; all are in the table."""


def session_page(figures: SessionFigures) -> str:
    metrics = figures.metrics
    task = " ".join(figures.task.split())
    status = "still open" if figures.exit_status is None else f"exit status {figures.exit_status}"
    tiles = [
        (spent(metrics), f"cost (aim: {money(AIM_USD)})"),
        (elapsed(figures.worked_ms / 1000), "from start to end" + paused(figures.paused_ms)),
        (f"{metrics.successful_attempts} of {metrics.total_attempts}", "calls answered"),
        (f"{tokens(metrics.input_tokens)} + {tokens(metrics.output_tokens)}", "tokens in + out"),
        (str(metrics.fallback_rotations), "fallbacks"),
        (f"{sum(file.status in ('approved', 'unchanged') for file in figures.files)} of {len(figures.files)}",
         "files approved"),
    ]
    chart = timeline(figures.spans, figures.phases, say=lambda value: f"{value:g} s")
    roles = key(*((role, role) for role in AGENT_ROLES), ("bad", "failed (outlined)")) if chart else ""
    return page(
        task if len(task) <= _MOST_TITLE else task[:_MOST_TITLE] + "…",
        f"{figures.session_id}, {figures.mode}, {figures.phase}, {status}, started {iso(metrics.start_time)}",
        tiles,
        [
            ("Agents and files over time", chart + roles),
            ("Cost and tokens by role and model", report_parts.consumption(figures.shares)),
            ("Latency by model", report_parts.latency(figures.latencies)),
            ("Faults and fallbacks", report_parts.trouble(figures.faults, figures.rotations)),
            ("Files", _files(figures.files)),
            ("Caches", report_parts.caches(figures.savings, metrics.input_tokens)),
            ("Profile", _profile(figures)),
        ],
    )


def _files(files: Sequence[FileFigures]) -> str:
    if not files:
        return ""
    most = sorted(files, key=lambda file: file.iterations + file.recovery_attempts, reverse=True)[:_MOST_BARS]
    charted = {file.path for file in most}
    chart = bars(
        [
            Bar(
                file.path, (("answers", file.iterations), ("auditor", file.recovery_attempts)),
                f"{file.iterations}" + (f" + {file.recovery_attempts}" if file.recovery_attempts else ""),
            )
            for file in files if file.path in charted
        ],
        axis="audits, and tries of recovery", say=lambda value: f"{value:g}", whole=True,
    )
    left_out = len(files) - len(charted)
    note = element("p", f"the {_MOST_BARS} files with the most of them; {left_out} more below", class_="sub")
    rows = [
        (
            file.path, file.action, file.status, str(file.iterations), str(file.refused_drafts),
            str(file.recovery_attempts), str(file.calls), money(file.cost_usd, calls=file.calls), file.error or "",
        )
        for file in files
    ]
    head = ("file", "action", "status", "audits", "drafts refused", "recovery tries", "calls", "cost", "error")
    return chart + key(("s1", "audits"), ("auditor", "tries of recovery")) + (note if left_out > 0 else "") + table(
        head, rows, right={3, 4, 5, 6, 7}
    )


def _profile(figures: SessionFigures) -> str:
    if not figures.profile:
        return ""
    return element("pre", escaped("\n".join(profile_lines(figures.profile))), class_="scroll")
