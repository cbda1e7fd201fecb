"""A provider and a model as rows of data."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Mapping

from orchestra.config.settings import TimeoutSettings

PROTOCOLS = ("openai-chat", "openai-responses", "anthropic-messages", "gemini")
DEFAULT_MAX_OUTPUT = 16384


@dataclass(frozen=True)
class PriceTier:
    """What a million tokens cost in USD; None where unknown. A tier holds for the whole request."""

    input_usd: Decimal | None = None
    output_usd: Decimal | None = None
    cached_usd: Decimal | None = None
    """For prompt tokens read from the provider's cache; None: as `input_usd`."""
    above_input_tokens: int = 0
    """The tier holds for prompts longer than this."""


@dataclass(frozen=True)
class ModelRow:
    """What is known about a model."""

    id: str
    context_window: int | None = None
    """Tokens of prompt and answer together; None when unknown."""
    max_output: int = DEFAULT_MAX_OUTPUT
    """The output cap to send, in tokens."""
    prices: tuple[PriceTier, ...] = ()
    """In rising order of `above_input_tokens`; empty when unknown."""
    refuses: frozenset[str] = frozenset()
    """Top-level fields of a request that the model answers with an error; never sent."""


@dataclass(frozen=True)
class ProviderRow:
    """Where a provider is and how to speak to it."""

    name: str
    base_url: str
    """With the version segment, without a slash at its end."""
    protocol: str = "openai-chat"
    """One of PROTOCOLS."""
    key_variables: tuple[str, ...] = ()
    """Variables that may hold the key, first choice first; each also as NAME_FILE."""
    key_file: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: TimeoutSettings = TimeoutSettings()
    max_concurrency: int | None = None
    models: Mapping[str, ModelRow] = field(default_factory=dict)
    is_built_in: bool = False

    def model(self, model_id: str) -> ModelRow:
        """The model's row; one of unknowns for a model that is not listed."""
        return self.models.get(model_id) or ModelRow(model_id)
