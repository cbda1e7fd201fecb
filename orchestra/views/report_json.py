"""Reports as JSON values, with the names that scripts hold on to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Sequence

from orchestra.clock import iso
from orchestra.metrics.attempts import Consumed, Fault, Latency, Rotation, Share
from orchestra.metrics.distribution import BOUNDS_S, Distribution
from orchestra.metrics.overall_figures import AIM_USD, OverallFigures
from orchestra.metrics.session_figures import Savings, SessionFigures, Span


def session_report_json(figures: SessionFigures) -> dict[str, Any]:
    """Everything of one session; costs in USD, null where unknown."""
    return {
        "session_id": figures.session_id, "task": figures.task, "mode": figures.mode, "phase": figures.phase,
        "exit_status": figures.exit_status,
        "start_time": iso(figures.metrics.start_time), "end_time": iso(figures.metrics.end_time),
        "worked_ms": figures.worked_ms, "paused_ms": figures.paused_ms,
        "total_cost_estimate": _cost(figures.metrics.total_cost_usd),
        "fallback_rotations": figures.metrics.fallback_rotations, "waited_ms": figures.waited_ms,
        "phases": [_span(span) for span in figures.phases],
        "timeline": [_span(span) for span in figures.spans],
        "files": [
            {
                "path": file.path, "action": file.action, "status": file.status, "iterations": file.iterations,
                "refused_drafts": file.refused_drafts, "recovered": file.recovered,
                "recovery_attempts": file.recovery_attempts, "attempts": file.calls, "cost": _cost(file.cost_usd),
                "error": file.error,
            }
            for file in figures.files
        ],
        **_traffic(figures.shares, figures.latencies, figures.faults, figures.rotations, figures.savings),
        "prompts": [
            {"role": part.role, "part": part.part, "characters": part.characters} for part in figures.prompts
        ],
        "profile": figures.profile,
    }


def overall_report_json(figures: OverallFigures) -> dict[str, Any]:
    """Everything across sessions."""
    return {
        "sessions": [
            {
                "session_id": line.session_id, "started_at": line.started_at, "task": line.task, "mode": line.mode,
                "phase": line.phase, "exit_status": line.exit_status, "succeeded": line.succeeded,
                "files": line.files, "attempts": line.consumed.attempts, "cost": _cost(line.consumed.cost_usd),
            }
            for line in figures.sessions
        ],
        "replayed_sessions": figures.replayed,
        "success": {"sessions": figures.judged, "succeeded": figures.succeeded,
                    "rate": _rate(figures.succeeded, figures.judged)},
        "cost": {
            "aim": float(AIM_USD), "total": _cost(figures.total.cost_usd), "mean": _cost(figures.mean_cost_usd),
            "sessions": len(figures.costs), "within_aim": figures.within_aim,
        },
        "first_choice": [
            {"role": one.role, "answers": one.answers, "by_first_choice": one.by_first, "share": round(one.share, 4)}
            for one in figures.first_choices
        ],
        "recovery": {"files": figures.recoveries, "recovered": figures.recovered,
                     "rate": _rate(figures.recovered, figures.recoveries)},
        "periods": [
            {
                "period": one.period, "model": one.model, **_consumed(one.consumed),
                "latency": None if one.latency is None else _latency(one.latency), "fallback_rotations": one.rotations,
            }
            for one in figures.periods
        ],
        **_traffic(figures.shares, figures.latencies, figures.faults, figures.rotations, figures.savings),
    }


def _traffic(
    shares: Sequence[Share], latencies: Sequence[Latency], faults: Sequence[Fault], rotations: Sequence[Rotation],
    savings: Savings,
) -> dict[str, Any]:
    return {
        "usage": [{"role": share.role, "model": share.model, **_consumed(share.consumed)} for share in shares],
        "latency": [{"model": one.model, **_latency(one.distribution)} for one in latencies],
        "faults": [{"model": one.model, "error_code": one.error_code, "count": one.count} for one in faults],
        "fallbacks": [
            {"role": one.role, "from": one.left, "to": one.taken, "count": one.count} for one in rotations
        ],
        "cache": {
            "answers": savings.answers, "saved_tokens": savings.tokens, "saved_cost": _cost(savings.cost_usd),
            "cached_tokens": savings.cached_tokens,
        },
    }


def _consumed(consumed: Consumed) -> dict[str, Any]:
    return {
        "attempts": consumed.attempts, "answers": consumed.answers, "failures": consumed.failures,
        "input_tokens": consumed.input_tokens, "output_tokens": consumed.output_tokens,
        "cached_tokens": consumed.cached_tokens, "cost": _cost(consumed.cost_usd),
        "unpriced_attempts": consumed.unpriced,
    }


def _latency(found: Distribution) -> dict[str, Any]:
    return {
        "answers": len(found.values_ms), "mean_ms": round(found.mean_ms, 3), "min_ms": found.values_ms[0],
        "p50_ms": found.quantile(0.5), "p90_ms": found.quantile(0.9), "p99_ms": found.quantile(0.99),
        "max_ms": found.values_ms[-1],
        "histogram": [
            {"up_to_s": bound, "answers": count} for bound, count in zip((*BOUNDS_S, None), found.counts())
        ],
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "name": span.name, "path": span.path, "start_ms": span.start_ms, "end_ms": span.end_ms,
        "succeeded": span.succeeded,
    }


def _cost(cost_usd: Decimal | None) -> float | None:
    return None if cost_usd is None else round(float(cost_usd), 9)


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
