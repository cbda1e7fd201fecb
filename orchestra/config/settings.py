"""The merged configuration as typed, frozen data, with the defaults. Keys are those of the file, one to one."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from typing import Mapping

from orchestra.dataclass import dataclass


@dataclass(frozen=True)
class TimeoutSettings:
    """Seconds."""

    connect: float = 10
    first_byte: float = 120
    idle: float = 60
    total: float = 600


@dataclass(frozen=True)
class ModelSettings:
    """What the user says about a model; None leaves what the catalog says."""

    context_window: int | None = None
    max_input: int | None = None
    max_output: int | None = None
    price_input: Decimal | None = None
    """USD per million tokens, as all prices."""
    price_output: Decimal | None = None
    price_cached: Decimal | None = None
    effort: str | None = None
    thinking: bool | None = None
    output_cap_field: str | None = None
    refuses: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProviderSettings:
    """What the user says about a provider; None leaves what the catalog says."""

    protocol: str | None = None
    base_url: str | None = None
    api_key_env: str | None = None
    api_key_file: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: TimeoutSettings = TimeoutSettings()
    max_concurrency: int | None = None
    models: Mapping[str, ModelSettings] = field(default_factory=dict)


@dataclass(frozen=True)
class AgentChains:
    """For each role its models, first choice first, as PROVIDER/MODEL."""

    architect: tuple[str, ...] = ("moonshot/kimi-k2.6", "gemini/gemini-3.1-pro-preview")
    executor: tuple[str, ...] = ("zai/glm-4.7", "moonshot/kimi-k2.6")
    auditor: tuple[str, ...] = ("gemini/gemini-3.1-pro-preview", "openai/gpt-5.3-codex")
    consultant: tuple[str, ...] = ("openai/gpt-5.3-codex", "moonshot/kimi-k2.6")


@dataclass(frozen=True)
class PlanningSettings:
    swarm: int = 1


@dataclass(frozen=True)
class AuditSettings:
    other_vendor: bool = False
    whole_change: bool = True


@dataclass(frozen=True)
class BudgetSettings:
    max_cost: Decimal | None = Decimal("1.00")
    """USD; None for no limit."""


@dataclass(frozen=True)
class TestsSettings:
    __test__ = False

    run: str = "auto"
    """`auto`, `true` or `false`; in the file the last two are booleans."""
    command: str | None = None
    timeout: float = 600
    sandbox: str = "auto"
    """`auto`, `required` or `off`."""
    baseline: bool = True
    when: str = "end"
    """`end` or `each`."""


@dataclass(frozen=True)
class LintSettings:
    command: str | None = None
    when: str = "end"
    """As for the tests."""


@dataclass(frozen=True)
class CommitSettings:
    enabled: bool = False
    template: str | None = None


@dataclass(frozen=True)
class CacheSettings:
    enabled: bool = True
    ttl: float = 86400
    max_bytes: int = 268435456


@dataclass(frozen=True)
class StateSettings:
    keep: int = 50
    max_bytes: int = 1073741824


@dataclass(frozen=True)
class LogSettings:
    level: str = "info"


@dataclass(frozen=True)
class HookSettings:
    timeout: float = 20
    on_error: str = "pass"


@dataclass(frozen=True)
class WatchSettings:
    paths: tuple[str, ...] = ()
    debounce: float = 0.5


@dataclass(frozen=True)
class Settings:
    """The whole configuration."""

    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    """Only what the user said; the catalog of built-in providers lies in adapters."""
    agents: AgentChains = AgentChains()
    custom_prompts: Mapping[str, str] = field(default_factory=dict)
    """Role to text."""
    prompts_dir: str | None = None
    planning: PlanningSettings = PlanningSettings()
    audit: AuditSettings = AuditSettings()
    mode: str = "sequential"
    max_concurrency: int = 4
    max_iterations: int = 3
    max_recovery_attempts: int = 3
    auto_approve: bool = False
    auto_revert: bool = True
    budget: BudgetSettings = BudgetSettings()
    tests: TestsSettings = TestsSettings()
    lint: LintSettings = LintSettings()
    commit: CommitSettings = CommitSettings()
    cache: CacheSettings = CacheSettings()
    state: StateSettings = StateSettings()
    log: LogSettings = LogSettings()
    hook: HookSettings = HookSettings()
    plugins: tuple[str, ...] = ()
    watch: WatchSettings = WatchSettings()
