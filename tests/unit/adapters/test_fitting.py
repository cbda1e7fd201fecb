from __future__ import annotations

from dataclasses import replace

import pytest

from orchestra.adapters.adapter import Message, Request, Segment
from orchestra.adapters.compaction import Compaction
from orchestra.adapters.fitting import Fitting
from orchestra.adapters.rows import ModelRow
from orchestra.errors import ContextExceeded


def _request(words: int) -> Request:
    return Request("", (Message.of("user", "word " * words),))


def _count(request: Request) -> int:
    return sum(len(message.text.split()) for message in request.messages)


class Compactor:
    """Leaves exactly the words asked for, but for those that are protected or that it has no means against."""

    def __init__(self, protected: int, stubborn: int) -> None:
        self.protected = protected
        self.stubborn = stubborn
        self.targets: list[int] = []

    def __call__(self, request: Request, target: int) -> Compaction:
        self.targets.append(target)
        if self.protected > target:
            raise ContextExceeded("what is protected alone has more")
        before, after = _count(request), max(self.stubborn, min(target, _count(request)))
        return Compaction(_request(after), before, after, ("words",))


def _fitting(protected: int = 0, stubborn: int = 0) -> tuple[Fitting, Compactor]:
    compactor = Compactor(protected, stubborn)
    return Fitting(_count, compactor), compactor


MODEL = ModelRow("m", context_window=1000, max_output=200)


@pytest.mark.parametrize("words, too_long", [(800, False), (801, True)])
def test_a_prompt_is_too_long_when_it_leaves_no_room_for_the_answer(words: int, too_long: bool) -> None:
    fitting, _ = _fitting()
    assert fitting.is_too_long(_request(words), MODEL) is too_long


def test_nothing_is_too_long_for_a_window_that_nobody_knows() -> None:
    fitting, _ = _fitting()
    assert not fitting.is_too_long(_request(10 ** 6), ModelRow("m"))


def test_a_compacted_prompt_fills_three_quarters_of_the_room_and_then_half_of_it() -> None:
    fitting, compactor = _fitting()
    first, second = (fitting.shortened(_request(5000), MODEL, times) for times in (1, 2))
    assert compactor.targets == [600, 400]
    assert (first.before_tokens, first.after_tokens, second.after_tokens) == (5000, 600, 400)
    assert _count(first.compacted_prompt) == 600
    assert first.strategies == ("words",)


def test_a_model_that_counts_more_tokens_is_given_fewer_words_and_told_of_in_its_own_tokens() -> None:
    fitting, compactor = _fitting()
    model = replace(MODEL, token_factor=1.25)
    assert [fitting.is_too_long(_request(words), model) for words in (640, 641)] == [False, True]
    first = fitting.shortened(_request(5000), model, 1)
    assert compactor.targets == [480]
    assert (first.before_tokens, first.after_tokens, round(first.reduction_percent)) == (6250, 600, 90)


def test_without_a_compactor_of_ones_own_the_five_strategies_shorten() -> None:
    prose = "".join(f"Sentence {number} says nothing of interest.\n\n\n" for number in range(400))
    request = Request("", (Message("user", (Segment("task", "Do it.\n", True), Segment("notes", prose, False))),))
    shortened = Fitting().shortened(request, MODEL, 1)
    assert shortened.after_tokens <= 600 < 800 < shortened.before_tokens
    assert shortened.strategies == ("whitespace", "sentences")
    assert shortened.compacted_prompt.messages[0].segments[0].text == "Do it.\n"


def test_a_prompt_that_was_refused_though_it_seemed_to_fit_gets_shorter_all_the_same() -> None:
    fitting, compactor = _fitting()
    fitting.shortened(_request(400), MODEL, 1)
    fitting.shortened(_request(400), ModelRow("m"), 2)
    assert compactor.targets == [300, 200]


def test_what_must_not_be_shortened_may_fill_the_room_to_the_brim() -> None:
    fitting, compactor = _fitting(protected=790)
    assert fitting.shortened(_request(5000), MODEL, 1).after_tokens == 800
    assert compactor.targets == [600, 800]


def test_what_fits_though_it_is_not_as_short_as_wanted_is_sent() -> None:
    fitting, _ = _fitting(stubborn=790)
    assert fitting.shortened(_request(5000), MODEL, 1).after_tokens == 790


def test_a_prompt_whose_protected_part_does_not_fit_is_not_sent() -> None:
    fitting, _ = _fitting(protected=900)
    with pytest.raises(ContextExceeded, match="protected alone"):
        fitting.shortened(_request(5000), MODEL, 1)


def test_a_prompt_that_stays_too_long_is_not_sent() -> None:
    fitting, _ = _fitting(stubborn=900)
    with pytest.raises(ContextExceeded) as caught:
        fitting.shortened(_request(5000), MODEL, 1)
    assert caught.value.what == "the prompt still has about 900 tokens, and room for 800"


@pytest.mark.parametrize("model", [MODEL, ModelRow("m")])
def test_a_prompt_that_was_refused_and_cannot_be_shortened_is_not_sent_again(model: ModelRow) -> None:
    for fitting, _ in (_fitting(protected=700), _fitting(stubborn=700)):
        with pytest.raises(ContextExceeded):
            fitting.shortened(_request(700), model, 1)


def test_what_was_compacted_and_refused_gets_shorter_still_or_is_not_sent_again() -> None:
    fitting, compactor = _fitting()
    fitting.shortened(_request(5000), MODEL, 2, refused_tokens=300)
    assert compactor.targets == [225]
    stubborn, _ = _fitting(stubborn=300)
    with pytest.raises(ContextExceeded):
        stubborn.shortened(_request(5000), MODEL, 2, refused_tokens=300)
