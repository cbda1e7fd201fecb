"""The folder, its repository, the state in it, and the project's tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from orchestra.cli.checkup.finding import FAIL, OK, WARN, Finding
from orchestra.cli.context import Context
from orchestra.cli.running import on_network
from orchestra.config.settings import Settings
from orchestra.engine.chains import key_variables
from orchestra.engine.confinement import Confinement
from orchestra.errors import OrchestraError, WorkspaceError
from orchestra.state.database import FOLDER
from orchestra.state.file_systems import network_file_system
from orchestra.workspace.children import child_variables
from orchestra.workspace.git_process import GitProcess
from orchestra.workspace.paths import check_root
from orchestra.workspace.sandbox.layers import REQUIRED, WORDS
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_detection import candidates
from orchestra.workspace.suite_probing import Prober


def check_git(context: Context) -> Finding:
    """Git and the repository around the current folder."""
    process = GitProcess.find(context.env.cwd, child_variables(context.env.variables, frozenset()), context.halt)
    if process is None:
        return Finding(
            "git", WARN, "not installed: no commits, and nothing is known of your own changes", "install git",
            {"version": None, "repository": None},
        )
    version = process.reading("--version").stdout.decode("utf-8", "replace").replace("git version", "").strip()
    try:
        check_root(context.root)
    except WorkspaceError as error:
        return Finding.of_error("git", error)
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
    """The state folder, and whether the journal in it can be read, to its last row."""
    folder = context.root / FOLDER
    details: dict[str, Any] = {"path": str(folder)}
    if context.git is not None and context.git.tracks(FOLDER):
        hint = f"take it out: git rm -r --cached {FOLDER}"
        return Finding("state", FAIL, "git tracks the state folder, which holds what must not be shared", hint, details)
    if not os.access(folder if os.path.isdir(folder) else context.root, os.W_OK | os.X_OK):
        return Finding("state", FAIL, f"no write access to {context.root}", "make it writable, or use -C", details)
    try:
        with context.journal_for_reading() as journal:
            sessions = [] if journal is None else journal.sessions.all()
            if journal is not None:
                journal.check()
    except OrchestraError as error:
        return Finding.of_error("state", error)
    resumable = [row.session_id for row in sessions if row.can_resume]
    details = {**details, "sessions": len(sessions), "resumable": resumable}
    if not sessions:
        return Finding("state", OK, f"{folder}, without a session yet", details=details)
    text = f"{folder}, {len(sessions)} session{'' if len(sessions) == 1 else 's'}, {len(resumable)} can go on"
    kind = network_file_system(folder)
    if kind is not None:
        return Finding("state", WARN, f"{text}; {on_network(kind)}", "a local disk is faster and safer", details)
    return Finding("state", OK, text, details=details)


def check_tests(root: Path, settings: Settings, context: Context) -> Finding:
    """Which tests a run would find, and by what."""
    if settings.tests.run == "false":
        return Finding("tests", OK, "switched off by tests.run", details={"framework": None, "command": None})
    command = settings.tests.command
    if command is not None:
        return _tests(Suite("command", ("/bin/sh", "-c", command)), "as tests.command says")
    variables = child_variables(context.env.variables, key_variables(settings.providers))
    cancel, clock = context.halt, context.env.clock
    confinement = Confinement(root, _confined(settings), variables=variables, cancel=cancel, clock=clock)
    prober = Prober(root, variables, sandbox=lambda: confinement.sandbox, cancel=cancel, clock=clock)
    found = []
    for suite in candidates(root, variables, imports=prober.can_import):
        if not suite.lacks:
            return _tests(suite, f"because of {suite.found_by}")
        found.append(suite)
    details = {"framework": None, "command": None}
    hint = "name a command in tests.command or with --test-command"
    if found:
        text = f"{found[0].found_by} speaks of {found[0].framework}, but {found[0].lacks}: runs go without"
        return Finding("tests", WARN, text, f"install what is missing, or {hint}", details)
    return Finding("tests", WARN, "none were found: runs go without", hint, details)


def check_sandbox(root: Path, settings: Settings, context: Context) -> Finding:
    """What tests would be confined by."""
    choice = settings.tests.sandbox
    if choice == "off":
        hint = "set tests.sandbox to auto"
        text = "switched off by tests.sandbox: tests run with your rights"
        return Finding("sandbox", WARN, text, hint, {"enforced": [], "missing": list(WORDS)})
    variables = child_variables(context.env.variables, key_variables(settings.providers))
    confinement = Confinement(root, "auto", variables=variables, cancel=context.halt, clock=context.env.clock)
    layers = confinement.sandbox.layers
    details = {"enforced": list(layers.enforced), "missing": list(layers.missing)}
    if not layers.missing:
        return Finding("sandbox", OK, "; ".join(WORDS.values()), details=details)
    text = "not enforced here: " + "; ".join(WORDS[word] for word in layers.missing)
    is_refused = choice == "required" and any(word in layers.missing for word in REQUIRED)
    hint = "a kernel with Landlock, or one that lets you make namespaces, can do more"
    return Finding("sandbox", FAIL if is_refused else WARN, text, hint, details)


def _confined(settings: Settings) -> str:
    """The checkup goes on where a run would refuse."""
    return "off" if settings.tests.sandbox == "off" else "auto"


def _tests(suite: Suite, why: str) -> Finding:
    details = {"framework": suite.framework, "command": list(suite.command), "found_by": suite.found_by or None}
    return Finding("tests", OK, f"{suite.framework}, {why}: {' '.join(suite.command)}", details=details)
