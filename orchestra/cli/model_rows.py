"""What is told of a model: by the catalog, by the user's chains, and by its server."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from orchestra.adapters.rows import ModelRow, PriceTier
from orchestra.dataclass import dataclass
from orchestra.engine.survey import Provider
from orchestra.errors import BadRequest, HostNotAllowed, InvalidResponse, ModelNotFound, ProviderFault

if TYPE_CHECKING:
    # Asking takes requests, which takes longer to load than the catalog to list.
    from orchestra.engine.inquiry import Inquiry

SERVED = "served"
NOT_LISTED = "not listed"
RETIRED = "retired"
NOT_ASKED = "not asked"
NO_LIST = "no list"
_LISTS_NOTHING = (BadRequest, InvalidResponse, ModelNotFound)
"""How a server answers that is there and has no list of models."""


@dataclass(frozen=True)
class ListedModel:
    """One model of one provider."""

    provider: str
    model_id: str
    """As chains may name it."""
    row: ModelRow
    """Of the model that is sent for it."""
    roles: tuple[str, ...]
    """The agents whose chains name it."""
    switched_off_since: str | None
    mark: str
    """What its server says of the model that is sent: `served`, `not listed`, `retired DATE`; or why nobody knows:
    `not asked`, `no list`, the code of an error. Empty where nothing was to be asked."""

    @property
    def is_missing(self) -> bool:
        """Whether its server was asked, and does not seem to offer it."""
        return self.mark not in ("", SERVED, NOT_ASKED, NO_LIST)

    @property
    def is_not_offered(self) -> bool:
        """Whether its server says so."""
        return self.mark == NOT_LISTED or self.mark.startswith(RETIRED)

    @property
    def name(self) -> str:
        return f"{self.provider}/{self.model_id}"

    @property
    def remark(self) -> str:
        """For people: what it is best at, or what is sent in its place."""
        if self.switched_off_since is not None:
            return f"switched off since {self.switched_off_since}; sent as {self.row.id}"
        return self.row.best_at


def list_models(
    providers: Sequence[Provider], found: Mapping[str, Inquiry] | None, today: date
) -> tuple[ListedModel, ...]:
    """Those of the catalog and those that chains name, provider by provider."""
    return tuple(
        _listed(provider, model_id, found, today) for provider in providers for model_id in _ids(provider)
    )


def model_json(model: ListedModel) -> dict[str, Any]:
    return {
        "provider": model.provider, "model": model.model_id, "sent_as": model.row.id,
        "switched_off_since": model.switched_off_since, "context_window": model.row.context_window,
        "max_output": model.row.max_output, "prices": [_price_json(tier) for tier in model.row.prices],
        "best_at": model.row.best_at or None, "efforts": None if model.row.efforts is None else list(model.row.efforts),
        "agents": list(model.roles), "check": model.mark or None,
    }


def provider_json(provider: Provider, inquiry: Inquiry | None) -> dict[str, Any]:
    """A provider; `served` is null where it was not asked or gave no list."""
    row = provider.row
    served = None if inquiry is None or inquiry.models is None else [
        {"model": model.id, "context_window": model.context_window, "ends_on": model.ends_on}
        for model in inquiry.models
    ]
    error = None if inquiry is None else inquiry.error
    return {
        "provider": row.name, "title": row.title or None, "base_url": row.base_url, "protocol": row.protocol,
        "built_in": row.is_built_in, "needs_key": provider.needs_key,
        "key_from": None if provider.key is None else provider.key.origin, "asked": inquiry is not None,
        "served": served, "error": None if error is None else {"code": error.code, "message": error.message},
    }


def _ids(provider: Provider) -> Iterator[str]:
    ids = [*provider.row.models, *provider.roles, *provider.row.switched_off]
    yield from dict.fromkeys(ids)


def _listed(
    provider: Provider, model_id: str, found: Mapping[str, Inquiry] | None, today: date
) -> ListedModel:
    row = provider.row.model(model_id)
    since = None if row.id == model_id else provider.row.switched_off[model_id].since
    inquiry = None if found is None else found.get(provider.row.name)
    if found is None:
        mark = ""
    else:
        mark = NOT_ASKED if inquiry is None else mark_of(inquiry, row.id, today)
    return ListedModel(provider.row.name, model_id, row, provider.roles.get(model_id, ()), since, mark)


def mark_of(inquiry: Inquiry, sent_id: str, today: date) -> str:
    """What a server says of a model, as `ListedModel.mark`."""
    if isinstance(inquiry.error, HostNotAllowed):
        return NOT_ASKED
    if isinstance(inquiry.error, _LISTS_NOTHING) and not _sends_on(inquiry.error):
        return NO_LIST
    if inquiry.error is not None:
        return inquiry.error.code
    served = inquiry.model(sent_id)
    if served is None:
        return NOT_LISTED
    if served.is_retired(today):
        return f"{RETIRED} {served.ends_on or ''}".rstrip()
    return SERVED


def _sends_on(fault: ProviderFault) -> bool:
    """Whether it is a redirect, which a question would meet as well."""
    return 300 <= (fault.http_status or 0) < 400


def _price_json(tier: PriceTier) -> dict[str, Any]:
    figures = {
        "input": tier.input_usd, "output": tier.output_usd, "cached": tier.cached_usd, "written": tier.written_usd
    }
    known = {name: None if price is None else float(price) for name, price in figures.items()}
    return {"above_input_tokens": tier.above_input_tokens, **known}
