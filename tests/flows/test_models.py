"""`models`: what the catalog says, what chains name, and what the servers serve."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.model_servers import closed_port, listing, models
from tests.flows.project import Project, Ran

ROLES = ("architect", "executor", "auditor", "consultant")
KEY = "key-0123456789-secret"


def rows(ran: Ran) -> dict[str, dict[str, Any]]:
    """PROVIDER/MODEL to its row."""
    return {f"{row['provider']}/{row['model']}": row for row in ran.json["models"]}


def provider(ran: Ran, name: str) -> dict[str, Any]:
    (found,) = [row for row in ran.json["providers"] if row["provider"] == name]
    return found


def one_server(base_url: str, *entries: str, **settings: Any) -> dict[str, Any]:
    """Settings in which all agents have this chain, of a provider `mine` or of whatever it names."""
    return {
        "providers": {"mine": {"base_url": base_url, **settings}},
        "agents": {role: list(entries) for role in ROLES},
    }


def test_the_catalog_is_listed_without_a_key_or_a_network(project: Project) -> None:
    ran = project.run("models", "--json")

    assert (ran.status, ran.json["error"], ran.json["schema"]) == (0, None, 1)
    kimi = rows(ran)["moonshot/kimi-k2.6"]
    assert (kimi["context_window"], kimi["sent_as"], kimi["check"]) == (262144, "kimi-k2.6", None)
    assert kimi["prices"] == [
        {"above_input_tokens": 0, "input": 0.95, "output": 4.0, "cached": 0.16, "written": None}
    ]
    assert kimi["agents"] == ["architect", "executor", "consultant"] and kimi["best_at"]
    assert provider(ran, "ollama")["base_url"] == "http://127.0.0.1:11434/v1"
    assert not provider(ran, "ollama")["needs_key"] and provider(ran, "openrouter")["needs_key"]
    assert not any(row["asked"] for row in ran.json["providers"])


def test_a_switched_off_model_is_listed_with_what_is_sent_for_it(project: Project) -> None:
    old = rows(project.run("models", "--json"))["openai/gpt-5.2-codex"]
    assert (old["sent_as"], old["switched_off_since"]) == ("gpt-5.3-codex", "2026-07-23")


def test_people_get_aligned_lines(project: Project) -> None:
    lines = project.run("models").out.splitlines()

    head = lines[0]
    assert head.startswith("model") and "window" in head
    (kimi,) = [line for line in lines if line.startswith("moonshot/kimi-k2.6")]
    assert kimi.index("262,144") + len("262,144") == head.index("window") + len("window")
    assert kimi[head.index("best at"):] == "long coding tasks"
    assert any("switched off since 2026-08-31; sent as kimi-k2.6" in line for line in lines)


def test_what_the_configuration_adds_is_listed_too(project: Project) -> None:
    settings = one_server("http://127.0.0.1:1/v1", "mine/named", models={"listed": {"context_window": 4096}})
    found = rows(project.run("models", "--json", settings=settings))
    assert (found["mine/named"]["context_window"], found["mine/named"]["agents"]) == (None, list(ROLES))
    assert (found["mine/listed"]["context_window"], found["mine/listed"]["agents"]) == (4096, [])


def test_check_asks_with_the_key_and_marks_what_is_served(project: Project) -> None:
    with listing(models("a", "b", context_length=8192)) as server:
        settings = one_server(server.base_url, "mine/a", api_key_env="MY_KEY")
        ran = project.run("models", "--check", "--json", settings=settings, variables={"MY_KEY": KEY})

    assert (ran.status, ran.json["error"]) == (0, None)
    assert rows(ran)["mine/a"]["check"] == "served"
    found = provider(ran, "mine")
    assert (found["asked"], found["key_from"]) == (True, "MY_KEY")
    assert found["served"] == [
        {"model": "a", "context_window": 8192, "ends_on": None}, {"model": "b", "context_window": 8192, "ends_on": None}
    ]
    (request,) = server.received
    assert (request.method, request.target) == ("GET", "/v1/models")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in ran.out + ran.err


@pytest.mark.parametrize(("protocol", "base", "target"), [
    ("anthropic-messages", "/v1", "/v1/models?limit=1000"),
    ("gemini", "/v1beta", "/v1beta/models?pageSize=1000"),
])
def test_check_asks_each_protocol_in_its_own_way(project: Project, protocol: str, base: str, target: str) -> None:
    body = {"data": [{"id": "a"}], "models": [{"name": "models/a"}]}
    with listing(body) as server:
        address = server.base_url[:-len("/v1")] + base
        ran = project.run("models", "--check", "--json", settings=one_server(address, "mine/a", protocol=protocol))

    assert (ran.status, rows(ran)["mine/a"]["check"]) == (0, "served")
    assert [request.target for request in server.received] == [target]


@pytest.mark.parametrize(("body", "mark"), [
    (models("other"), "not listed"),
    (models("a", shutdown_date="2020-01-31"), "retired 2020-01-31"),
    (models("a", lifecycle="retired"), "retired"),
])
def test_a_chains_model_that_is_missing_or_retired_is_1(project: Project, body: dict[str, Any], mark: str) -> None:
    with listing(body) as server:
        ran = project.run("models", "--check", "--json", settings=one_server(server.base_url, "mine/a"))

    assert (ran.status, ran.json["exit_status"], ran.json["error"]["code"]) == (1, 1, "not-ready")
    assert rows(ran)["mine/a"]["check"] == mark
    assert f"mine/a ({mark})" in ran.json["error"]["message"] and "not-ready" in ran.err


def test_a_model_that_no_chain_names_may_be_missing(project: Project) -> None:
    with listing(models("a")) as server:
        settings = one_server(server.base_url, "mine/a", models={"gone": {}})
        ran = project.run("models", "--check", "--json", settings=settings)
    assert (ran.status, rows(ran)["mine/gone"]["check"]) == (0, "not listed")


@pytest.mark.parametrize(("status", "body"), [(404, "not here"), (200, "<html>hello</html>"), (405, {"detail": "no"})])
def test_a_server_without_a_list_proves_nothing(project: Project, status: int, body: Any) -> None:
    with listing(body, status=status) as server:
        ran = project.run("models", "--check", "--json", settings=one_server(server.base_url, "mine/a"))
    assert (ran.status, rows(ran)["mine/a"]["check"]) == (0, "no list")
    assert provider(ran, "mine")["error"]["code"] in ("bad-request", "invalid-response")


def test_a_server_that_sends_us_on_is_1(project: Project) -> None:
    with listing({}, status=302) as server:
        ran = project.run("models", "--check", "--json", settings=one_server(server.base_url, "mine/a"))
    assert (ran.status, rows(ran)["mine/a"]["check"]) == (1, "bad-request")


def test_a_refused_key_is_1_and_does_not_show_it(project: Project) -> None:
    with listing({"error": {"message": f"bad key {KEY}", "code": "invalid_api_key"}}, status=401) as server:
        settings = one_server(server.base_url, "mine/a", api_key_env="MY_KEY")
        ran = project.run("models", "--check", settings=settings, variables={"MY_KEY": KEY})
    assert ran.status == 1
    assert "bad key [key]" in ran.out and KEY not in ran.out + ran.err


def test_a_server_that_is_not_there_is_1(project: Project) -> None:
    settings = one_server(f"http://127.0.0.1:{closed_port()}/v1", "mine/a")
    ran = project.run("models", "--check", "--json", settings=settings)
    assert (ran.status, rows(ran)["mine/a"]["check"]) == (1, "connection")
    assert "could not be asked" in ran.json["error"]["message"]


def test_check_asks_nobody_who_is_not_wanted_or_lacks_a_key(project: Project) -> None:
    with listing(models("a")) as server, listing(models("b")) as other:
        settings = one_server(server.base_url, "mine/a", "moonshot/kimi-k2.6")
        settings["providers"]["moonshot"] = {"base_url": other.base_url}
        ran = project.run("models", "--check", "--json", settings=settings)
    assert ran.status == 0
    assert rows(ran)["moonshot/kimi-k2.6"]["check"] == "not asked"
    assert [row["provider"] for row in ran.json["providers"] if row["asked"]] == ["mine"]
    assert other.received == []


def test_offline_asks_nobody_on_another_machine(project: Project) -> None:
    with listing(models("a")) as server:
        settings = one_server(server.base_url, "mine/a", "far/b")
        settings["providers"]["far"] = {"base_url": "https://models.example.invalid/v1"}
        ran = project.run("models", "--check", "--offline", "--json", settings=settings)
    assert (ran.status, rows(ran)["mine/a"]["check"], rows(ran)["far/b"]["check"]) == (0, "served", "not asked")
    assert provider(ran, "far")["error"]["code"] == "host-not-allowed"


def test_check_tells_people_what_each_server_serves(project: Project) -> None:
    many = [f"model-{number}" for number in range(12)]
    with listing(models(*many)) as server:
        settings = one_server(server.base_url, "mine/model-0")
        short = project.run("models", "--check", settings=settings).out
        full = project.run("models", "--check", "--verbose", settings=settings).out
    (line,) = [line for line in short.splitlines() if "serves 12" in line]
    assert "model-7 and 4 more" in line and "model-8" not in line
    assert "model-11" in full
