from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Any, Iterator

import pytest

import orchestra
from orchestra.regex import regex


def test_is_compiled_when_first_asked_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    compile_now = re.compile
    monkeypatch.setattr(re, "compile", lambda form, flags=0: asked.append(form) or compile_now(form, flags))
    word = regex(r"(?P<first>\w)\w*", re.ASCII)
    assert asked == []
    found = word.search("  pot")
    assert found and found["first"] == "p"
    assert word.sub("x", "a pot") == "x x" and word.pattern == r"(?P<first>\w)\w*" and word.groups == 1
    assert [match.group() for match in word.finditer("a pot")] == ["a", "pot"] and word.flags == re.ASCII
    assert asked == [r"(?P<first>\w)\w*"]


def test_has_what_re_has_and_nothing_else() -> None:
    with pytest.raises(AttributeError):
        getattr(regex("a"), "find")
    with pytest.raises(re.error):
        regex("(").match("")


def values(holder: Any, depth: int = 2) -> Iterator[Any]:
    for value in vars(holder).values() if hasattr(holder, "__dict__") else holder:
        yield value
        if depth and isinstance(value, (tuple, list)):
            yield from values(value, depth - 1)
        if depth and isinstance(value, dict):
            yield from values(list(value.values()), depth - 1)


def test_every_expression_of_the_program_is_well_formed() -> None:
    kind = type(regex(""))
    seen = 0
    for module in pkgutil.walk_packages(orchestra.__path__, "orchestra."):
        if module.name.endswith("__main__"):
            continue
        for value in values(importlib.import_module(module.name)):
            if isinstance(value, kind):
                assert isinstance(value.pattern, (str, bytes))
                seen += 1
    assert seen > 300
