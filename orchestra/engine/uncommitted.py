"""Files of the user's that nothing else has a copy of, kept while the project's tests run."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Iterable, Mapping, Sequence

from orchestra.errors import WorkspaceError
from orchestra.found_files import plain
from orchestra.records import FileImage
from orchestra.state.images import content_hash
from orchestra.workspace.listing import is_secret
from orchestra.workspace.tree import Tree

_MOST_BYTES = 8 << 20
"""Of one file; and eight times that of all."""


@dataclass(frozen=True)
class Uncommitted:
    """Such files as they were; secrets, which must not be copied, and what is too large are not among them."""

    images: Mapping[str, FileImage]

    @classmethod
    def read(cls, root: Path, paths: Iterable[str]) -> Uncommitted:
        """Those of the paths where a file lies. Reads only."""
        tree, room, images = Tree(root), 8 * _MOST_BYTES, {}
        for path in paths:
            with suppress(WorkspaceError, OSError):
                size = os.lstat(root / path).st_size
                if size <= min(room, _MOST_BYTES) and not is_secret(path):
                    images[path] = tree.read(path)
                    room -= size
        return cls({path: image for path, image in images.items() if image.content is not None})

    def hashes(self) -> dict[str, str | None]:
        return {path: content_hash(image.content) for path, image in self.images.items()}

    def keep(self, folder: Path, paths: Sequence[str]) -> dict[str, Path]:
        """Path to its copy below `folder`, of those of the paths whose content is there no more."""
        kept = {}
        for path in paths:
            image = self.images.get(path)
            if image is not None:
                with suppress(OSError):
                    kept[path] = _copied(folder, path, image)
        return kept


def _copied(folder: Path, path: str, image: FileImage) -> Path:
    """The first free place, or the one where the same lies already."""
    assert image.content is not None  # none other is read
    for number in count(1):
        place = folder / str(number) / path
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 | (image.mode or 0) & 0o100)
            with open(descriptor, "wb") as file:
                file.write(image.content)
            return place
        with open(place, "rb", opener=plain) as file:
            if file.read() == image.content:
                return place
    raise AssertionError("there is always another number")
