"""Which models a provider says it serves."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Callable, Mapping
from urllib.parse import quote

from orchestra.adapters.faults import classify
from orchestra.adapters.formats import wire_format
from orchestra.adapters.http import HttpClient
from orchestra.adapters.rows import ProviderRow
from orchestra.adapters.shapes import count_at, items_at, mapping_at, parse_json, text_at
from orchestra.adapters.silence import silence
from orchestra.clock import CancelToken, Deadline
from orchestra.dataclass import dataclass
from orchestra.errors import InvalidResponse, ProviderFault

if TYPE_CHECKING:
    from orchestra.adapters.exchange import Exchange

MOST_PAGES = 20
_MOST_BYTES = 16 * 1024 * 1024
_MAX_ERROR_BYTES = 64 * 1024
_LONGEST_ID = 200
_WINDOWS = ("context_length", "max_context_length", "max_model_len", "max_input_tokens", "inputTokenLimit")
"""Where OpenRouter, Mistral, vLLM, Anthropic and Gemini tell a model's window."""
_ENDS = ("shutdown_date", "retires_at", "deprecation")
"""Where OpenAI, Anthropic and Mistral tell a model's last day."""


@dataclass(frozen=True)
class ServedModel:
    """A model in a provider's own list."""

    id: str
    context_window: int | None = None
    """As the provider tells it."""
    ends_on: str | None = None
    """The ISO date of its announced end, passed or to come; None where none is told."""
    has_ended: bool = False
    """Whether the provider lists it as a thing of the past."""

    def is_retired(self, today: date) -> bool:
        return self.has_ended or (self.ends_on is not None and self.ends_on <= today.isoformat())


def served_models(
    row: ProviderRow, http: HttpClient, *, key: str | None, deadline: Deadline, cancel: CancelToken
) -> tuple[ServedModel, ...]:
    """What the provider lists, in its order.

    Raises a ProviderFault where it does not answer or lists nothing that can be read, Cancelled, ConfigError as
    HttpClient does. Any thread; blocks.
    """
    found: dict[str, ServedModel] = {}
    path: str | None = _first_path(row.protocol)
    headers = wire_format(row.protocol).headers(key)
    try:
        for _ in range(MOST_PAGES):
            if path is None:
                break
            with http.get(row, path, headers=headers, deadline=deadline, cancel=cancel) as exchange:
                page = _page(exchange, row)
            found.update((model.id, model) for model in _models(page, row.protocol))
            path = _next_path(page, row.protocol)
    except ProviderFault as fault:
        fault.where = fault.where or "provider " + row.name
        silence(fault, row, key)
        raise
    return tuple(found.values())


def _page(exchange: Exchange, row: ProviderRow) -> Mapping[str, object]:
    if not 200 <= exchange.status < 300:
        body = exchange.start_of_body(limit_bytes=_MAX_ERROR_BYTES)
        raise classify(exchange.status, exchange.headers, body, provider=row.name)
    content = b""
    for piece in exchange.pieces():
        content += piece
        if len(content) > _MOST_BYTES:
            raise InvalidResponse("the list of models is longer than any real one")
    try:
        page = parse_json(content.decode("utf-8", "replace"))
    except ValueError:
        page = None
    if not isinstance(page, dict) or not isinstance(page.get(_list_key(row.protocol)), list):
        raise InvalidResponse("the answer is not a list of models")
    return page


def _list_key(protocol: str) -> str:
    return "models" if protocol == "gemini" else "data"


def _models(page: Mapping[str, object], protocol: str) -> list[ServedModel]:
    read: Callable[[object], ServedModel | None] = _gemini_model if protocol == "gemini" else _model
    models = [read(item) for item in items_at(page, _list_key(protocol))]
    return [model for model in models if model is not None and _is_id(model.id)]


def _model(item: object) -> ServedModel:
    model_id = text_at(item, "id")
    # llama.cpp tells the window that it was started with in `meta`.
    window = _window(item) or count_at(mapping_at(item, "meta"), "n_ctx")
    ends_on = next(filter(None, (text_at(item, name)[:10] for name in _ENDS)), None)
    return ServedModel(model_id, window, ends_on, text_at(item, "lifecycle") == "retired")


def _gemini_model(item: object) -> ServedModel | None:
    methods = items_at(item, "supportedGenerationMethods")
    name = text_at(item, "name")
    model_id = name[len("models/"):] if name.startswith("models/") else name
    answers = not methods or "generateContent" in methods
    return ServedModel(model_id, _window(item)) if answers else None


def _is_id(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and text.isprintable()


def _window(item: object) -> int | None:
    return next(filter(None, (count_at(item, name) for name in _WINDOWS)), None)


def _first_path(protocol: str) -> str:
    return {"gemini": "/models?pageSize=1000", "anthropic-messages": "/models?limit=1000"}.get(protocol, "/models")


def _next_path(page: Mapping[str, object], protocol: str) -> str | None:
    if protocol == "gemini" and text_at(page, "nextPageToken"):
        return _first_path(protocol) + "&pageToken=" + quote(text_at(page, "nextPageToken"), safe="")
    if protocol == "anthropic-messages" and page.get("has_more") is True and text_at(page, "last_id"):
        return _first_path(protocol) + "&after_id=" + quote(text_at(page, "last_id"), safe="")
    return None
