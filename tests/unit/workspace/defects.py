"""What is wrong with a text, without who says so."""

from __future__ import annotations

from orchestra.workspace.languages.defect import Defect
from orchestra.workspace.languages.tools import RunTool
from orchestra.workspace.syntax import check_syntax


def defects_in(
    path: str, text: str, *, run_tool: RunTool | None = None, python: tuple[int, int] | None = None
) -> tuple[Defect, ...]:
    return check_syntax(path, text, run_tool=run_tool, python=python).defects
