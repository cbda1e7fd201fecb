"""All providers as the user has them: who is wanted for what, and whose key is there."""

from __future__ import annotations

from typing import Iterator, Mapping

from orchestra.adapters.catalog import FoundKey, locate_key, needs_key, resolve
from orchestra.adapters.rows import ProviderRow
from orchestra.config.settings import AgentChains, Settings
from orchestra.dataclass import dataclass
from orchestra.errors import ConfigError
from orchestra.found_files import key_text
from orchestra.records import AGENT_ROLES


@dataclass(frozen=True)
class Provider:
    """One provider and what the user has to do with it."""

    row: ProviderRow
    roles: Mapping[str, tuple[str, ...]]
    """Model id, as chains name it, to the agents whose chains name it."""
    is_configured: bool
    """Whether the configuration says anything about it."""
    key: FoundKey | None
    key_error: ConfigError | None
    """Why a key that seems to be there cannot be used."""

    @property
    def needs_key(self) -> bool:
        return needs_key(self.row)

    @property
    def can_be_asked(self) -> bool:
        """Whether a key is there where one is needed."""
        return self.key is not None or not self.needs_key

    @property
    def why_not_asked(self) -> str:
        """What its key lacks; empty where it can be asked."""
        if self.can_be_asked:
            return ""
        if self.key_error is not None:
            return self.key_error.message
        return "no key in " + (" or ".join(self.row.key_variables) or f"providers.{self.row.name}.api_key_file")

    @property
    def is_wanted(self) -> bool:
        """Whether the user means to use it: a chain names it, the configuration speaks of it, or its key is there."""
        return bool(self.roles) or self.is_configured or self.key is not None or self.key_error is not None


def survey(settings: Settings, variables: Mapping[str, str]) -> tuple[Provider, ...]:
    """Every provider of the catalog and of the configuration. Raises ConfigError as `resolve` does.

    Entries of chains that name no provider are passed over.
    """
    return tuple(_provider(row, settings, variables) for row in resolve(settings.providers).values())


def _provider(row: ProviderRow, settings: Settings, variables: Mapping[str, str]) -> Provider:
    key, key_error = None, None
    try:
        key = locate_key(row, variables, key_text)
    except ConfigError as error:
        key_error = error
    return Provider(row, _roles(row, settings.agents), row.name in settings.providers, key, key_error)


def _roles(row: ProviderRow, agents: AgentChains) -> dict[str, tuple[str, ...]]:
    roles: dict[str, tuple[str, ...]] = {}
    for role, model in _entries(row, agents):
        roles[model] = (*roles.get(model, ()), role)
    return roles


def _entries(row: ProviderRow, agents: AgentChains) -> Iterator[tuple[str, str]]:
    for role in AGENT_ROLES:
        for entry in dict.fromkeys(getattr(agents, role)):
            name, _, model = entry.partition("/")
            if name == row.name:
                yield role, model
