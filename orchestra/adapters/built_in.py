"""The providers and models that are known without configuration, and whose keys are looked for by themselves.

Prices are list prices in USD per million tokens, as of November 2026. What a model is best at are a few words of its
vendor's own description; there are none where we know of none.
"""

from __future__ import annotations

from decimal import Decimal

from orchestra.adapters.rows import BUDGET, NONE, ModelRow, PriceTier, ProviderRow, SwitchedOff
from orchestra.adapters.tokens import CLAUDE_4_7_FACTOR


def tier(
    input_usd: str, output_usd: str, cached_usd: str, *, above_input_tokens: int = 0, written_usd: str | None = None
) -> PriceTier:
    """A price as it stands in a list."""
    written = None if written_usd is None else Decimal(written_usd)
    return PriceTier(Decimal(input_usd), Decimal(output_usd), Decimal(cached_usd), above_input_tokens, written)


def by_id(*models: ModelRow) -> dict[str, ModelRow]:
    return {model.id: model for model in models}


_SAMPLING = frozenset({"temperature", "top_p"})
_OPENAI_EFFORTS = ("low", "medium", "high", "xhigh")
_CLAUDE_EFFORTS = ("low", "medium", "high", "xhigh", "max")

# Sampling parameters of the K2 line are fixed: any value but the one allowed is an error.
KIMI_UNLISTED = ModelRow("", refuses=_SAMPLING)
KIMI = by_id(
    ModelRow(
        "kimi-k2.6", 262_144, prices=(tier("0.95", "4.00", "0.16"),), refuses=_SAMPLING, efforts=(),
        best_at="long coding tasks",
    ),
    ModelRow(
        "kimi-k2.7-code", 262_144, prices=(tier("0.95", "4.00", "0.19"),), refuses=_SAMPLING, efforts=(),
        thinking_switch=NONE, best_at="coding, with less thinking than k2.6",
    ),
    ModelRow("kimi-k2.7-code-highspeed", refuses=_SAMPLING, efforts=(), thinking_switch=NONE),
    ModelRow(
        "kimi-k3", 1_048_576, prices=(tier("3.00", "15.00", "0.30"),), refuses=_SAMPLING,
        efforts=("low", "high", "max"), thinking_switch=NONE, best_at="very large prompts, long coding tasks",
    ),
)
KIMI_SWITCHED_OFF = {"kimi-k2.5": SwitchedOff("kimi-k2.6", "2026-08-31")}

GLM = by_id(
    ModelRow(
        "glm-4.7", 200_000, prices=(tier("0.60", "2.20", "0.11"),), efforts=(),
        best_at="coding and tools",
    ),
    ModelRow("glm-4.7-flash", 200_000, prices=(tier("0", "0", "0"),), efforts=()),
    ModelRow("glm-4.7-flashx", efforts=()),
    ModelRow(
        "glm-5.3", 1_000_000, prices=(tier("1.40", "4.40", "0.26"),), efforts=(),
        best_at="complex software engineering, large prompts",
    ),
)

_GEMINI = by_id(
    ModelRow(
        "gemini-3.1-pro-preview", 1_048_576,
        prices=(tier("2", "12", "0.20"), tier("4", "18", "0.40", above_input_tokens=200_000)),
        efforts=("low", "high"), thinking_switch=NONE, best_at="very large prompts",
    ),
)
_OPENAI = by_id(
    ModelRow(
        "gpt-5.3-codex", 400_000, max_input=272_000, prices=(tier("1.75", "14.00", "0.175"),), refuses=_SAMPLING,
        efforts=_OPENAI_EFFORTS, thinking_switch=NONE, best_at="made for coding agents",
    ),
    ModelRow(
        "gpt-6.1-sol", 1_050_000, refuses=_SAMPLING, efforts=(*_OPENAI_EFFORTS, "max"), thinking_switch=NONE,
        prices=(
            tier("2", "10", "0.10", written_usd="2.50"),
            tier("4", "15", "0.20", written_usd="5", above_input_tokens=272_000),
        ),
        best_at="complex coding, large prompts",
    ),
)


def _opus_4_5(model_id: str) -> ModelRow:
    return ModelRow(
        model_id, 200_000, prices=(tier("5", "25", "0.50", written_usd="6.25"),), efforts=(),
        thinking_switch=BUDGET, marks_cache=True, best_at="complex software engineering",
    )


_ANTHROPIC = by_id(
    _opus_4_5("claude-opus-4-5"),
    _opus_4_5("claude-opus-4-5-20251101"),
    ModelRow(
        "claude-opus-5", 1_000_000, prices=(tier("5", "25", "0.50", written_usd="6.25"),), refuses=_SAMPLING,
        token_factor=CLAUDE_4_7_FACTOR, efforts=_CLAUDE_EFFORTS, marks_cache=True, best_at="complex agentic coding",
    ),
    ModelRow(
        "claude-opus-5-5", 1_000_000, prices=(tier("4", "20", "0.20", written_usd="5"),), refuses=_SAMPLING,
        token_factor=CLAUDE_4_7_FACTOR, efforts=_CLAUDE_EFFORTS, thinking_switch=NONE, marks_cache=True,
        best_at="changes across large codebases, review",
    ),
)

BUILT_IN_PROVIDERS = (
    ProviderRow(
        "moonshot", "https://api.moonshot.ai/v1", "openai-chat", ("MOONSHOT_API_KEY", "KIMI_API_KEY"),
        models=KIMI, is_built_in=True, title="Kimi", unlisted=KIMI_UNLISTED, switched_off=KIMI_SWITCHED_OFF,
        refuses_long_prompts=True,
    ),
    ProviderRow(
        "zai", "https://api.z.ai/api/paas/v4", "openai-chat", ("ZAI_API_KEY", "ZHIPUAI_API_KEY", "GLM_API_KEY"),
        models=GLM, is_built_in=True, title="GLM", refuses_long_prompts=True,
    ),
    ProviderRow(
        "gemini", "https://generativelanguage.googleapis.com/v1beta", "gemini", ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        models=_GEMINI, is_built_in=True, title="Gemini", refuses_long_prompts=True,
        switched_off={"gemini-3-pro-preview": SwitchedOff("gemini-3.1-pro-preview", "2026-03-09")},
    ),
    ProviderRow(
        "openai", "https://api.openai.com/v1", "openai-responses", ("OPENAI_API_KEY",),
        models=_OPENAI, is_built_in=True, title="OpenAI", unlisted=ModelRow("", refuses=_SAMPLING),
        refuses_long_prompts=True,
        switched_off={"gpt-5.2-codex": SwitchedOff("gpt-5.3-codex", "2026-07-23")},
    ),
    ProviderRow(
        "anthropic", "https://api.anthropic.com/v1", "anthropic-messages", ("ANTHROPIC_API_KEY",),
        models=_ANTHROPIC, is_built_in=True, title="Claude", refuses_long_prompts=True,
        unlisted=ModelRow("", token_factor=CLAUDE_4_7_FACTOR, refuses=_SAMPLING, marks_cache=True),
    ),
)
