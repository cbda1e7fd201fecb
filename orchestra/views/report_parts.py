"""Sections that the HTML reports of one session and of all have in common."""

from __future__ import annotations

from typing import Sequence

from orchestra.metrics.attempts import Fault, Latency, Rotation, Share
from orchestra.metrics.distribution import BOUNDS_S
from orchestra.metrics.session_figures import Savings
from orchestra.views.figures import money, percent, seconds, tokens
from orchestra.views.html_page import key, table
from orchestra.views.svg.bars import Bar, bars
from orchestra.views.svg.columns import columns
from orchestra.views.svg.markup import element, escaped


def consumption(shares: Sequence[Share]) -> str:
    """Cost and tokens by role and model: two charts and the figures."""
    costs = [
        Bar(_name(share), ((share.role, float(share.consumed.cost_usd)),), money(share.consumed.cost_usd))
        for share in shares if share.consumed.cost_usd is not None
    ]
    used = [
        Bar(
            _name(share),
            (("input", share.consumed.input_tokens), ("output", share.consumed.output_tokens)),
            f"{tokens(share.consumed.input_tokens)} + {tokens(share.consumed.output_tokens)}",
        )
        for share in shares
    ]
    rows = [
        (
            share.role, share.model, f"{share.consumed.answers} of {share.consumed.attempts}",
            f"{share.consumed.input_tokens:,}", f"{share.consumed.cached_tokens:,}",
            f"{share.consumed.output_tokens:,}", money(share.consumed.cost_usd),
        )
        for share in shares
    ]
    if not rows:
        return ""
    head = ("role", "model", "answered", "tokens in", "of them cached", "tokens out", "cost")
    return (
        bars(costs, axis="cost in USD", say=lambda value: f"{value:g}")
        + bars(used, axis="tokens", say=lambda value: tokens(round(value)))
        + key(("input", "tokens in"), ("output", "tokens out"))
        + table(head, rows, right={2, 3, 4, 5, 6})
    )


def latency(latencies: Sequence[Latency]) -> str:
    """How long each model took: one chart for each, and the quantiles."""
    labels = [f"{bound:g}" for bound in BOUNDS_S] + ["more"]
    charts = "".join(
        element("div", element("h3", escaped(one.model)) + columns(
            labels, one.distribution.counts(), x_axis="seconds, at most", y_axis="answers"
        ))
        for one in latencies
    )
    rows = [
        (
            one.model, str(len(one.distribution.values_ms)), seconds(one.distribution.mean_ms),
            *(seconds(one.distribution.quantile(share)) for share in (0.5, 0.9, 0.99, 1.0)),
        )
        for one in latencies
    ]
    if not rows:
        return ""
    head = ("model", "answers", "mean", "median", "90 % within", "99 % within", "slowest")
    return element("div", charts, class_="grid2") + table(head, rows, right={1, 2, 3, 4, 5, 6})


def trouble(faults: Sequence[Fault], rotations: Sequence[Rotation]) -> str:
    """Faults and fallbacks."""
    chart = bars(
        [Bar(f"{fault.model} {fault.error_code}", (("bad", fault.count),), str(fault.count)) for fault in faults],
        axis="failed calls", say=lambda value: f"{value:g}", whole=True,
    )
    rows = [(one.role, one.left, one.taken, str(one.count)) for one in rotations]
    found = chart + table(("role", "from", "to", "fallbacks"), rows, right={3})
    return found or element("p", "no call failed, and no fallback was needed", class_="sub")


def caches(savings: Savings, input_tokens: int) -> str:
    """What the caches spared."""
    rows = [
        ("answers from the reply cache", f"{savings.answers:,}"),
        ("tokens not sent and not written for it", f"{savings.tokens:,}"),
        ("what they cost when they were given first", "-" if savings.cost_usd is None else money(savings.cost_usd)),
        ("tokens of prompts that providers read from their caches", f"{savings.cached_tokens:,}"
         + (f" ({percent(savings.cached_tokens / input_tokens)} of all)" if input_tokens else "")),
    ]
    return table(("", ""), rows, right={1})


def _name(share: Share) -> str:
    return f"{share.role} {share.model}"
