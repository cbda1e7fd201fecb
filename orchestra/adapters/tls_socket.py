"""A TLS socket that says who issued a certificate that it refuses, and why the other side refused ours."""

from __future__ import annotations

import ssl
from typing import Any


class TellingSocket(ssl.SSLSocket):
    """Marks the errors of a handshake, and puts an `issuer` on that of a refused certificate where one can tell it.

    Where a server hangs up while we still send, the error is the alert by which it said why.
    """

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError as error:
            setattr(error, "is_in_handshake", True)
            if isinstance(error, ssl.SSLCertVerificationError):
                setattr(error, "issuer", _issuer(self))
            raise

    def send(self, data: Any, flags: int = 0) -> int:
        try:
            return super().send(data, flags)
        except (ssl.SSLEOFError, ConnectionError):
            # In TLS 1.3 a client that lacks a certificate hears of it only after its handshake (RFC 8446, 4.4.2.4).
            # Reading does not wait: the other side has gone.
            self.recv(1)
            raise


def issuer_of(error: ssl.SSLCertVerificationError) -> str:
    """Who issued the refused certificate, such as `Acme Corp, Acme Proxy CA`; empty where nobody can tell."""
    issuer: str = getattr(error, "issuer", "")
    return issuer


def is_in_handshake(error: BaseException) -> bool:
    """Whether it came before the two sides had agreed on anything."""
    return getattr(error, "is_in_handshake", False) is True


def _issuer(refusing: ssl.SSLSocket) -> str:
    # The chain of a handshake that failed has no public name, and none at all before Python 3.10.
    try:
        inner = getattr(refusing, "_sslobj")
        names = inner.get_unverified_chain()[0].get_info()["issuer"]
        return ", ".join(value for part in names for _, value in part)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, ssl.SSLError):
        return ""
