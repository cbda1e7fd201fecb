"""Stand-ins for secrets by number: every repository has its own, and a cassette is played in another one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Collection, Mapping

from orchestra.adapters.adapter import Request
from orchestra.dataclass import dataclass
from orchestra.observe.placeholders import PLACEHOLDER


@dataclass(frozen=True)
class Numbering:
    """The stand-ins of one question, in the order in which it has them."""

    numbers: Mapping[str, str]
    """From a stand-in to the one with its number."""

    @classmethod
    def of(cls, request: Request, *, last: Collection[str]) -> Numbering:
        """`last` names segments whose stand-ins count behind all others: those that may differ from run to run."""
        texts = [request.rules, *(segment.text for segment in request.segments if segment.name not in last)]
        texts += [segment.text for segment in request.segments if segment.name in last]
        names = dict.fromkeys(name for text in texts for name in PLACEHOLDER.findall(text))
        return cls({name: f"__ORCHESTRA_SECRET_{number:012x}__" for number, name in enumerate(names)})

    def request(self, request: Request) -> Request:
        """The question with numbers."""
        if not self.numbers:
            return request
        return replace(request, rules=self.numbered(request.rules)).with_texts(
            lambda segment: self.numbered(segment.text)
        )

    def numbered(self, text: str) -> str:
        """A text with numbers in place of this question's stand-ins."""
        return _exchanged(text, self.numbers)

    def named(self, text: str) -> str:
        """The inverse."""
        return _exchanged(text, {number: name for name, number in self.numbers.items()})


def _exchanged(text: str, names: Mapping[str, str]) -> str:
    def other(match: re.Match[str]) -> str:
        return names.get(match[0], match[0])

    return PLACEHOLDER.sub(other, text) if names else text
