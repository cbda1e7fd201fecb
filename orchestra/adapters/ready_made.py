"""Providers that chains can name without a word of configuration, beside the built-in ones.

A missing key of theirs is an error, as with any provider of the user's own: only who names them has them asked.
"""

from __future__ import annotations

from dataclasses import replace

from orchestra.adapters.built_in import GLM, KIMI, KIMI_SWITCHED_OFF, KIMI_UNLISTED, by_id, tier
from orchestra.adapters.rows import NONE, ModelRow, ProviderRow


def _without_prices(models: dict[str, ModelRow]) -> dict[str, ModelRow]:
    """The same models where they are billed otherwise: in yuan, or by a plan."""
    return {model_id: replace(model, prices=()) for model_id, model in models.items()}


_MISTRAL_UNLISTED = ModelRow(
    "",
    # An unknown field is an error there, and usage is reported without being asked for.
    refuses=frozenset({"stream_options"}),
    thinking_switch=NONE,
)
_MISTRAL = by_id(
    replace(
        _MISTRAL_UNLISTED, id="devstral-latest", context_window=256_000, prices=(tier("0.40", "2.00", "0.04"),),
        efforts=(), best_at="coding agents",
    ),
    replace(
        _MISTRAL_UNLISTED, id="mistral-medium-latest", context_window=262_144,
        prices=(tier("1.50", "7.50", "0.15"),), efforts=("none", "high"),
    ),
)
_DEEPSEEK = by_id(
    ModelRow("deepseek-flash", 1_000_000, prices=(tier("0.30", "1.20", "0.006"),), best_at="large prompts"),
)


def _local(name: str, title: str, port: int) -> ProviderRow:
    return ProviderRow(name, f"http://127.0.0.1:{port}/v1", title=title)


LOCAL_PROVIDERS = (
    _local("llama-cpp", "llama.cpp", 8080),
    _local("ollama", "Ollama", 11434),
    _local("vllm", "vLLM or llama-cpp-python", 8000),
    _local("lm-studio", "LM Studio", 1234),
)
"""Servers for models on this machine, where they listen unless they are told otherwise."""

READY_MADE_PROVIDERS = (
    # The keys of a vendor's sites are not interchangeable: each site is a provider with a key of its own.
    ProviderRow(
        "moonshot-cn", "https://api.moonshot.cn/v1", key_variables=("MOONSHOT_CN_API_KEY",), title="Kimi in China",
        models=_without_prices(KIMI), unlisted=KIMI_UNLISTED, switched_off=KIMI_SWITCHED_OFF, refuses_long_prompts=True,
    ),
    ProviderRow(
        "zai-cn", "https://open.bigmodel.cn/api/paas/v4", key_variables=("ZAI_CN_API_KEY",),
        title="GLM in China, bigmodel.cn", models=_without_prices(GLM), refuses_long_prompts=True,
    ),
    ProviderRow(
        "zai-coding", "https://api.z.ai/api/coding/paas/v4", key_variables=("ZAI_CODING_API_KEY",),
        title="GLM by the coding plan", models=_without_prices(GLM), refuses_long_prompts=True,
    ),
    ProviderRow(
        "openrouter", "https://openrouter.ai/api/v1", key_variables=("OPENROUTER_API_KEY",), title="OpenRouter"
    ),
    ProviderRow(
        "deepseek", "https://api.deepseek.com/v1", key_variables=("DEEPSEEK_API_KEY",), title="DeepSeek",
        models=_DEEPSEEK, refuses_long_prompts=True,
    ),
    ProviderRow(
        "mistral", "https://api.mistral.ai/v1", key_variables=("MISTRAL_API_KEY",), title="Mistral",
        models=_MISTRAL, unlisted=_MISTRAL_UNLISTED, refuses_long_prompts=True,
    ),
    *LOCAL_PROVIDERS,
)
