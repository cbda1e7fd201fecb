"""The user's tree as a session writes it: every image in the journal, nothing over the user's own edits."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Callable, Iterable

from orchestra.errors import Conflict, RefusedPath, WorkspaceError
from orchestra.records import FileImage
from orchestra.state.images import Images, content_hash
from orchestra.workspace.listing import is_secret
from orchestra.workspace.tree import Tree

ANYONE_MAY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class JournalledTree:
    """Reads and writes planned files. Any thread, one thread per path.

    After a restart a job goes through its writes again; `rewind` sets where it begins, and a write whose
    image is in the journal already is passed over. In a dry run the images are the tree: nothing is written.

    While a job has a path, its images are held in memory, being asked for twenty times a file, and noted without a
    wait: the next write to the disk, or the next answer, brings them there before anything acts on them.
    """

    def __init__(
        self, tree: Tree, images: Images, *, session_id: str, dry_run: bool,
        writing: AbstractContextManager[object] = nullcontext(),
    ) -> None:
        """`writing` is held around each change of the disk."""
        self._tree = tree
        self._writing = writing
        self._images = images
        self._session_id = session_id
        self._dry_run = dry_run
        self._positions: dict[str, int] = {}
        self._lock = threading.Lock()
        self._held: dict[str, tuple[FileImage, ...] | None] = {}
        """Of the paths that jobs have; None until somebody asks."""
        self._noted = set(images.paths(session_id))
        """The paths of which the journal has images."""
        self._unsaved: dict[str, list[Callable[[], None]]] = {}
        """Waits for what of a path was noted since the last of them."""
        self._unsettled: dict[str, None] = {}
        """What `settle_rest` is to settle, in order."""

    def clean_temp(self, paths: Iterable[str]) -> None:
        """Remove the temp files that a killed run left, also those beside these paths."""
        if not self._dry_run:
            self._tree.clean_temp(paths)

    def rewind(self, path: str, position: int) -> None:
        """A job takes `path` up: its next write is the one after `position`; 0 is the state before the session."""
        self._positions[path] = position
        self._held[path] = None if path in self._noted else ()

    def let_go(self, path: str) -> None:
        """The job has ended; what it noted is on disk."""
        self._await_notes(path)
        self._held.pop(path, None)

    def position(self, path: str) -> int:
        """How many writes of `path` count as done."""
        known = self._positions.get(path)
        return self._last_position(path) if known is None else known

    def before(self, path: str) -> FileImage:
        """What lay there before the session; noted at the first call.

        Raises RefusedPath for secrets, and for a file that nobody may write: its folder would let it be replaced.
        """
        images = self._all(path)
        if images:
            return images[0]
        image = self._tree.read(path)
        if image.content is not None and is_secret(path):
            # It was not there when the plan was made.
            raise RefusedPath("the file holds secrets, which no model gets to see", where=path)
        if image.mode is not None and not image.mode & ANYONE_MAY_WRITE:
            raise RefusedPath("the file is read-only, and left so; `chmod u+w` allows the change", where=path)
        self._note(path, "before", image)
        return image

    def look_ahead(self, paths: Iterable[str]) -> None:
        """Note what lies at these paths now, before their jobs do: an edit from here on is a conflict.

        What a path refuses is for its job to hear.
        """
        new = [path for path in paths if path not in self._noted]
        for path in new:
            self._held[path] = ()
            with suppress(WorkspaceError):
                self.before(path)
        for path in new:
            self.let_go(path)

    def current(self, path: str) -> FileImage:
        """What the session left there with the last write that counts as done."""
        images, position = self._all(path), self.position(path)
        return images[position] if position < len(images) else self.before(path)

    def ends(self, path: str) -> tuple[FileImage, FileImage]:
        """What lay there `before` and `current`, of a path that was written."""
        images = self._all(path)
        position = self._positions.get(path, len(images) - 1)
        return images[0], images[min(position, len(images) - 1)]

    def write(self, path: str, content: bytes | None) -> None:
        """Have `content` lie there; None deletes. Safe to do again after a kill.

        Raises Conflict where somebody else changed the file meanwhile, WorkspaceError where it cannot be
        written.
        """
        if content == self.current(path).content:
            return
        # Not only at the next position: images of a way that is not taken again may lie between.
        after = self.position(path) + 1
        known = (number for number, image in enumerate(self._all(path)[after:], after) if image.content == content)
        position = next(known, None)
        if position is None:
            mode = self._put(path, content)
            self._note(path, "after", FileImage(content, mode))
            position = self._last_position(path)
        self._positions[path] = position

    def lies_there(self, path: str) -> bool:
        """Whether anything lies at the path now, planned or not."""
        return "\0" not in path and os.path.lexists(os.path.join(self._tree.root, path))

    def settle(self, path: str) -> None:
        """Have lie there what counts as done, once the file is approved.

        The journal may know of later writes: a job that was restarted can take another way than the one before
        the kill, such as past an auditor that answers at last. Raises as `write` does.
        """
        if self._last_position(path) > 0:
            current = self.current(path)
            mode = self._put(path, current.content)
            if self._all(path)[-1] != current:
                self._note(path, "after", FileImage(current.content, mode))
            self._positions[path] = self._last_position(path)
        self._unsettled.pop(path, None)

    def settle_later(self, path: str) -> None:
        """Have `settle_rest` settle the path.

        While a restarted session goes through what was done already, a kill may have left a later draft on the disk
        that is not in the journal yet: only where the way comes to that write again is it known for the session's own.
        """
        self._unsettled[path] = None

    def settle_rest(self) -> None:
        """Settle what was left for later, before something else reads the tree.

        Raises as `write` does, once the others are settled.
        """
        errors = []
        for path in list(self._unsettled):
            try:
                self.settle(path)
            except WorkspaceError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def altered(self, paths: Iterable[str]) -> list[str]:
        """The paths where something else lies now than what the session left."""
        if self._dry_run:
            return []
        left = self._images.left(self._session_id)
        return [path for path in paths if path in left and not self._has(path, left[path])]

    def _has(self, path: str, hash_: str | None) -> bool:
        with suppress(WorkspaceError):  # what cannot be read is not what the session left
            return content_hash(self._tree.read(path).content) == hash_
        return False

    def _all(self, path: str) -> tuple[FileImage, ...]:
        """Its images, in order."""
        if path not in self._held:
            return tuple(self._images.all(self._session_id, path))
        with self._lock:
            return self._held_images(path)

    def _held_images(self, path: str) -> tuple[FileImage, ...]:
        """Needs the lock."""
        assert self._lock.locked()
        held = self._held.get(path)
        if held is None:
            held = tuple(self._images.all(self._session_id, path))
            if path in self._held:
                self._held[path] = held
        return held

    def _last_position(self, path: str) -> int:
        return max(0, len(self._all(path)) - 1)

    def _note(self, path: str, kind: str, image: FileImage) -> None:
        self._noted.add(path)
        if path not in self._held:
            self._images.save(self._session_id, path, kind, image)
            return
        with self._lock:
            known = self._held_images(path)
            self._unsaved.setdefault(path, []).append(self._images.save_later(self._session_id, path, kind, image))
            self._held[path] = (*known, image)

    def _await_notes(self, path: str) -> None:
        """Come back when all that was noted of the path is on disk. Raises StateError."""
        for wait in self._unsaved.pop(path, ()):
            wait()

    def _put(self, path: str, content: bytes | None) -> int | None:
        """Write to the disk, and return the mode of what lies there now."""
        last = self._all(path)[-1]  # `current` noted the before-image at least
        self._await_notes(path)
        if self._dry_run:
            return None if content is None else last.mode
        with self._writing:
            return self._change(path, last, content)

    def _change(self, path: str, last: FileImage, content: bytes | None) -> int | None:
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
        if found.content == content:
            return found.mode
        absent = self._tree.absent_folders(path)
        if absent:
            self._images.note_folders(self._session_id, absent)
        mode = found.mode if found.mode is not None else self.before(path).mode
        return self._tree.write(path, content, mode=mode).mode


def own_folders(path: str, made: Iterable[str]) -> list[str]:
    """Of the folders that a session made, those on the way to the path."""
    return [folder for folder in made if path.startswith(folder + "/")]
