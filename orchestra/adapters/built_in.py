"""The providers and models that are known without configuration.

Prices are list prices in USD per million tokens (input, output, cached input), as of November 2026.
"""

from __future__ import annotations

from decimal import Decimal

from orchestra.adapters.rows import ModelRow, PriceTier, ProviderRow

_SAMPLING = frozenset({"temperature", "top_p"})


def _tier(input_usd: str, output_usd: str, cached_usd: str, *, above_input_tokens: int = 0) -> PriceTier:
    return PriceTier(Decimal(input_usd), Decimal(output_usd), Decimal(cached_usd), above_input_tokens)


_GEMINI_3_PRO = (
    _tier("2", "12", "0.20"),
    _tier("4", "18", "0.40", above_input_tokens=200_000),
)
_CODEX = (_tier("1.75", "14.00", "0.175"),)
_OPUS_4_5 = (_tier("5", "25", "0.50"),)

_MOONSHOT = (
    # Sampling parameters of the K2 line are fixed: any value but the one allowed is an error.
    ModelRow("kimi-k2.6", 262_144, prices=(_tier("0.95", "4.00", "0.16"),), refuses=_SAMPLING),
    ModelRow("kimi-k2.5", 262_144, prices=(_tier("0.60", "3.00", "0.10"),), refuses=_SAMPLING),
    ModelRow("kimi-k2.7-code", refuses=_SAMPLING),
    ModelRow("kimi-k3", refuses=_SAMPLING),
)
_ZAI = (
    ModelRow("glm-4.7", 200_000, prices=(_tier("0.60", "2.20", "0.11"),)),
    ModelRow("glm-5.3"),
)
_GEMINI = (
    ModelRow("gemini-3.1-pro-preview", 1_048_576, prices=_GEMINI_3_PRO),
    ModelRow("gemini-3-pro-preview", 1_048_576, prices=_GEMINI_3_PRO),
)
_OPENAI = (
    ModelRow("gpt-5.3-codex", 400_000, prices=_CODEX, refuses=_SAMPLING),
    ModelRow("gpt-5.2-codex", 400_000, prices=_CODEX, refuses=_SAMPLING),
    ModelRow("gpt-6.1-sol", refuses=_SAMPLING),
)
_ANTHROPIC = (
    ModelRow("claude-opus-4-5", 200_000, prices=_OPUS_4_5),
    ModelRow("claude-opus-4-5-20251101", 200_000, prices=_OPUS_4_5),
    ModelRow("claude-opus-5", refuses=_SAMPLING),
    ModelRow("claude-opus-5-5", refuses=_SAMPLING),
)


def _provider(
    name: str, base_url: str, protocol: str, key_variables: tuple[str, ...], models: tuple[ModelRow, ...]
) -> ProviderRow:
    by_id = {model.id: model for model in models}
    return ProviderRow(name, base_url, protocol, key_variables, models=by_id, is_built_in=True)


BUILT_IN_PROVIDERS = (
    _provider(
        "moonshot", "https://api.moonshot.ai/v1", "openai-chat", ("MOONSHOT_API_KEY", "KIMI_API_KEY"), _MOONSHOT
    ),
    _provider(
        "zai",
        "https://api.z.ai/api/paas/v4",
        "openai-chat",
        ("ZAI_API_KEY", "ZHIPUAI_API_KEY", "GLM_API_KEY"),
        _ZAI,
    ),
    _provider(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        "gemini",
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        _GEMINI,
    ),
    _provider("openai", "https://api.openai.com/v1", "openai-responses", ("OPENAI_API_KEY",), _OPENAI),
    _provider("anthropic", "https://api.anthropic.com/v1", "anthropic-messages", ("ANTHROPIC_API_KEY",), _ANTHROPIC),
)
