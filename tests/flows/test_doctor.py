"""`doctor`: one line for each thing that a run needs; status 1 where a run would fail."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from orchestra.records import ProviderHealth
from orchestra.state.database import make_folder
from orchestra.state.manager import StateManager
from orchestra.workspace.sandbox.layers import WORDS
from tests.flows.hurried_clock import HurriedClock
from tests.flows.model_servers import closed_port, listing, models, nobody_home
from tests.flows.project import Project, Ran, Terminal

ROLES = ("architect", "executor", "auditor", "consultant")
KEY = "key-0123456789-secret"


def checks(ran: Ran) -> dict[str, dict[str, Any]]:
    """Name to finding."""
    return {check["name"]: check for check in ran.json["checks"]}


def settings(base_url: str, *entries: str, **more: Any) -> dict[str, Any]:
    """All agents have this chain; `mine` is a provider at that address, and the usual servers are nowhere."""
    return {
        "providers": {**nobody_home(), "mine": {"base_url": base_url, **more}},
        "agents": {role: list(entries) for role in ROLES},
    }


def doctor(project: Project, config: dict[str, Any], *options: str, **variables: str) -> Ran:
    return project.run("doctor", "--json", *options, settings=config, variables=variables)


def test_all_is_well_where_a_server_of_this_machine_answers(project: Project) -> None:
    project.commit("tests/test_a.py", "def test_a():\n    pass\n")
    with listing(models("a", "b")) as server:
        ran = doctor(project, settings(server.base_url, "mine/a"))

    assert (ran.status, ran.json["error"], ran.json["schema"]) == (0, None, 1)
    found = checks(ran)
    assert {name for name, check in found.items() if check["state"] == "fail"} == set()
    assert found["git"]["repository"] == str(project.root.resolve())
    assert (found["tests"]["framework"], found["tests"]["found_by"]) == ("pytest", "tests/test_a.py")
    assert (found["state"]["path"], found["state"]["sessions"]) == (str(project.root / ".orchestra"), 0)
    assert (found["provider mine"]["reached"], found["provider mine"]["served"]) == (True, 2)
    assert found["architect"]["models"] == ["mine/a"]
    assert found["hosts"]["hosts"] == [{"provider": "mine", "host": "127.0.0.1", "proxy": None}]
    assert not project.state.exists(), "looking writes nothing"


def test_people_get_one_aligned_line_for_each_thing_and_hints_below(project: Project) -> None:
    with listing(models("a")) as server:
        config = settings(server.base_url, "mine/a")
        found = checks(doctor(project, config))
        lines = project.run("doctor", settings=config).out.splitlines()
    told = [(check["state"], name, check["text"]) for name, check in found.items()]
    heads = [line for line in lines if not line.startswith(" ")]
    column = heads[0].index(told[0][2])
    assert [(line.split()[0], line[6:column].strip(), line[column:]) for line in heads] == told
    place = next(place for place, line in enumerate(lines) if line.startswith("warn  tests"))
    assert lines[place + 1].strip() == found["tests"]["hint"]


def test_a_missing_key_is_told_by_its_variables_and_a_key_by_the_one_that_holds_it(project: Project) -> None:
    config = settings("http://127.0.0.1:1/v1", "moonshot/kimi-k2.6", "zai/glm-4.7")
    config["providers"]["moonshot"] = {"base_url": "https://models.example.invalid/v1"}
    ran = doctor(project, config, KIMI_API_KEY=KEY)

    found = checks(ran)
    assert ran.status == 0
    assert (found["provider moonshot"]["state"], found["provider moonshot"]["key_from"]) == ("ok", "KIMI_API_KEY")
    assert found["provider zai"]["state"] == "warn"
    assert "ZAI_API_KEY or ZHIPUAI_API_KEY or GLM_API_KEY" in found["provider zai"]["text"]
    assert found["provider anthropic"]["state"] == "ok", "no chain names it"
    assert [host["host"] for host in found["hosts"]["hosts"]] == ["models.example.invalid"]
    assert KEY not in ran.out + ran.err


def test_without_network_nobody_elsewhere_is_asked(project: Project) -> None:
    config = settings("https://models.example.invalid/v1", "mine/a")
    found = checks(doctor(project, config))
    assert (found["provider mine"]["state"], found["provider mine"]["reached"]) == ("ok", None)


def test_with_network_every_provider_of_the_chains_is_asked(project: Project) -> None:
    with listing(models("kimi-k2.6")) as server:
        config = settings("http://models.example.invalid/v1", "mine/a", "moonshot/kimi-k2.6")
        config["providers"]["moonshot"] = {"base_url": server.base_url}
        config["providers"]["mine"]["proxy"] = f"http://127.0.0.1:{closed_port()}"
        ran = doctor(project, config, "--network", MOONSHOT_API_KEY=KEY)

    found = checks(ran)
    assert ran.status == 0, "one model of every chain is there"
    assert (found["provider moonshot"]["reached"], found["provider moonshot"]["served"]) == (True, 1)
    assert (found["provider mine"]["state"], found["provider mine"]["reached"]) == ("warn", False)
    assert found["architect"]["state"] == "warn" and "mine/a (connection)" in found["architect"]["text"]
    assert server.received[0].headers["authorization"] == f"Bearer {KEY}"
    assert {"provider": "mine", "host": "models.example.invalid", "proxy": "127.0.0.1"} in found["hosts"]["hosts"]


def test_agents_whose_only_server_is_not_there_fail(project: Project) -> None:
    ran = doctor(project, settings(f"http://127.0.0.1:{closed_port()}/v1", "mine/a"))

    found = checks(ran)
    assert (ran.status, ran.json["exit_status"], ran.json["error"]["code"]) == (1, 1, "not-ready")
    assert {role: found[role]["state"] for role in ROLES} == {role: "fail" for role in ROLES}
    assert "nothing listens" in found["provider mine"]["text"]
    assert all(role in ran.json["error"]["message"] for role in ROLES)


def test_a_refused_key_fails_the_agents_that_have_nobody_else(project: Project) -> None:
    with listing({"error": {"message": f"no {KEY}", "code": "invalid_api_key"}}, status=401) as server:
        ran = doctor(project, settings(server.base_url, "mine/a", api_key_env="MY_KEY"), MY_KEY=KEY)
    found = checks(ran)
    assert (ran.status, found["architect"]["state"]) == (1, "fail")
    assert (found["provider mine"]["reached"], found["provider mine"]["error"]["code"]) == (True, "auth")
    assert KEY not in ran.out + ran.err


def test_a_model_that_the_server_does_not_list_is_a_warning(project: Project) -> None:
    with listing(models("other")) as server:
        ran = doctor(project, settings(server.base_url, "mine/a"))
    assert (ran.status, checks(ran)["executor"]["state"]) == (0, "warn")
    assert "mine/a (not listed)" in checks(ran)["executor"]["text"]


def test_agents_all_of_whose_models_refused_calls_lately_are_warned_of(project: Project) -> None:
    clock = HurriedClock()
    until = clock.now() + timedelta(seconds=300)
    with listing(models("a", "b")) as server:
        with closing(StateManager.open(make_folder(project.root), clock)) as journal:
            journal.provider_health.keep(ProviderHealth("mine", server.base_url, model="a", cooldown_until=until))
        alone = checks(doctor(project, settings(server.base_url, "mine/a")))["executor"]
        other = checks(doctor(project, settings(server.base_url, "mine/a", "mine/b")))["executor"]
    assert alone["state"] == "warn" and "left alone: mine/a (for " in alone["text"]
    assert other["state"] == "ok"


@pytest.mark.parametrize(("entry", "says"), [
    ("openrouter/a", "OPENROUTER_API_KEY"),
    ("nobody/a", "no provider 'nobody'"),
    ("moonshot/kimi-k2.6", "MOONSHOT_API_KEY"),
])
def test_a_chain_that_a_run_would_refuse_fails(project: Project, entry: str, says: str) -> None:
    found = checks(doctor(project, settings("http://127.0.0.1:1/v1", entry)))
    assert found["architect"]["state"] == "fail"
    assert says in found["architect"]["text"] + found["architect"]["hint"]


def test_servers_that_answer_at_their_usual_places_are_offered(project: Project) -> None:
    with listing(models("qwen3:8b")) as ollama, listing("hello", status=404) as studio:
        config = settings("http://127.0.0.1:1/v1", "mine/a")
        config["providers"].update(nobody_home(ollama=ollama.base_url, lm_studio=studio.base_url))
        found = checks(doctor(project, config))
    assert found["server ollama"]["models"] == ["qwen3:8b"]
    assert "in a chain: ollama/qwen3:8b" in found["server ollama"]["text"]
    assert found["server lm-studio"]["models"] == []
    assert "server vllm" not in found and "servers" not in found


def test_that_none_of_them_answers_is_no_fault(project: Project) -> None:
    found = checks(doctor(project, settings("http://127.0.0.1:1/v1", "mine/a")))
    assert (found["servers"]["state"], found["servers"]["found"]) == ("ok", [])


def test_offline_counts_only_what_is_on_this_machine(project: Project) -> None:
    with listing(models("a")) as server:
        config = settings(server.base_url, "far/b", "mine/a")
        config["providers"]["far"] = {"base_url": "https://models.example.invalid/v1"}
        config["agents"]["auditor"] = ["far/b"]
        ran = doctor(project, config, "--offline", "--network")
    found = checks(ran)
    assert (ran.status, found["auditor"]["state"], found["architect"]["state"]) == (1, "fail", "warn")
    assert [host["host"] for host in found["hosts"]["hosts"]] == ["127.0.0.1"]
    assert found["provider far"]["error"]["code"] == "host-not-allowed"


def test_outside_a_repository_the_lack_is_a_warning(plain_folder: Project) -> None:
    with listing(models("a")) as server:
        ran = doctor(plain_folder, settings(server.base_url, "mine/a"))
    assert (ran.status, checks(ran)["git"]["state"], checks(ran)["git"]["repository"]) == (0, "warn", None)


def test_without_git_the_lack_is_a_warning(plain_folder: Project) -> None:
    with listing(models("a")) as server:
        ran = doctor(plain_folder, settings(server.base_url, "mine/a"), PATH="")
    assert (ran.status, checks(ran)["git"]["state"], checks(ran)["git"]["version"]) == (0, "warn", None)


def test_a_repository_that_git_refuses_is_the_last_thing_said(project: Project) -> None:
    (project.root / ".git" / "config").write_text("[core\n")
    ran = doctor(project, settings("http://127.0.0.1:1/v1", "mine/a"))
    assert (ran.status, checks(ran)["git"]["state"]) == (1, "fail")
    assert list(checks(ran))[-1] == "git"


def test_no_identity_and_a_merge_in_progress_are_warnings(project: Project) -> None:
    project.git("config", "user.useConfigOnly", "true")
    project.git("config", "--unset", "user.email")
    config = settings("http://127.0.0.1:1/v1", "mine/a")
    assert "does not know who you are" in checks(doctor(project, config))["git"]["text"]
    (project.root / ".git" / "MERGE_HEAD").write_text(project.head() + "\n")
    git = checks(doctor(project, config))["git"]
    assert git["state"] == "warn" and "a merge is in progress" in git["text"]


def test_a_state_folder_that_cannot_be_used_fails(project: Project) -> None:
    project.write(".orchestra", "a file\n")
    ran = doctor(project, settings("http://127.0.0.1:1/v1", "mine/a"))
    assert (ran.status, checks(ran)["state"]["state"]) == (1, "fail")
    assert "is not a folder" in checks(ran)["state"]["text"]


def test_a_state_folder_that_git_tracks_fails(project: Project) -> None:
    project.write(".orchestra/notes", "mine\n")
    project.git("add", "--force", ".orchestra/notes")
    found = checks(doctor(project, settings("http://127.0.0.1:1/v1", "mine/a")))
    assert found["state"]["state"] == "fail" and "git rm -r --cached .orchestra" in found["state"]["hint"]


def test_sessions_that_can_go_on_are_counted(project: Project) -> None:
    config = settings(f"http://127.0.0.1:{closed_port()}/v1", "mine/a")
    project.run("run", "task", "--yes", settings=config)
    state = checks(doctor(project, config))["state"]
    assert (state["sessions"], len(state["resumable"])) == (1, 1)


def test_a_configuration_that_cannot_be_read_fails_with_its_line(project: Project) -> None:
    ran = doctor(project, {"mode": "fast"})
    assert (ran.status, checks(ran)["configuration"]["state"]) == (1, "fail")
    assert "key mode" in checks(ran)["configuration"]["text"]


def test_an_untrusted_file_of_the_repository_is_a_warning(project: Project) -> None:
    project.write(".orchestra.yaml", "auto_approve: true\n")
    found = checks(doctor(project, settings("http://127.0.0.1:1/v1", "mine/a")))["configuration"]
    assert found["state"] == "warn" and "auto_approve" in found["left_out"][0]


def test_tests_that_nothing_can_run_are_a_warning_and_a_command_is_taken(project: Project) -> None:
    config = settings("http://127.0.0.1:1/v1", "mine/a")
    assert checks(doctor(project, config))["tests"]["state"] == "warn"
    told = checks(doctor(project, {**config, "tests": {"command": "make test"}}))["tests"]
    assert (told["state"], told["framework"], told["command"][-1]) == ("ok", "command", "make test")
    assert checks(doctor(project, {**config, "tests": {"run": False}}))["tests"]["state"] == "ok"


def test_what_tests_lack_and_what_confines_them_is_told(project: Project) -> None:
    config = settings("http://127.0.0.1:1/v1", "mine/a")
    project.write("noxfile.py", "")
    found = checks(doctor(project, config))
    assert found["tests"]["state"] == "warn" and "noxfile.py speaks of nox" in found["tests"]["text"]
    assert set(found["sandbox"]["enforced"]) | set(found["sandbox"]["missing"]) == set(WORDS)
    assert found["sandbox"]["state"] == ("warn" if found["sandbox"]["missing"] else "ok")
    off = checks(doctor(project, {**config, "tests": {"sandbox": "off"}}))["sandbox"]
    assert (off["state"], off["enforced"]) == ("warn", [])


def test_whether_a_person_can_be_asked_is_told(project: Project) -> None:
    config = settings("http://127.0.0.1:1/v1", "mine/a")
    alone = checks(doctor(project, config))["terminal"]
    variables = {"TERM": "xterm", "EDITOR": "ed"}
    ran = project.run("doctor", "--json", settings=config, stdin=Terminal(), variables=variables)
    assert (alone["state"], alone["stdin"]) == ("warn", False)
    assert (checks(ran)["terminal"]["state"], checks(ran)["terminal"]["editor"]) == ("ok", "ed")
