"""The user's tree as a session writes it: every image in the journal, nothing over the user's own edits."""

from __future__ import annotations

from typing import Iterable

from orchestra.errors import Conflict, RefusedPath
from orchestra.records import FileImage
from orchestra.state.images import Images
from orchestra.workspace.listing import is_secret
from orchestra.workspace.tree import Tree


class JournalledTree:
    """Reads and writes planned files. Any thread, one thread per path.

    After a restart a job goes through its writes again; `rewind` sets where it begins, and a write whose
    image is in the journal already is passed over. In a dry run the images are the tree: nothing is written.
    """

    def __init__(self, tree: Tree, images: Images, *, session_id: str, dry_run: bool) -> None:
        self._tree = tree
        self._images = images
        self._session_id = session_id
        self._dry_run = dry_run
        self._positions: dict[str, int] = {}

    def clean_temp(self, paths: Iterable[str]) -> None:
        """Remove the temp files that a killed run left, also those beside these paths."""
        if not self._dry_run:
            self._tree.clean_temp(paths)

    def rewind(self, path: str, position: int) -> None:
        """The next write of `path` is the one after `position`; 0 is the state before the session."""
        self._positions[path] = position

    def position(self, path: str) -> int:
        """How many writes of `path` count as done."""
        known = self._positions.get(path)
        return self._images.count_writes(self._session_id, path) if known is None else known

    def before(self, path: str) -> FileImage:
        """What lay there before the session; noted at the first call. Raises RefusedPath for secrets."""
        image = self._images.at(self._session_id, path, 0)
        if image is None:
            image = self._tree.read(path)
            if image.content is not None and is_secret(path):
                # It was not there when the plan was made.
                raise RefusedPath("the file holds secrets, which no model gets to see", where=path)
            self._images.save(self._session_id, path, "before", image)
        return image

    def current(self, path: str) -> FileImage:
        """What the session left there with the last write that counts as done."""
        return self._images.at(self._session_id, path, self.position(path)) or self.before(path)

    def write(self, path: str, content: bytes | None) -> None:
        """Have `content` lie there; None deletes. Safe to do again after a kill.

        Raises Conflict where somebody else changed the file meanwhile, WorkspaceError where it cannot be
        written.
        """
        if content == self.current(path).content:
            return
        # Not only at the next position: images of a way that is not taken again may lie between.
        position = self._images.position_of(self._session_id, path, content, after=self.position(path))
        if position is None:
            mode = self._put(path, content)
            self._images.save(self._session_id, path, "after", FileImage(content, mode))
            position = self._images.count_writes(self._session_id, path)
        self._positions[path] = position

    def settle(self, path: str) -> None:
        """Have lie there what counts as done, once the file is approved.

        The journal may know of later writes: a job that was restarted can take another way than the one before
        the kill, such as past an auditor that answers at last. Raises as `write` does.
        """
        last = self._images.count_writes(self._session_id, path)
        if last == 0:
            return
        current = self.current(path)
        mode = self._put(path, current.content)
        if self._images.at(self._session_id, path, last) != current:
            self._images.save(self._session_id, path, "after", FileImage(current.content, mode))
        self._positions[path] = self._images.count_writes(self._session_id, path)

    def _put(self, path: str, content: bytes | None) -> int | None:
        """Write to the disk, and return the mode of what lies there now."""
        last = self._images.at(self._session_id, path, self._images.count_writes(self._session_id, path))
        assert last is not None  # `current` noted the before-image at least
        if self._dry_run:
            return None if content is None else last.mode
        found = self._tree.read(path)
        if found.content not in (last.content, content):
            raise Conflict(
                "the file was changed by somebody else during the session", where=path,
                hint="keep your version, or put it aside and run again",
            )
        if content is None:
            self._tree.delete(path)
            self._tree.remove_empty_folders(own_folders(path, self._images.folders(self._session_id)))
            return None
        absent = self._tree.absent_folders(path)
        if absent:
            self._images.note_folders(self._session_id, absent)
        if found.content != content:
            mode = found.mode if found.mode is not None else self.before(path).mode
            self._tree.write(path, content, mode=mode)
        return self._tree.read(path).mode


def own_folders(path: str, made: Iterable[str]) -> list[str]:
    """Of the folders that a session made, those on the way to the path."""
    return [folder for folder in made if path.startswith(folder + "/")]
