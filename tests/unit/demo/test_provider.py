"""The provider as a server: what it records, how connections live and end."""

from __future__ import annotations

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.script import Cut, Drip, Fault, Hang, Reset, Text
from tests.unit.demo.client import PROTOCOLS, ask, connected, request_for, send

BOTH_WAYS = pytest.mark.parametrize("streamed", [False, True])
ALL_PROTOCOLS = pytest.mark.parametrize("protocol", PROTOCOLS)


def serving(answer, **options):
    return ScriptedProvider(lambda call: answer, **options)


@BOTH_WAYS
@ALL_PROTOCOLS
def test_records_what_was_asked_whatever_the_format(protocol, streamed):
    with serving(Text("Fine.")) as provider:
        ask(provider, protocol, model="m-1", system="Rules.", text="File: src/a.py\n\nWrite it.", streamed=streamed)
        (call,) = provider.calls
    assert (call.number, call.protocol, call.model, call.system) == (1, protocol, "m-1", "Rules.")
    assert call.turns == (("user", "File: src/a.py\n\nWrite it."),)
    assert call.file == "src/a.py"
    assert call.is_streamed is streamed
    assert (call.path, call.payload) == request_for(
        protocol, model="m-1", system="Rules.", text="File: src/a.py\n\nWrite it.", streamed=streamed
    )
    assert call.headers["content-type"] == "application/json"


