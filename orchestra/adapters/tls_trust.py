"""Whom to trust over TLS: one SSLContext per bundle and client certificate, and never a temp file."""

from __future__ import annotations

import os
import ssl
import threading
from typing import Mapping

from orchestra.adapters.rows import ProviderRow
from orchestra.adapters.tls_socket import TellingSocket
from orchestra.errors import ConfigError

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Debian, Fedora, SUSE, Alpine and macOS."""


class TlsTrust:
    """Gives the context for a provider; building one takes tens of milliseconds, so each is kept. Any thread."""

    def __init__(self, variables: Mapping[str, str], *, system_bundles: tuple[str, ...] = SYSTEM_BUNDLES) -> None:
        self._variables = variables
        self._system_bundles = system_bundles
        self._lock = threading.Lock()
        self._contexts: dict[tuple[str | None, str | None], ssl.SSLContext] = {}

    def context(self, row: ProviderRow) -> ssl.SSLContext:
        """The context that trusts the bundle: the provider's, else that of the variables, the system's, certifi's.

        Raises ConfigError for a file that cannot be used.
        """
        with self._lock:
            key = (row.ca_bundle, row.client_cert)
            if key not in self._contexts:
                self._contexts[key] = self._build(row)
            return self._contexts[key]

    def _build(self, row: ProviderRow) -> ssl.SSLContext:
        path, origin = self._bundle(row)
        context = _trusting(path, origin)
        # Python 3.13 turned this on, and many companies' own authorities lack what it asks for.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        context.sslsocket_class = TellingSocket
        if row.client_cert:
            try:
                context.load_cert_chain(row.client_cert, password=_no_password)
            except (OSError, ValueError) as error:
                raise ConfigError(
                    "the client certificate cannot be used: %s" % _reason(error),
                    where="providers.%s.client_cert: %s" % (row.name, row.client_cert),
                    hint="give one PEM file with the certificate and its key, without a password",
                ) from None
        return context

    def _bundle(self, row: ProviderRow) -> tuple[str | None, str]:
        if row.ca_bundle:
            return row.ca_bundle, "providers.%s.ca_bundle" % row.name
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            if self._variables.get(name):
                return self._variables[name], name
        return next(filter(os.path.exists, self._system_bundles), None), "the system's certificates"


def _trusting(path: str | None, origin: str) -> ssl.SSLContext:
    if path is None:
        return ssl.create_default_context(cadata=_certifi_data())
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        raise ConfigError(
            "the certificates cannot be used: %s" % _reason(error),
            where="%s: %s" % (origin, path),
            hint="give a PEM file with the authorities to trust",
        ) from None


def _certifi_data() -> str:
    import certifi  # Only here: the last resort, and reading it takes time.

    return certifi.contents()


def _no_password() -> str:
    # Without this OpenSSL would ask for a password at the terminal.
    raise ValueError("the key has a password")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
