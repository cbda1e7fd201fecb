"""Formats of data: JSON, YAML, TOML, settings, tables."""

from __future__ import annotations

import configparser
import csv
import importlib
import io
import json
import re
from pathlib import PurePosixPath
from typing import Callable, Mapping, NoReturn

from orchestra.regex import regex
from orchestra.workspace.languages.defect import Defect
from orchestra.workspace.languages.lexer import find_unfinished
from orchestra.workspace.languages.notations import JSON_WITH_COMMENTS, TOML

Check = Callable[[PurePosixPath, str], "tuple[Defect, ...]"]

MAX_YAML_CHARACTERS = 1_000_000
"""PyYAML reads about a third of a megabyte a second."""
MAX_YAML_DEPTH = 200
"""PyYAML's time grows with the square of the nesting."""
MAX_YAML_LINE = 20_000

_WITH_COMMENTS = regex(
    r"(tsconfig|jsconfig|devcontainer|\.eslintrc|api-extractor|deno)\b.*\.json|.*\.(jsonc|json5|code-workspace)", re.I
)
_CONSTANT = regex(r"[\[:,]\s*-?(?:NaN|Infinity)\b")
_COMMENTED_FOLDERS = frozenset((".vscode", ".devcontainer", ".zed"))
_TEMPLATE_MARK = regex(r"\{\{|\{%")
_PYTHON_SETTINGS = frozenset(("setup.cfg", "tox.ini", "mypy.ini", ".flake8", ".pylintrc", ".coveragerc", "pytest.ini"))
_UNENDED_SECTION = regex(r"^\[[^\]\n]*$", re.M)
_INI_LINE = regex(r"\s*(?:[#;].*|\[[^\]]*\]?.*|[^\s=:\[]+[^=:\n]*(?:[=:].*)?)?|[ \t].*")
_DELIMITERS = ",;\t|"


class _NoJson(Exception):
    """A word that Python's reader takes for a number."""


def check_for(path: PurePosixPath) -> Check | None:
    """Who checks a file of that name; None where it holds no data of a known format."""
    return _CHECKS.get(path.suffix.lower()) or (_check_settings if path.name in _PYTHON_SETTINGS else None)


def _check_json(path: PurePosixPath, text: str) -> tuple[Defect, ...]:
    if _WITH_COMMENTS.fullmatch(path.name) or _COMMENTED_FOLDERS.intersection(path.parts):
        return find_unfinished(text, JSON_WITH_COMMENTS)
    try:
        json.loads(text, parse_constant=None if path.suffix.lower() == ".ipynb" else _refuse_constant)
    except json.JSONDecodeError as error:
        return (Defect(error.lineno, error.msg),)
    except _NoJson as error:
        found = _CONSTANT.search(text)
        return (Defect(text.count("\n", 0, found.end()) + 1 if found else None, "%s is no JSON" % error),)
    except ValueError as error:
        # A number with more digits than Python converts.
        return () if "digits" in str(error) else (Defect(None, str(error)),)
    return ()


def _refuse_constant(name: str) -> NoReturn:
    raise _NoJson(name)


def _check_json_lines(path: PurePosixPath, text: str) -> tuple[Defect, ...]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            for defect in _check_json(path, line):
                return (Defect(number, defect.message),)
    return ()


def _check_yaml(path: PurePosixPath, text: str) -> tuple[Defect, ...]:
    import yaml

    if _is_template(path, text) or _is_slow_yaml(text):
        return ()
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return (Defect(None if mark is None else mark.line + 1, error.problem or "invalid YAML"),)
    except yaml.YAMLError as error:
        return (Defect(None, str(error).split("\n")[0]),)
    return ()


def _is_template(path: PurePosixPath, text: str) -> bool:
    """Whether a tool fills the file in before anybody parses it (Helm, cookiecutter, Jinja)."""
    return bool(_TEMPLATE_MARK.search(text)) and ("templates" in path.parts or "{%" in text or "{{-" in text)


def _is_slow_yaml(text: str) -> bool:
    if len(text) > MAX_YAML_CHARACTERS or max(map(len, text.split("\n"))) > MAX_YAML_LINE:
        return True
    depth = deepest = 0
    for mark in re.findall(r"[\[\]{}]", text):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest > MAX_YAML_DEPTH


def _check_toml(path: PurePosixPath, text: str) -> tuple[Defect, ...]:
    try:
        tomllib = importlib.import_module("tomllib")
    except ModuleNotFoundError:
        # Python before 3.11.
        return find_unfinished(text, TOML)
    try:
        tomllib.loads(text)
    except ValueError as error:
        found = re.search(r"at line (\d+)", str(error))
        return (Defect(int(found.group(1)) if found else None, str(error)),)
    return ()


def _check_settings(path: PurePosixPath, text: str) -> tuple[Defect, ...]:
    if path.name in _PYTHON_SETTINGS:
        return _check_python_settings(path, text)
    found = _UNENDED_SECTION.search(text)
    if found is None or not all(_INI_LINE.fullmatch(line) for line in text.split("\n")):
        return ()
    return (Defect(text.count("\n", 0, found.start()) + 1, "this section's name is not closed"),)


def _check_python_settings(path: PurePosixPath, text: str) -> tuple[Defect, ...]:
    parser = configparser.RawConfigParser(strict=path.name == "setup.cfg", allow_no_value=path.name != "setup.cfg")
    try:
        parser.read_string(text)
    except configparser.Error as error:
        lines = [line for line, _ in getattr(error, "errors", ())]
        message = "neither a section nor a setting" if lines else error.message.split("\n")[0]
        return (Defect(lines[0] if lines else getattr(error, "lineno", None), message),)
    return ()


def _check_table(path: PurePosixPath, text: str) -> tuple[Defect, ...]:
    """Broken is what is so whether quotes are doubled or escaped; the delimiter is the first line's most frequent."""
    head = re.sub(r'"[^"]*"', "", text.split("\n", 1)[0])
    delimiter = max(_DELIMITERS, key=head.count)
    return _read_table(text, delimiter, None) and _read_table(text, delimiter, "\\")


def _read_table(text: str, delimiter: str, escape: str | None) -> tuple[Defect, ...]:
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, escapechar=escape, doublequote=escape is None
    )
    line = 1
    try:
        for _ in rows:
            line = rows.line_num + 1
    except csv.Error as error:
        if "field" in str(error) or "NUL" in str(error):
            # A limit of the reader's own.
            return ()
        return (Defect(line, str(error)),)
    return ()


_CHECKS: Mapping[str, Check] = {
    ".json": _check_json,
    ".jsonc": _check_json,
    ".json5": _check_json,
    ".geojson": _check_json,
    ".ipynb": _check_json,
    ".webmanifest": _check_json,
    ".jsonl": _check_json_lines,
    ".ndjson": _check_json_lines,
    ".yaml": _check_yaml,
    ".yml": _check_yaml,
    ".toml": _check_toml,
    ".ini": _check_settings,
    ".cfg": _check_settings,
    ".csv": _check_table,
    ".tsv": _check_table,
}
