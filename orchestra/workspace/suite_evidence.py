"""What a project's files say about its tests."""

from __future__ import annotations

import os
import re
import shutil
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Callable, Mapping

from orchestra.found_files import start_of
from orchestra.workspace.listing import MAX_FILES, walk

MAX_READ_BYTES = 65536

Imports = Callable[[str, str], bool]
"""Whether an interpreter (its path) can import a module."""


class Evidence:
    """Files and programs, looked at when they are asked for."""

    def __init__(self, root: Path, variables: Mapping[str, str], imports: Imports) -> None:
        """`variables` are those for child processes."""
        self.root = root
        self.variables = variables
        self.imports = imports

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All files but those of others, MAX_FILES at most."""
        return tuple(islice(walk(self.root), MAX_FILES))

    def has(self, path: str) -> bool:
        return (self.root / path).is_file()

    def first(self, *paths: str) -> str | None:
        """The first of them that is a file."""
        return next((path for path in paths if self.has(path)), None)

    def first_like(self, pattern: str) -> str | None:
        """The first path that fits as a whole."""
        fits = re.compile(pattern).fullmatch
        return next((path for path in self.paths if fits(path)), None)

    def text(self, path: str) -> str:
        """The start of a file; empty where it cannot be read."""
        return (start_of(self.root / path, MAX_READ_BYTES) or b"").decode("utf-8-sig", "replace")

    def says(self, path: str, pattern: str) -> bool:
        """Whether a file is there in which a line fits."""
        return self.has(path) and bool(re.search(pattern, self.text(path), re.M))

    def program(self, name: str) -> str | None:
        """Where a program of the machine lies."""
        return shutil.which(name, path=self.variables.get("PATH", ""))

    def own_program(self, *paths: str) -> str | None:
        """The first of the project's own programs that can be started, as a path from its root."""
        return next(("./" + path for path in paths if os.access(self.root / path, os.X_OK) and self.has(path)), None)
