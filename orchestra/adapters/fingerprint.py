"""What makes two requests the same question, without keeping what they say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Collection, Iterable

from orchestra.adapters.adapter import Request, Segment, join
from orchestra.adapters.fences import without_marks
from orchestra.dataclass import dataclass

SYSTEM = "system"


@dataclass(frozen=True)
class Fingerprint:
    """A request as hashes. The output cap is not part of it: an answer that is whole is so under every cap."""

    turns: tuple[tuple[str, str], ...]
    """Role (`system` for what comes before the first turn) and SHA-256 of each turn, in order."""

    @property
    def digest(self) -> str:
        """One SHA-256 for all of it."""
        return hash_of(*(part for turn in self.turns for part in turn))


def fingerprint(request: Request, *, leaving_out: Collection[str] = ()) -> Fingerprint:
    """The fingerprint; segments of the names in `leaving_out` count as if they were empty, and all fences are alike."""
    def kept(segments: Iterable[Segment]) -> tuple[Segment, ...]:
        return tuple(segment for segment in segments if segment.name not in leaving_out)

    texts = [(SYSTEM, replace(request, shared=kept(request.shared)).system)]
    texts += [(message.role, join(kept(message.segments))) for message in request.messages]
    return Fingerprint(tuple((role, hash_of(without_marks(text))) for role, text in texts))


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
