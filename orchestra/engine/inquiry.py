"""Asking several providers at once what they serve."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Iterable, Mapping

from orchestra.adapters.http import HttpClient, check_sender
from orchestra.adapters.rows import ProviderRow
from orchestra.adapters.served_models import ServedModel, served_models
from orchestra.clock import CancelToken, Deadline
from orchestra.config.settings import TimeoutSettings
from orchestra.dataclass import dataclass
from orchestra.engine.crew import Crew
from orchestra.environment import Environment
from orchestra.errors import ConfigError, ConnectionFailed, HostNotAllowed, OrchestraError, ProviderFault, TimedOut

MOST_PATIENT = TimeoutSettings(connect=10, first_byte=20, idle=10, total=30)
"""A list of models is no answer of a model: it comes soon or not at all."""


@dataclass(frozen=True)
class Inquiry:
    """What came of asking one provider."""

    row: ProviderRow
    models: tuple[ServedModel, ...] | None
    """None where it gave no list."""
    error: OrchestraError | None = None
    """Why it gave none."""

    @property
    def is_reached(self) -> bool:
        """Whether the server answered at all, be it with a refusal."""
        return not isinstance(self.error, (ConnectionFailed, TimedOut, HostNotAllowed, ConfigError))

    def model(self, model_id: str) -> ServedModel | None:
        """The listed model of that id."""
        return next((model for model in self.models or () if model.id == model_id), None)


def inquire(
    rows: Iterable[ProviderRow], keys: Mapping[str, str | None], env: Environment, *, offline: bool
) -> dict[str, Inquiry]:
    """What each provider serves, by its name, in the order given. Raises Cancelled at a stop."""
    asked = [replace(row, timeout=_at_most(row.timeout, MOST_PATIENT)) for row in rows]
    if not asked:
        return {}
    check_sender()
    cancel = CancelToken()
    never = Deadline.after(env.clock, None)
    with ExitStack() as stack:
        http = HttpClient(asked, variables=env.variables, workers=1, offline=offline)
        stack.callback(http.close)
        crew = Crew(len(asked), stop=env.stop, cancel=cancel, deadline=never)
        stack.callback(crew.close)
        waiting: dict[Future[Inquiry], str] = {
            crew.start(partial(_ask, row, http, keys.get(row.name), never, cancel)): row.name for row in asked
        }
        found: dict[str, Inquiry] = {}
        while waiting:
            for done in crew.next_done(waiting):
                found[waiting.pop(done)] = done.result()
    return {row.name: found[row.name] for row in asked}


def _ask(row: ProviderRow, http: HttpClient, key: str | None, deadline: Deadline, cancel: CancelToken) -> Inquiry:
    try:
        return Inquiry(row, served_models(row, http, key=key, deadline=deadline, cancel=cancel))
    except (ProviderFault, ConfigError) as error:
        return Inquiry(row, None, error)


def _at_most(wanted: TimeoutSettings, most: TimeoutSettings) -> TimeoutSettings:
    return TimeoutSettings(
        connect=min(wanted.connect, most.connect), first_byte=min(wanted.first_byte, most.first_byte),
        idle=min(wanted.idle, most.idle), total=min(wanted.total, most.total),
    )
