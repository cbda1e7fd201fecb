"""An adapter for one model of one provider, and the names of those that are built in."""

from __future__ import annotations

from dataclasses import replace

from orchestra.adapters.adapter import AdapterInfo, CallObserver, Request
from orchestra.adapters.answer import read_answer
from orchestra.adapters.catalog import cost_usd, needs_key, resolve
from orchestra.adapters.cut_prompt import cut_prompt
from orchestra.adapters.faults import classify
from orchestra.adapters.formats import wire_format
from orchestra.adapters.http import HttpClient
from orchestra.adapters.rows import ModelRow, ProviderRow
from orchestra.adapters.silence import silence
from orchestra.adapters.tokens import estimate_tokens
from orchestra.adapters.window import prompt_tokens
from orchestra.adapters.wire import LENGTH, STOP, WINDOW, StreamReader, WireReply, output_cap
from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.errors import ProviderFault
from orchestra.records import Attempt, Reply, Usage

MAX_ERROR_BYTES = 64 * 1024


class ModelAdapter:
    """Asks one model; every call of `execute` is one attempt. Any thread."""

    def __init__(
        self, row: ProviderRow, model: ModelRow, http: HttpClient, *, key: str | None, clock: Clock
    ) -> None:
        self._row = row
        self._model = model
        self._http = http
        self._key = key
        self._clock = clock
        self._format = wire_format(row.protocol)
        self._info = AdapterInfo("%s/%s" % (row.name, model.id), model.id, row.name)

    def is_available(self) -> bool:
        return self._key is not None or not needs_key(self._row)

    def get_info(self) -> AdapterInfo:
        return self._info

    def execute(
        self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> Reply:
        cancel.check()
        self._http.begin()
        observer.attempt_started(self.get_info())
        timestamp, started_at_s = self._clock.now(), self._clock.monotonic()
        reader = self._format.new_reader()
        fault, text, usage = None, "", None
        try:
            wire = self._ask(request, reader, deadline=deadline, cancel=cancel, observer=observer)
            fault, text, usage = self._cut_prompt(request, wire) or wire.fault(), wire.text, wire.usage
        except ProviderFault as error:
            fault = error
        if usage is None:
            # A stream that broke off may have told its usage at the beginning; that much was paid for.
            text, usage = reader.text, reader.usage
        usage = self._priced(usage, request, text, is_whole=fault is None)
        latency_ms = round((self._clock.monotonic() - started_at_s) * 1000)
        attempt = Attempt(self._model.id, self._row.name, True, latency_ms, timestamp, usage)
        if fault is not None:
            self._complete(fault)
            observer.attempt_ended(
                replace(attempt, success=False, error_code=fault.error_code, error_message=fault.message)
            )
            raise fault
        observer.attempt_ended(attempt)
        return Reply(text, usage, self._row.name, self._model.id, latency_ms)

    def _ask(
        self, request: Request, reader: StreamReader, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver
    ) -> WireReply:
        with self._http.post(
            self._row,
            self._format.url_path(self._model.id),
            headers=self._format.headers(self._key),
            payload=self._format.build_payload(request, self._model),
            deadline=deadline,
            cancel=cancel,
        ) as exchange:
            if not 200 <= exchange.status < 300:
                body = exchange.start_of_body(limit_bytes=MAX_ERROR_BYTES)
                raise classify(exchange.status, exchange.headers, body, provider=self._row.name)
            wire = read_answer(exchange, self._format, reader, observer.received)
        return self._doubted(wire, output_cap(request, self._model))

    def _cut_prompt(self, request: Request, wire: WireReply) -> ProviderFault | None:
        if self._row.refuses_long_prompts or wire.finish not in (STOP, LENGTH, WINDOW):
            return None
        return cut_prompt(request, self._model, wire.usage)

    def _doubted(self, wire: WireReply, cap_tokens: int) -> WireReply:
        if self._format.SAYS_WHEN_TRUNCATED or wire.finish != STOP or (wire.usage.output_tokens or 0) < cap_tokens:
            return wire
        return replace(wire, finish=LENGTH)

    def _priced(self, usage: Usage, request: Request, text: str, *, is_whole: bool) -> Usage:
        """The usage with its cost, which is estimated where an answer came without its usage."""
        input_tokens, output_tokens = usage.input_tokens, usage.output_tokens
        if text and input_tokens is None:
            input_tokens = prompt_tokens(request, self._model)
        if text and (output_tokens is None or not is_whole):
            # What is told at the beginning of a stream that broke off is not what it came to.
            output_tokens = max(output_tokens or 0, estimate_tokens(text))
        cost = cost_usd(self._model, input_tokens, output_tokens, usage.cached_tokens, usage.written_tokens)
        return replace(usage, cost_usd=cost)

    def _complete(self, fault: ProviderFault) -> None:
        fault.where = fault.where or self.get_info().name
        silence(fault, self._row, self._key)


def KimiAdapter(http: HttpClient, *, key: str | None, clock: Clock, model: str = "kimi-k2.6") -> ModelAdapter:
    """An adapter for one of Moonshot's models."""
    return _built_in("moonshot", model, http, key, clock)


def GLMAdapter(http: HttpClient, *, key: str | None, clock: Clock, model: str = "glm-4.7") -> ModelAdapter:
    """An adapter for one of Zhipu's models."""
    return _built_in("zai", model, http, key, clock)


def GeminiAdapter(
    http: HttpClient, *, key: str | None, clock: Clock, model: str = "gemini-3.1-pro-preview"
) -> ModelAdapter:
    """An adapter for one of Google's models."""
    return _built_in("gemini", model, http, key, clock)


def CodexAdapter(http: HttpClient, *, key: str | None, clock: Clock, model: str = "gpt-5.3-codex") -> ModelAdapter:
    """An adapter for one of OpenAI's models."""
    return _built_in("openai", model, http, key, clock)


def ClaudeAdapter(http: HttpClient, *, key: str | None, clock: Clock, model: str = "claude-opus-4-5") -> ModelAdapter:
    """An adapter for one of Anthropic's models."""
    return _built_in("anthropic", model, http, key, clock)


def _built_in(provider: str, model: str, http: HttpClient, key: str | None, clock: Clock) -> ModelAdapter:
    row = resolve({})[provider]
    return ModelAdapter(row, row.model(model), http, key=key, clock=clock)
