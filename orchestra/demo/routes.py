"""Scripts made of answers: by model, by role, by file, one after another."""

from __future__ import annotations

import threading
from typing import Any, Mapping, Sequence, Union

from orchestra.demo.script import Answer, Call, Script, Text
from orchestra.records import AGENT_ROLES

Line = Union[str, Answer, Script]
"""One answer: a plain string is a Text, a callable is asked."""
Lines = Union[Line, Sequence[Line]]
"""One line is said to every call; a list says its lines one after another, and no call may come after them."""


def by_model(lines: Mapping[str, Lines]) -> Script:
    """A script that answers by the model that is asked."""
    scripts = {model: say(spoken) for model, spoken in lines.items()}
    return lambda call: _chosen(scripts, call.model, call)(call)


def by_role(**lines: Lines) -> Script:
    """A script for the models `architect-model`, `executor-model` and so on; see `config_by_role`."""
    return by_model({f"{role}-model": spoken for role, spoken in lines.items()})


def by_file(lines: Mapping[str | None, Lines] | Mapping[str, Lines], otherwise: Lines | None = None) -> Script:
    """A script that answers by the file that the prompt is about, None for no file; `otherwise` for all others."""
    scripts: dict[str | None, Script] = {path: say(spoken) for path, spoken in lines.items()}
    rest = None if otherwise is None else say(otherwise)

    def answer(call: Call) -> Answer:
        if rest is not None and call.file not in scripts:
            return rest(call)
        return _chosen(scripts, call.file, call)(call)

    return answer


def say(lines: Lines) -> Script:
    """A script that says these lines, whatever it is asked."""
    if isinstance(lines, Sequence) and not isinstance(lines, str):
        return _InTurn(lines)
    return lambda call: _said(lines, call)


def config_by_role(base_url: str, protocol: str) -> dict[str, object]:
    """A configuration in which every role has its own model of one provider, `scripted`, without a key."""
    models = {f"{role}-model": {"price_input": 1, "price_output": 2} for role in AGENT_ROLES}
    provider = {"protocol": protocol, "base_url": base_url, "models": models}
    return {
        "providers": {"scripted": provider},
        "agents": {role: [f"scripted/{role}-model"] for role in AGENT_ROLES},
    }


class _InTurn:
    """A script that says each line once. Any thread."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = tuple(lines)
        self._said = 0
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> Answer:
        with self._lock:
            if self._said == len(self._lines):
                raise LookupError(f"call {call.number} to {call.model}: all {self._said} answers have been given")
            line = self._lines[self._said]
            self._said += 1
        return _said(line, call)


def _said(line: Line, call: Call) -> Answer:
    if isinstance(line, str):
        return Text(line)
    return line(call) if callable(line) else line


def _chosen(scripts: Mapping[Any, Script], key: str | None, call: Call) -> Script:
    if key not in scripts:
        known = ", ".join(map(str, scripts))
        raise LookupError(f"call {call.number} to {call.model}: no answer for {key}; there are {known}")
    return scripts[key]
