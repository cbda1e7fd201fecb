from __future__ import annotations

import pytest

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.adapters.shortening.sentences import GAP, keep_weightiest, split_sentences
from orchestra.adapters.shortening.signatures import summary

TASK = Passage(Kind.PROTECTED, "Mend the cooldown.\n")


def _kept(text: str, share: float, kind: Kind = Kind.PROSE) -> str:
    passage = Passage(kind, text)
    return keep_weightiest([TASK, passage], int((1 - share) * passage.tokens))[1].text


@pytest.mark.parametrize("text, sentences", [
    ("It is one. It is two! Is it three?", ["It is one. ", "It is two! ", "Is it three?"]),
    ("See e.g. this one here. Done now.", ["See e.g. this one here. ", "Done now."]),
    ("Version 1.2.3 of a.b.c is out.", ["Version 1.2.3 of a.b.c is out."]),
    ("# A heading\nSome words\n- an item\n- a second", ["# A heading\nSome words\n", "- an item\n", "- a second"]),
    ("A paragraph ends\n\nhere and here", ["A paragraph ends\n\n", "here and here"]),
    ("必须检查返回的数值。不得跳过任何错误！然后结束流程", ["必须检查返回的数值。", "不得跳过任何错误！", "然后结束流程"]),
])
def test_prose_is_taken_apart_at_the_ends_of_its_sentences(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@pytest.mark.parametrize("text", [
    "", "a", "x" * 5000, "word " * 5000, "no end\n" * 900, "。" * 3000, ". " * 3000, "\n" * 3000, "- a\n" * 2000,
])
def test_sentences_joined_are_the_text_and_none_is_endless(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join(sentences) == text
    assert all(len(sentence.rstrip("\n")) <= 500 for sentence in sentences)


def test_a_long_sentence_is_cut_between_words() -> None:
    assert all(piece.endswith("word ") for piece in split_sentences("word " * 1000))


FILLER = "".join("The weather over town number %d was rather pleasant. " % number for number in range(40))


@pytest.mark.parametrize("sentence", [
    "You must never delete that folder. ", "ValueError was raised: an error of the parser. ",
    "Everything about the cooldown mends itself. ",
])
def test_action_sentences_and_those_about_the_task_stay_in_their_place(sentence: str) -> None:
    kept = _kept(FILLER + sentence + FILLER, 0.3)
    assert sentence in kept and "[...]" in kept
    assert kept.count("weather") < 40


def test_chinese_action_sentences_stay() -> None:
    filler = "".join("第%d个城市的天气一直以来都还算不错。" % number for number in range(40))
    kept = _kept(filler + "必须检查返回值是否为空。" + filler, 0.3)
    assert "必须检查返回值是否为空。" in kept
    assert kept.count("天气") < 40


def test_lines_of_a_log_that_report_a_failure_stay_whole() -> None:
    log = "".join("12:00:%02d request %d took some time\n" % (n % 60, n) for n in range(100))
    kept = _kept(log + "12:01:00 fatal error in cooldown\n" + log, 0.2, Kind.LINES)
    assert "12:01:00 fatal error in cooldown\n" in kept
    assert set(kept.split("\n")) <= set(log.split("\n")) | {"12:01:00 fatal error in cooldown", GAP, ""}


def test_definitions_outlast_other_lines_of_code() -> None:
    code = "".join("x%d = %d\n" % (n, n) for n in range(50)) + "}\nfunction weather() {\n" + "y = 1\n" * 50
    assert "}\nfunction weather() {\n" in _kept(code, 0.3, Kind.CODE)


def test_one_sign_stands_for_one_gap_and_line_breaks_stay() -> None:
    text = "You must stay here.\n\n" + FILLER + "\n\nYou must stay there.\n"
    assert _kept(text, 0.05) == "You must stay here.\n\n[...]\n\nYou must stay there.\n"


def test_a_gap_that_would_save_nothing_is_not_made() -> None:
    text = "You must. So so. You shall. " * 3
    assert "So so" in _kept(text, 0.9)


def test_a_summary_of_code_keeps_its_note_and_gets_no_signs() -> None:
    code = summary("".join("def weather_%d(cloud):\n    return cloud\n" % n for n in range(60)))
    kept = _kept(code, 0.3, Kind.CODE)
    assert kept.startswith("[signatures of 120 lines]\ndef weather_")
    assert GAP not in kept and len(kept) < 0.4 * len(code)
    assert set(kept.split("\n")) <= set(code.split("\n"))


@pytest.mark.parametrize("share", [0.9, 0.5, 0.2, 0.0])
def test_about_as_much_goes_as_is_asked_for(share: float) -> None:
    passage = Passage(Kind.PROSE, FILLER)
    kept = Passage(Kind.PROSE, _kept(FILLER, share)).tokens
    assert share * passage.tokens - 40 <= kept <= share * passage.tokens + 4


def test_what_is_fixed_loses_nothing() -> None:
    fixed = [Passage(Kind.PROTECTED, FILLER), Passage(Kind.FRAME, "```\n")]
    assert keep_weightiest(fixed, 10 ** 6) == fixed


def test_blanks_that_nobody_needs_go_with_what_stood_before_them() -> None:
    assert _kept("Nobody needs this sentence." + " " * 5000 + "You must.", 0.01) in ("[...] You must.", "[...]")
