from __future__ import annotations

from pathlib import Path

import pytest

from orchestra.state.file_systems import network_file_system

TABLE = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
tmpfs /home/me/local tmpfs rw 0 0
//box/share /mnt/a\\040share cifs rw 0 0
me@host: /mnt/ssh fuse.sshfs rw 0 0
host /mnt/9 9p rw 0 0
server:/x /covered nfs rw 0 0
/dev/sdb1 /covered ext4 rw 0 0
broken
"""


@pytest.mark.parametrize("folder, kind", [
    ("/work", None), ("/home", "nfs4"), ("/home/me/project", "nfs4"), ("/home/me/local/p", None), ("/homes", None),
    ("/mnt/a share/p", "cifs"), ("/mnt/ssh/p", "fuse.sshfs"), ("/mnt/9/p", "9p"), ("/covered/p", None),
])
def test_the_innermost_mount_counts(tmp_path: Path, folder: str, kind: str | None) -> None:
    (tmp_path / "mounts").write_text(TABLE)
    assert network_file_system(Path(folder), tmp_path / "mounts") == kind


def test_a_folder_below_a_link_is_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "mounts").write_text(f"server:/x {(tmp_path / 'elsewhere').resolve()} nfs rw 0 0\n")
    assert network_file_system(tmp_path / "link" / "p", tmp_path / "mounts") == "nfs"


def test_where_no_table_is_nobody_can_say(tmp_path: Path) -> None:
    assert network_file_system(tmp_path, tmp_path / "mounts") is None


def test_this_machines_own_table_can_be_read(tmp_path: Path) -> None:
    assert network_file_system(tmp_path) is None
