from __future__ import annotations

import hashlib

import pytest

from orchestra.records import FileImage, FileOutcome
from orchestra.state.images import content_hash
from orchestra.state.manager import StateManager
from tests.unit.fake_clock import FakeClock
from tests.unit.state.conftest import SESSION

PATH = "src/a.py"
ABSENT = FileImage(None)
OLD = FileImage(b"old\r\n\x00\xff", 0o755)
NEW = FileImage(b"new\n", 0o644)


def save(journal: StateManager, *images: FileImage, path: str = PATH) -> None:
    for image in images:
        kind = "before" if journal.images.at(SESSION, path, 0) is None else "after"
        journal.images.save(SESSION, path, kind, image)


def test_nothing_was_noted_of_an_unknown_file(journal: StateManager) -> None:
    assert journal.images.at(SESSION, PATH, 0) is None
    assert journal.images.count_writes(SESSION, PATH) == 0


def test_images_have_positions_from_the_one_before_the_session(journal: StateManager) -> None:
    save(journal, OLD, NEW, ABSENT)
    assert [journal.images.at(SESSION, PATH, position) for position in range(4)] == [OLD, NEW, ABSENT, None]
    assert journal.images.count_writes(SESSION, PATH) == 2


def test_all_images_of_a_path_come_in_order(journal: StateManager) -> None:
    save(journal, OLD, NEW, ABSENT, NEW)
    save(journal, NEW, path="another path")
    assert journal.images.all(SESSION, PATH) == [OLD, NEW, ABSENT, NEW]
    assert journal.images.all(SESSION, "a third path") == []


def test_what_is_saved_later_is_there_once_it_was_waited_for(journal: StateManager) -> None:
    wait = journal.images.save_later(SESSION, PATH, "before", OLD)
    wait()
    assert journal.images.all(SESSION, PATH) == [OLD]
    wait()
    assert journal.images.all(SESSION, PATH) == [OLD]


def test_the_image_before_alone_is_no_write(journal: StateManager) -> None:
    save(journal, OLD)
    assert journal.images.count_writes(SESSION, PATH) == 0


def test_the_ends_of_many_paths_come_all_and_in_order(journal: StateManager) -> None:
    paths = [f"src/{number:03}.py" for number in range(120)]
    for path in reversed(paths):
        save(journal, ABSENT, OLD, NEW, path=path)
    save(journal, OLD, path="only/seen")
    assert list(journal.images.all_ends(SESSION)) == [
        ("only/seen", OLD, OLD), *((path, ABSENT, NEW) for path in paths)
    ]
    assert list(journal.images.all_ends("another session")) == []


def test_images_are_told_apart_by_path(journal: StateManager) -> None:
    save(journal, OLD)
    save(journal, NEW, path="src/b.py")
    assert journal.images.at(SESSION, "src/b.py", 0) == NEW
    assert journal.images.at("another session", PATH, 0) is None


def test_an_empty_file_is_not_an_absent_one(journal: StateManager) -> None:
    save(journal, FileImage(b"", 0o600), ABSENT)
    assert journal.images.at(SESSION, PATH, 0) == FileImage(b"", 0o600)
    assert journal.images.at(SESSION, PATH, 1) == ABSENT


def test_the_table_holds_kind_and_hash_for_anyone_who_asks(journal: StateManager) -> None:
    save(journal, OLD, ABSENT)
    rows = journal._store.rows("SELECT kind, hash, created_at FROM file_versions ORDER BY id")
    assert OLD.content is not None
    assert [tuple(row) for row in rows] == [
        ("before", hashlib.sha256(OLD.content).hexdigest(), "2026-11-22T07:15:00.000Z"),
        ("after", None, "2026-11-22T07:15:00.000Z"),
    ]


def test_what_changed_is_first_against_last(journal: StateManager) -> None:
    save(journal, OLD, NEW, FileImage(b"newer\n", 0o644))
    save(journal, ABSENT, NEW, path="created")
    assert journal.images.changed(SESSION) == {
        PATH: (OLD, FileImage(b"newer\n", 0o644)), "created": (ABSENT, NEW)
    }


def test_what_was_put_back_or_only_looked_at_did_not_change(journal: StateManager) -> None:
    save(journal, OLD, NEW, OLD)
    save(journal, OLD, path="looked at")
    assert journal.images.changed(SESSION) == {}


FAILED = FileOutcome("b", "modify", "reverted", 3, True, "limit", "no money \u20ac", 4)


def test_outcomes_come_back_as_they_were_kept(journal: StateManager) -> None:
    good = FileOutcome("a", "create", "approved", 1)
    journal.images.set_outcome(SESSION, FAILED)
    journal.images.set_outcome(SESSION, good)
    assert journal.images.outcomes(SESSION) == {"b": FAILED, "a": good}
    assert journal.images.outcomes("another session") == {}


def test_an_outcome_replaces_the_one_before(journal: StateManager) -> None:
    journal.images.set_outcome(SESSION, FAILED)
    journal.images.set_outcome(SESSION, FileOutcome("b", "modify", "approved", 1))
    assert journal.images.outcomes(SESSION)["b"].status == "approved"


def test_the_sessions_iteration_is_the_highest_of_its_files(journal: StateManager, clock: FakeClock) -> None:
    clock.seconds = 3
    for path, iterations in (("a", 1), ("b", 3), ("c", 2)):
        journal.images.set_outcome(SESSION, FileOutcome(path, "create", "approved", iterations))
    row = journal.sessions.get(SESSION)
    assert row is not None
    assert (row.iteration, row.last_activity) == (3, "2026-11-22T07:15:03.000Z")


def test_outcomes_are_forgotten_by_their_status(journal: StateManager) -> None:
    for path, status in (("a", 0), ("b", 4), ("c", 5), ("d", 1)):
        journal.images.set_outcome(SESSION, FileOutcome(path, "create", "failed", exit_status=status))
    journal.images.forget_outcomes(SESSION, (4, 5))
    assert set(journal.images.outcomes(SESSION)) == {"a", "d"}


@pytest.mark.parametrize(("content", "hash_"), [(None, None), (b"", hashlib.sha256().hexdigest())])
def test_an_absent_file_has_no_hash(content: bytes | None, hash_: str | None) -> None:
    assert content_hash(content) == hash_
