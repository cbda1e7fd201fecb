from __future__ import annotations

import gc
import gzip
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from orchestra.adapters.http import HttpClient, check_sender
from orchestra.adapters.rows import ProviderRow
from orchestra.adapters.tls_trust import TlsTrust
from orchestra.clock import CancelToken, Deadline
from orchestra.config.settings import TimeoutSettings
from orchestra.errors import Cancelled, ConfigError, ConnectionFailed, HostNotAllowed, TimedOut, UsageError
from tests.unit.adapters.doubles import CLOCK, NEVER
from tests.unit.adapters.loopback import (
    Behaviour,
    Loopback,
    answers,
    closes,
    drips,
    free_port,
    hangs,
    in_turn,
    one_after_another,
    resets,
    sends,
    serving,
)

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
_SHORT = TimeoutSettings(connect=5, first_byte=5, idle=5, total=0.3)
_KEY = "sk-secret-0123456789"


def _row(server: Loopback, timeout: TimeoutSettings = TimeoutSettings(), **options: str) -> ProviderRow:
    return ProviderRow("local", server.base_url, timeout=timeout, **options)  # type: ignore[arg-type]


def _ask(row: ProviderRow, http: HttpClient | None = None, cancel: CancelToken | None = None) -> tuple[int, bytes]:
    http = http or HttpClient([row], variables={}, workers=2)
    with http.post(
        row,
        "/ask",
        headers={"Authorization": "Bearer " + _KEY},
        payload={"question": "é"},
        deadline=NEVER,
        cancel=cancel or CancelToken(),
    ) as exchange:
        return exchange.status, b"".join(exchange.pieces())


