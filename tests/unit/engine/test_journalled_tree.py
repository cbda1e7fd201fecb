from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import pytest

from orchestra.engine.journalled_tree import JournalledTree
from orchestra.errors import Conflict, RefusedPath, WorkspaceError
from orchestra.records import FileImage
from orchestra.workspace.tree import Tree, write_all
from tests.unit.engine.workshop import PATH, SESSION, Workshop

Build = Callable[..., Workshop]


def text_of(image: FileImage) -> str | None:
    return None if image.content is None else image.content.decode("utf-8")


def replayed(shop: Workshop, *contents: bytes | None) -> JournalledTree:
    """After a restart, a job goes through its writes again from the beginning."""
    shop.restart()
    files = shop.files()
    files.rewind(PATH, 0)
    for content in contents:
        files.write(PATH, content)
    return files


def written_at_all(shop: Workshop) -> list[bytes]:
    """What is put on the disk from now on."""
    written: list[bytes] = []

    def write_bytes(descriptor: int, content: bytes) -> None:
        written.append(content)
        write_all(descriptor, content)

    shop.tree = Tree(shop.root, write_bytes=write_bytes)
    return written


# Reading


def test_what_lay_there_before_is_noted_once_and_stays_noted(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    files = shop.files()
    assert text_of(files.before(PATH)) == "mine\n"
    shop.put("changed\n")
    assert text_of(files.before(PATH)) == text_of(files.current(PATH)) == "mine\n"
    assert shop.images() == ["mine\n"]


def test_the_ends_are_what_lay_there_before_and_what_counts_now(workshop: Build) -> None:
    shop = workshop()
    files = replayed(shop, b"one\n", b"two\n")
    assert files.ends(PATH) == (files.before(PATH), files.current(PATH))
    files.let_go(PATH)
    assert tuple(map(text_of, files.ends(PATH))) == (None, "two\n")
    again = replayed(shop, b"one\n")
    assert tuple(map(text_of, again.ends(PATH))) == (None, "one\n")
    shop.restart()
    assert tuple(map(text_of, shop.files().ends(PATH))) == (None, "two\n")


def test_secrets_that_came_after_the_plan_are_not_read_for_a_model(workshop: Build) -> None:
    shop = workshop()
    (shop.root / ".env").write_text("KEY=hunter22\n")
    for act in (lambda: shop.files().before(".env"), lambda: shop.files().write(".env", b"KEY=\n")):
        with pytest.raises(RefusedPath, match="secrets"):
            act()
    assert (shop.root / ".env").read_text() == "KEY=hunter22\n"


def test_a_secret_file_that_the_session_made_is_its_own(workshop: Build) -> None:
    files = workshop().files()
    files.write(".env", b"KEY=\n")
    files.write(".env", b"KEY=1\n")
    assert text_of(files.current(".env")) == "KEY=1\n"


@pytest.mark.parametrize("content", [b"theirs\n", None])
def test_a_file_that_nobody_may_write_is_left_alone(workshop: Build, content: bytes | None) -> None:
    shop = workshop()
    shop.put("mine\n")
    (shop.root / PATH).chmod(0o444)
    with pytest.raises(RefusedPath, match="read-only"):
        shop.files().write(PATH, content)
    assert ((shop.root / PATH).read_text(), (shop.root / PATH).stat().st_mode & 0o777) == ("mine\n", 0o444)


def test_what_is_current_is_what_the_session_wrote_last(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    assert text_of(files.current(PATH)) is None
    files.write(PATH, b"one\n")
    files.write(PATH, b"two\n")
    assert (text_of(files.current(PATH)), files.position(PATH)) == ("two\n", 2)
    files.rewind(PATH, 1)
    assert (text_of(files.current(PATH)), files.position(PATH)) == ("one\n", 1)


def test_after_a_restart_all_that_was_noted_counts_until_it_is_rewound(workshop: Build) -> None:
    shop = workshop()
    shop.files().write(PATH, b"one\n")
    shop.restart()
    assert shop.files().position(PATH) == 1
    assert text_of(shop.files().current(PATH)) == "one\n"


# Writing


def test_a_write_is_on_disk_and_in_the_journal(workshop: Build) -> None:
    shop = workshop()
    shop.files().write("src/deep/a.py", b"x = 1\n")
    assert shop.text("src/deep/a.py") == "x = 1\n"
    assert shop.images("src/deep/a.py") == [None, "x = 1\n"]


def test_the_same_content_again_is_no_write(workshop: Build) -> None:
    shop = workshop()
    shop.put("same\n")
    written = written_at_all(shop)
    shop.files().write(PATH, b"same\n")
    assert (shop.images(), written) == (["same\n"], [])


def test_the_mode_is_kept_and_noted(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    (shop.root / PATH).chmod(0o750)
    files = shop.files()
    files.write(PATH, b"one\n")
    assert (shop.root / PATH).stat().st_mode & 0o777 == 0o750
    assert files.current(PATH) == FileImage(b"one\n", 0o750)


def test_a_file_that_was_deleted_and_comes_back_has_its_old_mode(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    (shop.root / PATH).chmod(0o750)
    files = shop.files()
    files.write(PATH, None)
    files.write(PATH, b"mine\n")
    assert files.current(PATH) == files.before(PATH) == FileImage(b"mine\n", 0o750)


def test_a_delete_is_noted_as_absence(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    shop.files().write(PATH, None)
    assert (shop.text(), shop.images()) == (None, ["mine\n", None])


def test_what_lay_there_before_is_in_the_journal_before_the_disk_is_touched(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    seen: list[list[str | None]] = []

    def write_bytes(descriptor: int, content: bytes) -> None:
        seen.append(shop.images_on_disk())
        write_all(descriptor, content)

    shop.tree = Tree(shop.root, write_bytes=write_bytes)
    files = shop.files()
    files.rewind(PATH, 0)
    files.write(PATH, b"one\n")
    files.write(PATH, b"two\n")
    assert seen == [["mine\n"], ["mine\n", "one\n"]]


def test_all_that_a_job_noted_is_in_the_journal_when_it_lets_go(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    files.rewind(PATH, 0)
    files.write(PATH, b"one\n")
    files.let_go(PATH)
    assert shop.images_on_disk() == [None, "one\n"]
    assert text_of(files.current(PATH)) == "one\n"


def test_others_see_what_a_job_has_written_though_it_is_not_in_the_journal_yet(workshop: Build) -> None:
    files = workshop().files()
    files.rewind(PATH, 0)
    files.write(PATH, b"one\n")
    with ThreadPoolExecutor() as pool:
        assert text_of(pool.submit(files.current, PATH).result()) == "one\n"


# The user's own edits


@pytest.mark.parametrize("content", [b"one\n", None])
def test_an_edit_since_the_first_look_is_a_conflict_and_stays(workshop: Build, content: bytes | None) -> None:
    shop = workshop()
    shop.put("mine\n")
    files = shop.files()
    files.before(PATH)
    shop.put("my edit\n")
    with pytest.raises(Conflict):
        files.write(PATH, content)
    assert (shop.text(), shop.images()) == ("my edit\n", ["mine\n"])


def test_an_edit_since_a_look_ahead_is_a_conflict_and_a_path_that_is_refused_is_left_to_its_job(
    workshop: Build
) -> None:
    shop = workshop()
    shop.put("mine\n")
    (shop.root / ".env").write_text("KEY=1\n")
    files = shop.files()
    files.look_ahead([PATH, ".env"])
    assert shop.images() == ["mine\n"]
    shop.put("my edit\n")
    files = shop.files()
    files.look_ahead([PATH])
    files.rewind(PATH, 0)
    with pytest.raises(Conflict):
        files.write(PATH, None)
    with pytest.raises(RefusedPath):
        files.before(".env")


def test_a_file_that_the_user_made_or_removed_meanwhile_is_a_conflict(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    files.before(PATH)
    shop.put("my new file\n")
    with pytest.raises(Conflict):
        files.write(PATH, b"one\n")
    (shop.root / PATH).unlink()
    files.write(PATH, b"one\n")
    (shop.root / PATH).unlink()
    with pytest.raises(Conflict):
        files.write(PATH, b"two\n")
    assert shop.text() is None


def test_a_user_who_typed_the_same_is_no_conflict(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    files.before(PATH)
    shop.put("one\n")
    files.write(PATH, b"one\n")
    assert shop.images() == [None, "one\n"]


# After a kill


def test_writes_that_were_noted_are_passed_over(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    files.write(PATH, b"one\n")
    files.write(PATH, b"two\n")
    written = written_at_all(shop)
    files = replayed(shop, b"one\n", b"two\n")
    assert (written, shop.images(), files.position(PATH)) == ([], [None, "one\n", "two\n"], 2)


def test_a_write_that_a_kill_kept_from_being_noted_is_noted_and_not_written_again(workshop: Build) -> None:
    shop = workshop()
    shop.files().before(PATH)
    shop.tree.write(PATH, b"one\n")  # the disk's half of a write
    written = written_at_all(shop)
    replayed(shop, b"one\n")
    assert (written, shop.text(), shop.images()) == ([], "one\n", [None, "one\n"])


def test_a_delete_that_a_kill_kept_from_being_noted_is_noted(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    shop.files().before(PATH)
    shop.tree.delete(PATH)
    replayed(shop, None)
    assert shop.images() == ["mine\n", None]


def test_another_way_than_before_the_kill_goes_on_from_what_lies_there(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    files.write(PATH, b"one\n")
    files.write(PATH, b"two\n")
    files = replayed(shop, b"one\n", b"another\n")
    assert (shop.text(), text_of(files.current(PATH))) == ("another\n", "another\n")
    assert shop.images() == [None, "one\n", "two\n", "another\n"]


def test_a_second_kill_on_the_other_way_is_no_conflict(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    files.write(PATH, b"one\n")
    files.write(PATH, None)
    replayed(shop, b"one\n", b"another\n")
    shop.tree.write(PATH, b"a third\n")  # the disk's half of the next write
    files = replayed(shop, b"one\n", b"another\n", b"a third\n")
    assert (shop.text(), shop.images()) == ("a third\n", [None, "one\n", None, "another\n", "a third\n"])


def test_settling_puts_what_counts_in_place_of_what_came_later(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    files.write(PATH, b"one\n")
    files.write(PATH, b"two\n")
    files = replayed(shop, b"one\n")
    files.settle(PATH)
    assert (shop.text(), shop.images(), files.position(PATH)) == ("one\n", [None, "one\n", "two\n", "one\n"], 3)
    files.settle(PATH)
    assert (shop.images(), files.position(PATH)) == ([None, "one\n", "two\n", "one\n"], 3)


def test_settling_what_lies_there_already_does_nothing(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    files.settle(PATH)
    files.write(PATH, b"one\n")
    written = written_at_all(shop)
    files.settle(PATH)
    assert (written, shop.images(), files.position(PATH)) == ([], [None, "one\n"], 1)


def test_settling_over_the_users_edit_is_a_conflict(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    files.write(PATH, b"one\n")
    shop.put("mine\n")
    with pytest.raises(Conflict):
        files.settle(PATH)
    assert shop.text() == "mine\n"


def test_what_lies_there_is_held_against_what_the_session_left(workshop: Build) -> None:
    shop = workshop()
    paths = ["same.txt", "changed.txt", "gone.txt", "back.txt", "folder.txt"]
    files = shop.files()
    for path in paths:
        files.write(path, b"one\n")
    files.write("back.txt", None)
    assert files.altered([*paths, "never.txt"]) == []
    for path in ("changed.txt", "back.txt"):
        shop.put("mine\n", path)
    for path in ("gone.txt", "folder.txt"):
        (shop.root / path).unlink()
    (shop.root / "folder.txt").mkdir()
    assert files.altered(paths) == paths[1:]


def test_what_was_left_for_later_is_settled_though_another_file_is_the_users_now(workshop: Build) -> None:
    shop = workshop()
    files = shop.files()
    for path in ("b.txt", "c.txt"):
        files.write(path, b"one\n")
        files.write(path, b"two\n")
    files = shop.files()
    for path in ("b.txt", "c.txt"):
        files.rewind(path, 1)
        files.settle_later(path)
    shop.put("mine\n", "b.txt")
    for _ in range(2):
        # It stays a conflict, too.
        with pytest.raises(Conflict):
            files.settle_rest()
    assert (shop.text("b.txt"), shop.text("c.txt")) == ("mine\n", "one\n")


def test_a_write_that_the_disk_refused_is_not_noted(workshop: Build) -> None:
    def refuse(descriptor: int, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    shop = workshop()
    shop.put("mine\n")
    shop.tree = Tree(shop.root, write_bytes=refuse)
    files = shop.files()
    with pytest.raises(WorkspaceError):
        files.write(PATH, b"one\n")
    assert (shop.text(), shop.images(), files.position(PATH)) == ("mine\n", ["mine\n"], 0)


# Dry run


def test_in_a_dry_run_the_images_are_the_tree(workshop: Build) -> None:
    shop = workshop()
    shop.put("mine\n")
    (shop.root / PATH).chmod(0o750)
    shop.dry_run = True
    files = shop.files()
    files.write(PATH, b"one\n")
    files.settle(PATH)
    assert files.current(PATH) == FileImage(b"one\n", 0o750)
    files.write(PATH, None)
    assert files.current(PATH) == FileImage(None)
    assert shop.text() == "mine\n"
    assert shop.journal.images.changed(SESSION) == {PATH: (FileImage(b"mine\n", 0o750), FileImage(None))}


def test_a_dry_run_leaves_temp_files_where_they_are(workshop: Build) -> None:
    shop = workshop()
    leftover = shop.folder / "tmp" / "leftover"
    leftover.write_text("")
    shop.dry_run = True
    shop.files().clean_temp([])
    assert leftover.exists()
    shop.dry_run = False
    shop.files().clean_temp([])
    assert not leftover.exists()


def test_files_do_not_get_in_each_others_way(workshop: Build, tmp_path: Path) -> None:
    shop = workshop()
    files = shop.files()
    files.write("a", b"a\n")
    files.write("b", b"b\n")
    files.rewind("a", 0)
    assert (files.position("a"), files.position("b")) == (0, 1)
