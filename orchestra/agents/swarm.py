"""How a task is divided among several architects."""

from __future__ import annotations

from typing import Mapping, Sequence, Union

from orchestra.agents.json_reply import read_objects
from orchestra.agents.quoting import bullets, quote
from orchestra.agents.replies import NeedFiles, Questions, read_plan
from orchestra.agents.shapes import as_list, as_object, as_text, path_of, required, text_or_empty
from orchestra.dataclass import dataclass
from orchestra.errors import UnreadableReply
from orchestra.records import Plan


@dataclass(frozen=True)
class Area:
    """A part of a task that one architect plans."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class Areas:
    """All parts."""

    areas: tuple[Area, ...]


Division = Union[Areas, Plan, Questions, NeedFiles]


def read_division(text: str) -> Division:
    """The first architect's answer: areas, or one that it gives to a task which nobody need divide."""
    try:
        return read_objects(text, _areas)[-1]
    except UnreadableReply as error:
        try:
            return read_plan(text)
        except UnreadableReply:
            raise error from None


def about_area(areas: Sequence[Area], own: Area) -> str:
    """For the architect of one area: its own, and those of the others; quoted."""
    others = bullets([_line(area) for area in areas if area != own])
    return quote(f"{_line(own)}\n\nThe other architects plan:\n{others}")


def _line(area: Area) -> str:
    return f"{area.name}: {area.description}" if area.description else area.name


def _areas(members: Mapping[str, object]) -> Areas:
    found: dict[str, Area] = {}
    for index, value in enumerate(as_list(required(members, "areas"), "areas")):
        where = f"areas[{index}]"
        area = as_object(value, where)
        name = as_text(required(area, "name", where), path_of(where, "name")).strip()
        if name:
            found.setdefault(name, Area(name, text_or_empty(area, "description", where).strip()))
    return Areas(tuple(found.values()))
