"""One hostile plan or reply, and what must come of it, as a JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Sequence

from orchestra.demo.routes import Line, Lines, by_file, by_role
from orchestra.demo.script import Script, Text
from tests.flows.team import APPROVED, block, whole

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """The keys of the file."""

    tries: str
    """What the hostile text is after."""
    status: int
    """The exit status that the run must have."""
    error: str | None = None
    """The code of its error."""
    architect: Any = ()
    """Answers, one after another. An answer is text; `{"plan": ...}` and `{"json": ...}` stand for a block with that
    document, `{"whole": TEXT}` for a whole file, `{"repeat": TEXT, "times": N}` for a long text, which may have
    `before` and `after`; a `#` in it is the number of the repetition.
    """
    executor: Mapping[str, Any] = field(default_factory=dict)
    """Path to answers."""
    auditor: Any = None
    """Answers; by default an approval of everything."""
    consultant: Mapping[str, Any] = field(default_factory=dict)
    blames: Any = None
    """The consultant's answers about failing tests."""
    plan_file: str | None = None
    """In place of the architect: what `--plan` names."""
    flags: Sequence[str] = ("--yes",)
    meanwhile: Sequence[Sequence[str]] = ()
    """What happens in the tree while the first executor is asked: `link PATH TARGET`, `swap PATH TARGET` (what
    lies there is moved aside for a link), `pipe PATH`, `hard PATH TARGET`, `write PATH TEXT`.
    """
    written: Mapping[str, str | None] = field(default_factory=dict)
    """Path to the text that must lie there, or null where nothing may lie: all that may differ afterwards."""
    calls: int | None = None
    """How often a model may be asked."""
    commit: str | None = None
    """The message that git must have in the end, where it makes a commit."""

    @classmethod
    def load(cls, path: Path) -> Case:
        """Raises TypeError for a key that is not there."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def script(self, meanwhile: Lines) -> Script:
        """What the four roles say; `meanwhile` is called before the first executor's answer."""
        return by_role(
            architect=_answers(self.architect),
            executor=meanwhile,
            auditor=APPROVED if self.auditor is None else _answers(self.auditor),
            consultant=by_file(
                {path: _answers(said) for path, said in self.consultant.items()},
                otherwise=None if self.blames is None else _answers(self.blames),
            ),
        )

    def executors(self) -> Script:
        return by_file({path: _answers(said) for path, said in self.executor.items()})


def _answers(said: Any) -> Lines:
    if isinstance(said, list):
        return [_answer(one) for one in said]
    return _answer(said)


def _answer(said: Any) -> Line:
    if not isinstance(said, dict):
        return str(said)
    if "whole" in said:
        return whole(said["whole"])
    if "repeat" in said:
        parts = [said["repeat"].replace("#", str(number)) for number in range(said["times"])]
        text = "".join([said.get("before", ""), *parts, said.get("after", "")])
        return Text(text, chunk_chars=max(200, len(text) // 50))
    return block(said["plan"] if "plan" in said else said["json"])
