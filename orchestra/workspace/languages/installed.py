"""Starting parsers that are installed on this machine, never what a repository brings along."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Mapping

from orchestra.clock import CancelToken, Clock, Deadline
from orchestra.workspace.children import ChildResult, run_child
from orchestra.workspace.languages.tools import ToolCall

TIMEOUT_S = 10.0
"""What takes longer has no opinion."""
_MOST_OUTPUT_BYTES = 20_000
_NOT_THERE = (126, 127)
"""How what only stands for a program ends where there is none, as pyenv's do (POSIX, Shell Command Language, 2.8.2)."""
_KEPT = ("HOME", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "PYENV_ROOT", "JAVA_HOME")
"""Where installed programs find themselves; nothing that has them load or run something (NODE_OPTIONS, BASH_ENV)."""
_FIXED = {"LC_ALL": "C.UTF-8", "RUSTUP_AUTO_INSTALL": "0", "NO_COLOR": "1"}
_NEUTRAL_FOLDER = Path("/")
"""Has no settings of a project in it nor above it, and nobody else can put any there."""


class InstalledTools:
    """Runs one tool at a time for each thread; called with a ToolCall, it is a RunTool."""

    def __init__(self, root: Path, variables: Mapping[str, str], *, clock: Clock, cancel: CancelToken) -> None:
        """Programs below `root`, the repository, are not taken."""
        self._root = root.resolve()
        self._clock = clock
        self._cancel = cancel
        self._search = self._safe_search(variables.get("PATH", ""))
        self._not_there: set[str] = set()
        kept = {name: variables[name] for name in _KEPT if name in variables}
        self._variables = {**kept, **_FIXED, "PATH": self._search}

    def __call__(self, call: ToolCall) -> ChildResult | None:
        """How the program ended; None where it is not installed, took too long or was ended. Raises Cancelled."""
        executable = None if call.name in self._not_there else shutil.which(call.name, path=self._search)
        if executable is None or self._is_inside(Path(executable)):
            return None
        try:
            result = self._run(executable, call)
        except OSError:
            return None
        if result.exit_status in _NOT_THERE:
            # Not to be found out anew with every draft: it takes longer than a parser does.
            self._not_there.add(call.name)
        return None if result.exit_status is None or result.exit_status < 0 else result

    def _run(self, executable: str, call: ToolCall) -> ChildResult:
        text = call.text.encode("utf-8", "surrogatepass")
        with _folder_for(call, text) as file:
            return run_child(
                [executable, *call.arguments, *([] if file is None else [str(file)])],
                cwd=_NEUTRAL_FOLDER,
                variables=self._variables,
                deadline=Deadline.after(self._clock, TIMEOUT_S),
                cancel=self._cancel,
                clock=self._clock,
                stdin=text if file is None else b"",
                keep_bytes=_MOST_OUTPUT_BYTES,
            )

    def _safe_search(self, search: str) -> str:
        """The folders of a PATH that do not lie in the repository."""
        folders = [folder for folder in search.split(os.pathsep) if os.path.isabs(folder)]
        return os.pathsep.join(folder for folder in folders if not self._is_inside(Path(folder)))

    def _is_inside(self, path: Path) -> bool:
        real = Path(os.path.realpath(path))
        return self._root in (real, *real.parents)


@contextmanager
def _folder_for(call: ToolCall, text: bytes) -> Iterator[Path | None]:
    """The text as a file of its own, in a folder that only this user can read; None where it is not asked for."""
    if call.file_name is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="orchestra-") as folder:
        file = Path(folder) / call.file_name
        file.write_bytes(text)
        yield file
