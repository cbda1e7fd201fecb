"""How large a window is by the words of a provider that has refused a prompt as too long."""

from __future__ import annotations

import re

from orchestra.regex import regex

_SMALLEST_TOKENS = 256
_NUMBER = r"(\d{3,9})"
_TOLD = tuple(regex(pattern, re.IGNORECASE) for pattern in (
    rf"n_ctx\W{{1,6}}{_NUMBER}",
    rf"available context size \({_NUMBER} tokens\)",
    rf"maximum context (?:length|limit) (?:is|of) {_NUMBER}",
    rf"context length of (?:only )?{_NUMBER}",
    rf"token limit ?: ?{_NUMBER}",
    rf"maximum number of tokens allowed \(?{_NUMBER}",
    rf"tokens > {_NUMBER} maximum",
    rf"exceed context limit: \d+ \+ \d+ > {_NUMBER}",
))
"""In the words of llama.cpp, OpenAI and vLLM, LM Studio, Moonshot, Gemini and Anthropic."""


def told_window(text: str) -> int | None:
    """In tokens; None where it is not said."""
    text = text.replace(",", "") if re.search(r"\d,\d{3}\b", text) else text
    found = (pattern.search(text) for pattern in _TOLD)
    told = [int(match[1]) for match in found if match is not None]
    return min((tokens for tokens in told if tokens >= _SMALLEST_TOKENS), default=None)
