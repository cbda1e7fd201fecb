"""Who sits on a role's chain, and of which vendor."""

from __future__ import annotations

from typing import Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.errors import ConfigError

_FAMILIES = {
    "claude": "anthropic", "codex": "openai", "gpt": "openai", "gemini": "google", "gemma": "google", "glm": "zai",
    "kimi": "moonshot", "moonshot": "moonshot", "qwen": "qwen", "deepseek": "deepseek", "mistral": "mistral",
    "mixtral": "mistral", "codestral": "mistral", "devstral": "mistral", "ministral": "mistral", "llama": "meta",
    "grok": "xai", "minimax": "minimax", "command": "cohere", "phi": "microsoft",
}
"""By the beginning of a model's name: a server or a reseller offers models of many vendors."""


@dataclass(frozen=True)
class Panel:
    """The models of each role."""

    names: Mapping[str, Sequence[str]]
    """Role to PROVIDER/MODEL, first choice first."""
    other_vendor: bool = False
    """Whether a file is judged by another vendor's model than the executor that answered."""

    def check(self) -> None:
        """Raises ConfigError where a file might find no auditor of another vendor."""
        if not self.other_vendor:
            return
        auditors = {vendor_of(name) for name in self.names.get("auditor", ())}
        for name in self.names.get("executor", ()):
            if auditors <= {vendor_of(name)}:
                raise ConfigError(
                    f"every auditor is of the vendor of {name}, which is an executor", where="audit.other_vendor",
                    hint="name a model of another vendor in agents.auditor",
                )

    def has_others(self, role: str, name: str) -> bool:
        """Whether a role has more models than that one."""
        return any(other != name for other in self.names.get(role, ()))

    def biased(self, executor: str | None, consultant: str | None) -> frozenset[str]:
        """The auditors that are not to judge a draft: those of the executor's vendor; of its consultant's too, as long
        as others are left. None for whom did not answer.
        """
        names = frozenset(self.names.get("auditor", ()))
        own = _of_vendor(names, executor)
        both = own | _of_vendor(names, consultant)
        return own if both == names else both

    def biased_as_a_whole(self, executors: Sequence[str]) -> frozenset[str]:
        """The auditors that are not to judge a change of those executors: as long as others are left, those of the
        vendors of each, whoever is named first before the others.
        """
        names = frozenset(self.names.get("auditor", ()))
        biased: frozenset[str] = frozenset()
        for executor in executors:
            more = biased | _of_vendor(names, executor)
            biased = biased if more == names else more
        return biased


def _of_vendor(names: frozenset[str], author: str | None) -> frozenset[str]:
    return frozenset(name for name in names if author is not None and vendor_of(name) == vendor_of(author))


def vendor_of(name: str) -> str:
    """Who makes the model PROVIDER/MODEL, as far as its name says; else the provider."""
    provider, _, model = name.partition("/")
    own = model.rpartition("/")[2].lower()
    return next((vendor for family, vendor in _FAMILIES.items() if own.startswith(family)), provider)
