"""The program in a terminal that can be looked at: a window of tmux."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Mapping

PATIENCE_S = 60


class Window:
    """A shell's window; the modes of its terminal are kept before and after the command."""

    def __init__(self, folder: Path, variables: Mapping[str, str], cwd: Path, argv: list[str], term: str = "") -> None:
        self._folder = folder
        self._socket = str(folder / "tmux")
        self._output = folder / "window-output"
        os.mkfifo(self._output)
        # Opened for both, so that neither side waits for the other.
        self._reader = os.open(self._output, os.O_RDWR | os.O_NONBLOCK)
        command = shlex.join([sys.executable, "-m", "orchestra", *argv])
        script = folder / "window.sh"
        script.write_text(
            # With job control: ^C and ^Z reach the program alone.
            f"set -m\nstty -g > {shlex.quote(str(folder / 'before'))}\n"
            f"{f'TERM={term} ' if term else ''}{command} > {shlex.quote(str(folder / 'result'))}\n"
            f"echo status $?\nstty -g > {shlex.quote(str(folder / 'after'))}\necho over\n"
            'while read -r line; do eval "$line"; done\n'
        )
        environment = {key: value for key, value in variables.items() if key not in ("CI", "TMUX")}
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", "-c", str(cwd), "cat; exit",
            env={**environment, "SHELL": "/bin/sh"},
        )
        self._tmux("pipe-pane", "-O", f"cat > {shlex.quote(str(self._output))}")
        self._tmux("respawn-pane", "-k", "-c", str(cwd), f"sh {shlex.quote(str(script))}")

    def text(self) -> str:
        """What is seen."""
        return self._tmux("capture-pane", "-p")

    def wait_for(self, words: str, *, absent: str | None = None) -> str:
        """What is seen once these words are, and others no longer."""
        while True:
            seen = self.text()
            if words in seen and (absent is None or absent not in seen):
                return seen
            if not select.select([self._reader], [], [], PATIENCE_S)[0]:
                raise AssertionError(f"{words!r} did not come:\n{seen}")
            os.read(self._reader, 65536)

    def press(self, *keys: str) -> None:
        """Keys in tmux's names."""
        self._tmux("send-keys", *keys)

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def is_restored(self) -> bool:
        """Whether the terminal's modes are after the command what they were before it."""
        return (self._folder / "before").read_text() == (self._folder / "after").read_text()

    def result(self) -> str:
        """What was written to standard output, which is a file."""
        return (self._folder / "result").read_text(encoding="utf-8")

    def close(self) -> None:
        self._tmux("kill-server", check=False)
        os.close(self._reader)

    def _tmux(self, *words: str, env: Mapping[str, str] | None = None, check: bool = True) -> str:
        tmux = shutil.which("tmux")
        assert tmux is not None
        done = subprocess.run(
            [tmux, "-u", "-S", self._socket, *words], env=None if env is None else dict(env), capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout
