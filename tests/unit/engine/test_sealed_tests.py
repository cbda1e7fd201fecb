from __future__ import annotations

import os
from typing import Callable

import pytest

from orchestra.engine.command_runs import ChangedByTests
from orchestra.engine.sealed_tests import SealedTests
from orchestra.engine.uncommitted import Uncommitted
from orchestra.errors import Cancelled, ExitStatus
from orchestra.records import TestRun
from tests.unit.engine.test_committing import Repository
from tests.unit.engine.workshop import SESSION, Workshop

Build = Callable[..., Workshop]
Act = Callable[[], object]
KEPT = f".orchestra/runs/{SESSION}/before-tests"
PASSED = TestRun("pytest", ("pytest",), 0, 5, True)


@pytest.fixture
def repository(workshop: Build) -> Repository:
    repository = Repository(workshop())
    repository.shop.put("one\n", "a.py")
    return repository


def run(
    repository: Repository, act: Act = lambda: None, *planned: str, is_found: bool = True
) -> TestRun | None:
    """One run of tests that do something meanwhile; without `is_found` none are found, and it is done all the same."""
    shop = repository.shop

    def tests(on_start: Callable[[], None]) -> TestRun | None:
        if is_found:
            on_start()
        act()
        return PASSED if is_found else None

    own = Uncommitted(shop.root, shop.root / KEPT)
    sealed = SealedTests(
        SESSION, shop.journal, shop.emitter(), shop.root, repository.found(), planned or ("a.py",), tests, own
    )
    try:
        return sealed.run(lambda: None)
    finally:
        own.close()


def files(repository: Repository) -> dict[str, str]:
    """Below the folder of copies."""
    folder = repository.shop.root / KEPT
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def add_hook(repository: Repository) -> None:
    (repository.shop.root / ".git" / "hooks" / "pre-commit").write_text("evil")


def test_tests_that_change_nothing_of_it_are_as_without(repository: Repository) -> None:
    assert run(repository, lambda: repository.shop.put("two\n", "other.py")) is PASSED
    assert not repository.shop.told("tests.touched")


def test_where_no_tests_are_found_they_are_not_blamed_for_what_the_user_does_meanwhile(repository: Repository) -> None:
    repository.shop.put("mine\n", "other.py")

    def edit() -> None:
        repository.shop.put("edited\n", "a.py")
        repository.shop.put("edited too\n", "other.py")

    assert run(repository, edit, is_found=False) is None
    assert not repository.shop.told("tests.touched") and not repository.shop.told("tests.changed")
    assert files(repository) == {}, "and nothing that the next process would take for a run that was cut off"
    with pytest.raises(ChangedByTests):
        run(repository, lambda: add_hook(repository), is_found=False)


def test_files_of_the_users_that_tests_change_or_remove_are_told_of(repository: Repository) -> None:
    for name in ("changed.py", "gone.py", "same.py"):
        repository.shop.put("mine\n", name)

    def act() -> None:
        repository.shop.put("theirs, and longer\n", "changed.py")
        (repository.shop.root / "gone.py").unlink()

    assert run(repository, act) is PASSED
    (event,) = repository.shop.told("tests.touched")
    assert (event.level, event.data) == ("warning", {
        "paths": ["changed.py", "gone.py"], "count": 2, "kept": KEPT, "cut_off": False, "lost": [], "count_lost": 0,
    })
    assert [*files(repository)] == ["1/changed.py", "1/gone.py"], "and nothing of what was not needed"
    copies = [repository.shop.root / KEPT / "1" / name for name in ("changed.py", "gone.py")]
    assert [copy.read_text() for copy in copies] == ["mine\n", "mine\n"]
    assert not copies[0].stat().st_mode & 0o177


def test_of_what_tests_change_that_alone_is_kept_of_which_git_has_no_copy(repository: Repository) -> None:
    shop = repository.shop
    shop.put("mine\n", ".env")
    shop.put("mine\n", "deep/a.txt")

    def act(text: str) -> Act:
        return lambda: [shop.put(text, name) for name in ("README.md", ".env", "deep/a.txt")]

    run(repository, act("one\nlonger\n"))
    shop.put("mine again\n", "deep/a.txt")
    with pytest.raises(Cancelled):
        run(repository, lambda: (act("x")(), stop()))
    run(repository, act("again, and longer\n"))
    assert files(repository) == {"1/deep/a.txt": "mine\n", "2/deep/a.txt": "mine again\n"}


def stop() -> None:
    raise Cancelled()


