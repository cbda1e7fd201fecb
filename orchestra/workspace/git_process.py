"""Running git as a child process: no user's pager, editor, prompt or GIT_DIR in the way."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import AbstractSet, Mapping, Sequence

from orchestra.clock import CancelToken, Clock, Deadline, Halt, Halts, Reprieve, SystemClock
from orchestra.errors import GitError
from orchestra.workspace.children import ChildResult, child_variables, run_child

READ_TIMEOUT_S = 60.0
TIDYING_S = 0.2
"""What is read to bring something to its end may take so long after a stop; workers have half a second (see crew)."""

# Who commits and which settings hold stay the user's choice; where the repository and its index lie does not.
_KEPT_PREFIXES = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_")
_KEPT = frozenset(("GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM"))
_DROPPED = frozenset(("GIT_CONFIG_PARAMETERS", "LANGUAGE", "LC_ALL", "LC_MESSAGES"))
_SCREEN = {"GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "PAGER": "cat", "GIT_EDITOR": ":"}
# A repository can name a program here, which git would start to learn what has changed.
_NO_PROGRAMS = ("-c", "core.fsmonitor=false")
_MAX_WORDS = 1200


class GitProcess:
    """Starts git in one folder. At the halt a reading one is ended, and Cancelled raised; a writing one goes on."""

    def __init__(
        self, executable: str, cwd: Path, variables: Mapping[str, str], *, clock: Clock | None = None,
        halt: Halt | None = None,
    ) -> None:
        self.cwd = cwd
        self._executable = executable
        self.variables = variables
        self.clock = clock or SystemClock()
        self._halt = halt or CancelToken()

    @classmethod
    def find(cls, cwd: Path, variables: Mapping[str, str], halt: Halt | None = None) -> GitProcess | None:
        """None where no git is installed."""
        executable = shutil.which("git", path=variables.get("PATH", ""))
        return None if executable is None else cls(executable, cwd, variables, halt=halt)

    def at(self, cwd: Path) -> GitProcess:
        """The same git in another folder."""
        return self._changed(cwd=cwd)

    def without(self, names: AbstractSet[str]) -> GitProcess:
        """The same git, started without the variables of these names."""
        return self._changed(variables=child_variables(self.variables, names))

    def until(self, cancel: Halt) -> GitProcess:
        """The same git, of which `cancel` ends a reading one, too."""
        return self._changed(halt=Halts(self._halt, cancel))

    def tidying(self) -> GitProcess:
        """The same git, which at the halt has a moment more."""
        return self._changed(halt=Reprieve(self._halt, self.clock, TIDYING_S))

    def _changed(
        self, *, cwd: Path | None = None, variables: Mapping[str, str] | None = None, halt: Halt | None = None
    ) -> GitProcess:
        return GitProcess(
            self._executable, cwd or self.cwd, self.variables if variables is None else variables, clock=self.clock,
            halt=halt or self._halt,
        )

    def read(self, *arguments: str, stdin: bytes = b"", accepted: Sequence[int] = (0,)) -> bytes:
        """The output of a command that changes nothing. Raises GitError."""
        result = self._reading(arguments, stdin)
        return self._accept(result, arguments, accepted)

    def write(
        self, *arguments: str, stdin: bytes = b"", timeout_s: float = READ_TIMEOUT_S, cancel: Halt | None = None
    ) -> bytes:
        """The output of a command that changes the repository or its index. Raises GitError."""
        variables = writing_variables(self.variables)
        result = self.attempt(arguments, stdin=stdin, variables=variables, timeout_s=timeout_s, cancel=cancel)
        return self._accept(result, arguments, (0,))

    def attempt(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str],
        settings: Sequence[str] = (),
        stdin: bytes = b"",
        timeout_s: float = READ_TIMEOUT_S,
        cancel: Halt | None = None,
    ) -> ChildResult:
        """How the command ended, whatever its status. Raises GitError when it cannot be started, hangs or is killed."""
        try:
            result = run_child(
                [self._executable, *settings, *arguments],
                cwd=self.cwd,
                variables=variables,
                deadline=Deadline.after(self.clock, timeout_s),
                cancel=cancel or CancelToken(),
                clock=self.clock,
                stdin=stdin,
            )
        except OSError as error:
            hint = "`git --version`, typed there, shows the same"
            raise GitError("git cannot be started: %s" % error.strerror, where=str(self.cwd), hint=hint) from error
        if result.exit_status is None:
            hint = "see what it waits for: run it yourself; a hook or a signing key may be asking"
            raise GitError("git %s took longer than %d s" % (arguments[0], timeout_s), where=str(self.cwd), hint=hint)
        if result.exit_status < 0:
            # Ended by somebody, as all that a service had started: that is no answer, such as that there is no commit.
            raise self.refuse(result, arguments)
        return result

    def refuse(self, result: ChildResult, arguments: Sequence[str]) -> GitError:
        """The error for a command that failed, with git's own words."""
        words = words_of(result)
        what = "git %s failed: %s" % (arguments[0], words or "status %s" % result.exit_status)
        return GitError(what, where=str(self.cwd), hint=_hint(words))

    def reading(self, *arguments: str) -> ChildResult:
        """How a reading command ended, whatever its status."""
        return self._reading(arguments, b"")

    def head(self) -> str | None:
        """The id of the commit checked out; None on a branch without commits."""
        result = self.reading("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return result.stdout.decode("ascii").strip() if result.exit_status == 0 else None

    def _reading(self, arguments: Sequence[str], stdin: bytes) -> ChildResult:
        return self.attempt(
            arguments, settings=_NO_PROGRAMS, stdin=stdin, variables=reading_variables(self.variables),
            cancel=self._halt,
        )

    def _accept(self, result: ChildResult, arguments: Sequence[str], accepted: Sequence[int]) -> bytes:
        if result.exit_status not in accepted:
            raise self.refuse(result, arguments)
        return result.stdout


def reading_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables for a command whose words and output the program reads."""
    return {**_scrubbed(variables), **_SCREEN, "GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none", "LC_ALL": "C"}


def writing_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables for a command that may run hooks: the user's character set stays, our own hook steps aside."""
    kept = {**_scrubbed(variables), **_SCREEN, "LC_MESSAGES": "C", "ORCHESTRA_SKIP": "1"}
    if variables.get("LC_ALL"):
        kept["LC_CTYPE"] = variables["LC_ALL"]
    return kept


def words_of(result: ChildResult) -> str:
    """What the command said, stderr first, cut to its end."""
    words = "\n".join(part.decode("utf-8", "replace").strip() for part in (result.stderr, result.stdout)).strip()
    return words if len(words) <= _MAX_WORDS else "..." + words[-_MAX_WORDS:]


def _scrubbed(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if name not in _DROPPED
        and (not name.startswith("GIT_") or name in _KEPT or name.startswith(_KEPT_PREFIXES))
    }


def _hint(words: str) -> str | None:
    if "dubious ownership" in words:
        return "if you trust it: git config --global --add safe.directory FOLDER"
    if "tell me who you are" in words or "empty ident" in words or "auto-detect email" in words:
        return "set git config user.name and user.email, then resume"
    if "Permission denied" in words or "Read-only file system" in words:
        return "have git's folder be writable, then resume"
    if "index.lock" in words:
        return "let the other git finish, or remove the lock it left, then resume"
    return None
