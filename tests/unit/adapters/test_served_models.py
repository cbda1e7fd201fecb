from __future__ import annotations

import json
import socket
from datetime import date

import pytest

from orchestra.adapters.http import HttpClient
from orchestra.adapters.rows import PROTOCOLS, ProviderRow
from orchestra.adapters.served_models import MOST_PAGES, ServedModel, served_models
from orchestra.clock import CancelToken
from orchestra.errors import AuthFailed, BadRequest, ConnectionFailed, InvalidResponse, ProviderFault
from tests.unit.adapters.doubles import NEVER
from tests.unit.adapters.loopback import (
    Behaviour,
    Loopback,
    answers,
    closes,
    free_port,
    in_turn,
    one_after_another,
    sends,
    serving,
)

_KEY = "secret-0123456789"
_TODAY = date(2026, 11, 22)


def _ask(server: Loopback, protocol: str = "openai-chat", **options: object) -> tuple[ServedModel, ...]:
    row = ProviderRow("p", server.base_url, protocol, ("KEY",), **options)  # type: ignore[arg-type]
    http = HttpClient([row], variables={}, workers=1)
    return served_models(row, http, key=_KEY, deadline=NEVER, cancel=CancelToken())


_CHAT = {"object": "list", "data": [{"id": "a", "object": "model"}, {"id": "b/c:7b", "object": "model"}]}
_GEMINI = {
    "models": [
        {"name": "models/a", "supportedGenerationMethods": ["generateContent"], "inputTokenLimit": 1048576},
        {"name": "models/embedding", "supportedGenerationMethods": ["embedContent"]},
        {"name": "models/b/c:7b"},
    ]
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_reads_the_list_of_every_protocol_with_the_key_where_it_belongs(protocol: str) -> None:
    with serving(answers(200, _GEMINI if protocol == "gemini" else _CHAT)) as server:
        assert [model.id for model in _ask(server, protocol)] == ["a", "b/c:7b"]
        request = server.received[0]
    assert request.line.startswith("GET /v1/models") and _KEY not in request.line
    assert _KEY in str(request.headers)


def test_every_page_of_anthropics_list_is_read() -> None:
    pages = [
        {"data": [{"id": "a"}], "has_more": True, "first_id": "a", "last_id": "a/1"},
        {"data": [{"id": "b"}], "has_more": False, "first_id": "b", "last_id": "b"},
    ]
    with serving(one_after_another(*(answers(200, page) for page in pages))) as server:
        assert [model.id for model in _ask(server, "anthropic-messages")] == ["a", "b"]
        targets = [request.line.split()[1] for request in server.received]
    assert targets == ["/v1/models?limit=1000", "/v1/models?limit=1000&after_id=a%2F1"]


def test_every_page_of_geminis_list_is_read() -> None:
    pages = [{"models": [{"name": "models/a"}], "nextPageToken": "t&2"}, {"models": [{"name": "models/b"}]}]
    with serving(one_after_another(*(answers(200, page) for page in pages))) as server:
        assert [model.id for model in _ask(server, "gemini")] == ["a", "b"]
        assert server.received[1].line.split()[1] == "/v1/models?pageSize=1000&pageToken=t%262"


def test_a_list_without_an_end_is_not_read_for_ever() -> None:
    with serving(answers(200, {"data": [{"id": "a"}], "has_more": True, "last_id": "a"})) as server:
        assert [model.id for model in _ask(server, "anthropic-messages")] == ["a"]
        assert len(server.received) == MOST_PAGES


@pytest.mark.parametrize(
    "entry, window",
    [
        ({"context_length": 262144}, 262144),
        ({"max_context_length": 128000}, 128000),
        ({"max_model_len": 32768}, 32768),
        ({"max_input_tokens": 200000}, 200000),
        ({"meta": {"n_ctx": 4096, "n_ctx_train": 131072}}, 4096),
        ({"meta": {"n_ctx_train": 131072}}, None),
        ({"context_length": "much"}, None),
        ({}, None),
    ],
)
def test_the_window_is_taken_from_where_the_server_tells_it(entry: dict[str, object], window: int | None) -> None:
    with serving(answers(200, {"data": [{"id": "a", **entry}]})) as server:
        assert _ask(server)[0].context_window == window


@pytest.mark.parametrize(
    "entry, ends_on, is_retired",
    [
        ({}, None, False),
        ({"shutdown_date": None}, None, False),
        ({"shutdown_date": "2026-11-22"}, "2026-11-22", True),
        ({"shutdown_date": "2027-04-01"}, "2027-04-01", False),
        ({"lifecycle": "active", "retires_at": None}, None, False),
        ({"lifecycle": "deprecated", "retires_at": "2026-11-30T00:00:00Z"}, "2026-11-30", False),
        ({"lifecycle": "retired", "retires_at": "2026-06-15T00:00:00Z"}, "2026-06-15", True),
        ({"lifecycle": "retired"}, None, True),
        ({"deprecation": "2026-02-27T12:00:00Z"}, "2026-02-27", True),
    ],
)
def test_a_models_end_is_told(entry: dict[str, object], ends_on: str | None, is_retired: bool) -> None:
    with serving(answers(200, {"data": [{"id": "a", **entry}]})) as server:
        (model,) = _ask(server)
    assert (model.ends_on, model.is_retired(_TODAY)) == (ends_on, is_retired)


def test_entries_that_are_no_models_are_passed_over() -> None:
    entries = [None, 3, "a", {}, {"id": 7}, {"id": ""}, {"id": "x" * 201}, {"id": "a\x1b[2J"}, {"id": "good"}]
    with serving(answers(200, {"data": entries})) as server:
        assert [model.id for model in _ask(server)] == ["good"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "body", [b"", b"<html>hello</html>", b"{", b"[]", {}, {"data": None, "models": {}}, b"[" * 100_000]
)
def test_what_is_no_list_is_a_fault(protocol: str, body: object) -> None:
    with serving(answers(200, body)) as server, pytest.raises(InvalidResponse) as caught:
        _ask(server, protocol)
    assert caught.value.where == "provider p"


def _pour(connection: socket.socket, server: Loopback) -> None:
    while not server.is_over.is_set():
        connection.sendall(b" " * 65536)


def test_a_list_longer_than_any_real_one_is_a_fault() -> None:
    head = sends(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    with serving(in_turn(head, _pour)) as server, pytest.raises(InvalidResponse):
        _ask(server)


@pytest.mark.parametrize(
    "behaviour, expected",
    [
        (answers(401, {"error": {"message": "bad key %s" % _KEY}}), AuthFailed),
        (answers(404, {"detail": "Not Found"}), BadRequest),
        (answers(307, b"", headers="Location: https://elsewhere.example/\r\n"), BadRequest),
        (closes, ConnectionFailed),
    ],
)
def test_a_server_that_refuses_is_told_truly_and_without_the_key(
    behaviour: Behaviour, expected: type[ProviderFault]
) -> None:
    with serving(behaviour) as server, pytest.raises(expected) as caught:
        _ask(server, headers={"X-Team": "also-secret"})
    assert _KEY not in str(caught.value) and "also-secret" not in str(caught.value)


def test_a_header_that_the_server_repeats_is_not_told() -> None:
    with serving(answers(403, json.dumps({"error": "no also-secret!"}).encode())) as server:
        with pytest.raises(AuthFailed) as caught:
            _ask(server, headers={"X-Team": "also-secret"})
    assert caught.value.what == "no [X-Team]!"


def test_a_server_that_is_not_there_is_told() -> None:
    row = ProviderRow("p", "http://127.0.0.1:%d/v1" % free_port())
    http = HttpClient([row], variables={}, workers=1)
    with pytest.raises(ConnectionFailed):
        served_models(row, http, key=None, deadline=NEVER, cancel=CancelToken())
