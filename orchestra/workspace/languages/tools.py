"""What an installed parser says of a file: which one is asked, and which of its words count as a verdict.

None of these runs the text or reads the project's settings: it gets the text alone, in a folder of its own.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Callable, Iterable, Mapping, Optional

from orchestra.dataclass import dataclass
from orchestra.regex import regex
from orchestra.workspace.children import ChildResult
from orchestra.workspace.languages.defect import Defect, Verdict
from orchestra.workspace.languages.interpreters import interpreter_of
from orchestra.workspace.languages.standalone_c import alone


@dataclass(frozen=True)
class ToolCall:
    """A program to start with a text as its input."""

    name: str
    arguments: tuple[str, ...]
    text: str
    file_name: str | None = None
    """The name of a file with the text, whose path is the last argument; None where it is the standard input."""


RunTool = Callable[[ToolCall], Optional[ChildResult]]
"""How the program ended; None where it is not installed, was ended by force or took too long."""


@dataclass(frozen=True)
class _Tool:
    name: str
    arguments: tuple[str, ...]
    complaint: re.Pattern[str]
    """With the groups `line` (0 for none) and `message`, in what it says of a syntax error."""
    wishes: str = ""
    """What it begins with, and fails, where all it wants is another layout or more files."""
    file_name: str = ""
    """For one that reads no standard input: the file's name, where its own is not a plain one."""


_SCRIPT_ERROR = regex(r":(?P<line>\d+)\n(?s:.*?)^SyntaxError: (?P<message>[^\n]*)", re.M)
_Z_SHELL_ERROR = regex(r":(?P<line>\d+): (?P<message>(?:parse error|unmatched )[^\n]*)")
_SHELL_ERROR = regex(
    r"line (?P<line>\d+): (?P<message>syntax error[^\n]*|unexpected EOF[^\n]*|[^\n]*here-document[^\n]*)"
)
_RUST_ERROR = regex(
    r"^error(?:\[E\d+\])?: (?![^\n]*(?:only allowed in|has been removed|experimental))(?P<message>[^\n]*)\n"
    r"\s*--> <stdin>:(?P<line>\d+):", re.M
)
_JAVA_ERROR = regex(
    r"^[\w-]+\.java:(?P<line>\d+):\d+: compiler\.err\.(?P<message>(?:expected\d?|premature\.eof|unclosed|illegal\.start"
    r"|illegal\.char|not\.stmt|else\.without|catch\.without|finally\.without|orphaned|try\.without)[^\n]*)", re.M
)
_SCRIPT = (
    _Tool("node", ("--check", "-"), _SCRIPT_ERROR),
    _Tool("node", ("--check", "--input-type=module", "-"), _SCRIPT_ERROR),
)
# Takes the types away, from node 22.13 on; what it cannot take away it can translate, up to node 25.
_STRIP_TYPES = """
const text = require("fs").readFileSync(0, "utf8"), { stripTypeScriptTypes } = require("module");
for (const mode of ["strip", "transform"]) try {
  stripTypeScriptTypes(text, { mode });
  process.exit(0);
} catch (error) {
  if (error.code !== "ERR_INVALID_TYPESCRIPT_SYNTAX") continue;
  console.log("broken:" + (/^\\D{0,9}(\\d+)\\n/.exec(error.stack) || [, 0])[1] + ":" + error.message);
  break;
}
process.exit(1);
"""
# A constant without a value is whole in a file of declarations.
_TYPES_ERROR = regex(r"^broken:(?P<line>\d+):(?P<message>(?!'const' declarations must be)[^\n]*)", re.M)
_ESBUILD_ERROR = regex(
    r"\[ERROR\] (?P<message>(?!The constant )[^\n]*)\n\s*<stdin>:(?P<line>\d+):"
)
# Without errors of syntax it goes on, and misses what is built into the language.
_TSC_ERROR = regex(
    r"\A(?![\s\S]*error TS2318)(?:[^\n]*\n)*?[^\n]*\((?P<line>\d+),\d+\): error TS1\d{3}: (?P<message>[^\n]*)"
)
# Nothing else: that a name is not known may be a macro's fault that another file defines.
_COMPILER_ERROR = regex(
    r"\A(?:(?![^\n]*error: )[^\n]*\n)*<stdin>:(?P<line>\d+):\d+: error: (?P<message>expected (?:{0};{0}"
    r"|{0},{0} or {0};{0}|(?:primary-)?expression|declaration or statement|statement|{0}}}{0} (?:at|before))[^\n]*)"
    .format("['\u2018\u2019]")
)


def _compilers(language: str, *standards: str) -> tuple[tuple[_Tool, ...], ...]:
    return tuple(
        tuple(
            _Tool(name, ("-fsyntax-only", "-w", "-x", language, "-std=" + standard, "-"), _COMPILER_ERROR)
            for standard in standards
        ) for name in ("gcc", "clang")
    )


def _typed(suffix: str) -> tuple[tuple[_Tool, ...], ...]:
    esbuild = ("--loader=" + suffix, "--log-level=error", "--log-limit=1", "--color=false")
    tsc = (
        "--noEmit", "--noResolve", "--noLib", "--typeRoots", "/dev/null", "--pretty", "false", "--target", "esnext",
        "--module", "esnext", "--jsx", "preserve",
    )
    return (
        (_Tool("esbuild", esbuild, _ESBUILD_ERROR),),
        (_Tool("tsc", tsc, _TSC_ERROR, "error TS2318", "draft." + suffix),),
    )


