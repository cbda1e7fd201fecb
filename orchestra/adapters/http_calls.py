"""Requests to configured hosts, with deadlines that hold and a stop that works."""

from __future__ import annotations

import ssl
import threading
import weakref
from contextlib import contextmanager
from typing import Any, Callable, Iterable, Iterator, Mapping

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse, Timeout

from orchestra.adapters.connections import watched_pools
from orchestra.adapters.egress import Egress
from orchestra.adapters.exchange import Exchange
from orchestra.adapters.proxies import choose_proxy
from orchestra.adapters.road import Road
from orchestra.adapters.rows import ProviderRow
from orchestra.adapters.tls_trust import TlsTrust
from orchestra.adapters.transport_faults import TRANSPORT_ERRORS, is_hang_up
from orchestra.adapters.watchdog import CONNECT, Call, Watchdog
from orchestra.clock import CancelToken, Deadline
from orchestra.dataclass import dataclass
from orchestra.errors import HostNotAllowed

_GET_HEADERS = {"Accept": "application/json"}
_POST_HEADERS = {"Accept": "text/event-stream, application/json", "Content-Type": "application/json"}


class HttpCalls:
    """What HttpClient does, once it is asked something."""

    def __init__(
        self,
        providers: Iterable[ProviderRow],
        *,
        variables: Mapping[str, str],
        workers: int,
        offline: bool,
        trust: TlsTrust | None,
    ) -> None:
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
        self._adapters: dict[str, _WatchedAdapter] = {}

    def close(self) -> None:
        self._watchdog.end_all()
        with self._lock:
            for adapter in self._adapters.values():
                adapter.close()
            self._adapters.clear()

    @contextmanager
    def exchange(
        self,
        row: ProviderRow,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: Deadline,
        cancel: CancelToken,
    ) -> Iterator[Exchange]:
        """The answer to a body, or without one to a GET."""
        cancel.check()
        road = self._road(row)
        adapter = self._adapter(road)
        self._hear(cancel)
        call = self._watchdog.start_call(cancel, row.timeout, total_s=deadline.within(row.timeout.total))
        self._current.call = call
        try:
            with road.told_truly(call):
                call.enter(CONNECT)
                response = adapter.ask(road, path, headers, body, call)
            try:
                yield Exchange(response.status, response.headers, response, call, road)
            finally:
                response.close()
                response.release_conn()
        finally:
            self._current.call = None
            self._watchdog.finish_call(call)

    def _road(self, row: ProviderRow) -> Road:
        road = self._roads.get(row.name)
        if road is None or road.row.base_url != row.base_url:
            raise HostNotAllowed("provider %s is not one that this run may reach" % row.name)
        self._egress.check(road.host)
        road.check()
        return road

    def _adapter(self, road: Road) -> _WatchedAdapter:
        """The provider's own: another one at the same address may have other certificates, another proxy."""
        with self._lock:
            if road.row.name not in self._adapters:
                is_tls = road.row.base_url.lower().startswith("https:")
                context = self._trust.context(road.row) if is_tls else None
                pools = watched_pools(_weakly(self._before_opening), _weakly(self._current_call))
                self._adapters[road.row.name] = _WatchedAdapter(pools, context, pool_maxsize=self._workers)
            return self._adapters[road.row.name]

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


@dataclass(frozen=True)
class _Address:
    """Where a kind of request goes, and what it says besides its body."""

    method: str
    pool: Any
    url: str
    """As it stands in the request line."""
    headers: Mapping[str, str]


def _weakly(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method of a client that lives as long as others hold it.

    urllib3 closes a pool's connections when the pool is gone, and holds them until then: connections that hold the
    client, which holds the pool, would stay open for ever.
    """
    found = weakref.WeakMethod(method)

    def call(*arguments: Any) -> Any:
        alive = found()
        assert alive is not None  # a call is under way in it
        return alive(*arguments)

    return call


class _WatchedAdapter(HTTPAdapter):
    """requests' adapter with our connections and our TLS context in place of paths to certificates.

    Asked without a Session, which would choose it by the URL alone, follow redirects and keep cookies, and without
    what requests does for every call anew.
    """

    def __init__(
        self, pools: dict[str, Callable[..., object]], context: ssl.SSLContext | None, *, pool_maxsize: int
    ) -> None:
        self._pools = pools
        self._addresses: dict[tuple[object, ...], _Address] = {}
        self._tls = {} if context is None else {"ssl_context": context}
        super().__init__(pool_maxsize=pool_maxsize)

    def ask(self, road: Road, path: str, headers: Mapping[str, str], body: bytes | None, call: Call) -> HTTPResponse:
        """An answer whose headers have arrived; without a body it is asked for by GET."""
        method, usual = ("GET", _GET_HEADERS) if body is None else ("POST", _POST_HEADERS)
        said = {"User-Agent": "orchestra", "Accept-Encoding": "identity", **usual, **road.row.headers, **headers}
        address = self._address(method, road.row.base_url + path, said, road.proxy)
        try:
            return self._send(address, body, road, call)
        except TRANSPORT_ERRORS as error:
            call.expire_if_due()
            call.check()
            if not (call.is_on_used_connection and is_hang_up(error)):
                raise
        # A server may close an idle connection at any moment, so also while we begin to use it (RFC 9112, 9.3.1).
        call.enter(CONNECT)
        return self._send(address, body, road, call)

    def _address(self, method: str, url: str, headers: Mapping[str, str], proxy: str | None) -> _Address:
        known = (method, url, proxy, *headers.items())
        if known not in self._addresses:
            request = requests.Request(method, url).prepare()
            request.prepare_headers(headers)
            proxies = {"http": proxy, "https": proxy} if proxy else {}
            pool = self.get_connection_with_tls_context(request, True, proxies=proxies)
            self._addresses[known] = _Address(method, pool, self.request_url(request, proxies), dict(request.headers))
        return self._addresses[known]

    def _send(self, address: _Address, body: bytes | None, road: Road, call: Call) -> HTTPResponse:
        timeout = road.row.timeout
        length = {} if body is None else {"Content-Length": str(len(body))}
        answer: HTTPResponse = address.pool.urlopen(
            address.method, address.url, body=body, headers={**address.headers, **length}, redirect=False,
            assert_same_host=False, preload_content=False, decode_content=False, retries=self.max_retries,
            # The watchdog keeps the time; these hold should it ever fail.
            timeout=Timeout(connect=call.left_s(), read=max(timeout.first_byte, timeout.idle)),
        )
        return answer

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **{**options, **self._tls})
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **{**options, **self._tls})
        manager.pool_classes_by_scheme = self._pools
        return manager
