"""Defects that a parser finds in a file, for the languages that the standard library and PyYAML can parse."""

from __future__ import annotations

import importlib
import json
import re
import sys
import threading
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Callable


@dataclass(frozen=True)
class Defect:
    """Where a parser gave up and why."""

    line: int | None
    """From 1; None where the parser does not tell."""
    message: str


Check = Callable[[str], "tuple[Defect, ...]"]

MAX_PYTHON_CHARACTERS = 200_000 if sys.version_info < (3, 11) else 2_000_000
"""Before 3.11 the compiler's stack overflows, fatally, on a chain of some 200,000 operators."""
MAX_YAML_CHARACTERS = 1_000_000
"""PyYAML reads about a third of a megabyte a second."""
MAX_YAML_DEPTH = 200
"""PyYAML's time grows with the square of the nesting."""
MAX_YAML_LINE = 20_000

_WITH_COMMENTS = re.compile(
    r"(tsconfig|jsconfig|devcontainer|\.eslintrc|api-extractor|deno)\b.*\.json|.*\.(jsonc|json5|code-workspace)", re.I
)
_COMMENTED_FOLDERS = frozenset((".vscode", ".devcontainer", ".zed"))
_TEMPLATE_MARK = re.compile(r"\{\{|\{%")
# catch_warnings swaps a list of the whole process.
_warnings_lock = threading.Lock()


def check_syntax(path: str, text: str) -> tuple[Defect, ...]:
    """The defects of a file's text, none for a language that nothing here can parse."""
    check = _check_for(PurePosixPath(path), text)
    if check is None:
        return ()
    try:
        return check(text)
    except (RecursionError, MemoryError):
        # Too deep for the parser, which says nothing about the text.
        return ()


def _check_for(path: PurePosixPath, text: str) -> Check | None:
    suffix = path.suffix.lower()
    if suffix == ".json" and (_WITH_COMMENTS.fullmatch(path.name) or _COMMENTED_FOLDERS.intersection(path.parts)):
        return None
    if suffix in (".py", ".pyi") and len(text) > MAX_PYTHON_CHARACTERS:
        return None
    if suffix in (".yaml", ".yml") and (_is_template(path, text) or _is_slow_yaml(text)):
        return None
    return _CHECKS.get(suffix)


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


def _check_python(text: str) -> tuple[Defect, ...]:
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


def _check_json(text: str) -> tuple[Defect, ...]:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return (Defect(error.lineno, error.msg),)
    except ValueError as error:
        # A number with more digits than Python converts.
        return () if "digits" in str(error) else (Defect(None, str(error)),)
    return ()


def _check_json_lines(text: str) -> tuple[Defect, ...]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            for defect in _check_json(line):
                return (Defect(number, defect.message),)
    return ()


def _check_yaml(text: str) -> tuple[Defect, ...]:
    import yaml

    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return (Defect(None if mark is None else mark.line + 1, error.problem or "invalid YAML"),)
    except yaml.YAMLError as error:
        return (Defect(None, str(error).split("\n")[0]),)
    return ()


def _check_toml(text: str) -> tuple[Defect, ...]:
    try:
        tomllib = importlib.import_module("tomllib")
    except ModuleNotFoundError:
        # Python before 3.11.
        return ()
    try:
        tomllib.loads(text)
    except ValueError as error:
        found = re.search(r"at line (\d+)", str(error))
        return (Defect(int(found.group(1)) if found else None, str(error)),)
    return ()


_CHECKS: dict[str, Check] = {
    ".py": _check_python,
    ".pyi": _check_python,
    ".json": _check_json,
    ".geojson": _check_json,
    ".ipynb": _check_json,
    ".webmanifest": _check_json,
    ".jsonl": _check_json_lines,
    ".ndjson": _check_json_lines,
    ".yaml": _check_yaml,
    ".yml": _check_yaml,
    ".toml": _check_toml,
}
