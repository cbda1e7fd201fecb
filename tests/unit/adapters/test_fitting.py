from __future__ import annotations

import pytest

from orchestra.adapters.adapter import Message, Request
from orchestra.adapters.fitting import Fitting, room_tokens, with_cap
from orchestra.adapters.rows import ModelRow
from orchestra.errors import ContextExceeded


def _request(words: int, cap: int | None = None) -> Request:
    return Request("", (Message.of("user", "word " * words),), max_output_tokens=cap)


def _count(request: Request) -> int:
    return sum(len(message.text.split()) for message in request.messages)


class Compactor:
    """Leaves exactly the words asked for, but for those that are protected or that it has no means against."""

    def __init__(self, protected: int, stubborn: int) -> None:
        self.protected = protected
        self.stubborn = stubborn
        self.targets: list[int] = []

    def __call__(self, request: Request, target: int) -> Request:
        self.targets.append(target)
        if self.protected > target:
            raise ContextExceeded("what is protected alone has more")
        return _request(max(self.stubborn, min(target, _count(request))))


def _fitting(protected: int = 0, stubborn: int = 0) -> tuple[Fitting, Compactor]:
    compactor = Compactor(protected, stubborn)
    return Fitting(_count, compactor), compactor


MODEL = ModelRow("m", context_window=1000, max_output=200)


def test_the_prompt_has_the_window_less_the_output_cap() -> None:
    assert room_tokens(_request(1), MODEL) == 800
    assert room_tokens(_request(1, cap=100), MODEL) == 900
    assert room_tokens(_request(1), ModelRow("m")) is None


def test_a_cap_never_takes_more_than_half_of_a_small_window() -> None:
    small = ModelRow("m", context_window=1000, max_output=16384)
    assert room_tokens(_request(1), small) == 500
    assert with_cap(_request(1), small).max_output_tokens == 500
    assert with_cap(_request(1), MODEL) == _request(1)
    assert with_cap(_request(1), ModelRow("m")) == _request(1)


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
    assert (first.tokens_before, first.tokens_after, second.tokens_after) == (5000, 600, 400)
    assert _count(first.request) == 600


def test_a_prompt_that_was_refused_though_it_seemed_to_fit_gets_shorter_all_the_same() -> None:
    fitting, compactor = _fitting()
    fitting.shortened(_request(400), MODEL, 1)
    fitting.shortened(_request(400), ModelRow("m"), 2)
    assert compactor.targets == [300, 200]


def test_what_must_not_be_shortened_may_fill_the_room_to_the_brim() -> None:
    fitting, compactor = _fitting(protected=790)
    assert fitting.shortened(_request(5000), MODEL, 1).tokens_after == 800
    assert compactor.targets == [600, 800]


def test_what_fits_though_it_is_not_as_short_as_wanted_is_sent() -> None:
    fitting, _ = _fitting(stubborn=790)
    assert fitting.shortened(_request(5000), MODEL, 1).tokens_after == 790


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
