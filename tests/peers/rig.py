"""Chains of the program's own adapters towards one server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Sequence

from orchestra.adapters.adapter import Message, Request, Segment
from orchestra.adapters.candidate import Choice
from orchestra.adapters.fallback import FallbackAdapter
from orchestra.adapters.fitting import Fitting
from orchestra.adapters.gated_adapter import GatedAdapter
from orchestra.adapters.health import Health
from orchestra.adapters.http import HttpClient
from orchestra.adapters.model_adapter import ModelAdapter
from orchestra.adapters.rows import ModelRow, ProviderRow
from orchestra.clock import CancelToken, Deadline, SystemClock
from orchestra.records import Reply
from tests.unit.adapters.doubles import Watcher

KEY = "sk-peers-0123456789abcdef"
WORKERS = 8
CLOCK = SystemClock()


def question(text: str, *, max_output_tokens: int | None = None) -> Request:
    return Request("", (Message.of("user", text),), max_output_tokens)


def long_question(task: str, context: str, *, max_output_tokens: int) -> Request:
    """A task that must not be shortened after a context that may be."""
    segments = (Segment("context", context, False), Segment("task", task, True))
    return Request("", (Message("user", segments),), max_output_tokens)


@dataclass
class Rig:
    """One run's chain over these models, first choice first. The clock is the machine's: a peer keeps time itself."""

    choices: Sequence[tuple[ProviderRow, ModelRow]]
    watcher: Watcher = field(default_factory=Watcher)
    has_fitting: bool = False

    def __post_init__(self) -> None:
        rows = list({row.name: row for row, _ in self.choices}.values())
        self._http = HttpClient(rows, variables={}, workers=WORKERS)
        self._health = Health(rows, clock=CLOCK, workers=WORKERS)
        self._chain = FallbackAdapter(
            [Choice(self._gated(row, model), model) for row, model in self.choices], health=self._health, clock=CLOCK,
            fitting=Fitting() if self.has_fitting else None, jitter=lambda: 0.0,
        )

    def ask(self, request: Request, *, cancel: CancelToken | None = None, watcher: Watcher | None = None) -> Reply:
        return self._chain.execute(
            request, deadline=Deadline(CLOCK, None), cancel=cancel or CancelToken(), observer=watcher or self.watcher
        )

    @property
    def codes(self) -> list[tuple[str, str | None]]:
        """Model and error code of every attempt."""
        return [(attempt.model_id, attempt.error_code) for attempt in self.watcher.attempts]

    def _gated(self, row: ProviderRow, model: ModelRow) -> GatedAdapter:
        return GatedAdapter(ModelAdapter(row, model, self._http, key=KEY, clock=CLOCK), self._health)


def unstreamed(model: ModelRow) -> ModelRow:
    """The model as one that does not stream."""
    return replace(model, refuses=model.refuses | {"stream", "stream_options"})
