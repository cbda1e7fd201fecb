"""Who sits on a role's chain, and of which vendor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from orchestra.errors import ConfigError

_FAMILIES = {
    "claude": "anthropic", "codex": "openai", "gpt": "openai", "gemini": "google", "gemma": "google", "glm": "zai",
    "kimi": "moonshot", "moonshot": "moonshot", "qwen": "qwen", "deepseek": "deepseek", "mistral": "mistral",
    "mixtral": "mistral", "codestral": "mistral", "devstral": "mistral", "ministral": "mistral", "llama": "meta",
    "grok": "xai", "minimax": "minimax", "command": "cohere", "phi": "microsoft",
}
"""By the beginning of a model's name: a server or a reseller offers models of many vendors."""
DRAFTING = ("executor", "consultant")
"""Who writes drafts."""


@dataclass(frozen=True)
class Panel:
    """The models of each role."""

    names: Mapping[str, Sequence[str]]
    """Role to PROVIDER/MODEL, first choice first."""
    other_vendor: bool = False
    """Whether a draft is judged by another vendor's model than the one that wrote it."""

    def check(self) -> None:
        """Raises ConfigError where a file might find no auditor of another vendor."""
        if not self.other_vendor:
            return
        auditors = {vendor_of(name) for name in self.names.get("auditor", ())}
        for role, name in ((role, name) for role in DRAFTING for name in self.names.get(role, ())):
            if auditors <= {vendor_of(name)}:
                raise ConfigError(
                    f"every auditor is of the vendor of {name}, which is in agents.{role}", where="audit.other_vendor",
                    hint="name a model of another vendor in agents.auditor",
                )

    def has_others(self, role: str, name: str) -> bool:
        """Whether a role has more models than that one."""
        return any(other != name for other in self.names.get(role, ()))

    def of_vendor(self, role: str, vendor: str) -> frozenset[str]:
        """The models of a role that are of a vendor."""
        return frozenset(name for name in self.names.get(role, ()) if vendor_of(name) == vendor)


def vendor_of(name: str) -> str:
    """Who makes the model PROVIDER/MODEL, as far as its name says; else the provider."""
    provider, _, model = name.partition("/")
    own = model.rpartition("/")[2].lower()
    return next((vendor for family, vendor in _FAMILIES.items() if own.startswith(family)), provider)
