"""The merged configuration: show it, write a file to start from, or say which files are read."""

from __future__ import annotations

import argparse
import os
from typing import Callable

from orchestra.cli.configuration import configuration, user_file
from orchestra.cli.context import Context
from orchestra.config.loading import REPOSITORY_FILE
from orchestra.config.show import render_show, show_as_json
from orchestra.errors import ExitStatus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="show|init|path", choices=("show", "init", "path"))
    parser.add_argument("--origin", action="store_true", help="show: where each value comes from")
    parser.add_argument("-y", "--yes", action="store_true", help="init: write the file without asking")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Do what the first word says."""
    action: Callable[[argparse.Namespace, Context], ExitStatus] = {"show": _show, "init": _init, "path": _path}[
        arguments.action
    ]
    return action(arguments, context)


def _show(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    config = configuration(context, {})
    document = {**context.output.head(ExitStatus.DONE), **show_as_json(config)}
    context.output.result(render_show(config, with_origin=arguments.origin), document)
    return ExitStatus.DONE


def _path(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    named = context.options.config or context.env.variables.get("ORCHESTRA_CONFIG")
    files = [
        ("user", user_file(context)),
        ("repository", context.root / REPOSITORY_FILE),
        ("named", context.env.cwd / named if named else None),
    ]
    rows = [(kind, file, os.path.exists(file)) for kind, file in files if file is not None]
    lines = [f"{kind:<10}  {file}{'' if exists else '  (not there)'}" for kind, file, exists in rows]
    document = {
        **context.output.head(ExitStatus.DONE),
        "files": [{"kind": kind, "path": str(file), "exists": exists} for kind, file, exists in rows],
    }
    context.output.result("\n".join(lines), document)
    return ExitStatus.DONE


def _init(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    # Only here: it asks servers, and loading what that takes is not for `show` and `path` to wait for.
    from orchestra.cli.config_init import write_user_file

    target = write_user_file(context, asks=not arguments.yes)
    context.output.result(f"wrote {target}", {**context.output.head(ExitStatus.DONE), "path": str(target)})
    return ExitStatus.DONE
