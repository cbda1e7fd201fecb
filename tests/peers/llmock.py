"""LLMock as the tests see it: told what to break, and asked what it thinks of us."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass, replace
from typing import Any

from orchestra.adapters.catalog import resolve
from orchestra.adapters.rows import ModelRow, ProviderRow
from orchestra.config.settings import TimeoutSettings

PATHS = {
    "openai-chat": "/v1", "openai-responses": "/v1", "anthropic-messages": "/anthropic/v1", "gemini": "/gemini/v1beta",
}
PROVIDERS = {
    "openai-chat": "moonshot", "openai-responses": "openai", "anthropic-messages": "anthropic", "gemini": "gemini",
}
"""Protocol to the built-in provider that speaks it."""
QUICK = TimeoutSettings(connect=10, first_byte=2, idle=2, total=60)
"""For answers that are late on purpose."""


@dataclass(frozen=True)
class LLMock:
    """One running server. Its records are of everything since the last `reset`."""

    address: str

    def script(self, *behaviours: dict[str, Any]) -> None:
        """Queue these for the requests that follow."""
        self._call("POST", "/_llmock/scenario", {"behaviors": list(behaviours)})

    def reset(self) -> None:
        self._call("POST", "/_llmock/reset")

    def complaints(self) -> list[tuple[str, str]]:
        """Severity and code of each finding of its verdict, warnings too."""
        verdict = self._call("GET", "/_llmock/verdict")
        return [(finding["severity"], finding["code"]) for finding in verdict["findings"]]

    def requests(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("GET", "/_llmock/requests")["requests"]
        return found

    def provider(
        self, protocol: str, name: str | None = None, *, timeout: TimeoutSettings = TimeoutSettings()
    ) -> ProviderRow:
        """A built-in provider's row, with this server in its place."""
        row = resolve({})[PROVIDERS[protocol]]
        return replace(row, name=name or row.name, base_url=self.address + PATHS[protocol], timeout=timeout)

    def choice(
        self, protocol: str, *, timeout: TimeoutSettings = TimeoutSettings()
    ) -> tuple[ProviderRow, ModelRow]:
        """The first of the provider's listed models."""
        row = self.provider(protocol, timeout=timeout)
        return row, next(iter(row.models.values()))

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode("utf-8")
        request = urllib.request.Request(self.address + path, data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def fails(status: int, *, times: int | None = 1, retry_after: float | None = None, **match: Any) -> dict[str, Any]:
    return {"type": "fail", "status": status, "times": times, "retry_after": retry_after, "match": match}


def says(text: str, *, times: int | None = 1, finish: str | None = None, **match: Any) -> dict[str, Any]:
    return {"type": "reply", "text": text, "times": times, "finish_reason": finish, "match": match}


def breaks(kind: str, *, after_chunks: int, **match: Any) -> dict[str, Any]:
    return {"type": "stream_fault", "kind": kind, "after_chunks": after_chunks, "match": match}