@pytest.mark.parametrize("version", ["2.9.1", "2.28.1", "2.32", "2.32.1"])
def test_a_requests_that_lacks_what_is_called_is_told_before_the_first_call(version: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_sender(lambda: version)
    assert caught.value.what == f"requests {version} is too old: 2.32.2 or newer is needed"
    assert caught.value.hint == f"type: {sys.executable} -m pip install --upgrade requests"


def test_the_version_is_that_of_the_package_not_of_metadata_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in (("__init__.py", ""), ("__version__.py", '__version__ = "2.34.2"\n')):
        (tmp_path / "requests").mkdir(exist_ok=True)
        (tmp_path / "requests" / name).write_text(content)
    (tmp_path / "requests-2.25.1.dist-info").mkdir()
    monkeypatch.delitem(sys.modules, "requests", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    check_sender()
    (tmp_path / "requests" / "__version__.py").write_text('__version__ = "2.25.1"\n')
    with pytest.raises(UsageError):
        check_sender()


@pytest.mark.parametrize("version", ["2.32.2", "2.33.0.dev1", "3.0", "unknown", ""])
def test_a_newer_requests_is_taken_and_one_whose_version_nobody_knows(version: str) -> None:
    check_sender(lambda: version)


def test_sends_json_with_the_headers_and_gives_status_and_body() -> None:
    with serving(answers(200, b"hello")) as server:
        assert _ask(_row(server)) == (200, b"hello")
        request = server.received[0]
    assert request.line == "POST /v1/ask HTTP/1.1"
    assert request.json() == {"question": "é"}
    assert request.headers["authorization"] == "Bearer " + _KEY
    assert request.headers["accept-encoding"] == "identity"


def test_gets_what_lies_at_a_path_on_the_same_terms() -> None:
    with serving(answers(200, b"hello")) as server:
        row = _row(server, headers={"X-Team": "infra"})  # type: ignore[arg-type]
        http = HttpClient([row], variables={}, workers=1)
        with http.get(row, "/models", headers={"X-Key": _KEY}, deadline=NEVER, cancel=CancelToken()) as exchange:
            assert (exchange.status, b"".join(exchange.pieces())) == (200, b"hello")
        request = server.received[0]
    assert (request.line, request.body) == ("GET /v1/models HTTP/1.1", b"")
    assert (request.headers["x-key"], request.headers["x-team"]) == (_KEY, "infra")
    assert "content-type" not in request.headers


def test_a_get_meets_the_deadlines_and_the_allowed_hosts_too() -> None:
    with serving(in_turn(sends(_HEAD + b"Content-Length: 99999\r\n\r\n"), drips)) as server:
        row = _row(server, _SHORT)
        http = HttpClient([row], variables={}, workers=1)
        with pytest.raises(TimedOut):
            with http.get(row, "/models", headers={}, deadline=NEVER, cancel=CancelToken()) as exchange:
                b"".join(exchange.pieces())
        with pytest.raises(HostNotAllowed):
            with HttpClient([], variables={}, workers=1).get(
                row, "/models", headers={}, deadline=NEVER, cancel=CancelToken()
            ):
                pass


def test_a_providers_own_headers_go_over_the_usual_ones() -> None:
    with serving(answers(200, b"")) as server:
        _ask(_row(server, headers={"user-agent": "team", "Accept": "text/plain"}))  # type: ignore[arg-type]
        headers = server.received[0].headers
    assert (headers["user-agent"], headers["accept"]) == ("team", "text/plain")


def test_uses_one_connection_for_calls_that_follow_each_other() -> None:
    with serving(answers(200, b"hello")) as server:
        http = HttpClient([_row(server)], variables={}, workers=1)
        for _ in range(3):
            _ask(_row(server), http)
        assert (len(server.received), server.connections) == (3, 1)


def test_a_closed_client_keeps_no_connection() -> None:
    with serving(answers(200, b"hello")) as server:
        http = HttpClient([_row(server)], variables={}, workers=1)
        _ask(_row(server), http)
        http.close()
        assert server.hung_up.wait(10)


def test_a_client_that_nobody_holds_keeps_no_connection() -> None:
    with serving(answers(200, b"hello")) as server:
        _ask(_row(server), HttpClient([_row(server)], variables={}, workers=1))
        gc.collect()
        assert server.hung_up.wait(10)


@pytest.mark.parametrize("hangs_up", [closes, resets])
def test_a_used_connection_that_the_server_closes_just_then_is_replaced_unseen(hangs_up: Behaviour) -> None:
    with serving(one_after_another(answers(200, b"one"), hangs_up, answers(200, b"two"))) as server:
        http = HttpClient([_row(server)], variables={}, workers=1)
        assert [_ask(_row(server), http)[1] for _ in range(2)] == [b"one", b"two"]
        assert (len(server.received), server.connections) == (3, 2)


def test_a_new_connection_that_is_cut_is_a_fault_at_once() -> None:
    with serving(one_after_another(answers(200, b"one"), closes, closes, answers(200, b"unasked"))) as server:
        http = HttpClient([_row(server)], variables={}, workers=1)
        _ask(_row(server), http)
        with pytest.raises(ConnectionFailed):
            _ask(_row(server), http)
        assert len(server.received) == 3


@pytest.mark.parametrize("encoding, packed", [("gzip", gzip.compress(b"hello", mtime=0)), ("identity", b"hello")])
def test_unpacks_what_a_gateway_packed_unasked(encoding: str, packed: bytes) -> None:
    with serving(answers(200, packed, headers="Content-Encoding: %s\r\n" % encoding)) as server:
        assert _ask(_row(server)) == (200, b"hello")


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(in_turn(sends(b"HTTP/1.1 200 OK\r\nX-Drip: "), drips), id="header drips"),
        pytest.param(in_turn(sends(_HEAD + b"Content-Length: 99999\r\n\r\n"), drips), id="body drips"),
        pytest.param(in_turn(sends(_HEAD + b"Connection: close\r\n\r\n"), drips), id="body until close drips"),
        pytest.param(hangs, id="no answer"),
    ],
)
def test_the_total_deadline_holds_when_the_server(behaviour: Behaviour) -> None:
    with serving(behaviour) as server, pytest.raises(TimedOut) as caught:
        _ask(_row(server, _SHORT))
    assert "timeout.total" in str(caught.value)


