"""The task as the user gives it: words, standard input, or a file."""

from __future__ import annotations

import argparse

from orchestra.cli import running
from orchestra.cli.context import Context
from orchestra.cli.given_text import text_of_stream
from orchestra.errors import UsageError
from orchestra.records import Task

STDIN = "-"


def add_task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", nargs="*", help="what to do, in words; - reads standard input")
    parser.set_defaults(command=parser.prog)
    parser.add_argument("--task-file", metavar="FILE", help="read the task from FILE")


def read_task(arguments: argparse.Namespace, context: Context) -> Task:
    """The task. Raises UsageError for none, an empty one, or two."""
    words = [*arguments.task, *context.after_dashes]
    if arguments.task_file is not None:
        if words:
            raise UsageError("the task is given twice: in words and by --task-file", hint="leave one out")
        task = Task(_clean(running.read_text_file(context, arguments.task_file)), arguments.task_file)
    elif words == [STDIN] and not context.after_dashes:
        task = Task(_clean(_from_stdin(context)), "stdin")
    else:
        task = Task(_clean(" ".join(words)), "words")
    if not task.text:
        raise UsageError(
            "the task is empty", hint=f'say what to do: {arguments.command} "add a --verbose flag"'
        )
    return task


def _from_stdin(context: Context) -> str:
    try:
        text = text_of_stream(context.env.stdin, context.halt)
        return text[1:] if text.startswith("\ufeff") else text
    except (OSError, ValueError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise UsageError(f"the task cannot be read: {reason}", where="standard input", hint="use --task-file") from None


def _clean(text: str) -> str:
    """Without what cannot be kept or sent: bytes of the command line that are no text, and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "").strip()
