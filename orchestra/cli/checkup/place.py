"""The folder, its repository, the state in it, and the project's tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from orchestra.cli.checkup.finding import FAIL, OK, WARN, Finding
from orchestra.cli.context import Context
from orchestra.config.settings import Settings
from orchestra.engine.chains import key_variables
from orchestra.errors import OrchestraError
from orchestra.state.database import FOLDER
from orchestra.workspace.children import child_variables
from orchestra.workspace.git_process import GitProcess
from orchestra.workspace.suite_detection import detect, find_test_files


def check_git(context: Context) -> Finding:
    """Git and the repository around the current folder."""
    process = GitProcess.find(context.env.cwd, child_variables(context.env.variables, frozenset()))
    if process is None:
        return Finding(
            "git", WARN, "not installed: no commits, and nothing is known of your own changes", "install git",
            {"version": None, "repository": None},
        )
    version = process.reading("--version").stdout.decode("utf-8", "replace").replace("git version", "").strip()
    if context.git is None:
        return Finding(
            "git", WARN, f"{version}; {context.env.cwd} is in no repository: runs work, without commits",
            "type: git init", {"version": version, "repository": None},
        )
    details = {"version": version, "repository": str(context.root)}
    text = f"{version}, repository {context.root}"
    busy = context.git.in_progress()
    if busy is not None:
        return Finding("git", WARN, f"{text}; a {busy} is in progress", "finish it before a run with --commit", details)
    if process.reading("var", "GIT_COMMITTER_IDENT").exit_status != 0:
        hint = "git config user.name and user.email say who commits; a run with --commit needs them"
        return Finding("git", WARN, f"{text}; it does not know who you are", hint, details)
    return Finding("git", OK, text, details=details)


def check_state(context: Context) -> Finding:
    """The state folder, and whether the journal in it can be read."""
    folder = context.root / FOLDER
    details: dict[str, Any] = {"path": str(folder)}
    if context.git is not None and context.git.tracks(FOLDER):
        hint = f"take it out: git rm -r --cached {FOLDER}"
        return Finding("state", FAIL, "git tracks the state folder, which holds what must not be shared", hint, details)
    if not os.access(folder if folder.is_dir() else context.root, os.W_OK | os.X_OK):
        return Finding("state", FAIL, f"no write access to {context.root}", "make it writable, or use -C", details)
    try:
        with context.journal_for_reading() as journal:
            sessions = [] if journal is None else journal.sessions.all()
    except OrchestraError as error:
        return Finding.of_error("state", error)
    resumable = [row.session_id for row in sessions if row.can_resume]
    details = {**details, "sessions": len(sessions), "resumable": resumable}
    if not sessions:
        return Finding("state", OK, f"{folder}, without a session yet", details=details)
    text = f"{folder}, {len(sessions)} session{'' if len(sessions) == 1 else 's'}, {len(resumable)} can go on"
    return Finding("state", OK, text, details=details)


def check_tests(root: Path, settings: Settings, context: Context) -> Finding:
    """Which tests a run would find, and by what."""
    if settings.tests.run == "false":
        return Finding("tests", OK, "switched off by tests.run", details={"framework": None, "command": None})
    variables = child_variables(context.env.variables, key_variables(settings.providers))
    suite = detect(root, variables, command=settings.tests.command)
    if suite is not None:
        why = f"because of {suite.found_by}" if suite.found_by else "as tests.command says"
        text = f"{suite.framework}, {why}: {' '.join(suite.command)}"
        details = {"framework": suite.framework, "command": list(suite.command), "found_by": suite.found_by or None}
        return Finding("tests", OK, text, details=details)
    files = find_test_files(root)
    command = "name a command in tests.command or with --test-command"
    if files:
        text = f"{files[0]} is there, but no Python that was found has pytest: runs go without"
        return Finding("tests", WARN, text, f"install pytest, or {command}", {"framework": None, "command": None})
    return Finding("tests", WARN, "none were found: runs go without", command, {"framework": None, "command": None})
