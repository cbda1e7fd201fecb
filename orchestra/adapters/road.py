"""The way to one provider: its server, the proxy before it, and what a failure on the way is called."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import Iterator
from urllib.parse import urlsplit

from orchestra.adapters.proxies import proxy_host_of
from orchestra.adapters.rows import ProviderRow
from orchestra.adapters.transport_faults import TRANSPORT_ERRORS, is_hang_up, transport_fault
from orchestra.adapters.watchdog import Call
from orchestra.dataclass import dataclass
from orchestra.errors import ConnectionFailed, ProviderFault


@dataclass(frozen=True)
class Road:
    """Where requests to a provider go."""

    row: ProviderRow
    proxy: str | None
    """The URL of the proxy, perhaps with a password."""

    @cached_property
    def host(self) -> str:
        """The provider's host."""
        return urlsplit(self.row.base_url).hostname or ""

    @cached_property
    def server(self) -> str:
        """HOST:PORT of the provider, for messages."""
        parts = urlsplit(self.row.base_url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return "%s:%d" % (self.host, port)

    @cached_property
    def proxy_host(self) -> str | None:
        """The proxy's host; None without one."""
        return proxy_host_of(self.proxy) if self.proxy else None

    def check(self) -> None:
        """Raises ConnectionFailed for a kind of proxy that we do not speak to, and for none at all.

        The configuration's own proxies are checked where they are read; what variables hold is not.
        """
        scheme = self.proxy.partition(":")[0].lower() if self.proxy else ""
        if not self.proxy or self.proxy_host and scheme in ("http", "https"):
            return
        variable = "HTTPS_PROXY" if self.row.base_url.lower().startswith("https:") else "http_proxy"
        fault = ConnectionFailed(
            "the proxy %s is of a kind that is not supported" % self.proxy_host
            if self.proxy_host else "the address of the proxy cannot be read",
            where="provider " + self.row.name,
            hint="name an http:// proxy in providers.%s.proxy, or in %s" % (self.row.name, variable),
        )
        fault.retry_same = False
        raise fault

    @contextmanager
    def told_truly(self, call: Call) -> Iterator[None]:
        """Raises what really happened: that the call was ended, or a fault in our own words."""
        try:
            yield
        except TRANSPORT_ERRORS as error:
            fault = self.true_fault(error, call)
            if self.row.base_url.lower().startswith("http:") and is_hang_up(error):
                # So many a TLS server does with a request that is not in TLS.
                fault.hint = fault.hint or "if the server expects TLS, begin base_url with https"
            raise fault from None
        call.check()

    def true_fault(self, error: BaseException, call: Call) -> ProviderFault:
        """What to raise for an error on the way; raises by itself where the call was ended."""
        call.expire_if_due()
        call.check()
        return transport_fault(error, provider=self.row.name, server=self.server, proxy_host=self.proxy_host)
