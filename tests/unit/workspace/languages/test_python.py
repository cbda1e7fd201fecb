"""Which Python judges, and what the lexer does where none may."""

from __future__ import annotations

import sys

import pytest

from orchestra.workspace.children import ChildResult
from orchestra.workspace.languages.python import check_python, wanted_python
from orchestra.workspace.languages.tools import ToolCall

HERE = sys.version_info[:2]
NEWER = (3, HERE[1] + 1)


class OtherPythons:
    """Answers for the versions that are there; keeps what was asked."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[ToolCall] = []

    def __call__(self, call: ToolCall) -> ChildResult | None:
        self.asked.append(call)
        answer = self.answers.get(call.name.replace("python3.", "v"))
        return None if answer is None else ChildResult(0, answer.encode(), b"", 1)


def newest(answer: str) -> OtherPythons:
    return OtherPythons(**{"v%d" % NEWER[1]: answer})


@pytest.mark.parametrize(
    "settings, wanted",
    [
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.9,<4'\n"}, (3, 9)),
        ({"pyproject.toml": "[project]\nrequires-python = \"~=3.10.2\"\n"}, (3, 10)),
        ({"pyproject.toml": "[tool.poetry.dependencies]\npython = \"^3.8\"\n"}, (3, 8)),
        ({"pyproject.toml": "[build-system]\n", "setup.cfg": "[options]\npython_requires = >3.6, !=3.7.0\n"}, (3, 7)),
        ({"setup.py": "setup(python_requires='== 3.12.*')"}, (3, 12)),
        ({"setup.py": "setup(python_requires='>=2.7')"}, None),
        ({"setup.cfg": "[metadata]\nname = a\n"}, None),
        ({}, None),
    ],
)
def test_reads_the_oldest_python_that_a_project_supports(
    settings: dict[str, str], wanted: tuple[int, int] | None
) -> None:
    assert wanted_python(settings) == wanted


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the parser of 3.9 lets newer syntax pass")
def test_what_is_too_new_for_the_project_is_a_defect() -> None:
    text = "x = 1\nif (y := x):\n    pass\n"
    assert check_python(text, HERE, None).defects == ()
    (defect,) = check_python(text, (3, 7), None).defects
    assert defect.line == 2 and "3.7" in defect.message


def test_a_newer_python_is_asked_where_the_project_wants_it() -> None:
    tools = newest("whole\n")
    assert check_python("new syntax here", NEWER, tools).defects == ()
    (call,) = tools.asked
    assert call.text == "new syntax here" and call.arguments[:2] == ("-I", "-S")
    (defect,) = check_python("new syntax here", NEWER, newest("7:not even there\n")).defects
    assert (defect.line, defect.message) == (7, "not even there")


def test_the_lexer_judges_where_that_python_is_not_here() -> None:
    for tools in (None, OtherPythons(), newest("something else")):
        assert check_python("new syntax here", NEWER, tools).defects == ()
        (defect,) = check_python("new(\n", NEWER, tools).defects
        assert defect.line == 1


def test_a_newer_python_may_accept_what_this_one_does_not_where_the_project_does_not_say() -> None:
    assert check_python("new syntax here", None, newest("whole\n")).defects == ()
    assert check_python("new syntax here", None, OtherPythons()).defects
    assert check_python("new syntax here", HERE, newest("whole\n")).defects


def test_nothing_else_is_asked_about_what_this_python_reads() -> None:
    tools = newest("1:no\n")
    assert check_python("x = 1\n", None, tools).defects == ()
    assert tools.asked == []
