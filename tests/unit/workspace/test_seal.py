from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from orchestra.workspace.seal import broken, seal

HOOKS = "git/hooks"
CONFIG = "git/config"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "git" / "hooks").mkdir(parents=True)
    (tmp_path / CONFIG).write_text("[core]")
    (tmp_path / HOOKS / "pre-push").write_text("exit 0")
    (tmp_path / HOOKS / "linked").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_text("exit 0")
    (tmp_path / "planned").write_text("one")
    return tmp_path


def marks(root: Path) -> dict[str, str]:
    return seal(root, ["planned", "new"], [root / CONFIG, root / HOOKS, root / "git" / "absent"])


def test_what_nobody_touched_is_whole(root: Path) -> None:
    before = marks(root)
    (root / "other").write_text("x")
    (root / "planned").write_text("one")
    assert broken(before, marks(root)) == ()


@pytest.mark.parametrize(
    "change, place",
    [
        (lambda root: (root / "planned").write_text("two"), "planned"),
        (lambda root: (root / "planned").chmod(0o777), "planned"),
        (lambda root: (root / "planned").unlink(), "planned"),
        (lambda root: (root / "planned").rename(root / "away") and (root / "planned").symlink_to("away"), "planned"),
        (lambda root: (root / "new").write_text("made"), "new"),
        (lambda root: (root / CONFIG).write_text("[core] hooksPath = x"), CONFIG),
        (lambda root: (root / HOOKS / "pre-push").chmod(0o755), HOOKS + "/pre-push"),
        (lambda root: (root / HOOKS / "post-commit").write_text("evil"), HOOKS + "/post-commit"),
        (lambda root: (root / HOOKS / "deep").mkdir() or (root / HOOKS / "deep/x").write_text("e"), HOOKS + "/deep/x"),
        (lambda root: (root / "target").write_text("evil"), HOOKS + "/linked"),
        (lambda root: (root / "git/absent").write_text("x"), "git/absent"),
    ],
)
def test_what_was_changed_is_named(root: Path, change: Callable[[Path], object], place: str) -> None:
    before = marks(root)
    change(root)
    assert broken(before, marks(root)) == (place if place in ("planned", "new") else str(root / place),)


def test_a_folder_that_was_exchanged_for_a_link_is_a_difference(root: Path) -> None:
    before = marks(root)
    (root / HOOKS).rename(root / "moved")
    (root / HOOKS).symlink_to(root / "moved")
    assert str(root / HOOKS / "pre-push") in broken(before, marks(root))