@pytest.mark.parametrize("protocol, turns", [
    ("openai-chat", {"messages": [
        {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"},
    ]}),
    ("openai-responses", {"input": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
        {"role": "user", "content": "c"},
    ]}),
    ("anthropic-messages", {"messages": [
        {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"},
    ]}),
    ("gemini", {"contents": [
        {"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]},
        {"role": "user", "parts": [{"text": "c"}]},
    ]}),
])
def test_tells_the_turns_of_a_conversation_apart(protocol, turns):
    path, payload = request_for(protocol)
    with serving(Text("Fine.")) as provider, connected(provider) as connection:
        assert send(connection, path, {**payload, **turns}).status == 200
        (call,) = provider.calls
    assert call.turns == (("user", "a"), ("assistant", "b"), ("user", "c"))
    assert call.text == "a\nc"


def test_base_url_and_the_path_that_a_client_adds_make_a_request():
    adding = {"openai-chat": "/chat/completions", "openai-responses": "/responses", "anthropic-messages": "/messages"}
    with serving(Text("Fine.")) as provider:
        for protocol, path in adding.items():
            url = provider.base_url(protocol) + path
            assert requests.post(url, json=request_for(protocol)[1], timeout=20).status_code == 200
        url = provider.base_url("gemini") + "/models/m:generateContent"
        assert requests.post(url, json=request_for("gemini")[1], timeout=20).status_code == 200
        with pytest.raises(ValueError, match="no such protocol: smoke"):
            provider.base_url("smoke")
    assert [call.protocol for call in provider.calls] == list(PROTOCOLS)


@BOTH_WAYS
def test_keeps_the_connection_open_between_answers(streamed):
    with serving(Text("Fine.")) as provider, connected(provider) as connection:
        connection.connect()
        port = connection.sock.getsockname()
        for _ in range(3):
            assert send(connection, *request_for("openai-chat", streamed=streamed)).status == 200
        assert connection.sock.getsockname() == port
    assert [call.number for call in provider.calls] == [1, 2, 3]


def test_carries_any_unicode_text_unharmed():
    text = "naïve 代码 \U0001f40d \u2028 \"quoted\"\n\n\tdata: x\n"
    with serving(Text(text, chunk_chars=1)) as provider:
        events = ask(provider, "openai-chat", streamed=True).events
    assert "".join(data["choices"][0]["delta"].get("content", "") for _, data in events[:-3]) == text


def test_lists_the_models_that_it_was_given():
    with serving(Text("Fine."), models=("a", "b")) as provider, connected(provider) as connection:
        assert [row["id"] for row in send(connection, "/v1/models").json["data"]] == ["a", "b"]
        assert [row["name"] for row in send(connection, "/v1beta/models").json["models"]] == ["models/a", "models/b"]
        assert send(connection, "/v1/elsewhere").status == 404
    assert provider.calls == ()


@pytest.mark.parametrize("path, payload, status", [
    ("/v1/elsewhere", {}, 404),
    ("/v1/chat/completions", b"not json", 400),
    ("/v1/chat/completions", [], 400),
    ("/v1/chat/completions", {"model": "m"}, 400),
    ("/v1/chat/completions", {"messages": []}, 400),
    ("/v1/messages", {"model": "m", "messages": []}, 400),
    ("/v1/messages", {"model": "m", "max_tokens": 1, "messages": [{"role": "system", "content": ""}]}, 400),
    ("/v1/responses", {"model": "m"}, 400),
    ("/v1beta/models/m:streamGenerateContent", {"contents": []}, 400),
    ("/v1beta/models/m:generateContent", {"contents": [{"role": "assistant", "parts": []}]}, 400),
    ("/v1/models/m:generateContent", {"contents": []}, 404),
])
def test_refuses_a_request_that_no_provider_would_take(path, payload, status):
    with serving(Text("Fine.")) as provider, connected(provider) as connection:
        refused = send(connection, path, payload)
        assert refused.status == status
        assert refused.json["error"]["message"]
        assert send(connection, *request_for("openai-chat")).status == 200
    assert len(provider.calls) == 1


def test_a_fault_is_sent_word_for_word():
    fault = Fault(429, {"error": {"code": "1302"}}, {"Retry-After": "30"})
    with serving(fault) as provider:
        got = ask(provider, "openai-chat", streamed=True)
    assert (got.status, got.headers["retry-after"], got.json) == (429, "30", {"error": {"code": "1302"}})
    assert got.headers["content-type"] == "application/json"


def test_a_fault_may_be_garbage_with_a_success_status():
    with serving(Fault(200, b"\xff<html>", {"Content-Type": "text/html"})) as provider:
        got = ask(provider, "gemini")
    assert (got.status, got.headers["content-type"], got.body) == (200, "text/html", b"\xff<html>")


@ALL_PROTOCOLS
def test_a_cut_stream_ends_in_order_but_without_its_end_mark(protocol):
    with serving(Cut("Half of it")) as provider:
        cut = ask(provider, protocol, streamed=True)
    with serving(Text("Half of it")) as provider:
        whole = ask(provider, protocol, streamed=True)
    assert cut.headers["connection"] == "close"
    missing = {"openai-chat": 3, "openai-responses": 4, "anthropic-messages": 3, "gemini": 1}
    assert cut.events == whole.events[:-missing[protocol]]


def test_a_cut_document_is_not_json():
    with serving(Cut("Half of it")) as provider:
        got = ask(provider, "openai-chat")
    assert got.status == 200 and len(got.body) == int(got.headers["content-length"])
    with pytest.raises(ValueError):
        got.json


@BOTH_WAYS
def test_a_reset_reaches_the_client_in_the_middle_of_the_answer(streamed):
    with serving(Reset("Half of it")) as provider, connected(provider) as connection:
        path, payload = request_for("openai-chat", streamed=streamed)
        with pytest.raises(ConnectionResetError):
            send(connection, path, payload)


def stopped_while_answering(answer):
    """Ask for `answer`, stop the provider once it was asked, and get what the client gets."""
    asked = threading.Event()

    def script(call):
        asked.set()
        return answer

    with ScriptedProvider(script) as provider, ThreadPoolExecutor(1) as pool:
        answered = pool.submit(ask, provider, "openai-chat", streamed=True)
        assert asked.wait(20)
        provider.stop()
        return answered.result(20)


@pytest.mark.parametrize("answer", [
    Hang(), Hang("Late"), Text("Late", delay_s=3600), Text("Late", pause_s=3600), Drip("Late", pause_s=3600),
])
def test_stopping_ends_every_wait(answer):
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        stopped_while_answering(answer)


def test_a_hang_may_come_after_some_text():
    with serving(Hang("Half")) as provider, connected(provider) as connection:
        path, payload = request_for("anthropic-messages", streamed=True)
        connection.request("POST", path, body=json.dumps(payload))
        response = connection.getresponse()
        lines = iter(response.readline, b"")
        assert any(b'"text": "Half"' in line for line in lines)
        provider.stop()
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            response.read()


@BOTH_WAYS
@pytest.mark.parametrize("drips_head", [False, True])
def test_a_drip_is_a_whole_answer_in_the_end(streamed, drips_head):
    with serving(Drip("Slow", pause_s=0.0, drips_head=drips_head)) as provider:
        dripped = ask(provider, "openai-chat", streamed=streamed)
    with serving(Text("Slow")) as provider:
        assert dripped == ask(provider, "openai-chat", streamed=streamed)


def test_a_failing_script_is_answered_with_500_and_kept():
    def script(call):
        raise LookupError("no line for this")

    with ScriptedProvider(script) as provider:
        got = ask(provider, "gemini", streamed=True)
        (error,) = provider.errors
    assert got.status == 500 and "no line for this" in got.json["error"]["message"]
    assert isinstance(error, LookupError)


def test_an_answer_of_no_known_kind_is_the_scripts_error_too():
    with serving(None) as provider:
        assert ask(provider, "openai-chat").status == 500
        assert len(provider.errors) == 1


def test_answers_many_connections_at_once():
    together = threading.Barrier(16)

    def script(call):
        together.wait(20)
        return Text(call.text)

    with ScriptedProvider(script) as provider, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: ask(provider, "openai-chat", text=f"number {n}").json, range(16)))
        assert provider.errors == ()
    assert [body["choices"][0]["message"]["content"] for body in answers] == [f"number {n}" for n in range(16)]
    assert sorted(call.number for call in provider.calls) == list(range(1, 17))


def test_a_client_that_goes_away_does_not_disturb_the_others():
    with serving(Text("x" * 100_000, chunk_chars=10)) as provider:
        with connected(provider) as connection:
            path, payload = request_for("openai-chat", streamed=True)
            connection.request("POST", path, body=json.dumps(payload))
            connection.getresponse().read(10)
        assert ask(provider, "openai-chat").status == 200
        assert provider.errors == ()


def test_nobody_answers_once_it_is_stopped():
    with serving(Text("Fine.")) as provider:
        assert ask(provider, "openai-chat").status == 200
    provider.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(provider, "openai-chat")


def test_has_no_address_before_it_is_started():
    with pytest.raises(RuntimeError, match="has not been started"):
        serving(Text("Fine.")).root_url
