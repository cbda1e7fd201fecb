"""Figures as people read them."""

from __future__ import annotations

from decimal import Decimal

from orchestra.records import Metrics


def money(cost_usd: Decimal | float | None, *, calls: int | None = None) -> str:
    """Such as `$0.0123`; `no price` where it is unknown, `nothing` where no call was made."""
    return ("nothing" if calls == 0 else "no price") if cost_usd is None else f"${cost_usd:.4f}"


def spent(metrics: Metrics) -> str:
    """What all calls cost; `nothing` where none was made, as when the cache answered."""
    is_free = metrics.total_cost_usd is None and not metrics.unpriced_attempts
    return "nothing" if is_free else money(metrics.total_cost_usd)


def tokens(count: int | None) -> str:
    """Such as `950`, `12.3k` or `1.20M`; `?` where it is unknown."""
    if count is None:
        return "?"
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 999_950 else f"{count / 1_000_000:.2f}M"


def consumed(metrics: Metrics) -> str:
    """All of it, such as `$0.0123, 4 calls, 2.1k tokens in, 300 out`."""
    parts = [spent(metrics), f"{metrics.total_attempts} call{'' if metrics.total_attempts == 1 else 's'}"]
    parts.append(f"{tokens(metrics.input_tokens)} tokens in, {tokens(metrics.output_tokens)} out")
    if metrics.fallback_rotations:
        parts.append(f"{metrics.fallback_rotations} fallback{'' if metrics.fallback_rotations == 1 else 's'}")
    if metrics.unpriced_attempts and metrics.total_cost_usd is not None:
        parts.append(f"{metrics.unpriced_attempts} without a price")
    return ", ".join(parts)


def exactly(count: int | None) -> str:
    """Such as `200,000`; `unknown` where it is."""
    return "unknown" if count is None else f"{count:,}"


def elapsed(seconds: float) -> str:
    """Such as `0:07` or `1:02:30`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def paused(milliseconds: float) -> str:
    """What is to be said behind a session's time; an empty text where nobody had stopped it."""
    return f", pauses of {elapsed(milliseconds / 1000)} left out" if milliseconds >= 1000 else ""


def percent(share: float) -> str:
    """Such as `87 %`."""
    return f"{100 * share:.0f} %"


def seconds(milliseconds: float) -> str:
    """Such as `0.42 s`, `12.3 s`, `3:10 min` or `1:02:30 h`."""
    value = milliseconds / 1000
    if value < 120:
        return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
    return f"{elapsed(value)} {'min' if value < 3600 else 'h'}"


def size(size_bytes: float) -> str:
    """Such as `12.5 KiB` or `3.0 MiB`."""
    return f"{size_bytes / 2**10:.1f} KiB" if size_bytes < 2**20 else f"{size_bytes / 2**20:.1f} MiB"
