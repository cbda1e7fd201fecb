from __future__ import annotations

import dataclasses
from dataclasses import field
from functools import cached_property
from typing import Any

import pytest

from orchestra.dataclass import dataclass


@dataclass(frozen=True)
class Pot:
    name: str
    litres: int = 2
    lid: list[str] = field(default_factory=list, compare=False)
    code: str = field(default="s3cret", repr=False)

    @cached_property
    def shout(self) -> str:
        return self.name.upper()


@dataclass(frozen=True)
class Kettle(Pot):
    """Boils."""

    whistles: bool = True


@dataclass(frozen=True)
class Closed:
    """Shows itself in its own way."""

    key: str

    def __repr__(self) -> str:
        return "Closed(***)"


@dataclass(frozen=True)
class Nothing:
    pass


@dataclasses.dataclass(frozen=True)
class Plain:
    name: str
    litres: int = 2


def test_equal_by_its_compared_fields_alone() -> None:
    pot, same = Pot("a", lid=["x"]), Pot("a", lid=[])
    assert pot.shout == "A"
    assert pot == same and hash(pot) == hash(same) and len({pot, same}) == 1
    for other in (Pot("b"), Pot("a", 3), Pot("a", code="other"), Kettle("a"), Plain("a"), "a"):
        assert pot != other
    assert Nothing() == Nothing() and hash(Nothing()) == hash(Nothing()) and Nothing() != Pot("a")


def test_shows_itself_as_python_s_own_does_without_what_is_hidden() -> None:
    assert repr(Plain("a")) == "Plain(name='a', litres=2)"
    assert repr(Pot("a")) == "Pot(name='a', litres=2, lid=[])"
    assert repr(Kettle("k", whistles=False)) == "Kettle(name='k', litres=2, lid=[], whistles=False)"
    assert repr(Nothing()) == "Nothing()"
    assert repr(Closed("a")) == "Closed(***)" and Closed("a") == Closed("a")


def test_works_with_what_python_has_for_dataclasses() -> None:
    kettle = dataclasses.replace(Kettle("k", lid=["x"]), litres=5)
    assert kettle == Kettle("k", 5)
    assert dataclasses.asdict(kettle) == {"name": "k", "litres": 5, "lid": ["x"], "code": "s3cret", "whistles": True}
    assert [each.name for each in dataclasses.fields(Kettle)] == ["name", "litres", "lid", "code", "whistles"]
    assert dataclasses.is_dataclass(Nothing)
    assert Pot("a").lid is not Pot("a").lid


@pytest.mark.parametrize("arguments", [{}, {"name": "a", "depth": 1}])
def test_takes_its_fields_and_no_others(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Pot(**arguments)
