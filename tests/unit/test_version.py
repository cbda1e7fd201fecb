from __future__ import annotations

import json
import sys
from pathlib import Path

from orchestra import __version__, version

SHA = "0123456789abcdef0123456789abcdef01234567"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_outside_git_the_commit_is_unknown(tmp_path: Path) -> None:
    assert version.commit_of(str(tmp_path)) == "unknown"


def test_reads_the_commit_of_a_branch(tmp_path: Path) -> None:
    write(tmp_path / ".git/HEAD", "ref: refs/heads/main\n")
    write(tmp_path / ".git/refs/heads/main", SHA + "\n")
    assert version.commit_of(str(tmp_path)) == "0123456"


def test_reads_the_commit_of_a_packed_branch(tmp_path: Path) -> None:
    write(tmp_path / ".git/HEAD", "ref: refs/heads/main\n")
    write(tmp_path / ".git/packed-refs", "# pack-refs\n%s refs/heads/other\n%s refs/heads/main\n" % ("f" * 40, SHA))
    assert version.commit_of(str(tmp_path)) == "0123456"


def test_reads_a_commit_that_is_no_branch(tmp_path: Path) -> None:
    write(tmp_path / ".git/HEAD", SHA + "\n")
    assert version.commit_of(str(tmp_path)) == "0123456"


def test_a_branch_without_a_commit_is_unknown(tmp_path: Path) -> None:
    write(tmp_path / ".git/HEAD", "ref: refs/heads/main\n")
    assert version.commit_of(str(tmp_path)) == "unknown"


def test_reads_the_commit_of_a_linked_worktree(tmp_path: Path) -> None:
    write(tmp_path / "tree/.git", "gitdir: %s\n" % (tmp_path / "main/.git/worktrees/tree"))
    write(tmp_path / "main/.git/worktrees/tree/HEAD", "ref: refs/heads/side\n")
    write(tmp_path / "main/.git/worktrees/tree/commondir", "../..\n")
    write(tmp_path / "main/.git/refs/heads/side", SHA + "\n")
    assert version.commit_of(str(tmp_path / "tree")) == "0123456"


def test_finds_installed_versions_by_their_metadata(tmp_path: Path) -> None:
    names = ("PyYAML-6.0.egg-info", "urllib3-2.6.3.dist-info", "idna-3.20-py3.9.egg-info", "requests_mock-1.dist-info")
    for name in names:
        (tmp_path / name).mkdir()
    found = version.installed([str(tmp_path / "absent"), str(tmp_path)])
    assert (found["PyYAML"], found["urllib3"], found["idna"], found["requests"]) == ("6.0", "2.6.3", "3.20", "unknown")


def test_tells_the_same_to_people_and_to_programs() -> None:
    told = json.loads(version.json_text())
    assert (told["version"], told["python"]) == (__version__, sys.version.split()[0])
    assert version.line() == "orchestra %s (commit %s, Python %s; %s)" % (
        told["version"], told["commit"], told["python"],
        ", ".join("%s %s" % item for item in told["packages"].items()),
    )
