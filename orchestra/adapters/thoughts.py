"""What a model thought before its answer, where its server left that in the answer."""

from __future__ import annotations

import re

from orchestra.regex import regex

TAGS = r"think(?:ing)?|thought|reasoning|seed:think"
_THINKING = regex(
    r"\s*(?:<(%s)>.*?(?:</\1>|\Z)"
    # Kimi's, Mistral's, and that of OpenAI's open models.
    r"|◁think▷.*?(?:◁/think▷|\Z)"
    r"|\[THINK\].*?(?:\[/THINK\]|\Z)"
    r"|<\|channel\|>analysis<\|message\|>.*?(?:<\|channel\|>final<\|message\|>|\Z))" % TAGS,
    re.DOTALL,
)


def end_of_thoughts(text: str) -> int:
    """Where the answer begins: behind all thinking before it; 0 for none. Thinking without an end is all of the text.

    A byte order mark at the beginning is not expected.
    """
    thinking, end = _THINKING.match(text), 0
    while thinking:
        # Some think more than once.
        end = thinking.end()
        thinking = _THINKING.match(text, end)
    return end
