"""Where the sample project is written."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Mapping

from orchestra.errors import WorkspaceError

TEMPORARY = ("/tmp", "/var/tmp")
"""Where temporary files go when TMPDIR does not say (POSIX and the Filesystem Hierarchy Standard)."""


def new_folder(cwd: Path, variables: Mapping[str, str]) -> Path:
    """A new folder where temporary files go, or in the current folder where there is no such place.

    Raises WorkspaceError where neither can be written to.
    """
    named = variables.get("TMPDIR")
    for parent in (*([named] if named else TEMPORARY), ""):
        try:
            return Path(tempfile.mkdtemp(prefix="orchestra-demo-", dir=cwd / parent)).resolve()
        except OSError:
            continue
    raise WorkspaceError(
        "there is no folder to write the sample to", where=str(cwd), hint="use -C with a writable folder"
    )
