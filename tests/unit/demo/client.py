"""A small client for the scripted provider: requests in all four wire formats, answers taken apart."""

from __future__ import annotations

import http.client
import json
from contextlib import closing, contextmanager
from dataclasses import dataclass

from orchestra.demo.provider import ScriptedProvider

PROTOCOLS = ("openai-chat", "openai-responses", "anthropic-messages", "gemini")


def request_for(protocol, *, model="some-model", system="Be brief.", text="Hello", streamed=False):
    """(path, payload) of one question, as its protocol has them."""
    if protocol == "openai-chat":
        messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        asked = {"model": model, "messages": messages, "max_tokens": 100, "stream": streamed}
        if streamed:
            asked["stream_options"] = {"include_usage": True}
        return "/v1/chat/completions", asked
    if protocol == "openai-responses":
        user = {"role": "user", "content": [{"type": "input_text", "text": text}]}
        return "/v1/responses", {"model": model, "instructions": system, "input": [user], "stream": streamed}
    if protocol == "anthropic-messages":
        messages = [{"role": "user", "content": [{"type": "text", "text": text}]}]
        asked = {"model": model, "system": system, "messages": messages, "max_tokens": 100, "stream": streamed}
        return "/v1/messages", asked
    method = "streamGenerateContent?alt=sse" if streamed else "generateContent"
    contents = [{"role": "user", "parts": [{"text": text}]}]
    asked = {"systemInstruction": {"parts": [{"text": system}]}, "contents": contents}
    return f"/v1beta/models/{model}:{method}", asked


@contextmanager
def connected(provider: ScriptedProvider):
    """A connection to the provider."""
    port = int(provider.root_url.rpartition(":")[2])
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        yield connection


@dataclass
class Got:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def events(self):
        """(name, data) of each server-sent event; the data as JSON where it is."""
        blocks = self.body.decode("utf-8").split("\n\n")
        assert blocks.pop() == "", "the last event has no empty line after it"
        return [_event(block) for block in blocks]


def _event(block):
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    assert set(fields) <= {"event", "data"}
    data = fields["data"]
    return fields.get("event"), data if data == "[DONE]" else json.loads(data)


def send(connection, path, payload=None, headers=None):
    """The whole answer to one request; a GET without a payload."""
    if payload is None:
        connection.request("GET", path, headers=headers or {})
    else:
        body = payload if isinstance(payload, bytes) else json.dumps(payload)
        connection.request("POST", path, body=body, headers={"Content-Type": "application/json", **(headers or {})})
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Got(response.status, headers, response.read())


def ask(provider, protocol, **options):
    """The whole answer to one question on a connection of its own."""
    with connected(provider) as connection:
        return send(connection, *request_for(protocol, **options))
