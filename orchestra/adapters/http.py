"""The one way out: requests to configured hosts, with deadlines that hold and a stop that works."""

from __future__ import annotations

import json
import ssl
import threading
import weakref
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Callable, Iterable, Iterator, Mapping

import requests
from requests.adapters import HTTPAdapter

from orchestra.adapters.connections import watched_pools
from orchestra.adapters.egress import Egress
from orchestra.adapters.exchange import Exchange
from orchestra.adapters.proxies import choose_proxy
from orchestra.adapters.road import Road
from orchestra.adapters.rows import ProviderRow
from orchestra.adapters.tls_trust import TlsTrust
from orchestra.adapters.watchdog import CONNECT, Call, Watchdog
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import HostNotAllowed


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
        """`providers` are the rows that may be reached; proxies and certificates are chosen now, from `variables`."""
        self._workers = workers
        self._trust = trust or TlsTrust(variables)
        self._watchdog = Watchdog()
        self._current = threading.local()
        self._lock = threading.Lock()
        self._heard_tokens: weakref.WeakSet[CancelToken] = weakref.WeakSet()
        self._roads = {
            row.name: Road(row, None if offline else choose_proxy(row.base_url, row.proxy, variables))
            for row in providers
        }
        hosts = [host for road in self._roads.values() for host in (road.host, road.proxy_host) if host]
        self._egress = Egress(hosts, offline=offline)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    @contextmanager
    def post(
        self,
        row: ProviderRow,
        path: str,
        *,
        headers: Mapping[str, str],
        payload: Mapping[str, object],
        deadline: Deadline,
        cancel: CancelToken,
    ) -> Iterator[Exchange]:
        """The answer to a JSON body, whatever its status; a redirect is an answer like any other.

        `path` is what follows the base URL. Raises TimedOut, ConnectionFailed, HostNotAllowed and Cancelled,
        ConfigError for certificates that cannot be used.
        """
        cancel.check()
        road = self._road(row)
        self._mount(road)
        self._hear(cancel)
        call = self._watchdog.start_call(cancel, row.timeout, total_s=deadline.within(row.timeout.total))
        self._current.call = call
        try:
            with road.told_truly(call):
                call.enter(CONNECT)
                response = self._send(road, path, headers, payload, call)
            with response:
                yield Exchange(response.status_code, response.headers, response.raw, call, road)
        finally:
            self._current.call = None
            self._watchdog.finish_call(call)

    def abort_all(self) -> None:
        """Shut the sockets of all calls; their threads raise Cancelled."""
        self._watchdog.end_all()

    def _road(self, row: ProviderRow) -> Road:
        road = self._roads.get(row.name)
        if road is None or road.row.base_url != row.base_url:
            raise HostNotAllowed("provider %s is not one that this run may reach" % row.name)
        self._egress.check(road.host)
        road.check()
        return road

    def _send(
        self, road: Road, path: str, headers: Mapping[str, str], payload: Mapping[str, object], call: Call
    ) -> requests.Response:
        timeout = road.row.timeout
        return self._session.post(
            road.row.base_url + path,
            data=json.dumps(payload).encode("utf-8"),
            headers={
                "User-Agent": "orchestra",
                "Accept": "text/event-stream, application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/json",
                **road.row.headers,
                **headers,
            },
            stream=True,
            allow_redirects=False,
            # The watchdog keeps the time; these hold should it ever fail.
            timeout=(call.left_s(), max(timeout.first_byte, timeout.idle)),
            proxies={"http": road.proxy, "https": road.proxy} if road.proxy else {},
        )

    def _mount(self, road: Road) -> None:
        prefix = road.row.base_url + "/"
        with self._lock:
            if prefix in self._session.adapters:
                return
            is_tls = prefix.lower().startswith("https:")
            context = self._trust.context(road.row.ca_bundle, road.row.client_cert) if is_tls else None
            pools = watched_pools(self._before_opening, self._current_call)
            self._session.mount(prefix, _WatchedAdapter(pools, context, pool_maxsize=self._workers))

    def _hear(self, cancel: CancelToken) -> None:
        with self._lock:
            is_new = cancel not in self._heard_tokens
            self._heard_tokens.add(cancel)
        if is_new:
            of_token = weakref.ref(cancel)
            cancel.on_cancel(lambda: self._watchdog.end_all(of_token()))

    def _before_opening(self, host: str) -> Call:
        self._egress.check(host)
        return self._current_call()

    def _current_call(self) -> Call:
        call: Call = self._current.call
        return call


class _WatchedAdapter(HTTPAdapter):
    """requests' adapter with our connections and our TLS context in place of paths to certificates."""

    def __init__(
        self, pools: dict[str, Callable[..., object]], context: ssl.SSLContext | None, *, pool_maxsize: int
    ) -> None:
        self._pools = pools
        self._tls = {} if context is None else {"ssl_context": context}
        super().__init__(pool_maxsize=pool_maxsize)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **{**options, **self._tls})
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **{**options, **self._tls})
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to do: the context knows whom to trust, and it always verifies."""
