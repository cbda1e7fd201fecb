"""Reports as text for people."""

from __future__ import annotations

from typing import Sequence

from orchestra.clock import iso
from orchestra.metrics.attempts import Consumed, Fault, Latency, Rotation, Share
from orchestra.metrics.overall_figures import AIM_USD, OverallFigures
from orchestra.metrics.session_figures import FileFigures, PromptPart, Savings, SessionFigures, Span
from orchestra.views.columns import aligned
from orchestra.views.figures import elapsed, money, paused, percent, seconds, spent, tokens
from orchestra.views.profile_text import profile_lines

_MOST_TASK = 100
_MOST_PARTS = 6
_WAITED = "before models were asked again, all files added up"
_MOST_PERIODS = 14
"""Days, or hours, of which each model has its line."""


def session_report_text(figures: SessionFigures) -> str:
    """Sections under headings."""
    metrics = figures.metrics
    status = "still open" if figures.exit_status is None else f"exit status {figures.exit_status}"
    took = elapsed(figures.worked_ms / 1000) + paused(figures.paused_ms)
    head = [
        f"session   {figures.session_id}, {figures.mode}, {figures.phase}, {status}",
        f"task      {' '.join(figures.task.split())[:_MOST_TASK]}",
        f"started   {iso(metrics.start_time)}, took {took}",
        f"cost      {spent(metrics)} (aim: {money(AIM_USD)} a session)",
    ]
    return _page(head, [
        ("phases", _phases(figures.phases)),
        ("agents", _agents(figures.spans)),
        ("files", _files(figures.files)),
        *_traffic(figures.shares, figures.latencies, figures.faults, figures.rotations, figures.savings),
        ("prompts", _prompts(figures.prompts)),
        ("waiting", [f"{seconds(figures.waited_ms)} {_WAITED}"] if figures.waited_ms else []),
        ("profile", profile_lines(figures.profile) if figures.profile else []),
    ])


def overall_report_text(figures: OverallFigures) -> str:
    """The same across sessions."""
    head = [
        f"sessions  {len(figures.sessions)}"
        + (f", and {figures.replayed} replayed, which count nowhere below" if figures.replayed else ""),
        f"success   {_of(figures.succeeded, figures.judged)} that came to an end of their own",
        f"cost      {_costs(figures)}",
        f"recovery  {_of(figures.recovered, figures.recoveries)} files that needed it",
    ]
    firsts = [(one.role, _of(one.by_first, one.answers)) for one in figures.first_choices]
    dates = sorted({one.period for one in figures.periods})
    since = dates[-_MOST_PERIODS:][0] if dates else ""
    periods = [
        (
            one.period, one.model, f"{one.consumed.answers} of {one.consumed.attempts} answered",
            "" if one.latency is None else f"median {seconds(one.latency.quantile(0.5))}",
            f"{one.rotations} fallback{'' if one.rotations == 1 else 's'}" if one.rotations else "",
        )
        for one in figures.periods if one.period >= since
    ]
    earlier = len(dates) - _MOST_PERIODS
    unit = "hours" if "T" in since else "days"
    more = [f"{earlier} earlier {unit}: `orchestra report --all --format html` shows them"] if earlier > 0 else []
    return _page(head, [
        ("answers by the first choice of a chain", aligned(firsts)),
        ("models over time", aligned(periods) + more),
        *_traffic(figures.shares, figures.latencies, figures.faults, figures.rotations, figures.savings),
    ])


def _page(head: list[str], sections: Sequence[tuple[str, list[str]]]) -> str:
    parts = ["\n".join([name, *(f"  {line}" for line in lines)]) for name, lines in sections if lines]
    return "\n\n".join(["\n".join(head), *parts])


def _traffic(
    shares: Sequence[Share], latencies: Sequence[Latency], faults: Sequence[Fault], rotations: Sequence[Rotation],
    savings: Savings,
) -> list[tuple[str, list[str]]]:
    usage = [(share.role, share.model, *_consumed(share.consumed)) for share in shares]
    spread = [
        (
            one.model, f"{len(one.distribution.values_ms)} answer{'' if len(one.distribution.values_ms) == 1 else 's'}",
            *(f"{name} {seconds(one.distribution.quantile(share))}" for name, share in _QUANTILES),
        )
        for one in latencies
    ]
    cache = []
    if savings.answers:
        cost = "" if savings.cost_usd is None else f", {money(savings.cost_usd)} saved"
        cache.append(f"{savings.answers} answers from the cache, {tokens(savings.tokens)} tokens{cost}")
    if savings.cached_tokens:
        cache.append(f"{tokens(savings.cached_tokens)} tokens of the prompts from caches of the providers")
    return [
        ("cost by role and model", aligned(usage, right={2, 3, 4, 5})),
        ("latency by model", aligned(spread)),
        ("faults", aligned([(fault.model, fault.error_code, str(fault.count)) for fault in faults], right={2})),
        ("fallbacks", aligned([(one.role, f"{one.left} -> {one.taken}", str(one.count)) for one in rotations])),
        ("caches", cache),
    ]


_QUANTILES = (("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("slowest", 1.0))


def _consumed(consumed: Consumed) -> tuple[str, ...]:
    return (
        f"{consumed.answers}/{consumed.attempts} calls", f"{tokens(consumed.input_tokens)} in",
        f"{tokens(consumed.output_tokens)} out", money(consumed.cost_usd),
        f"{consumed.unpriced} without a price" if consumed.unpriced and consumed.cost_usd is not None else "",
    )


def _phases(phases: Sequence[Span]) -> list[str]:
    return aligned([
        (span.name, seconds(span.end_ms - span.start_ms), f"from {seconds(span.start_ms)}") for span in phases
    ], right={1})


def _agents(spans: Sequence[Span]) -> list[str]:
    roles = dict.fromkeys(span.name for span in spans)
    rows = []
    for role in roles:
        own = [span for span in spans if span.name == role]
        busy = sum(span.end_ms - span.start_ms for span in own)
        rows.append((role, f"{len(own)} question{'' if len(own) == 1 else 's'}", seconds(busy)))
    return aligned(rows, right={2})


def _prompts(parts: Sequence[PromptPart]) -> list[str]:
    rows = []
    for role in dict.fromkeys(part.role for part in parts):
        own = [part for part in parts if part.role == role]
        total = sum(part.characters for part in own)
        shares = [f"{part.part} {100 * part.characters / total:.0f} %" for part in own[:_MOST_PARTS]]
        rows.append((role, f"{total:,} characters", ", ".join(shares)))
    return aligned(rows, right={1})


def _files(files: Sequence[FileFigures]) -> list[str]:
    return aligned([
        (
            file.status, file.path, f"{file.iterations} audit{'' if file.iterations == 1 else 's'}",
            f"{file.calls} call{'' if file.calls == 1 else 's'}", money(file.cost_usd, calls=file.calls), _more(file),
        )
        for file in files
    ], right={4})


def _more(file: FileFigures) -> str:
    parts = []
    if file.refused_drafts:
        parts.append(f"{file.refused_drafts} refused")
    if file.recovery_attempts:
        parts.append(f"{'recovered' if file.recovered else 'not recovered'} in {file.recovery_attempts}")
    return ", ".join(parts)


def _costs(figures: OverallFigures) -> str:
    if figures.total.cost_usd is None:
        return money(None)
    return (
        f"{money(figures.total.cost_usd)} in all, {money(figures.mean_cost_usd)} a session;"
        f" {_of(figures.within_aim, len(figures.costs))} within the aim of {money(AIM_USD)}"
    )


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({percent(part / whole)})" if whole else "")
