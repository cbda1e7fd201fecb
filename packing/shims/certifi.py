"""Where the trusted certificate authorities lie, in place of certifi's own module.

certifi unpacks its list into a temporary file each time requests is imported from a zip: it fails where there is no
temporary folder, and leaves the file behind when the process is killed. This module names files that are there.
"""

import os
import pkgutil

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def where():
    # type: () -> str
    """$SSL_CERT_FILE, else the first of the system's bundles; with neither, a path where nothing lies.

    Whoever wants certifi's own list then takes `contents()`.
    """
    chosen = os.environ.get("SSL_CERT_FILE")
    if chosen:
        return chosen
    return next((path for path in SYSTEM_BUNDLES if os.path.isfile(path)), SYSTEM_BUNDLES[-1])


def contents():
    # type: () -> str
    """certifi's own list, in PEM."""
    content = pkgutil.get_data(__name__, "cacert.pem")
    assert content is not None
    return content.decode("ascii")
