"""A provider on loopback that says what a script tells it to, in all four wire formats."""

from __future__ import annotations

import json
import threading
from types import TracebackType
from typing import Any, Mapping, Sequence

from orchestra.demo.delivery import Delivery, deliver, json_or_text
from orchestra.demo.loopback import LoopbackServer, ReceivedRequest
from orchestra.demo.script import Call, Script
from orchestra.demo.wire.formats import format_named, format_of


class ScriptedProvider:
    """A context manager that serves `script` on 127.0.0.1 until it is left.

    The script is called in one thread per connection, so several calls may be in it at once.
    """

    def __init__(self, script: Script, *, models: Sequence[str] = ()) -> None:
        """Nothing is opened yet. `models` is what GET /models lists."""
        self._script = script
        self._models = tuple(models)
        self._server: LoopbackServer | None = None
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._errors: list[Exception] = []

    def start(self) -> None:
        """Serve on a free port; raises OSError where loopback cannot be used."""
        self._server = LoopbackServer(self._respond)

    def stop(self) -> None:
        """End every wait and every connection. May be called twice."""
        if self._server is not None:
            self._server.stop()

    def __enter__(self) -> ScriptedProvider:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def root_url(self) -> str:
        """`http://127.0.0.1:PORT`; only once started."""
        if self._server is None:
            raise RuntimeError("the scripted provider has not been started")
        return f"http://127.0.0.1:{self._server.server_port}"

    def base_url(self, protocol: str) -> str:
        """The value of `base_url` in a configuration, with the protocol's version segment."""
        return f"{self.root_url}/{format_named(protocol).version}"

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls so far, in the order of arrival."""
        with self._lock:
            return tuple(self._calls)

    @property
    def errors(self) -> tuple[Exception, ...]:
        """What the script raised; each was answered with 500."""
        with self._lock:
            return tuple(self._errors)

    def _respond(self, request: ReceivedRequest) -> Delivery:
        if request.method == "GET":
            listing = self._listing(request.target)
            return _plain(200, listing) if listing else _nothing_at(request.target)
        try:
            call = self._record(request)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _plain(400, _fault_body("invalid_request_error", f"malformed request: {error!r}"))
        if call is None:
            return _nothing_at(request.target)
        return self._delivery(call)

    def _record(self, request: ReceivedRequest) -> Call | None:
        wire = format_of(request.target)
        if wire is None:
            return None
        payload = json.loads(request.body)
        prompt = wire.read(request.target, payload)
        with self._lock:
            call = Call(
                number=len(self._calls) + 1, protocol=wire.protocol, path=request.target, model=prompt.model,
                system=prompt.system, turns=prompt.turns, headers=request.headers, payload=payload,
                is_streamed=prompt.is_streamed, wants_usage=prompt.wants_usage,
            )
            self._calls.append(call)
        return call

    def _delivery(self, call: Call) -> Delivery:
        try:
            return deliver(call, self._script(call))
        except Exception as error:  # a worker thread's edge: whoever wrote the script reads it in `errors`
            with self._lock:
                self._errors.append(error)
            return _plain(500, _fault_body("server_error", f"the script failed: {error!r}"))

    def _listing(self, target: str) -> Mapping[str, Any] | None:
        if target == "/v1/models":
            rows = [{"id": model, "object": "model", "created": 0, "owned_by": "script"} for model in self._models]
            return {"object": "list", "data": rows}
        if target == "/v1beta/models":
            methods = ["generateContent", "streamGenerateContent"]
            return {"models": [{"name": f"models/{m}", "supportedGenerationMethods": methods} for m in self._models]}
        return None


def _nothing_at(target: str) -> Delivery:
    return _plain(404, _fault_body("not_found_error", f"nothing at {target}"))


def _plain(status: int, body: Mapping[str, Any]) -> Delivery:
    return Delivery((json_or_text(status, body, {}),))


def _fault_body(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}}
