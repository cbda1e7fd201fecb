from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterator

import pytest

from orchestra.adapters.rows import ModelRow, ProviderRow
from orchestra.clock import CancelToken
from orchestra.config.settings import CacheSettings
from orchestra.engine.answering import discreet, front_of
from orchestra.errors import Truncated
from orchestra.state.database import make_folder
from orchestra.state.manager import StateManager
from tests.unit.adapters.doubles import NEVER, QUESTION, ScriptedAdapter, Watcher
from tests.unit.fake_clock import FakeClock

ROW = ProviderRow("a", "http://127.0.0.1:8080/v1", models={"1": ModelRow("1")})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[StateManager]:
    manager = StateManager.open(make_folder(tmp_path), FakeClock())
    yield manager
    manager.close()


def answer(journal: StateManager, row: ProviderRow, model: ScriptedAdapter) -> str:
    journal.reply_cache.forget("")  # so that what was kept before is on disk
    adapter = front_of(journal.reply_cache, CacheSettings())("executor", row, model)
    return adapter.execute(QUESTION, deadline=NEVER, cancel=CancelToken(), observer=Watcher()).text


def test_another_role_is_given_the_answer_too(journal: StateManager) -> None:
    assert answer(journal, ROW, ScriptedAdapter("a/1", "first")) == "first"
    assert answer(journal, ROW, ScriptedAdapter("a/1")) == "first"


@pytest.mark.parametrize("row", [
    replace(ROW, base_url="http://127.0.0.1:9/v1"),
    replace(ROW, protocol="openai-responses"),
    replace(ROW, models={"1": ModelRow("1", effort="high")}),
    replace(ROW, models={"1": ModelRow("1", thinking=False)}),
])
def test_another_server_or_option_is_another_question(journal: StateManager, row: ProviderRow) -> None:
    assert answer(journal, ROW, ScriptedAdapter("a/1", "first")) == "first"
    assert answer(journal, row, ScriptedAdapter("a/1", "second")) == "second"


def test_a_known_secret_in_an_answer_is_hidden_from_the_cache_and_from_who_asks(journal: StateManager) -> None:
    def ask(model: ScriptedAdapter, settings: CacheSettings, hide: Callable[[str], str]) -> str:
        front = front_of(journal.reply_cache, settings, hide)
        adapter = discreet({"executor": front("executor", ROW, model)}, hide)["executor"]
        return adapter.execute(QUESTION, deadline=NEVER, cancel=CancelToken(), observer=Watcher()).text

    def hide(text: str) -> str:
        return text.replace("hunter22", "it")

    assert ask(ScriptedAdapter("a/1", "hunter22!"), CacheSettings(enabled=False), hide) == "it!"
    assert ask(ScriptedAdapter("a/1", "hunter22!"), CacheSettings(), hide) == "it!"
    journal.reply_cache.forget("")
    assert ask(ScriptedAdapter("a/1"), CacheSettings(), str) == "it!"
    assert ask(ScriptedAdapter("a/1"), CacheSettings(), str.upper) == "IT!", "what is known since is hidden too"


def test_a_known_secret_in_the_first_part_of_an_answer_is_hidden_too() -> None:
    cut = Truncated("cut off", partial_text="hunter22 and")
    chains = discreet({"executor": ScriptedAdapter("a/1", cut)}, lambda text: text.replace("hunter22", "it"))
    with pytest.raises(Truncated) as caught:
        chains["executor"].execute(QUESTION, deadline=NEVER, cancel=CancelToken(), observer=Watcher())
    assert caught.value.partial_text == "it and"
