"""What the user says about a model, laid over what the catalog knows of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from orchestra.adapters.rows import NONE, ModelRow, PriceTier, ProviderRow
from orchestra.config.settings import ModelSettings
from orchestra.errors import ConfigError

_WITH_THINKING_SWITCH = ("openai-chat", "anthropic-messages")
"""The protocols that can say whether to think; the others only say how hard."""


def merged_model(row: ModelRow, said: ModelSettings, provider: ProviderRow) -> ModelRow:
    """The model as the user wants it. Raises ConfigError for a switch that it does not have."""
    merged = replace(
        row,
        context_window=row.context_window if said.context_window is None else said.context_window,
        max_input=row.max_input if said.max_input is None else said.max_input,
        max_output=row.max_output if said.max_output is None else said.max_output,
        prices=_merged_prices(row.prices, said),
        refuses=row.refuses | frozenset(said.refuses),
        effort=said.effort,
        thinking=said.thinking,
        output_cap_field=said.output_cap_field or row.output_cap_field,
    )
    _check(merged, provider)
    return merged


def _check(model: ModelRow, provider: ProviderRow) -> None:
    where = "providers.%s.models.%s" % (provider.name, model.id)
    if model.effort is not None and model.efforts is not None and model.effort not in model.efforts:
        raise ConfigError(
            "the model does not take the effort %s" % model.effort, where=where + ".effort",
            hint="use one of " + ", ".join(model.efforts) if model.efforts else "leave it out: it takes none",
        )
    cannot = model.thinking_switch == NONE or provider.protocol not in _WITH_THINKING_SWITCH
    if model.thinking is not None and cannot:
        hint = "leave it out" if model.efforts == () else "leave it out; set its effort in place of it"
        raise ConfigError("the model's thinking cannot be switched", where=where + ".thinking", hint=hint)


def _merged_prices(tiers: tuple[PriceTier, ...], said: ModelSettings) -> tuple[PriceTier, ...]:
    if said.price_input is None and said.price_output is None and said.price_cached is None:
        return tiers
    # The user knows one price per kind, so what they name holds for prompts of every length.
    return tuple(
        replace(
            tier,
            input_usd=tier.input_usd if said.price_input is None else said.price_input,
            output_usd=tier.output_usd if said.price_output is None else said.price_output,
            cached_usd=_merged_cached_price(tier, said),
            written_usd=_merged_written_price(tier, said),
        )
        for tier in tiers or (PriceTier(),)
    )


def _merged_cached_price(tier: PriceTier, said: ModelSettings) -> Decimal | None:
    if said.price_cached is not None:
        return said.price_cached
    # A cached price beside another price for input would be a mixture of two price lists.
    return tier.cached_usd if said.price_input is None else None


def _merged_written_price(tier: PriceTier, said: ModelSettings) -> Decimal | None:
    """As much dearer than input as it was: taken for input it would be too cheap, and the cap would not hold."""
    if said.price_input is None or tier.written_usd is None or not tier.input_usd:
        return tier.written_usd
    return said.price_input * tier.written_usd / tier.input_usd
