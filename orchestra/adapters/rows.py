"""A provider and a model as rows of data."""

from __future__ import annotations

from dataclasses import field, replace
from decimal import Decimal
from typing import Mapping

from orchestra.config.settings import TimeoutSettings
from orchestra.dataclass import dataclass

PROTOCOLS = ("openai-chat", "openai-responses", "anthropic-messages", "gemini")
DEFAULT_MAX_OUTPUT = 16384

USUAL = "usual"
BUDGET = "budget"
NONE = "none"
THINKING_SWITCHES = (USUAL, BUDGET, NONE)
"""How a model's thinking is turned on and off: as its protocol has it, with a budget of tokens (older models of
Anthropic's), or not at all."""


@dataclass(frozen=True)
class PriceTier:
    """What a million tokens cost in USD; None where unknown. A tier holds for the whole request."""

    input_usd: Decimal | None = None
    output_usd: Decimal | None = None
    cached_usd: Decimal | None = None
    """For prompt tokens read from the provider's cache; None: as `input_usd`."""
    above_input_tokens: int = 0
    """The tier holds for prompts longer than this."""
    written_usd: Decimal | None = None
    """For prompt tokens written to the provider's cache; None: as `input_usd`."""


@dataclass(frozen=True)
class ModelRow:
    """What is known about a model, and what the user wants of it. By itself: a model that nobody has listed."""

    id: str
    context_window: int | None = None
    """Tokens of prompt and answer together; None when unknown."""
    max_output: int = DEFAULT_MAX_OUTPUT
    """The output cap to send, in tokens."""
    prices: tuple[PriceTier, ...] = ()
    """In rising order of `above_input_tokens`; empty when unknown."""
    refuses: frozenset[str] = frozenset()
    """Top-level fields of a request that the model answers with an error; never sent."""
    best_at: str = ""
    """A few words of its vendor's."""
    output_cap_field: str | None = None
    """The field that carries the output cap; None: the protocol's usual one."""
    efforts: tuple[str, ...] | None = None
    """The efforts that it takes, none for (); None when unknown."""
    effort: str | None = None
    """The effort to ask for; None leaves it to the provider."""
    thinking_switch: str = USUAL
    """One of THINKING_SWITCHES."""
    thinking: bool | None = None
    """Whether it shall think first; None leaves it to the provider."""
    marks_cache: bool = False
    """Whether its provider caches a prompt's beginning only where a mark says so."""
    max_input: int | None = None
    """Tokens of the prompt alone, where it must not have all that the answer leaves; None: it may."""
    token_factor: float = 1.0
    """How many of the model's own tokens an estimated one is."""


@dataclass(frozen=True)
class SwitchedOff:
    """A model that its vendor no longer serves."""

    successor: str
    """The id that is sent in its place."""
    since: str
    """ISO date."""


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
    refuses_long_prompts: bool = False
    """Whether what does not fit the window is an error there; others may cut it without a word."""
    title: str = ""
    """What it is, for people, such as `GLM at bigmodel.cn`."""
    unlisted: ModelRow = ModelRow("")
    """What holds for its models that `models` lacks, but for their ids."""
    switched_off: Mapping[str, SwitchedOff] = field(default_factory=dict)
    """By id. What `models` lists is never taken for switched off."""

    def model(self, model_id: str) -> ModelRow:
        """The model's row: its successor's for one that is switched off, one of unknowns for one not listed."""
        sent_id = self.sent_as(model_id)
        return self.models.get(sent_id) or replace(self.unlisted, id=sent_id)

    def sent_as(self, model_id: str) -> str:
        """The id to send for an id that a chain names."""
        known = model_id in self.models or model_id not in self.switched_off
        return model_id if known else self.switched_off[model_id].successor
