"""What a scripted provider is asked and what it may answer."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Callable, Mapping, Union

from orchestra.dataclass import dataclass


@dataclass(frozen=True)
class Call:
    """One request as the provider received it."""

    number: int
    """From 1, in the order of arrival."""
    protocol: str
    path: str
    """The request target, with its query."""
    model: str
    system: str
    turns: tuple[tuple[str, str], ...]
    """(role, text) with the roles `user` and `assistant`."""
    headers: Mapping[str, str]
    """Names in lower case."""
    payload: Mapping[str, Any]
    is_streamed: bool
    wants_usage: bool = True

    @property
    def text(self) -> str:
        """All that the user's turns say."""
        return "\n".join(text for role, text in self.turns if role == "user")

    @property
    def file(self) -> str | None:
        """The path in the line `File: PATH` before any quoted text; None where the prompt is not about one file."""
        first = next((text for role, text in self.turns if role == "user"), "")
        for line in first.splitlines():
            if line.startswith("File: "):
                return line[len("File: "):].strip()
            if line.startswith(("<data-", "```", "~~~", "=== ")):
                return None
        return None


@dataclass(frozen=True)
class Text:
    """A whole, well-formed answer."""

    text: str
    finish: str = "stop"
    """`stop`, `length` or `filter`."""
    thinking: str = ""
    cached_tokens: int = 0
    most_input_tokens: int | None = None
    """What a server that cuts long prompts without a word reads of one; None: all of it."""
    chunk_chars: int = 200
    """How much text one event of a stream carries."""
    delay_s: float = 0.0
    """Waited before the answer begins."""
    pause_s: float = 0.0
    """Waited before every further event of a stream."""


@dataclass(frozen=True)
class Fault:
    """An answer word for word: a refusal, an outage, or garbage with a success status."""

    status: int
    body: str | bytes | list[Any] | Mapping[str, Any] = ""
    """Lists and mappings are sent as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """An answer without its end: the body ends in order, what it says does not."""

    text: str = ""


@dataclass(frozen=True)
class Reset:
    """A connection that is reset in the middle of the answer."""

    text: str = ""


@dataclass(frozen=True)
class Hang:
    """No answer until the provider stops; with a text, none after that text."""

    text: str | None = None


@dataclass(frozen=True)
class Drip:
    """A whole answer that arrives byte by byte."""

    text: str
    pause_s: float = 0.01
    """Waited before every byte."""
    drips_head: bool = False
    """Whether the status line and the headers drip too."""


Answer = Union[Text, Fault, Cut, Reset, Hang, Drip]
Script = Callable[[Call], Answer]
