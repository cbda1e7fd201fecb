"""The whole story on a sample project, played by scripted answers: no key, no network."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from orchestra.cli import running
from orchestra.cli.context import Context
from orchestra.cli.outcome import failure_json, outcome_json, outcome_text
from orchestra.config.kept import dump_values
from orchestra.config.loading import load_config
from orchestra.demo import story
from orchestra.demo.place import new_folder
from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.repository import start_repository
from orchestra.engine.approval import approve_all
from orchestra.engine.session import Report
from orchestra.engine.order import Options, Order, check_order
from orchestra.engine.wiring import wire
from orchestra.engine.workplace import Workplace, new_session, open_workplace
from orchestra.environment import Environment
from orchestra.errors import ExitStatus, WorkspaceError
from orchestra.records import Task
from orchestra.state.steps import AttemptRow
from orchestra.views.columns import aligned
from orchestra.views.figures import money, tokens
from orchestra.views.plan_page import plan_page
from orchestra.workspace.git import Git
from orchestra.workspace.patch import FileChange, unified_patch

__all__ = ["add_arguments", "failure_json", "run"]

_NOTICE = (
    "This is a demonstration: the answers below are scripted and come from a server inside this program.\n"
    "Everything else is real: the files, the fallback, the review, the tests, the commit."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="leave the sample project where it is")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Write the sample, serve the script, run the story, show what it left behind."""
    folder = new_folder(context.env.cwd, context.env.variables)
    try:
        return _play(folder, context, keep=arguments.keep)
    except OSError as error:
        raise WorkspaceError(
            "the demonstration cannot go on", where=f"{folder}: {error.strerror or error}",
            hint="set TMPDIR to a folder with room",
        ) from error
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _play(folder: Path, context: Context, *, keep: bool) -> ExitStatus:
    story.write_sample(folder)
    env = replace(context.env, variables=_variables(context.env), cwd=folder)
    git = start_repository(folder, env.variables, context.halt)
    output = context.output
    output.say(_NOTICE + "\n")
    with ScriptedProvider(story.tell, models=story.MODELS) as provider, open_workplace(folder, git, env) as workplace:
        order = _order(folder, git, provider.root_url, replace(context, env=env))
        chains = check_order(order, env)
        session_id = new_session(workplace, order, Task(story.TASK, "demo"), env)
        with wire(workplace, order, chains, session_id, env) as session:
            # Whoever answered is gone after this.
            report = replace(session.run(), can_resume=False)
        attempts = workplace.journal.steps.attempts(session_id)
        text = _text(report, workplace, attempts)
    if report.error is not None:
        if "orchestra resume" in (report.error.hint or ""):
            report.error.hint = "run `orchestra demo` again"
        output.error(report.error)
    if git is None:
        text += "\ngit is not installed, so no commit was made"
    if keep:
        text += f"\n  kept in   {folder}"
    document = {
        **outcome_json(report, output), "scripted": True, "folder": str(folder) if keep else None,
        "attempts": [_attempt_json(row) for row in attempts],
    }
    output.result(text, document)
    return report.status


def _order(folder: Path, git: Git | None, url: str, context: Context) -> Order:
    file = folder / ".git" / "demo.json" if git else folder / "demo.json"
    file.write_text(json.dumps(story.demo_config(url)), encoding="utf-8")
    config = load_config(
        root=folder, cwd=folder, variables=context.env.variables, user_config=None, trust_file=None,
        config_flag=str(file), flags={"commit.enabled": ("demo", git is not None)},
    )
    file.unlink()
    return Order(
        root=folder, git=git, settings=config.settings, kept_config=dump_values(config), options=Options(),
        approver=approve_all("demo"), listeners=running.listeners(context, "lines"), offline=True,
    )


def _variables(env: Environment) -> dict[str, str]:
    """The user's own without what would change the story, with a git identity and the demo's key."""
    kept = {
        name: value for name, value in env.variables.items() if not name.startswith(("ORCHESTRA_", "GIT_"))
    }
    return {
        **kept, story.KEY_VARIABLE: "demo-key", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
    }


def _text(report: Report, workplace: Workplace, attempts: list[AttemptRow]) -> str:
    changes = workplace.journal.images.changed(report.outcome.session_id)
    patch = unified_patch(FileChange(path, before, after) for path, (before, after) in changes.items())
    plan = "" if report.plan is None else plan_page(report.plan, full=True)
    parts = [
        ("The plan", plan),
        ("The change", patch),
        ("The calls, with tokens in and out", _table(attempts)),
        ("The outcome", outcome_text(report)),
    ]
    return "\n\n".join(f"== {title}\n\n{text.rstrip()}" for title, text in parts if text)


def _table(attempts: list[AttemptRow]) -> str:
    """No wider than a terminal of 80 columns."""
    rows = [("agent", "file", "model", "in", "out", "cost")]
    for row in attempts:
        attempt, usage = row.attempt, row.attempt.usage
        model = f"{attempt.provider}/{attempt.model_id}"
        figures = (tokens(usage.input_tokens), tokens(usage.output_tokens), money(usage.cost_usd))
        rows.append((
            row.agent_role, PurePosixPath(row.file_path or "").name,
            *((model, *figures) if attempt.success else (f"{model}: {attempt.error_code}", "", "", "")),
        ))
    return "\n".join("  " + line for line in aligned(rows, right={3, 4, 5}))


def _attempt_json(row: AttemptRow) -> dict[str, Any]:
    usage = row.attempt.usage
    return {
        "agent": row.agent_role, "path": row.file_path, "provider": row.attempt.provider,
        "model": row.attempt.model_id, "success": row.attempt.success, "error_code": row.attempt.error_code,
        "input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens,
        "cost": None if usage.cost_usd is None else float(usage.cost_usd),
    }
