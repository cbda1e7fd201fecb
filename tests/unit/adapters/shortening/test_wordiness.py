from __future__ import annotations

import pytest

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.adapters.shortening.wordiness import shorten, shorten_phrases


@pytest.mark.parametrize("wordy, short", [
    ("In order to begin, wait.", "To begin, wait."),
    ("It fails due to the fact that it is late.", "It fails because it is late."),
    ("Please note that it is very late.", "It is late."),
    ("Basically, it works.", "It works."),
    ("with the exception of one", "except one"),
    ("需要注意的是，必须检查。", "必须检查。"),
    ("如果为空，那么返回。", "若为空，那么返回。"),
    ("是否能够连接", "能否连接"),
])
def test_a_wordy_phrase_gets_its_short_form(wordy: str, short: str) -> None:
    assert shorten(wordy) == short


@pytest.mark.parametrize("text", [
    "It is not very late.", "It isn't really so.", "It isn’t actually so.", "There is no very good way.",
    "It can never simply stop.",
])
def test_an_idle_word_behind_a_negation_stays(text: str) -> None:
    assert shorten(text) == text


@pytest.mark.parametrize("text", [
    "Say `please note that it is very late` there.", "really_long_name", "every", "veryfast", "a.very.b",
    "In order", "very", "`能够` 处理",
])
def test_names_and_what_stands_between_backticks_stay(text: str) -> None:
    assert shorten(text) == text


@pytest.mark.parametrize("text", ["十分钟", "十分之一", "非常量", "非常规", "不但是", "合并且", "功能够用", "通过使用率"])
def test_chinese_words_that_only_look_like_a_phrase_stay(text: str) -> None:
    assert shorten(text) == text


def test_only_prose_is_shortened() -> None:
    texts = {kind: shorten_phrases([Passage(kind, "in order to")], 1)[0].text for kind in Kind}
    assert texts == {**{kind: "in order to" for kind in Kind}, Kind.PROSE: "to"}
