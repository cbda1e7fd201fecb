"""`config init`: the model servers on this machine are offered with the models that they name."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Mapping

import pytest

from tests.flows.model_servers import listing, models, nobody_home
from tests.flows.project import Project, Ran, Terminal


def file_of(project: Project) -> Path:
    return project.folder / "home" / ".config" / "orchestra" / "config.yaml"


def init(project: Project, providers: Mapping[str, Any], *typed: str) -> Ran:
    return project.run("config", "init", settings={"providers": providers}, stdin=Terminal(*typed))


def shown(project: Project) -> dict[str, Any]:
    """The configuration that the written file makes."""
    config = project.run("config", "show", "--json").json["config"]
    assert isinstance(config, dict)
    return config


def test_nothing_is_asked_where_no_server_answers(project: Project) -> None:
    ran = init(project, nobody_home())
    assert ran.status == 0 and "Use it?" not in ran.err
    assert shown(project)["providers"] == {}


def test_who_cannot_see_the_question_is_not_asked(project: Project) -> None:
    ran = project.run(
        "config", "init", settings={"providers": nobody_home()}, stdin=Terminal("y"), stderr=io.StringIO()
    )
    assert (ran.status, file_of(project).exists()) == (3, False)
    assert "questions go to standard error, which is no terminal" in ran.err and "config init --yes" in ran.err


def test_a_server_is_offered_with_its_models_and_all_agents_get_the_chosen_one(project: Project) -> None:
    with listing(models("small", "qwen3:8b", context_length=32768)) as server:
        ran = init(project, nobody_home(ollama=server.base_url), "y", "2")

    assert ran.status == 0
    assert f"Ollama seems to answer at {server.base_url}. Use it?" in ran.err
    assert "1  small\n  2  qwen3:8b" in ran.err
    config = shown(project)
    assert config["providers"]["ollama"]["base_url"] == server.base_url
    assert config["providers"]["ollama"]["models"]["qwen3:8b"]["context_window"] == 32768
    assert set(map(tuple, config["agents"].values())) == {("ollama/qwen3:8b",)}


@pytest.mark.parametrize(("typed", "chosen"), [("", "a"), ("b", "b"), ("unlisted", "unlisted"), ("1", "a")])
def test_a_model_is_chosen_by_number_by_id_or_by_return(project: Project, typed: str, chosen: str) -> None:
    with listing(models("a", "b")) as server:
        init(project, nobody_home(vllm=server.base_url), "yes", typed)
    assert shown(project)["agents"]["executor"] == [f"vllm/{chosen}"]


def test_a_number_that_is_not_there_is_asked_again(project: Project) -> None:
    with listing(models("a", "b")) as server:
        ran = init(project, nobody_home(vllm=server.base_url), "y", "3", "0", "2")
    assert ran.err.count("There is no number") == 2
    assert shown(project)["agents"]["executor"] == ["vllm/b"]


def test_a_model_named_by_the_path_of_its_file_can_be_used(project: Project) -> None:
    with listing(models("/models/qwen.gguf")) as server:
        init(project, nobody_home(llama_cpp=server.base_url), "y", "")
    assert shown(project)["agents"]["auditor"] == ["llama-cpp//models/qwen.gguf"]


def test_a_server_that_names_no_model_is_asked_about(project: Project) -> None:
    with listing("hello", status=404) as server:
        ran = init(project, nobody_home(lm_studio=server.base_url), "y", "my-model")
    assert "The id of its model:" in ran.err
    assert shown(project)["agents"]["executor"] == ["lm-studio/my-model"]


def test_every_server_that_answers_is_offered_until_one_is_taken(project: Project) -> None:
    with listing(models("a")) as first, listing(models("b")) as second:
        ran = init(project, nobody_home(ollama=first.base_url, vllm=second.base_url), "n", "y", "")
    assert ran.err.count("Use it?") == 2
    assert shown(project)["agents"]["executor"] == ["vllm/b"]


def test_a_server_on_another_machine_is_not_looked_for(project: Project) -> None:
    ran = init(project, nobody_home(ollama="http://models.example.invalid:11434/v1"))
    assert ran.status == 0 and "Use it?" not in ran.err


def test_the_end_of_the_input_writes_nothing(project: Project) -> None:
    with listing(models("a")) as server:
        ran = init(project, nobody_home(ollama=server.base_url))
    assert ran.status == 3
    assert not file_of(project).exists()


def test_nobody_is_asked_with_yes(project: Project) -> None:
    with listing(models("a")) as server:
        ran = project.run("config", "init", "--yes", settings={"providers": nobody_home(ollama=server.base_url)})
    assert ran.status == 0 and server.received == []
