"""A peer as a child process, which ends with the block, and by itself when we are gone."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

FOLDER = Path(__file__).resolve().parent


@contextmanager
def running(python: Path, script: str, **variables: str) -> Iterator[str]:
    """The address that the peer listens at, such as `http://127.0.0.1:40123`.

    The script prints it as its first line and ends when its standard input does.
    """
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [str(python), "-u", str(FOLDER / "servers" / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=errors, env={**os.environ, **variables}, universal_newlines=True,
        )
        assert child.stdin is not None and child.stdout is not None
        try:
            address = child.stdout.readline().strip()
            if not address:
                errors.seek(0)
                raise AssertionError(f"{script} did not start: {errors.read()[-4000:].decode('utf-8', 'replace')}")
            yield address
        finally:
            child.stdin.close()
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            child.stdout.close()
