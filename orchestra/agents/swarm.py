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


def shared_out(areas: Sequence[Area], most: int) -> tuple[Area, ...]:
    """The areas, joined with their neighbours where there are more than `most`."""
    groups: dict[int, list[Area]] = {}
    for index, area in enumerate(areas):
        groups.setdefault(index * most // max(most, len(areas)), []).append(area)
    return tuple(group[0] if len(group) == 1 else _joined(group) for group in groups.values())


def _joined(areas: Sequence[Area]) -> Area:
    described = any(area.description for area in areas)
    return Area(" + ".join(area.name for area in areas), "; ".join(map(_line, areas)) if described else "")


def about_area(areas: Sequence[Area], own: Area) -> str:
    """For the architect of one area: its own, and those of the others; quoted."""
    others = bullets([_line(area) for area in areas if area != own])
    return quote(f"{_line(own)}\n\nThe other architects plan:\n{others}")


def _line(area: Area) -> str:
    return f"{area.name}: {area.description}" if area.description else area.name


def _areas(members: Mapping[str, object]) -> Areas:
    """Those of the same name are one."""
    found: dict[str, dict[str, None]] = {}
    for index, value in enumerate(as_list(required(members, "areas"), "areas")):
        where = f"areas[{index}]"
        area = as_object(value, where)
        name = as_text(required(area, "name", where), path_of(where, "name")).strip()
        if name:
            found.setdefault(name, {})[text_or_empty(area, "description", where).strip()] = None
    return Areas(tuple(Area(name, "; ".join(filter(None, said))) for name, said in found.items()))