_TOOLS: Mapping[str, tuple[tuple[_Tool, ...], ...]] = {
    "JavaScript": (_SCRIPT,),
    "TypeScript": ((_Tool("node", ("--no-warnings", "-e", _STRIP_TYPES), _TYPES_ERROR),), *_typed("ts")),
    "TSX": _typed("tsx"),
    "C": _compilers("c", "gnu17", "gnu2x"),
    "C++": _compilers("c++", "gnu++17", "gnu++20"),
    "Go": ((
        _Tool("gofmt", ("-e", "-l"), regex(r"^<standard input>:(?P<line>\d+):\d+: (?P<message>[^\n]*)", re.M)),
    ),),
    "Rust": (tuple(
        _Tool("rustfmt", ("--check", "--edition", edition), _RUST_ERROR, "Diff in ") for edition in ("2021", "2015")
    ),),
    "shell": ((
        _Tool("bash", ("--norc", "--noprofile", "-n", "/dev/stdin"), _SHELL_ERROR),
        _Tool("bash", ("--norc", "--noprofile", "-O", "extglob", "-n", "/dev/stdin"), _SHELL_ERROR),
    ),),
    "zsh": ((_Tool("zsh", ("-f", "-n", "/dev/stdin"), _Z_SHELL_ERROR),),),
    "Ruby": ((
        _Tool(
            "ruby", ("--disable=gems,rubyopt", "-W0", "-c", "-"),
            regex(r"^-:(?P<line>\d+): (?P<message>(?!invalid multibyte)[^\n]*)", re.M),
        ),
    ),),
    "PHP": ((
        _Tool(
            "php", ("-n", "-d", "display_errors=stderr", "-l"),
            regex(r"Parse error:\s*(?P<message>[^\n]*?) in [^\n]* on line (?P<line>\d+)"),
        ),
    ),),
    "Java": ((
        _Tool(
            "javac",
            ("-proc:none", "-XDshould-stop.ifError=PARSE", "-XDshould-stop.ifNoError=PARSE", "-XDrawDiagnostics",
             "-encoding", "UTF-8"),
            _JAVA_ERROR, file_name="Draft.java",
        ),
    ),),
}
"""Each language's ways of asking, the first that has an opinion counts; broken is what all tools of it call so."""
_NOT_PLAIN_SCRIPT = regex(r"@flow\b|</?[A-Za-z][^<>\n]*/?>|<>|^\s*@\w|^\s*(?:import|export) type\b", re.M)
_MODULE = regex(r"^(?:import|export)\b", re.M)
_COMPILED = (".c", ".cc", ".cpp", ".cxx", ".c++")
"""Not headers: they may want what the files define that include them."""
_SAFE_NAME = regex(r"[A-Za-z][\w-]*\.(?:java|(?:d\.)?[cm]?tsx?)")


def ask_tool(language: str, path: str, text: str, run: RunTool) -> Verdict | None:
    """The defects that a parser on this machine finds; None where none has an opinion."""
    name = PurePosixPath(path).name
    if language in ("C", "C++"):
        bare = alone(text) if name.endswith(_COMPILED) else None
        if bare is None:
            return None
        text = bare
    if _is_dialect(language, name, text):
        return None
    for way in _TOOLS.get(language, ()):
        is_module = language == "JavaScript" and _MODULE.search(text) is not None
        defects = _agreed(way[::-1] if is_module else way, name, text, run)
        if defects is not None:
            return Verdict(defects, way[0].name)
    return None


def _agreed(tools: Iterable[_Tool], name: str, text: str, run: RunTool) -> tuple[Defect, ...] | None:
    """What the first says if the others agree."""
    first: tuple[Defect, ...] | None = None
    for tool in tools:
        file_name = (name if _SAFE_NAME.fullmatch(name) else tool.file_name) if tool.file_name else None
        result = run(ToolCall(tool.name, tool.arguments, text, file_name))
        verdict = None if result is None else _verdict(tool, result)
        if not verdict:
            return verdict
        first = first or verdict
    return first


def _is_dialect(language: str, name: str, text: str) -> bool:
    """Whether the parser would call broken what is not its own: elements and types in JavaScript, tests of bats."""
    if language == "JavaScript":
        return name.endswith(".jsx") or _NOT_PLAIN_SCRIPT.search(text) is not None
    return language == "shell" and (name.endswith((".bats", ".ksh")) or interpreter_of(text) in ("ksh", "bats"))


def _verdict(tool: _Tool, result: ChildResult) -> tuple[Defect, ...] | None:
    said = (result.stderr + b"\n" + result.stdout).decode("utf-8", "replace")
    found = tool.complaint.search(said)
    if found is not None and (result.exit_status or 0) >= 0:
        return (Defect(int(found.group("line")) or None, found.group("message").strip()),)
    only_wishes = bool(tool.wishes) and result.stdout.startswith(tool.wishes.encode("utf-8"))
    return () if result.exit_status == 0 or (result.exit_status in (1, 2) and only_wishes) else None
