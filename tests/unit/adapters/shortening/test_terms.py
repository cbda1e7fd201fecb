from __future__ import annotations

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.adapters.shortening.terms import key_terms, terms, words


def test_words_and_names_come_as_often_as_they_stand_there() -> None:
    assert words("Retry_after, then retry_after: go.") == ["retry_after", "then", "retry_after"]


def test_chinese_comes_in_pairs_of_characters() -> None:
    assert words("冷却时间 ok") == ["冷却", "却时", "时间"]


def test_words_that_every_text_has_say_nothing() -> None:
    assert terms("The cooldown and the provider are used for this.") == {"cooldown", "provider"}


def test_the_key_terms_are_those_of_the_protected_passages() -> None:
    passages = [Passage(Kind.PROTECTED, "Mend the cooldown."), Passage(Kind.PROSE, "The weather is nice.")]
    assert key_terms(passages) == {"mend", "cooldown"}
