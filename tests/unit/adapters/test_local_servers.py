from __future__ import annotations

import pytest

from orchestra.adapters.catalog import resolve
from orchestra.adapters.local_servers import PROBE_TIMEOUT, is_local, usual_servers
from orchestra.adapters.rows import ProviderRow
from orchestra.config.settings import ProviderSettings


def test_the_usual_servers_are_on_this_machine_at_their_usual_ports() -> None:
    found = {row.name: row.base_url for row in usual_servers(resolve({}))}
    assert found == {
        "llama-cpp": "http://127.0.0.1:8080/v1", "ollama": "http://127.0.0.1:11434/v1",
        "vllm": "http://127.0.0.1:8000/v1", "lm-studio": "http://127.0.0.1:1234/v1",
    }


def test_they_are_taken_where_the_configuration_has_them_and_given_little_time() -> None:
    rows = resolve({"ollama": ProviderSettings(base_url="http://localhost:7000/v1")})
    (ollama,) = [row for row in usual_servers(rows) if row.name == "ollama"]
    assert (ollama.base_url, ollama.timeout) == ("http://localhost:7000/v1", PROBE_TIMEOUT)
    assert PROBE_TIMEOUT.total < rows["ollama"].timeout.total


def test_one_that_was_moved_to_another_machine_is_none_of_them() -> None:
    rows = resolve({"ollama": ProviderSettings(base_url="http://gpu-box:11434/v1")})
    assert "ollama" not in [row.name for row in usual_servers(rows)]


def test_other_servers_can_be_named_to_look_for() -> None:
    mine = ProviderRow("mine", "http://127.0.0.1:5000/v1")
    assert [row.base_url for row in usual_servers({}, [mine])] == [mine.base_url]


@pytest.mark.parametrize("address, expected", [
    ("http://127.0.0.1:1/v1", True), ("http://[::1]:1/v1", True), ("http://localhost/v1", True),
    ("http://127.0.0.1.example/v1", False), ("https://api.z.ai/api/paas/v4", False),
])
def test_whether_a_provider_is_on_this_machine_goes_by_the_form_of_its_address(address: str, expected: bool) -> None:
    assert is_local(ProviderRow("p", address)) is expected
