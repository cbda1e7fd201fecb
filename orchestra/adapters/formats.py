"""The wire formats by the name that configuration gives them."""

from __future__ import annotations

from orchestra.adapters.wire import WireFormat


def wire_format(protocol: str) -> WireFormat:
    """Of one of `rows.PROTOCOLS`; loaded by need, since most runs speak one or two."""
    if protocol == "openai-responses":
        from orchestra.adapters import openai_responses

        return openai_responses
    if protocol == "anthropic-messages":
        from orchestra.adapters import anthropic_messages

        return anthropic_messages
    if protocol == "gemini":
        from orchestra.adapters import gemini

        return gemini
    from orchestra.adapters import openai_chat

    return openai_chat
