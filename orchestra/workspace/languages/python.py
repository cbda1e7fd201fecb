"""Python: the compiler of the version that the project asks for, if that is here, else the lexer."""

from __future__ import annotations

import ast
import re
import sys
import threading
import warnings
from typing import Mapping

from orchestra.regex import regex
from orchestra.workspace.languages.defect import LEXER, Defect, Verdict
from orchestra.workspace.languages.lexer import find_unfinished
from orchestra.workspace.languages.scripts import PYTHON
from orchestra.workspace.languages.tools import RunTool, ToolCall

MAX_CHARACTERS = 200_000 if sys.version_info < (3, 11) else 2_000_000
"""Before 3.11 the compiler's stack overflows, fatally, on a chain of some 200,000 operators."""
_OLDEST = (3, 7)
"""The oldest grammar that `ast.parse` knows."""
_NEWEST = (3, 15)
"""Newer ones are not looked for."""
# catch_warnings swaps a list of the whole process.
_warnings_lock = threading.Lock()
_COMPILE = """
import sys, warnings
warnings.simplefilter("ignore")
try:
    compile(sys.stdin.buffer.read().decode("utf-8", "surrogatepass"), "<draft>", "exec", dont_inherit=True)
except SyntaxError as error:
    print("%s:%s" % (error.lineno or 0, error.msg))
except ValueError as error:
    print("0:%s" % error)
else:
    print("whole")
"""
_WANTED = regex(r"(?P<operator>>=|~=|==|\^|>)\s*3\.(?P<minor>\d+)")
_SETTINGS = (
    ("pyproject.toml", regex(r"^\s*requires-python\s*=\s*['\"](?P<wanted>[^'\"\n]*)", re.M)),
    ("setup.cfg", regex(r"^\s*python_requires\s*=\s*(?P<wanted>[^\n]*)", re.M)),
    ("setup.py", regex(r"\bpython_requires\s*=\s*['\"](?P<wanted>[^'\"\n]*)")),
    ("pyproject.toml", regex(r"^\s*python\s*=\s*['\"](?P<wanted>[^'\"\n]*)", re.M)),
)
"""Where a project says which Python it wants, the first that says so counts; the last is Poetry's way."""


def wanted_python(settings: Mapping[str, str]) -> tuple[int, int] | None:
    """The oldest Python 3 that a project supports, by the text of its files at the root; None where it does not say."""
    for name, pattern in _SETTINGS:
        found = pattern.search(settings.get(name, ""))
        wanted = _WANTED.search(found.group("wanted")) if found else None
        if wanted is not None:
            return (3, int(wanted.group("minor")) + (wanted.group("operator") == ">"))
    return None


def check_python(text: str, wanted: tuple[int, int] | None, run: RunTool | None) -> Verdict:
    """The defects by the project's oldest Python; where the project does not say which, by this or a newer one."""
    if len(text) > MAX_CHARACTERS:
        return Verdict(find_unfinished(text, PYTHON), LEXER)
    here = sys.version_info[:2]
    if wanted is not None and wanted > here:
        answer = _ask_another(text, range(wanted[1], _NEWEST[1] + 1), run)
        return answer or Verdict(find_unfinished(text, PYTHON), LEXER)
    verdict = Verdict(_compile(text), "Python %d.%d" % here)
    if verdict.defects and wanted is None:
        return _ask_another(text, range(_NEWEST[1], here[1], -1), run) or verdict
    if not verdict.defects and wanted is not None and wanted < here:
        oldest = max(wanted, _OLDEST)
        return Verdict(_parse_as(text, oldest), f"{verdict.means}, by the grammar of %d.%d" % oldest)
    return verdict


def parsed(text: str) -> ast.Module | None:
    """The text's tree; None for what this Python does not take."""
    if len(text) > MAX_CHARACTERS:
        return None
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _compile(text: str) -> tuple[Defect, ...]:
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<draft>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return (Defect(error.lineno, error.msg or "invalid syntax"),)
        except ValueError as error:
            # NUL characters and lone surrogates.
            return (Defect(None, str(error)),)
    return ()


def _parse_as(text: str, version: tuple[int, int]) -> tuple[Defect, ...]:
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text, feature_version=version)
        except SyntaxError as error:
            return (Defect(error.lineno, "%s, for Python %d.%d" % ((error.msg or "invalid syntax",) + version)),)
    return ()


def _ask_another(text: str, minors: range, run: RunTool | None) -> Verdict | None:
    """What the first other Python that is found says; None where none is. It compiles only."""
    if run is None:
        return None
    for minor in minors:
        result = run(ToolCall("python3.%d" % minor, ("-I", "-S", "-c", _COMPILE), text))
        said = result.stdout.decode("utf-8", "replace").strip() if result and result.exit_status == 0 else ""
        means = "Python 3.%d" % minor
        if said == "whole":
            return Verdict((), means)
        line, mark, message = said.partition(":")
        if mark and line.isdigit():
            return Verdict((Defect(int(line) or None, message.split("\n")[0]),), means)
    return None
