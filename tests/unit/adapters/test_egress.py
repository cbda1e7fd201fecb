from __future__ import annotations

import pytest

from orchestra.adapters.egress import Egress, is_loopback
from orchestra.errors import HostNotAllowed


@pytest.mark.parametrize("host", [
    "127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST.", "127.1", "0x7f000001", "2130706433",
    "[::ffff:127.0.0.1]",
])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)
    Egress([host], offline=True).check(host)


@pytest.mark.parametrize("host", [
    "10.0.0.1", "example.com", "localhost.example.com", "127.0.0.1.example.com", "0.0.0.0", "", "10.1", "127.1 x",
    "[::ffff:10.0.0.1]",
])
def test_other_machines(host: str) -> None:
    assert not is_loopback(host)
    Egress([host], offline=False).check(host)
    with pytest.raises(HostNotAllowed):
        Egress([host], offline=True).check(host)


def test_only_configured_hosts_whatever_their_spelling() -> None:
    egress = Egress(["API.example.com"], offline=False)
    egress.check("api.example.com.")
    with pytest.raises(HostNotAllowed):
        egress.check("evil.example.com")