def test_an_error_that_drips_for_ever_is_not_read_for_ever() -> None:
    drip = in_turn(sends(b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\n"), drips)
    with serving(drip) as server:
        row = _row(server, TimeoutSettings(total=5))
        http = HttpClient([row], variables={}, workers=1)
        with http.post(row, "/ask", headers={}, payload={}, deadline=NEVER, cancel=CancelToken()) as exchange:
            body = exchange.start_of_body(limit_bytes=1000, limit_s=0.05)
    assert exchange.status == 500
    assert 1 <= len(body) < 100


def test_the_callers_own_deadline_is_not_blamed_on_the_provider() -> None:
    with serving(hangs) as server, pytest.raises(TimedOut) as caught:
        row = _row(server)
        with HttpClient([row], variables={}, workers=1).post(
            row, "/ask", headers={}, payload={}, deadline=Deadline.after(CLOCK, 0.2), cancel=CancelToken()
        ):
            pass
    assert "all that was left of the time given" in str(caught.value)
    assert "timeout.total" not in str(caught.value)


@pytest.mark.parametrize(
    "setting, behaviour",
    [
        ("first_byte", hangs),
        ("first_byte", in_turn(sends(_HEAD + b"Content-Length: 5\r\n\r\n"), hangs)),
        ("idle", in_turn(sends(_HEAD + b"Content-Length: 5\r\n\r\nhe"), hangs)),
    ],
)
def test_each_phase_has_its_own_deadline(setting: str, behaviour: Behaviour) -> None:
    timeout = TimeoutSettings(connect=5, total=30, first_byte=5, idle=5)
    with serving(behaviour) as server, pytest.raises(TimedOut) as caught:
        _ask(_row(server, TimeoutSettings(**{**vars(timeout), setting: 0.2})))
    assert "timeout." + setting in str(caught.value)


@pytest.mark.parametrize("behaviour", [hangs, in_turn(sends(b"\x16\x03\x03\x3f\xff"), drips)])
def test_a_tls_handshake_that_takes_for_ever_meets_the_connect_deadline(behaviour: Behaviour) -> None:
    with serving(behaviour, is_http=False) as server, pytest.raises(TimedOut) as caught:
        _ask(ProviderRow("local", "https://127.0.0.1:%d" % server.port, timeout=TimeoutSettings(connect=0.3)))
    assert "timeout.connect" in str(caught.value)


def test_the_callers_deadline_counts_when_it_is_nearer() -> None:
    with serving(hangs) as server:
        row = _row(server)
        http = HttpClient([row], variables={}, workers=1)
        with pytest.raises(TimedOut):
            with http.post(
                row, "/", headers={}, payload={}, deadline=Deadline.after(CLOCK, 0.2), cancel=CancelToken()
            ):
                pass


def test_a_short_deadline_holds_while_a_call_with_a_long_one_is_under_way() -> None:
    with serving(hangs) as server:
        row, cancel = _row(server), CancelToken()
        http = HttpClient([row], variables={}, workers=2)
        ends: list[type[BaseException]] = []

        def ask_at_length() -> None:
            with pytest.raises(Cancelled) as caught:
                _ask(row, http, cancel)
            ends.append(caught.type)

        patient = threading.Thread(target=ask_at_length)
        patient.start()
        assert server.is_asked.wait(10)
        with pytest.raises(TimedOut):
            _ask(_row(server, _SHORT), http)
        cancel.cancel()
        patient.join()
        assert ends == [Cancelled]


@pytest.mark.parametrize("how", ["the token", "the client"])
@pytest.mark.parametrize("behaviour", [hangs, in_turn(sends(_HEAD + b"Connection: close\r\n\r\n"), hangs)])
def test_a_blocked_call_is_cancelled_from_another_thread_through(how: str, behaviour: Behaviour) -> None:
    with serving(behaviour) as server:
        row, cancel = _row(server), CancelToken()
        http = HttpClient([row], variables={}, workers=1)
        stop = cancel.cancel if how == "the token" else http.close
        stopper = threading.Thread(target=lambda: server.is_asked.wait() and stop())
        stopper.start()
        with pytest.raises(Cancelled):
            _ask(row, http, cancel)
        stopper.join()


def test_a_cancelled_token_opens_no_connection() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with serving(answers(200, b"")) as server:
        with pytest.raises(Cancelled):
            _ask(_row(server), cancel=cancel)
        assert server.connections == 0


@pytest.mark.parametrize(
    "behaviour",
    [
        closes,
        in_turn(sends(_HEAD + b"Content-Length: 99\r\n\r\nhalf"), resets),
        in_turn(sends(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), closes),
        in_turn(sends(b"garbage\r\n\r\n"), closes),
    ],
)
def test_a_cut_connection_is_told_without_the_key(behaviour: Behaviour) -> None:
    with serving(behaviour) as server, pytest.raises(ConnectionFailed) as caught:
        _ask(_row(server))
    assert "127.0.0.1:%d cut the connection" % server.port in str(caught.value)
    assert _KEY not in str(caught.value)


def test_a_server_that_is_not_there_is_named() -> None:
    port = free_port()
    with pytest.raises(ConnectionFailed) as caught:
        _ask(ProviderRow("local", "http://127.0.0.1:%d/v1" % port))
    assert caught.value.what == "nothing listens at 127.0.0.1:%d" % port
    assert caught.value.hint == "start the server, or correct base_url"


def test_a_header_that_cannot_be_sent_is_told_without_its_value() -> None:
    with serving(answers(200, b"")) as server, pytest.raises(ConnectionFailed) as caught:
        _ask(_row(server, headers={"X-Team": "secret\nvalue"}))  # type: ignore[arg-type]
    assert "secret" not in str(caught.value) and "headers" in str(caught.value)


def test_a_redirect_is_not_followed() -> None:
    with serving(answers(200, b"")) as other:
        location = "Location: http://localhost:%d/\r\n" % other.port
        with serving(answers(307, b"", headers=location)) as server:
            assert _ask(_row(server))[0] == 307
        assert other.connections == 0


def test_interim_answers_are_read_over() -> None:
    hints = sends(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    behaviour = in_turn(sends(b"HTTP/1.1 102 Processing\r\n\r\n"), hints, hints, answers(200, {"ok": True}))
    with serving(behaviour) as server:
        http = HttpClient([_row(server)], variables={}, workers=1)
        assert [_ask(_row(server), http) for _ in range(2)] == [(200, b'{"ok": true}')] * 2
        assert server.connections == 1


def test_an_answer_in_another_protocol_is_none() -> None:
    with serving(answers(101, b"")) as server:
        assert _ask(_row(server))[0] == 101


def test_cookies_are_not_kept() -> None:
    with serving(answers(200, b"", headers="Set-Cookie: a=b\r\n")) as server:
        http = HttpClient([_row(server)], variables={}, workers=1)
        _ask(_row(server), http)
        _ask(_row(server), http)
        assert "cookie" not in server.received[1].headers


def test_offline_refuses_other_machines_before_anything_is_looked_up() -> None:
    row = ProviderRow("far", "https://api.example.invalid/v1")
    with pytest.raises(HostNotAllowed) as caught:
        _ask(row, HttpClient([row], variables={}, workers=1, offline=True))
    assert "--offline" in str(caught.value)


def test_offline_reaches_this_machine_and_without_a_proxy() -> None:
    with serving(answers(200, b"hello")) as server:
        row = _row(server, proxy="http://proxy.example.invalid:3128")
        assert _ask(row, HttpClient([row], variables={}, workers=1, offline=True)) == (200, b"hello")


def test_a_provider_that_was_not_configured_is_not_reached() -> None:
    with serving(answers(200, b"")) as server:
        with pytest.raises(HostNotAllowed):
            _ask(_row(server), HttpClient([], variables={}, workers=1))
        assert server.connections == 0


def test_goes_through_the_configured_proxy() -> None:
    with serving(answers(200, b"from the proxy")) as proxy:
        row = ProviderRow("far", "http://api.example.invalid/v1", proxy="http://user:pw@127.0.0.1:%d" % proxy.port)
        assert _ask(row) == (200, b"from the proxy")
        assert proxy.received[0].line == "POST http://api.example.invalid/v1/ask HTTP/1.1"
        assert proxy.received[0].headers["proxy-authorization"].startswith("Basic ")


def test_a_proxy_that_refuses_a_tunnel_is_named_without_its_password() -> None:
    with serving(answers(403, b"no")) as proxy:
        address = "http://user:pw12345@127.0.0.1:%d" % proxy.port
        row = ProviderRow("far", "https://api.example.invalid/v1", proxy=address)
        with pytest.raises(ConnectionFailed) as caught:
            _ask(row)
        assert proxy.received[0].line.startswith("CONNECT api.example.invalid:443")
    assert "the proxy 127.0.0.1" in str(caught.value)
    assert "pw12345" not in str(caught.value)


@pytest.mark.parametrize(
    "status, is_tried_again, hint",
    [(407, False, "a user and a password"), (503, True, "NO_PROXY"), (429, True, "NO_PROXY")],
)
def test_what_a_proxy_answers_to_a_tunnel_is_told(status: int, is_tried_again: bool, hint: str) -> None:
    with serving(answers(status, b"no")) as proxy, pytest.raises(ConnectionFailed) as caught:
        _ask(ProviderRow("far", "https://api.example.invalid/v1", proxy="http://127.0.0.1:%d" % proxy.port))
    assert caught.value.what.endswith("to api.example.invalid:443, HTTP %d" % status)
    assert (caught.value.retry_same, hint in str(caught.value.hint)) == (is_tried_again, True)


def test_a_kind_of_proxy_that_is_not_supported_is_told() -> None:
    row = ProviderRow("far", "https://api.example.invalid/v1", proxy="socks5://127.0.0.1:1")
    with pytest.raises(ConnectionFailed) as caught:
        _ask(row)
    assert "not supported" in str(caught.value)


@pytest.mark.parametrize("address", ["http://[", "http://h:99999", "http://h h:1", "http://", "//h:1", "::1", " "])
def test_a_variables_proxy_that_cannot_be_read_is_told_for_what_it_is(address: str) -> None:
    row = ProviderRow("far", "http://api.example.invalid/v1")
    with pytest.raises(ConnectionFailed) as caught:
        _ask(row, HttpClient([row], variables={"http_proxy": address}, workers=1))
    assert caught.value.what == "the address of the proxy cannot be read"
    assert caught.value.hint == "name an http:// proxy in providers.far.proxy, or in http_proxy"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is not there")
    folder = tmp_path_factory.mktemp("pki")
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Acme",
        "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=127.0.0.1",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile san",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def server_context(pki: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    return context


def test_a_private_authority_is_refused_with_the_setting_that_would_trust_it(server_context: ssl.SSLContext) -> None:
    with serving(answers(200, b""), tls=server_context) as server, pytest.raises(ConnectionFailed) as caught:
        _ask(_row(server))
    issuer = ", issued by Acme," if sys.version_info >= (3, 10) else ""
    assert "127.0.0.1:%d%s is not trusted" % (server.port, issuer) in str(caught.value)
    assert not caught.value.retry_same, "the server shows the same certificate the next time"
    assert "providers.local.ca_bundle" in str(caught.value.hint)
    assert server.received == []


def test_a_private_authority_is_trusted_by_the_providers_setting(pki: Path, server_context: ssl.SSLContext) -> None:
    with serving(answers(200, b"hello"), tls=server_context) as server:
        assert _ask(_row(server, ca_bundle=str(pki / "ca.pem"))) == (200, b"hello")


def test_of_two_providers_at_one_address_each_has_its_own_trust(pki: Path, server_context: ssl.SSLContext) -> None:
    with serving(answers(200, b"hello"), tls=server_context) as server:
        trusting = ProviderRow("trusting", server.base_url, ca_bundle=str(pki / "ca.pem"))
        other = ProviderRow("other", server.base_url)
        http = HttpClient([trusting, other], variables={}, workers=1)
        assert _ask(trusting, http) == (200, b"hello")
        with pytest.raises(ConnectionFailed) as caught:
            _ask(other, http)
        assert _ask(trusting, http) == (200, b"hello")
    assert "is not trusted" in str(caught.value)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_private_authority_is_trusted_by(variable: str, pki: Path, server_context: ssl.SSLContext) -> None:
    with serving(answers(200, b"hello"), tls=server_context) as server:
        row = _row(server)
        http = HttpClient([row], variables={variable: str(pki / "ca.pem")}, workers=1)
        assert _ask(row, http) == (200, b"hello")


def test_a_private_authority_is_trusted_by_the_systems_store(pki: Path, server_context: ssl.SSLContext) -> None:
    trust = TlsTrust({}, system_bundles=("/does/not/exist", str(pki / "ca.pem")))
    with serving(answers(200, b"hello"), tls=server_context) as server:
        row = _row(server)
        assert _ask(row, HttpClient([row], variables={}, workers=1, trust=trust)) == (200, b"hello")


def test_the_total_deadline_holds_on_a_dripping_body_over_tls(pki: Path, server_context: ssl.SSLContext) -> None:
    drip = in_turn(sends(_HEAD + b"Connection: close\r\n\r\n"), drips)
    with serving(drip, tls=server_context) as server, pytest.raises(TimedOut):
        _ask(_row(server, _SHORT, ca_bundle=str(pki / "ca.pem")))


def test_a_certificate_for_another_host_is_refused(pki: Path, server_context: ssl.SSLContext) -> None:
    with serving(answers(200, b""), tls=server_context) as server, pytest.raises(ConnectionFailed) as caught:
        _ask(ProviderRow("local", "https://localhost:%d" % server.port, ca_bundle=str(pki / "ca.pem")))
    assert "is not trusted" in str(caught.value)
    assert "base_url" in str(caught.value.hint) and "ca_bundle" not in str(caught.value.hint)


def test_a_server_that_wants_a_client_certificate_is_told_with_the_setting_that_names_one(
    pki: Path, server_context: ssl.SSLContext
) -> None:
    server_context.load_verify_locations(pki / "ca.pem")
    server_context.verify_mode = ssl.CERT_REQUIRED
    with serving(answers(200, b""), tls=server_context) as server, pytest.raises(ConnectionFailed) as caught:
        _ask(_row(server, ca_bundle=str(pki / "ca.pem")))
    assert "providers.local.client_cert" in str(caught.value.hint)


def test_shows_a_client_certificate(pki: Path, server_context: ssl.SSLContext) -> None:
    server_context.load_verify_locations(pki / "ca.pem")
    server_context.verify_mode = ssl.CERT_REQUIRED
    both = pki / "client.pem"
    both.write_text((pki / "server.pem").read_text() + (pki / "server.key").read_text())
    with serving(answers(200, b"hello"), tls=server_context) as server:
        row = _row(server, ca_bundle=str(pki / "ca.pem"), client_cert=str(both))
        assert _ask(row) == (200, b"hello")


def test_certifis_authorities_are_the_last_resort() -> None:
    context = TlsTrust({}, system_bundles=()).context(ProviderRow("far", "https://h.example"))
    assert context.cert_store_stats()["x509_ca"] > 50


def test_a_bundle_that_is_not_there_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError) as caught:
        _ask(ProviderRow("local", "https://127.0.0.1:1", ca_bundle="/does/not/exist.pem"))
    assert caught.value.where == "providers.local.ca_bundle: /does/not/exist.pem"


def test_a_client_certificate_that_is_not_there_is_named_by_its_key() -> None:
    with pytest.raises(ConfigError) as caught:
        TlsTrust({}).context(ProviderRow("far", "https://h.example", client_cert="/does/not/exist.pem"))
    assert caught.value.where == "providers.far.client_cert: /does/not/exist.pem"


def test_tls_to_a_plain_server_is_told() -> None:
    with serving(sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), is_http=False) as server:
        with pytest.raises(ConnectionFailed) as caught:
            _ask(ProviderRow("local", "https://127.0.0.1:%d" % server.port))
    assert caught.value.what == "no TLS connection to 127.0.0.1:%d: what answers there speaks no TLS" % server.port
    assert caught.value.hint == "check whether base_url should begin with http or https"
    assert not caught.value.retry_same


def _hears_something(connection: socket.socket, server: Loopback) -> None:
    connection.recv(1)


@pytest.mark.parametrize("hangs_up", [closes, in_turn(_hears_something, closes), in_turn(_hears_something, resets)])
def test_a_tls_handshake_that_is_cut_is_told(hangs_up: Behaviour) -> None:
    with serving(hangs_up, is_http=False) as server, pytest.raises(ConnectionFailed) as caught:
        _ask(ProviderRow("local", "https://127.0.0.1:%d" % server.port))
    assert caught.value.what == "127.0.0.1:%d cut the connection in the TLS handshake" % server.port
    assert "http or https" in str(caught.value.hint) and caught.value.retry_same


def test_a_tls_server_that_says_so_is_told() -> None:
    refuses = in_turn(sends(b"\x15\x03\x03\x00\x02\x02\x46"), closes)
    with serving(refuses) as server, pytest.raises(ConnectionFailed) as caught:
        _ask(_row(server))
    assert caught.value.what == "127.0.0.1:%d answers in TLS, in which it was not asked" % server.port
    assert caught.value.hint == "begin base_url with https" and not caught.value.retry_same


def test_a_tls_server_that_hangs_up_may_be_one(server_context: ssl.SSLContext) -> None:
    with serving(answers(200, b""), tls=server_context) as server, pytest.raises(ConnectionFailed) as caught:
        _ask(ProviderRow("local", "http://127.0.0.1:%d" % server.port))
    assert caught.value.hint == "if the server expects TLS, begin base_url with https"


def test_a_server_that_hangs_up_in_its_answer_is_in_no_need_of_tls() -> None:
    with serving(in_turn(sends(_HEAD + b"Content-Length: 99\r\n\r\nhalf"), closes)) as server:
        with pytest.raises(ConnectionFailed) as caught:
            _ask(_row(server))
    assert caught.value.hint is None


def test_the_first_call_may_fail_and_the_next_one_succeed() -> None:
    with serving(one_after_another(closes, answers(200, b"hello"))) as server:
        http = HttpClient([_row(server)], variables={}, workers=1)
        with pytest.raises(ConnectionFailed):
            _ask(_row(server), http)
        assert _ask(_row(server), http) == (200, b"hello")


_NO_DESCRIPTOR_LEFT = """
import os, resource, socket
from orchestra.adapters.watchdog import FIRST_BYTE, Watchdog
from orchestra.clock import CancelToken
from orchestra.config.settings import TimeoutSettings

ours, theirs = socket.socketpair()
call = Watchdog().start_call(CancelToken(), TimeoutSettings(), total_s=0.2)
call.hold(ours)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
try:
    while True:
        os.dup(0)
except OSError:
    pass
ours.settimeout(30)
print(ours.recv(1))
"""


def test_a_call_is_ended_where_no_descriptor_is_free() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _NO_DESCRIPTOR_LEFT], stdout=subprocess.PIPE, universal_newlines=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "b''\n")
