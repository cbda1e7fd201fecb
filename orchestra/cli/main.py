"""The command line: from arguments to an exit status."""

from __future__ import annotations

import importlib
import os
import time
import traceback
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Iterator, Sequence

from orchestra.cli.arguments import CommandLine, Parser, add_global_options, command_in, split, wants_json
from orchestra.cli.command_list import COMMANDS, TOPIC_NAMES
from orchestra.cli.context import Context
from orchestra.cli.output import Output
from orchestra.environment import Environment
from orchestra.errors import Cancelled, ExitStatus, LimitReached, OrchestraError, OutputError, UsageError

if TYPE_CHECKING:
    from orchestra.profiler.profiler import Profiler


def main(argv: Sequence[str], env: Environment) -> ExitStatus:
    """Carry out a command line. Every error is printed, and none is raised."""
    as_json, as_json_stream = wants_json(argv)
    output = Output(env, as_json=as_json, as_json_stream=as_json_stream)
    shows_traceback = "--debug" in argv
    command: ModuleType | None = None
    try:
        line = split(argv)
        output.is_quiet, output.color = line.options.is_quiet, line.options.color
        if line.options.wants_version:
            return _show_version(output)
        if line.command is None or (line.command == "help" and line.words[:1] in ((), ("help",))):
            return _show_help(line, output)
        if line.command == "help" and line.words[0] in TOPIC_NAMES:
            return _show_topic(line.words[0], output)
        command = _module(line.words[0] if line.command == "help" else line.command)
        output.place = _place_of(command)
        if line.options.wants_help or line.command == "help":
            return _show_help_of(command, output)
        return _carry_out(command, line, _moved(env, line.options.folders), output)
    except Cancelled:
        over = LimitReached("the time given is used up", hint="--timeout gives it more")
        return _failed(output, command, *env.stop.end(over))
    except OrchestraError as error:
        if shows_traceback:
            output.prompt(traceback.format_exc())
        # A terminal that has gone away takes the result with it, but it was its hangup that ended the run. Nor can a
        # journal that another program holds be written when a signal comes.
        return _failed(output, command or _meant(argv), env.stop.weighed(error.exit_status), error)
    except Exception as error:  # the edge of the program: what arrives here is a defect
        if shows_traceback:
            output.prompt(traceback.format_exc())
        return _failed(output, command, ExitStatus.DEFECT, _defect(error))


def _carry_out(command: ModuleType, line: CommandLine, env: Environment, output: Output) -> ExitStatus:
    with _profiled(line, env, output) as profiler:
        arguments = _parser(command).parse_intermixed_args(line.words)
        timeout_s = getattr(arguments, "timeout", None)
        context = Context(env, line.options, output, line.after_dashes, profiler, timeout_s)
        try:
            status: ExitStatus = command.run(arguments, context)
        except (Cancelled, OrchestraError):
            raise
        except Exception:  # the journal's rows can hold anything, and are not looked at one by one on the way
            context.check_journal()
            raise
        return status


@contextmanager
def _profiled(line: CommandLine, env: Environment, output: Output) -> Iterator[Profiler | None]:
    """With --profile, what watches the block; it is told on stderr at the end, however that comes."""
    if not line.options.is_profiled:
        yield None
        return
    own_s = time.thread_time()
    from orchestra.profiler.profiler import Profiler
    from orchestra.views.profile_text import profile_lines

    profiler = Profiler(env.clock, begun_s=env.begun_s, own_cpu_s=time.thread_time() - own_s)
    output.profile = profiler.document
    profiler.start()
    try:
        yield profiler
    finally:
        profiler.stop()
        output.say("\n".join(["profile", *(f"  {said}" for said in profile_lines(profiler.document()))]))


def _failed(
    output: Output, command: ModuleType | None, status: ExitStatus, error: OrchestraError | None
) -> ExitStatus:
    if command is not None:
        output.place = _place_of(command)
    way_out = f"`orchestra resume {output.session['session_id']}` goes on" if output.session.get("can_resume") else ""
    if error is not None:
        if way_out and "`orchestra resume" not in (error.hint or ""):
            error.hint = f"{error.hint}; {way_out}" if error.hint else way_out
        output.error(error)
    elif way_out:
        output.warn(way_out)
    if output.as_json and not isinstance(error, OutputError):
        shape = getattr(command, "failure_json", None)
        document = output.head(status, error)
        output.json_line(output.completed({**document, **(shape(status) if shape else {}), **output.session}))
    return status


def _defect(error: Exception) -> OrchestraError:
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else None
    return OrchestraError(
        f"a defect in the program: {type(error).__name__}: {error}", where=where, hint="--debug shows more"
    )


def _module(name: str) -> ModuleType:
    if name not in COMMANDS or name == "help":
        raise UsageError(f"there is no command {name!r}", hint="`orchestra help` lists them")
    return importlib.import_module(f"orchestra.cli.commands.{name}")


def _meant(argv: Sequence[str]) -> ModuleType | None:
    """The command whose result an error takes the place of; None where there is none."""
    name = command_in(argv)
    return _module(name) if name in COMMANDS and name != "help" else None


def _place_of(command: ModuleType) -> str:
    return f"orchestra {command.__name__.rpartition('.')[2]}"


def _parser(command: ModuleType) -> Parser:
    parser = Parser(prog=_place_of(command), description=command.__doc__, add_help=False)
    command.add_arguments(parser)
    return parser


def _moved(env: Environment, folders: Sequence[str]) -> Environment:
    """The environment after each -C in turn, as in git."""
    cwd = env.cwd
    for folder in folders:
        cwd = cwd / folder
    cwd = Path(os.path.normpath(cwd)) if not folders else Path(os.path.realpath(cwd))
    if not os.path.isdir(cwd):
        raise UsageError("there is no such folder", where=str(cwd), hint="-C takes an existing folder")
    return replace(env, cwd=cwd)


def _show_version(output: Output) -> ExitStatus:
    from orchestra import version

    document = {**output.head(ExitStatus.DONE), **version.facts()}
    output.result(version.line(), document)
    return ExitStatus.DONE


def _show_topic(name: str, output: Output) -> ExitStatus:
    from orchestra.cli.reference import TOPICS

    text = TOPICS[name]()
    output.result(text, {**output.head(ExitStatus.DONE), "help": text})
    return ExitStatus.DONE


def _show_help_of(command: ModuleType, output: Output) -> ExitStatus:
    parser = _parser(command)
    # Only told here: they have been taken out of what the command reads.
    add_global_options(parser)
    text = parser.format_help()
    output.result(text, {**output.head(ExitStatus.DONE), "help": text})
    return ExitStatus.DONE


def _show_help(line: CommandLine, output: Output) -> ExitStatus:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items())
    parser = Parser(prog="orchestra", usage="orchestra COMMAND [ARGUMENT ...]", add_help=False)
    add_global_options(parser)
    options = parser.format_help().partition("\n\n")[2]
    text = (
        "orchestra carries out code changes with language models: one plans, you approve, others write,\n"
        "review and repair, tests run, a commit is made.\n\n"
        f"usage: orchestra COMMAND [ARGUMENT ...]\n\ncommands:\n{listing}\n\n{options}"
    )
    if line.command is None and not line.options.wants_help:
        raise UsageError("no command was given", hint="`orchestra help` lists the commands")
    output.result(text, {**output.head(ExitStatus.DONE), "help": text})
    return ExitStatus.DONE