def test_of_files_that_could_not_be_copied_none_is_claimed(repository: Repository) -> None:
    shop = repository.shop
    for name, text in (("a.txt", "mine\n"), ("large", "A" * (9 << 20)), (".env", "mine\n")):
        shop.put(text, name)
    run(repository, lambda: [shop.put("no", name) for name in ("a.txt", "large", ".env", "new")])
    (event,) = shop.told("tests.touched")
    assert (event.data["lost"], event.data["count_lost"], event.data["kept"]) == ([".env", "large"], 2, KEPT)
    assert files(repository) == {"1/a.txt": "mine\n"}


def test_what_a_killed_run_had_changed_is_kept_and_told_at_the_next(repository: Repository) -> None:
    shop = repository.shop
    shop.put("mine\n", "changed.txt")
    shop.put("mine\n", "same.txt")
    found = {path: (0, 0, 0) for path in ("changed.txt", "same.txt")}
    Uncommitted(shop.root, shop.root / KEPT).hold(found, {})
    assert [*files(repository)] == ["held/changed.txt", "held/same.txt"], "before any test runs"
    shop.put("theirs\n", "changed.txt")
    run(repository)
    (event,) = shop.told("tests.touched")
    assert (event.data["paths"], event.data["kept"], event.data["cut_off"]) == (["changed.txt"], KEPT, True)
    assert files(repository) == {"1/changed.txt": "mine\n"}


def test_a_name_that_is_no_text_is_kept_as_well(repository: Repository) -> None:
    place = os.fsencode(repository.shop.root) + b"/\xff.txt"

    def write(text: bytes) -> None:
        with open(place, "wb") as file:
            file.write(text)

    write(b"mine")
    run(repository, lambda: write(b"theirs!"))
    assert [*files(repository).values()] == ["mine"]
    run(repository, lambda: write(b"again, longer"))
    assert [*files(repository).values()] == ["mine"]


@pytest.mark.parametrize("act, place", [
    (lambda repository: repository.shop.put("two\n", "a.py"), "a.py"),
    (add_hook, ".git/hooks/pre-commit"),
    (lambda repository: repository.git("config", "core.hooksPath", "evil"), ".git/config"),
    (lambda repository: repository.git("checkout", "-q", "-b", "other"), ".git/HEAD"),
])
def test_what_tests_must_leave_alone_ends_the_session_with_5(
    repository: Repository, act: Callable[[Repository], object], place: str
) -> None:
    with pytest.raises(ChangedByTests, match="nothing is committed") as caught:
        run(repository, lambda: act(repository))
    assert caught.value.exit_status is ExitStatus.WORKSPACE
    assert place in (caught.value.where or "")
    (event,) = repository.shop.told("tests.changed")
    assert [path for path in event.data["paths"] if path.endswith(place)]  # type: ignore[attr-defined]


def test_hooks_that_lie_in_the_tree_are_watched_as_well(repository: Repository) -> None:
    repository.git("config", "core.hooksPath", ".husky")
    repository.shop.put("exit 0\n", ".husky/pre-commit")
    with pytest.raises(ChangedByTests, match="pre-commit"):
        run(repository, lambda: repository.shop.put("evil\n", ".husky/pre-commit"))


def test_a_configuration_that_another_one_includes_is_watched_as_well(repository: Repository) -> None:
    repository.git("config", "include.path", "../team.gitconfig")
    repository.shop.put("[core]\n\tabbrev = 8\n", "team.gitconfig")
    with pytest.raises(ChangedByTests, match="team.gitconfig"):
        run(repository, lambda: repository.shop.put("[core]\n\tfsmonitor = evil\n", "team.gitconfig"))
    assert not repository.shop.told("tests.touched"), "it is told once"


def test_it_is_refused_until_it_is_put_back(repository: Repository) -> None:
    hook = repository.shop.root / ".git" / "hooks" / "pre-commit"
    with pytest.raises(ChangedByTests):
        run(repository, lambda: add_hook(repository))
    ran: list[bool] = []
    with pytest.raises(ChangedByTests):
        run(repository, lambda: ran.append(True))
    assert ran == [], "nor is anything run before"
    hook.unlink()
    assert run(repository) is PASSED


def test_a_stop_is_told_as_one_and_what_changed_is_known_all_the_same(repository: Repository) -> None:
    def stopped() -> None:
        add_hook(repository)
        raise Cancelled()

    with pytest.raises(Cancelled):
        run(repository, stopped)
    with pytest.raises(ChangedByTests):
        run(repository)


def test_without_git_the_planned_files_are_watched(workshop: Build) -> None:
    shop = workshop()
    shop.put("one\n", "a.py")

    def tests(on_start: Callable[[], None]) -> None:
        on_start()
        shop.put("two\n", "a.py")

    sealed = SealedTests(
        SESSION, shop.journal, shop.emitter(), shop.root, None, ("a.py",), tests,
        Uncommitted(shop.root, shop.root / KEPT),
    )
    with pytest.raises(ChangedByTests, match="a.py"):
        sealed.run(lambda: None)
