"""What makes two requests the same question, without keeping what they say."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Collection

from orchestra.adapters.adapter import Message, Request, join
from orchestra.adapters.fences import without_marks

SYSTEM = "system"


@dataclass(frozen=True)
class Fingerprint:
    """A request as hashes. The output cap is not part of it: an answer that is whole is so under every cap."""

    turns: tuple[tuple[str, str], ...]
    """Role (`system` for the instructions) and SHA-256 of each turn, in order."""

    @property
    def digest(self) -> str:
        """One SHA-256 for all of it."""
        return hash_of(*(part for turn in self.turns for part in turn))


def fingerprint(request: Request, *, leaving_out: Collection[str] = ()) -> Fingerprint:
    """The fingerprint; segments of the names in `leaving_out` count as if they were empty, and all fences are alike."""
    turns = [(SYSTEM, hash_of(request.system))]
    turns += [(message.role, hash_of(without_marks(_text(message, leaving_out)))) for message in request.messages]
    return Fingerprint(tuple(turns))


def hash_of(*texts: str) -> str:
    """One SHA-256 for these texts; other texts, or the same ones split elsewhere, have another."""
    digest = hashlib.sha256()
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.hexdigest()


def file_of(request: Request) -> str | None:
    """The path in the line `File: PATH` of a prompt that concerns one file; None for others.

    The line stands before any quoted text.
    """
    for line in request.messages[0].text.splitlines() if request.messages else ():
        if line.startswith("File: "):
            return line[len("File: "):].strip()
        if line.startswith(("<data-", "```", "~~~", "=== ")):
            return None
    return None


def _text(message: Message, leaving_out: Collection[str]) -> str:
    return join(segment for segment in message.segments if segment.name not in leaving_out)
