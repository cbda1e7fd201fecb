"""Figures as people read them."""

from __future__ import annotations

from decimal import Decimal


def money(cost_usd: Decimal | float | None) -> str:
    """Such as `$0.0123`; `no price` where it is unknown."""
    return "no price" if cost_usd is None else f"${cost_usd:.4f}"


def tokens(count: int | None) -> str:
    """Such as `950`, `12.3k` or `1.20M`; `?` where it is unknown."""
    if count is None:
        return "?"
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 999_950 else f"{count / 1_000_000:.2f}M"


def exactly(count: int | None) -> str:
    """Such as `200,000`; `unknown` where it is."""
    return "unknown" if count is None else f"{count:,}"


def elapsed(seconds: float) -> str:
    """Such as `0:07` or `1:02:30`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
