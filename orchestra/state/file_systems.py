"""Which kind of file system a folder is on."""

from __future__ import annotations

import os
from pathlib import Path

from orchestra.regex import regex

MOUNTS = Path("/proc/self/mounts")
_NETWORK = regex(
    r"(?:nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|lustre|gpfs|beegfs|ncpfs|coda|vboxsf|prl_fs|vmhgfs"
    r"|fuse\.(?:sshfs|glusterfs|s3fs|davfs2?|rclone|gcsfuse|vmhgfs-fuse|ceph|juicefs|cephfs))"
)
_ESCAPE = regex(r"\\([0-7]{3})")


def network_file_system(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """The type of the network file system that the folder is on; None on a local one, and where nobody can say.

    `mounts` is a table as in proc(5).
    """
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    kind = _type_of(os.path.realpath(folder), table)
    return kind if kind is not None and _NETWORK.fullmatch(kind) else None


def _type_of(path: str, table: str) -> str | None:
    """The type at the innermost mount point; of two on one the later, which covers the other."""
    found, depth = None, -1
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[1])
        if len(point) >= depth and (path == point or path.startswith(point.rstrip("/") + "/")):
            found, depth = fields[2], len(point)
    return found
