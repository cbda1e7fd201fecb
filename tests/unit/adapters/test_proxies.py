from __future__ import annotations

import pytest

from orchestra.adapters.proxies import choose_proxy, proxy_host_of

_URL = "https://api.example.com/v1"


@pytest.mark.parametrize(
    "url, variables, expected",
    [
        (_URL, {}, None),
        (_URL, {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        (_URL, {"https_proxy": "p:1", "HTTPS_PROXY": "http://q:1"}, "http://p:1"),
        (_URL, {"HTTP_PROXY": "http://p:1"}, None),
        (_URL, {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("http://example.com/v1", {"HTTP_PROXY": "http://p:1"}, "http://p:1"),
        ("http://127.0.0.1:8080/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://localhost:8080/v1", {"ALL_PROXY": "http://p:1"}, None),
    ],
)
def test_variables_name_the_proxy(url: str, variables: dict[str, str], expected: str | None) -> None:
    assert choose_proxy(url, None, variables) == expected


@pytest.mark.parametrize(
    "url, no_proxy, is_exempt",
    [
        (_URL, "*", True),
        (_URL, "other.com, example.com", True),
        (_URL, ".example.com", True),
        (_URL, "*.example.com", True),
        (_URL, "API.EXAMPLE.COM", True),
        (_URL, "ample.com", False),
        (_URL, "api.example.com:443", False),
        ("https://api.example.com:443/v1", "api.example.com:443", True),
        (_URL, "", False),
        (_URL, ",", False),
        ("http://10.1.2.3/v1", "10.0.0.0/8", True),
        ("http://10.1.2.3/v1", "10.1.2.3", True),
        ("http://10.1.2.3/v1", "192.168.0.0/16", False),
        ("http://[fd00::1]/v1", "fd00::/8", True),
        ("http://[fd00::1]/v1", "fd00::1", True),
        ("http://[fd00::1]:80/v1", "[fd00::1]:80", True),
        ("http://[fd00::1]:80/v1", "[fd00::1]:81", False),
        (_URL, "other.com example.com", True),
        ("https://api.example.com./v1", "example.com", True),
    ],
)
def test_no_proxy_exempts(url: str, no_proxy: str, is_exempt: bool) -> None:
    assert (choose_proxy(url, None, {"ALL_PROXY": "http://p:1", "NO_PROXY": no_proxy}) is None) is is_exempt


def test_the_providers_own_proxy_counts_before_all_variables() -> None:
    assert choose_proxy(_URL, "mine:3128", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}) == "http://mine:3128"


@pytest.mark.parametrize(
    "proxy, host",
    [
        ("http://u:p@proxy.example:3128", "proxy.example"),
        ("http://b\u00fccher.example:1", "xn--bcher-kva.example"),
        ("http://stra\u00dfe.example:1", "xn--strae-oqa.example"),
        ("http://%s:1" % ("\u00fc" * 80), None),
        ("http://a b:1", None),
        ("http://u:p q@h:1", "h"),
        ("http://h:99999", None),
        ("http://[", None),
        ("http://", None),
    ],
)
def test_a_proxys_host_is_told_as_it_is_looked_up(proxy: str, host: str | None) -> None:
    assert proxy_host_of(proxy) == host
