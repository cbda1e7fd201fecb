"""What is replaced comes back, whatever the text; quoting never loses or changes what it holds."""

from __future__ import annotations

import pytest

from orchestra.adapters.fences import fence, keyed, without_marks
from orchestra.engine.showing import WORDS
from orchestra.observe.placeholders import Placeholders
from orchestra.observe.secret_shapes import find_secrets
from tests.unit.planted import planted

pytest.importorskip("hypothesis")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

PARTS = [each.text for each in planted()] + [secret for each in planted() for secret in each.secrets]
ODD = ["__ORCHESTRA_SECRET_0123456789ab__", "ORCHESTRA_SECRET_", "\u0130password = '", "<data-0123456789abcdef>\n"]
ODD += ["\ud800", "hunter2hunter2"]
TEXTS = st.lists(st.sampled_from([*PARTS, *ODD]) | st.text(max_size=30), max_size=12).map("".join)

TELLING = st.sampled_from(["passw", "Secret", "token", "key", "Bearer", "auth", "akia", "private", "login", "--", "/"])
NAMES = st.lists(TELLING | st.from_regex(WORDS.pattern, fullmatch=True), min_size=1, max_size=5).map("".join)


@given(NAMES)
def test_a_name_of_words_holds_no_secret(name: str) -> None:
    assert not WORDS.fullmatch(name) or not list(find_secrets(name))


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_replacing_and_putting_back_is_the_identity(text: str, before: list[str]) -> None:
    made = Placeholders(b"a key")
    for other in before:
        made.learn(other)
    hidden = made.hide(text)
    assert made.put_back(hidden, [text]) == text
    assert made.strangers(made.put_back(hidden, [text]), [text]) == ((), ())
    assert made.hide(hidden) == hidden


@given(st.lists(TEXTS, min_size=1, max_size=4), st.binary(min_size=1, max_size=32))
def test_keyed_fences_hold_the_same_text_between_other_marks(texts: list[str], key: bytes) -> None:
    prompt = "\n\n".join(f"Part {number}:\n{fence(text)}" for number, text in enumerate(texts))
    marked = keyed(prompt, key)
    assert without_marks(marked) == without_marks(prompt)
    for text in texts:
        assert keyed(fence(text), key) in marked
        assert fence(text).split("\n")[0] not in keyed(fence(text), key)
