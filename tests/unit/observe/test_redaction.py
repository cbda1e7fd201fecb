from __future__ import annotations

import pytest

from orchestra.observe.redaction import MASK, Redactor


def test_a_known_secret_is_hidden_wherever_it_stands() -> None:
    redactor = Redactor(["hunter22"])
    assert redactor.text("key=hunter22, again hunter22!") == f"key={MASK}, again {MASK}!"


def test_only_what_is_known_can_be_hidden_where_the_rest_must_stay() -> None:
    redactor = Redactor(["planted-key"])
    assert redactor.known("planted-key sk-abcdefghijklmnopqrst") == "*** sk-abcdefghijklmnopqrst"
    assert redactor.text("planted-key sk-abcdefghijklmnopqrst") == "*** ***"


def test_of_two_secrets_of_which_one_holds_the_other_the_whole_is_hidden() -> None:
    assert Redactor(["secret", "secret-and-more"]).text("secret-and-more secret") == f"{MASK} {MASK}"


def test_a_secret_is_hidden_as_an_address_holds_it_too() -> None:
    assert Redactor(["a/b+c=key"]).text("https://h/?key=a%2Fb%2Bc%3Dkey&x=1") == "https://h/?key=***&x=1"


def test_a_secret_learned_later_is_hidden_from_then_on() -> None:
    redactor = Redactor()
    assert redactor.text("hunter22") == "hunter22"
    redactor.learn(["hunter22"])
    redactor.learn([])
    assert redactor.text("hunter22") == MASK


@pytest.mark.parametrize("short", ["", "a", "token"])
def test_a_very_short_value_would_hide_half_of_every_text(short: str) -> None:
    assert Redactor([short]).text("a token of trust") == "a token of trust"


@pytest.mark.parametrize(
    "key",
    [
        "sk-abcdefghijklmnop", "sk-proj-Ab_cd-0123456789abcdef", "AIza" + "x" * 35, "ghp_" + "a1B2" * 9,
        "xoxb-1234567890-abc", "AKIAABCDEFGHIJKLMNOP",
    ],
)
def test_what_looks_like_a_key_is_hidden_though_nobody_named_it(key: str) -> None:
    assert Redactor().text(f"used {key}.") == f"used {MASK}."


def test_what_follows_bearer_is_hidden() -> None:
    assert Redactor().text("Authorization: Bearer abc.def-123=") == f"Authorization: Bearer {MASK}"


@pytest.mark.parametrize(
    "text", ["task-abcdefghijklmnopqrst", "risk-assessment-of-everything", "sk-short", "the bearer of news", "AKIA"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor().text(text) == text


def test_every_string_of_a_value_is_looked_at_keys_included() -> None:
    value = {"hunter22": ["hunter22", ("a hunter22",), {"x": {"y": "hunter22"}}], "n": 1, "none": None, "yes": True}
    assert Redactor(["hunter22"]).value(value) == {
        MASK: [MASK, [f"a {MASK}"], {"x": {"y": MASK}}], "n": 1, "none": None, "yes": True
    }
