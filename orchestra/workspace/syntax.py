"""Defects that a parser, or failing one a lexer, finds in a file before it is written."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Callable

from orchestra.workspace.languages.defect import LEXER, Verdict

if TYPE_CHECKING:
    from orchestra.workspace.languages.language import Language
    from orchestra.workspace.languages.tools import RunTool

SyntaxCheck = Callable[[str, str], Verdict]
"""What is wrong with a file, by its path and its text."""

MAX_CHARACTERS = 5_000_000
"""Larger texts are not scanned."""
_FORMAT = "the check for its format"


def check_syntax(
    path: str, text: str, *, run_tool: RunTool | None = None, python: tuple[int, int] | None = None
) -> Verdict:
    """The defects of a file's text, none for a language that nothing here knows.

    `run_tool` starts the parsers that are installed; without it a lexer has to do for most languages. `python` is the
    oldest version that the project supports.
    """
    try:
        return _check(path, text, run_tool, python)
    except (RecursionError, MemoryError):
        # Too deep for the parser, which says nothing about the text.
        return Verdict()


def _check(path: str, text: str, run: RunTool | None, python: tuple[int, int] | None) -> Verdict:
    # Loaded when the first file is checked, not when the program starts.
    from orchestra.workspace.languages.data_formats import check_for
    from orchestra.workspace.languages.names import language_of
    from orchestra.workspace.languages.xml import check_xml, is_xml

    place = PurePosixPath(path)
    if len(text) > MAX_CHARACTERS:
        return Verdict()
    if is_xml(place, text):
        return Verdict(check_xml(text), _FORMAT)
    check = check_for(place)
    if check is not None:
        return Verdict(check(place, text), _FORMAT)
    language = language_of(path, text)
    return Verdict() if language is None else _check_code(language, path, text, run, python)


def _check_code(
    language: Language, path: str, text: str, run: RunTool | None, python: tuple[int, int] | None
) -> Verdict:
    from orchestra.workspace.languages.lexer import find_unfinished
    from orchestra.workspace.languages.markup import check_markup
    from orchestra.workspace.languages.notations import MARKUP
    from orchestra.workspace.languages.python import check_python
    from orchestra.workspace.languages.tools import ask_tool

    if language.name == "Python":
        return check_python(text, python, run)
    if language is MARKUP:
        return Verdict(check_markup(text), LEXER)
    verdict = None if run is None else ask_tool(language.name, path, text, run)
    return Verdict(find_unfinished(text, language), LEXER) if verdict is None else verdict
