"""What the disk said, in the three parts of an error."""

from __future__ import annotations

import errno
import os

from orchestra.errors import WorkspaceError
from orchestra.workspace.path_names import quoted

_WORDS = {
    errno.ENOSPC: ("the disk is full", "free some space, then resume"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, then resume"),
    errno.EROFS: ("the file system is read-only", "make it writable, then resume"),
    errno.EACCES: ("permission denied", "check the permissions of the file and its folder, then resume"),
    errno.EPERM: ("not permitted", "check the permissions and attributes of the file and its folder, then resume"),
    errno.EIO: ("the disk reports an input/output error", "check the disk before anything else"),
    errno.ENAMETOOLONG: ("the name is too long for this file system", "plan a shorter path"),
    errno.EMFILE: ("too many files are open", "raise the limit with ulimit -n, then resume"),
    errno.ESTALE: ("the network file system lost the file", "mount it again, then resume"),
}


def disk_error(error: OSError, *, path: str, verb: str) -> WorkspaceError:
    """The error for a file that could not be `verb` (read, written, deleted)."""
    words, hint = _WORDS.get(error.errno or 0, (None, "check the file and its folder, then resume"))
    if words is None:
        words = os.strerror(error.errno) if error.errno else str(error)
    return WorkspaceError("%s cannot be %s: %s" % (quoted(path), verb, words), where=path, hint=hint)
