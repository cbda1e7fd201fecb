"""The one way out: requests to configured hosts. What sends them is loaded with the first."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterable, Mapping

from orchestra.adapters.rows import ProviderRow
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import UsageError

if TYPE_CHECKING:
    from orchestra.adapters.exchange import Exchange
    from orchestra.adapters.http_calls import HttpCalls
    from orchestra.adapters.tls_trust import TlsTrust


OLDEST_REQUESTS = (2, 32, 2)
"""The first that gives out its connections by `get_connection_with_tls_context`."""


def check_sender(version: Callable[[], str] | None = None) -> None:
    """Look for what sends requests without loading it. Raises UsageError where it is not installed, or too old."""
    for module in ("requests", "urllib3", "idna", "certifi"):
        find_spec(module)
    found = (version or _version_of_requests)()
    numbers = tuple(map(int, re.findall(r"\d+", found)[:3]))
    if numbers and numbers < OLDEST_REQUESTS:
        raise UsageError(
            "requests %s is too old: %d.%d.%d or newer is needed" % (found, *OLDEST_REQUESTS), where=sys.executable,
            hint="type: %s -m pip install --upgrade requests" % sys.executable,
        )


def _version_of_requests() -> str:
    """By the package itself: metadata of another version may lie about. Empty where that cannot be read."""
    spec = find_spec("requests")
    try:
        place = os.path.join(os.path.dirname(spec and spec.origin or ""), "__version__.py")
        with open(place, encoding="utf-8") as file:
            found = re.search(r"^__version__ = [\"']([^\"']*)", file.read(), re.MULTILINE)
    except (OSError, ValueError):  # in the archive, which holds the right one
        return ""
    return found.group(1) if found else ""


class HttpClient:
    """Sends requests for all workers; one in a process. Any thread."""

    def __init__(
        self,
        providers: Iterable[ProviderRow],
        *,
        variables: Mapping[str, str],
        workers: int,
        offline: bool = False,
        trust: TlsTrust | None = None,
    ) -> None:
        """`providers` are the rows that may be reached; `variables` choose proxies and certificates."""
        self._new_calls = partial(
            _new_calls, tuple(providers), variables=variables, workers=workers, offline=offline, trust=trust
        )
        self._lock = threading.Lock()
        self._calls: HttpCalls | None = None

    def begin(self) -> HttpCalls:
        """Load what sends requests, where that is not done. A first call does so too, in the time that is its own."""
        with self._lock:
            if self._calls is None:
                self._calls = self._new_calls()
            return self._calls

    def post(
        self,
        row: ProviderRow,
        path: str,
        *,
        headers: Mapping[str, str],
        payload: Mapping[str, object],
        deadline: Deadline,
        cancel: CancelToken,
    ) -> ContextManager[Exchange]:
        """The answer to a JSON body, whatever its status; a redirect is an answer like any other.

        `path` is what follows the base URL. Raises TimedOut, ConnectionFailed, HostNotAllowed and Cancelled,
        ConfigError for certificates that cannot be used.
        """
        body = json.dumps(payload).encode("utf-8")
        return self.begin().exchange(row, path, headers=headers, body=body, deadline=deadline, cancel=cancel)

    def get(
        self, row: ProviderRow, path: str, *, headers: Mapping[str, str], deadline: Deadline, cancel: CancelToken
    ) -> ContextManager[Exchange]:
        """What lies at a path, on the terms of `post`."""
        return self.begin().exchange(row, path, headers=headers, body=None, deadline=deadline, cancel=cancel)

    def close(self) -> None:
        """Shut the sockets of all calls, whose threads raise Cancelled, and those kept for later ones."""
        # Without the lock: who holds it is loading, and its call will ask whether it is still wanted.
        if self._calls is not None:
            self._calls.close()


def _new_calls(*arguments: Any, **options: Any) -> HttpCalls:
    # Only here: with requests it takes a fifth of the time in which the program starts, and a resume may ask nothing.
    from orchestra.adapters.http_calls import HttpCalls

    return HttpCalls(*arguments, **options)
