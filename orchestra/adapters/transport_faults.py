"""Which fault a failed connection is. The texts are our own: those of requests hold URLs and headers."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Iterator

import urllib3

from orchestra.adapters.error_body import readable
from orchestra.adapters.proxies import WANTS_USER_HINT
from orchestra.adapters.tls_socket import is_in_handshake, issuer_of
from orchestra.errors import ConnectionFailed, ProviderFault, TimedOut
from orchestra.regex import regex

TRANSPORT_ERRORS = (OSError, ValueError, urllib3.exceptions.HTTPError, http.client.HTTPException)
"""What requests, urllib3 and the standard library raise; requests' own root is an OSError."""

_HOSTNAME_MISMATCH, _ADDRESS_MISMATCH, _EXPIRED = 62, 64, 10
"""X509_V_ERR_* of OpenSSL's x509_vfy.h, which trusting the issuer does not mend."""
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST")
"""What OpenSSL's versions call an answer that is no TLS."""
_TLS_ALERT = "\x15\x03"
"""With which a TLS server refuses what is none (RFC 8446, 5.1)."""
_SCHEME_HINT = "check whether base_url should begin with http or https"
_TUNNEL_ANSWER = regex(r"Tunnel connection failed: (\d{3})")
"""In http.client's words."""
_PASSING = ("408", "425", "429")
_CUT_IN_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


def transport_fault(error: BaseException, *, provider: str, server: str, proxy_host: str | None) -> ProviderFault:
    """The fault for an error on the way to `server` (HOST:PORT)."""
    causes = tuple(_chain(error))
    where = "provider " + provider
    through = " through the proxy %s" % proxy_host if proxy_host else ""
    of_proxy = "check providers.%s.proxy, HTTPS_PROXY or NO_PROXY" % provider if proxy_host else None
    tls_error = _first(causes, ssl.SSLError)
    if isinstance(tls_error, ssl.SSLError) and not isinstance(tls_error, _CUT_IN_TLS):
        return _tls_fault(tls_error, provider, server, where)
    if _first(causes, socket.gaierror):
        what = "the name %s is not known" % (proxy_host or server.rpartition(":")[0])
        return ConnectionFailed(what, where=where, hint=of_proxy or "check base_url, or the network")
    if _first(causes, ConnectionRefusedError):
        what = "nothing listens at %s" % ("the proxy " + proxy_host if proxy_host else server)
        return ConnectionFailed(what, where=where, hint=of_proxy or "start the server, or correct base_url")
    if _first(causes, socket.timeout):
        return TimedOut("%s did not answer in time%s" % (server, through), where=where)
    if _first(causes, urllib3.exceptions.ProxyError):
        fault = ConnectionFailed(
            "the proxy %s does not let us through to %s" % (proxy_host, server), where=where, hint=of_proxy
        )
        return _with_tunnel_answer(fault, causes)
    if any(map(_is_tls_alert, causes)):
        what = "%s answers in TLS, in which it was not asked%s" % (server, through)
        return _lasting(ConnectionFailed(what, where=where, hint="begin base_url with https"))
    if _first(causes, ConnectionError, *_CUT_IN_TLS) and any(map(is_in_handshake, causes)):
        what = "%s cut the connection in the TLS handshake%s" % (server, through)
        return ConnectionFailed(what, where=where, hint=_SCHEME_HINT)
    if _first(causes, ConnectionError, http.client.HTTPException, urllib3.exceptions.ProtocolError, *_CUT_IN_TLS):
        return ConnectionFailed("%s cut the connection%s" % (server, through), where=where)
    reason = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), None)
    what = "%s cannot be reached%s: %s" % (server, through, reason or type(error).__name__)
    return ConnectionFailed(what, where=where, hint="check base_url, proxy and headers of the provider")


def _with_tunnel_answer(fault: ProviderFault, causes: tuple[BaseException, ...]) -> ProviderFault:
    """The fault with what the proxy answered, where it did: most refusals (4xx) are the same the next time."""
    answer = next(filter(None, (_TUNNEL_ANSWER.match(str(cause)) for cause in causes)), None)
    if answer is None:
        return fault
    fault.what += ", HTTP " + answer.group(1)
    if answer.group(1) == "407":
        fault.hint = WANTS_USER_HINT
    return _lasting(fault) if answer.group(1).startswith("4") and answer.group(1) not in _PASSING else fault


def is_hang_up(error: BaseException) -> bool:
    """Whether a request failed because the other side had closed the connection, without a word of an answer."""
    return _first(tuple(_chain(error)), ConnectionResetError, BrokenPipeError, *_CUT_IN_TLS) is not None


def _first(causes: tuple[BaseException, ...], *classes: type[BaseException]) -> BaseException | None:
    return next((cause for cause in causes if isinstance(cause, classes)), None)


def _is_tls_alert(error: BaseException) -> bool:
    return isinstance(error, http.client.BadStatusLine) and str(error).startswith(_TLS_ALERT)


def _tls_fault(error: ssl.SSLError, provider: str, server: str, where: str) -> ProviderFault:
    if isinstance(error, ssl.SSLCertVerificationError):
        issuer = readable(issuer_of(error))
        fault = ConnectionFailed(
            "the certificate of %s%s is not trusted: %s"
            % (server, ", issued by %s," % issuer if issuer else "", error.verify_message or "it cannot be verified"),
            where=where,
            hint=_certificate_hint(error.verify_code, provider),
        )
        return _lasting(fault)
    if error.reason in _NO_TLS:
        what = "no TLS connection to %s: what answers there speaks no TLS" % server
        return _lasting(ConnectionFailed(what, where=where, hint=_SCHEME_HINT))
    reason = (error.reason or "the handshake failed").lower().replace("_", " ")
    hint = _SCHEME_HINT
    if "certificate required" in reason or "handshake failure" in reason:
        hint = "if the server asks for our certificate, name its PEM file in providers.%s.client_cert" % provider
    return ConnectionFailed("no TLS connection to %s: %s" % (server, reason), where=where, hint=hint)


def _lasting(fault: ProviderFault) -> ProviderFault:
    """Of a server that shows the same the next time."""
    fault.retry_same = False
    return fault


def _certificate_hint(verify_code: int, provider: str) -> str:
    if verify_code in (_HOSTNAME_MISMATCH, _ADDRESS_MISMATCH):
        return "write base_url with a name that the certificate is for"
    if verify_code == _EXPIRED:
        return "the server needs a new certificate; or this machine's clock is wrong"
    return "name its authority's PEM file in providers.%s.ca_bundle" % provider


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, outermost first, through the ways in which urllib3 and requests wrap."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]
        waiting.extend(item for item in inner if isinstance(item, BaseException))
