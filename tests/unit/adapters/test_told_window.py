"""What providers say of their windows when they refuse a prompt."""

from __future__ import annotations

import pytest

from orchestra.adapters.faults import classify
from orchestra.adapters.told_window import told_window
from orchestra.errors import ContextExceeded


@pytest.mark.parametrize(("text", "window"), [
    ("request (3620 tokens) exceeds the available context size (2048 tokens), try increasing it", 2048),
    ('{"n_prompt_tokens": 3620, "n_ctx": 2048}', 2048),
    ("This model's maximum context length is 131072 tokens. However, you requested 156632 tokens (152536 in the"
     " messages, 4096 in the completion)", 131072),
    ("Your request exceeded model token limit: 262144 (requested: 269030)", 262144),
    ("The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).", 1048576),
    ("The input token count exceeds the maximum number of tokens allowed 1048576.", 1048576),
    ("prompt is too long: 206881 tokens > 200000 maximum", 200000),
    ("prompt is too long: 206,881 tokens > 200,000 maximum", 200000),
    ("input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000, decrease input length", 200000),
    ("Trying to keep the first 5000 tokens, but the model is loaded with context length of only 4096 tokens", 4096),
    ("Your input exceeds the context window of this model.", None),
    ("maximum context length is 12 tokens", None),
    ("HTTP 400: 5000 tokens", None),
])
def test_the_window_is_read_from_the_words_of_the_refusal(text: str, window: int | None) -> None:
    assert told_window(text) == window


def test_a_refused_prompt_brings_the_window_along() -> None:
    body = b'{"error": {"message": "prompt is too long: 9000 tokens > 8000 maximum"}}'
    fault = classify(400, {}, body, provider="p")
    assert isinstance(fault, ContextExceeded) and fault.window_tokens == 8000
