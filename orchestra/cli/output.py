"""What is printed: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager, suppress
from typing import Any, Callable, Iterator, Mapping, TextIO

from orchestra.cli import paint
from orchestra.environment import Environment
from orchestra.errors import ExitStatus, OrchestraError, OutputError
from orchestra.observe.redaction import Redactor
from orchestra.regex import regex

SCHEMA = 1
# Control characters, and those that turn the order of a line's characters around (UAX #9) or break it.
_STEERING = regex(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Output:
    """The two streams of one command, and the form that was asked for."""

    def __init__(self, env: Environment, *, as_json: bool, as_json_stream: bool) -> None:
        self._env = env
        self.as_json = as_json or as_json_stream
        self.as_json_stream = as_json_stream
        self.is_quiet = False
        self.color = "auto"
        self._lock = threading.Lock()
        self.redactor = Redactor()
        self.place = "orchestra"
        """What is being carried out, for errors that name no other place."""
        self.profile: Callable[[], Mapping[str, Any]] | None = None
        """What a JSON result says of where the time went; None without --profile."""
        self.session: Mapping[str, Any] = {}
        """What an error's JSON says of the session that it ended: its id, and whether it can go on."""

    def result(self, text: str, document: Mapping[str, Any]) -> None:
        """What the command was run for: the text for people, or the document for scripts."""
        if self.as_json:
            self.json_line(self.completed(document))
        elif text:
            # Also into a pipe or a file: what is at its end is a terminal again, through `less -R`, `tee` or `cat`.
            shown = printable(text)
            _print(self._env.stdout, paint.outcomes(shown) if self._has_color(self._env.stdout) else shown)

    def completed(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """A result with what every command's may have beside its own keys."""
        return document if self.profile is None else {**document, "profile": self.profile()}

    def patch(self, text: str, document: Mapping[str, Any]) -> None:
        """A result that git must be able to apply: byte for byte, unless a person reads it, at a terminal or in colour.

        Bytes that are not UTF-8 come as surrogate escapes.
        """
        stream = self._env.stdout
        if text and not self.as_json and self._has_color(stream):
            _print(stream, paint.patch(printable(text)))
            return
        if self.as_json or self._env.is_terminal(stream):
            self.result(text, document)
            return
        if not hasattr(stream, "buffer"):
            if text:
                _print(stream, text)
            return
        with _told_as_output_error():
            stream.flush()
            stream.buffer.write(text.encode("utf-8", "surrogateescape"))
            stream.buffer.flush()

    def event(self, document: Mapping[str, Any]) -> None:
        """One object of a stream that a result will end. Any thread.

        Where it cannot be written the work goes on; the result will meet the same fault, and tell it.
        """
        with suppress(OutputError):
            self.json_line(document)

    def json_line(self, document: Mapping[str, Any]) -> None:
        """One JSON object on stdout: on one line in a stream, else indented. Any thread."""
        text = self.json_text(document)
        with self._lock:
            _print(self._env.stdout, text)

    def json_text(self, document: Mapping[str, Any]) -> str:
        """As `json_line` prints it."""
        is_utf8 = (getattr(self._env.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
        text = json.dumps(document, ensure_ascii=not is_utf8, indent=None if self.as_json_stream else 2)
        return _STEERING.sub(_escaped, text)

    def say(self, text: str) -> None:
        """Something by the way, on stderr, unless --quiet."""
        if not self.is_quiet:
            shown = printable(self.redactor.text(text))
            _try_to_print(self._env.stderr, paint.event(shown) if self._has_color(self._env.stderr) else shown)

    def prompt(self, text: str) -> None:
        """A question, or what else is asked to be seen: on stderr, with nothing added, even with --quiet."""
        _try_to_print(self._env.stderr, printable(self.redactor.text(text)), end="")

    def warn(self, text: str) -> None:
        """Something the user should know, on stderr."""
        self.say(f"orchestra: {text}")

    def error(self, error: OrchestraError) -> None:
        """An error's three parts, on stderr, in one line."""
        line = printable(one_line(self.redactor.text(f"orchestra: error [{error.code}]: {error.told_in(self.place)}")))
        _try_to_print(self._env.stderr, paint.error(line) if self._has_color(self._env.stderr) else line)

    def _has_color(self, stream: TextIO) -> bool:
        return self._env.wants_color(stream, self.color)

    def error_json(self, error: OrchestraError | None) -> dict[str, Any] | None:
        """The value of the key `error`."""
        if error is None:
            return None
        hint = None if error.hint is None else self.redactor.text(error.hint)
        return {"code": error.code, "message": self.redactor.text(error.message), "hint": hint}

    def head(self, status: ExitStatus, error: OrchestraError | None = None) -> dict[str, Any]:
        """The keys that every JSON result has."""
        return {"schema": SCHEMA, "exit_status": int(status), "error": self.error_json(error)}


def printable(text: str) -> str:
    """The text without characters by which it could look like another one: much of it comes from models."""
    return _STEERING.sub("?", text)


def one_line(text: str) -> str:
    """A text of a model's on the line that it is told in: more lines could look like lines of ours."""
    return " ".join(text.split())


def _escaped(match: re.Match[str]) -> str:
    """As JSON may write any character of a text: the same text for scripts, harmless for a terminal."""
    return "\\u%04x" % ord(match.group())


def _print(stream: TextIO, text: str) -> None:
    """Print a result. Raises OutputError where it cannot be written."""
    with _told_as_output_error():
        stream.write(text if text.endswith("\n") else text + "\n")
        stream.flush()


def _try_to_print(stream: TextIO, text: str, *, end: str = "\n") -> None:
    """Print what is said by the way: where it cannot be written, the work goes on."""
    with suppress(OSError):
        stream.write(text if text.endswith("\n") else text + end)
        stream.flush()


@contextmanager
def _told_as_output_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = "send standard output where there is room and a right to write"
        raise OutputError("the output could not be written", where=error.strerror, hint=hint) from None
