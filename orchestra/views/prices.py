"""What models cost, as people read it."""

from __future__ import annotations

from typing import Sequence

from orchestra.adapters.rows import PriceTier


def prices(tiers: Sequence[PriceTier]) -> str:
    """USD per million tokens in, out and cached, such as `2 / 12 / 0.20; 4 / 18 / 0.40 above 200,000`."""
    return "; ".join(_price(tier) for tier in tiers) or "unknown"


def _price(tier: PriceTier) -> str:
    figures = (tier.input_usd, tier.output_usd, tier.cached_usd)
    above = f" above {tier.above_input_tokens:,}" if tier.above_input_tokens else ""
    return " / ".join("?" if figure is None else str(figure) for figure in figures) + above
