"""The command line taken apart: options that stand anywhere, the command, and what is the command's own."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn, Sequence

from orchestra.dataclass import dataclass
from orchestra.errors import UsageError
from orchestra.regex import regex

LEVELS = ("debug", "info", "warning", "error")
COLORS = ("auto", "always", "never")
_BUNDLE = regex(r"-[qvhyf]{2,}")
"""Short flags of every command, and of single ones, in one word."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"`{self.prog} --help` shows what can be typed")


@dataclass(frozen=True)
class GlobalOptions:
    """What may stand before or after the command."""

    folders: tuple[str, ...] = ()
    config: str | None = None
    as_json: bool = False
    as_json_stream: bool = False
    is_quiet: bool = False
    is_verbose: bool = False
    log_level: str | None = None
    color: str = "auto"
    is_offline: bool = False
    is_profiled: bool = False
    shows_traceback: bool = False
    wants_help: bool = False
    wants_version: bool = False


@dataclass(frozen=True)
class CommandLine:
    """A command line whose global options have been taken out."""

    options: GlobalOptions
    command: str | None
    words: tuple[str, ...]
    """The command's own arguments before `--`."""
    after_dashes: tuple[str, ...]
    """What stands after `--`, to be taken as it is."""


def add_global_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options that every command takes."""
    group = parser.add_argument_group("options of every command")
    group.add_argument("-C", dest="folders", metavar="DIR", action="append", default=[], help="work in DIR")
    group.add_argument("--config", metavar="FILE", help="a configuration file, trusted as given")
    group.add_argument("--json", action="store_true", dest="as_json", help="print the result as one JSON object")
    group.add_argument(
        "--json-stream", action="store_true", dest="as_json_stream", help="print one JSON event a line, the result last"
    )
    group.add_argument("-q", "--quiet", action="store_true", dest="is_quiet", help="print only result and errors")
    group.add_argument(
        "-v", "--verbose", action="store_true", dest="is_verbose", help="more about what is done; of a run, its log"
    )
    group.add_argument("--log-level", choices=LEVELS, metavar="LEVEL", help="of the log: " + ", ".join(LEVELS))
    group.add_argument("--color", choices=COLORS, default="auto", metavar="WHEN", help="auto, always or never")
    group.add_argument("--offline", action="store_true", dest="is_offline", help="reach loopback hosts only")
    group.add_argument(
        "--profile", action="store_true", dest="is_profiled", help="say at the end where the time went"
    )
    group.add_argument("--debug", action="store_true", dest="shows_traceback", help="show tracebacks of errors")
    group.add_argument("-h", "--help", action="store_true", dest="wants_help", help="show this help")


def split(argv: Sequence[str]) -> CommandLine:
    """Take the global options out, wherever they stand before `--`. Raises UsageError."""
    before, after = _at_dashes(argv)
    parser = _global_parser()
    for word in before:
        name, _, value = word.partition("=")
        if name.startswith("-") and value == "--":
            # argparse would drop the dashes, and hand on a list.
            parser.error(f"argument {name}: '--' is no value")
    taken, left = _take(before, parser)
    values = vars(parser.parse_args(taken))
    options = GlobalOptions(**{**values, "folders": tuple(values["folders"])})
    command = _first_word(left)
    if command is not None:
        left.remove(command)
    return CommandLine(options, command, tuple(left), tuple(after))


def command_in(argv: Sequence[str]) -> str | None:
    """The command that stands there, even where the global options cannot be understood."""
    return _first_word(_take(_at_dashes(argv)[0], _global_parser())[1])


def _first_word(words: Sequence[str]) -> str | None:
    return next((word for word in words if not word.startswith("-")), None)


def _global_parser() -> Parser:
    parser = Parser(prog="orchestra", add_help=False)
    add_global_options(parser)
    parser.add_argument("--version", action="store_true", dest="wants_version")
    return parser


def wants_json(argv: Sequence[str]) -> tuple[bool, bool]:
    """Whether --json and --json-stream stand before `--`, even where the rest cannot be understood."""
    before, _ = _at_dashes(argv)
    return "--json" in before, "--json-stream" in before


def _at_dashes(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    words = list(argv)
    if "--" not in words:
        return words, []
    place = words.index("--")
    return words[:place], words[place + 1:]


def _take(words: list[str], parser: Parser) -> tuple[list[str], list[str]]:
    """The global options with their values, and the rest."""
    takes_value = {option for action in parser._actions for option in action.option_strings if action.nargs is None}
    flags = {option for action in parser._actions for option in action.option_strings} - takes_value
    taken: list[str] = []
    left: list[str] = []
    rest = iter(words)
    for word in rest:
        name = word.partition("=")[0]
        if word in takes_value:
            taken.append(word)
            taken.extend(value for value in [next(rest, None)] if value is not None)
        elif word in flags or (name in takes_value and name.startswith("--")) or _is_joined_folder(word):
            taken.append(word)
        elif _BUNDLE.fullmatch(word):
            taken += [f"-{letter}" for letter in word[1:] if f"-{letter}" in flags]
            left += [f"-{letter}" for letter in word[1:] if f"-{letter}" not in flags]
        else:
            left.append(word)
    return taken, left


def _is_joined_folder(word: str) -> bool:
    return word.startswith("-C") and len(word) > 2


def count(text: str) -> int:
    """The value of an option that is a number of things."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
