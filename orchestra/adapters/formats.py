"""The wire formats by the name that configuration gives them."""

from __future__ import annotations

from typing import Mapping

from orchestra.adapters import anthropic_messages, gemini, openai_chat, openai_responses
from orchestra.adapters.wire import WireFormat

FORMATS: Mapping[str, WireFormat] = {
    "openai-chat": openai_chat,
    "openai-responses": openai_responses,
    "anthropic-messages": anthropic_messages,
    "gemini": gemini,
}
