"""A project in a temporary folder, and the program run on it."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from orchestra.cli.main import main
from orchestra.clock import Clock
from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.routes import config_by_role
from orchestra.demo.script import Call, Script
from orchestra.environment import Environment, StopSignal
from orchestra.errors import ExitStatus
from tests.flows.hurried_clock import HurriedClock


class Terminal(io.StringIO):
    """Standard input with a person in front of it, who types these lines and then ends the input."""

    def __init__(self, *lines: str) -> None:
        super().__init__("".join(line + "\n" for line in lines))

    def isatty(self) -> bool:
        return True


class Seen(io.StringIO):
    """Standard error with that person in front of it."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2


@dataclass(frozen=True)
class Ran:
    """How one command ended, and what was asked of the provider meanwhile."""

    status: ExitStatus
    out: str
    err: str
    calls: tuple[Call, ...] = ()

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout; anything beside it is an error."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The objects of a stream, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Path to the result's object for it."""
        return {file["path"]: file for file in self.json["files"]}

    @property
    def asked(self) -> list[tuple[str, str | None]]:
        """Role and file of every call, in order."""
        return [(call.model.partition("-")[0], call.file) for call in self.calls]


@dataclass
class Project:
    """A folder for the project, one for a home, and a configuration outside of both."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    stop: StopSignal = field(default_factory=StopSignal)
    clock: Callable[[], Clock] = HurriedClock
    """Makes the clock of each command."""

    @property
    def root(self) -> Path:
        return self.folder / "project"

    @property
    def state(self) -> Path:
        return self.root / ".orchestra"

    @classmethod
    def create(cls, folder: Path, *, is_repository: bool = True) -> Project:
        """A repository with one commit, and an identity of its own."""
        project = cls(folder, {
            # First the Python that runs these tests, so that the project's tests have pytest.
            "PATH": os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"],
            "HOME": str(folder / "home"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LANG": "C.UTF-8",
        })
        project.root.mkdir(parents=True)
        (folder / "home").mkdir()
        if is_repository:
            project.git("init", "--quiet", "--initial-branch=main")
            project.git("config", "user.name", "A Person")
            project.git("config", "user.email", "person@example.org")
            project.git("config", "commit.gpgsign", "false")
            project.commit("README.md", "A project.\n")
        return project

    # The tree

    def write(self, path: str, text: str | bytes) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
        return target

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode("utf-8")

    def has(self, path: str) -> bool:
        return os.path.lexists(self.root / path)

    def tree(self) -> dict[str, bytes]:
        """Path to content of every file, but for git's and the program's own folders."""
        return {path: content for path, content in self.everything().items() if not path.startswith(".git/")}

    def everything(self) -> dict[str, bytes]:
        """Path to content of every file and link below the root: git's own too, but not the program's state."""
        found = {}
        for file in sorted(self.root.rglob("*")):
            path = file.relative_to(self.root).as_posix()
            if file.is_symlink():
                found[path] = os.fsencode(os.readlink(file))
            elif file.is_file() and not path.startswith(".orchestra/"):
                found[path] = file.read_bytes()
        return found

    # Git

    def git(self, *arguments: str, check: bool = True, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=self.variables, capture_output=True, input=stdin,
            encoding="utf-8", errors="surrogateescape",
        )
        if check and done.returncode != 0:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def commit(self, path: str, text: str) -> None:
        """Write a file and commit it."""
        self.write(path, text)
        self.git("add", "--", path)
        self.git("commit", "--quiet", "--message=before", "--", path)

    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def hook(self, name: str, script: str) -> None:
        path = self.root / ".git" / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n" + script, encoding="utf-8")
        path.chmod(0o755)

    # The program

    def run(
        self,
        *argv: str,
        script: Script | None = None,
        protocol: str = "openai-chat",
        settings: Mapping[str, Any] | None = None,
        provider_settings: Mapping[str, Any] | None = None,
        more_providers: Mapping[str, Any] | None = None,
        stdin: io.StringIO | None = None,
        stderr: io.StringIO | None = None,
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
        script_may_fail: bool = False,
    ) -> Ran:
        """Carry out one command line.

        With a script, a provider that says it is served, and configured by --config together with `settings`,
        with `provider_settings` for the provider itself, and with `more_providers` beside it. No answer comes from
        the cache, and no file gets more tries than the audit loop has, unless `settings` have it so.
        """
        if script is None:
            return self._main([*self._config(settings), *argv], stdin, stderr, cwd, variables)
        with ScriptedProvider(script) as provider:
            config: dict[str, Any] = config_by_role(provider.base_url(protocol), protocol)
            config["providers"]["scripted"].update(provider_settings or {})
            config["providers"].update(more_providers or {})
            config["cache"] = {"enabled": False}
            config["max_recovery_attempts"] = 0
            ran = self._main(
                [*self._config({**config, **(settings or {})}), *argv], stdin, stderr, cwd, variables
            )
            if provider.errors and not script_may_fail:
                raise AssertionError(f"{provider.errors}\n{ran.err}")
            return Ran(ran.status, ran.out, ran.err, provider.calls)

    def _config(self, config: Mapping[str, Any] | None) -> Sequence[str]:
        if config is None:
            return ()
        file = self.folder / "config.json"
        file.write_text(json.dumps(config), encoding="utf-8")
        return ("--config", str(file))

    def _main(
        self, argv: Sequence[str], stdin: io.StringIO | None, stderr: io.StringIO | None, cwd: Path | None,
        variables: Mapping[str, str] | None,
    ) -> Ran:
        out = io.StringIO()
        is_attended = stdin is not None and stdin.isatty()
        err = stderr or (Seen() if is_attended else io.StringIO())
        env = Environment(
            stdin or io.StringIO(), out, err, {**self.variables, **(variables or {})}, cwd or self.root,
            clock=self.clock(), stop=self.stop,
        )
        status = main(argv, env)
        return Ran(status, out.getvalue(), err.getvalue())

    # The journal

    def rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """What the journal holds, asked as anyone may."""
        with sqlite3.connect(f"file:{self.state}/state.db?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(sql, parameters)]
        connection.close()
        return found

    def traces(self, secret: str) -> list[str]:
        """The files below the root and the home that hold these bytes."""
        places = [*self.root.rglob("*"), *(self.folder / "home").rglob("*")]
        return [str(file) for file in places if file.is_file() and secret.encode("utf-8") in file.read_bytes()]


def copy_of(project: Project, folder: Path) -> Project:
    """The same project in another folder, history, state and all."""
    shutil.copytree(project.folder, folder, symlinks=True)
    return Project(folder, {**project.variables, "HOME": str(folder / "home")})
