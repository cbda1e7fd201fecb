"""Whether a server has cut a prompt without a word, which only the usage that it reports gives away."""

from __future__ import annotations

from orchestra.adapters.adapter import Request
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.window import prompt_tokens
from orchestra.errors import ContextExceeded
from orchestra.records import Usage

_SHORTEST_PROMPT_TOKENS = 2000
"""No window is so small that a shorter prompt would be cut."""
_SMALLEST_WINDOW_TOKENS = 2000
"""Who reports less leaves out what it had in its cache, as Ollama did before 0.3 and in 0.30."""
_LEAST_SHARE = 0.4
"""Of the estimate: no tokenizer needs fewer for what people write, nor who takes four characters for a token."""
_LEAST_SHARE_BY_TOKENIZER = 0.7
"""Of the estimate, which is at most 40 % high."""
_WINDOW_UNIT_TOKENS = 1024
"""Windows of local servers are multiples of it, and what Ollama reports of a cut prompt is its window."""


def cut_prompt(request: Request, model: ModelRow, usage: Usage) -> ContextExceeded | None:
    """The fault that an answer to a part of the prompt is; None where the whole prompt seems to have been read.

    Ollama does that (https://github.com/ollama/ollama/issues/17944); its window has 4,096 tokens by default.
    """
    estimate = prompt_tokens(request, model)
    read = usage.input_tokens or 0
    if estimate < _SHORTEST_PROMPT_TOKENS or read < _SMALLEST_WINDOW_TOKENS:
        return None
    least = _LEAST_SHARE if read % _WINDOW_UNIT_TOKENS else _LEAST_SHARE_BY_TOKENIZER
    if read + (usage.cached_tokens or 0) >= least * estimate:
        return None
    fault = ContextExceeded(
        "the server has read %d tokens of a prompt of about %d and has cut the rest" % (read, estimate),
        hint="have the server open a larger window (Ollama: OLLAMA_CONTEXT_LENGTH), and tell it as context_window",
    )
    if read % _WINDOW_UNIT_TOKENS == 0:
        fault.window_tokens = read
    return fault
