from __future__ import annotations

import os
import shutil
import subprocess
from typing import Callable

import pytest

from orchestra.clock import CancelToken
from orchestra.engine.committing import Committing, check_possible
from orchestra.errors import Conflict, ExitStatus, GitError, UsageError, WorkspaceError
from orchestra.records import CommitIntent, Plan
from orchestra.workspace.git import Git
from tests.unit.engine.workshop import SESSION, Workshop, planned

Build = Callable[..., Workshop]
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
PLAN = Plan("a plan", (planned("a.py"), planned("b.py")), commit=CommitIntent("fix", "", "mend it"))


class Repository:
    """A repository with one commit, and the committing of a session in it."""

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        self.variables = {
            "PATH": os.environ["PATH"], "HOME": str(shop.root), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b",
        }
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "A")
        self.git("config", "user.email", "a@example.org")
        shop.put("one\n", "README.md")
        self.git("add", "README.md")
        self.git("commit", "--quiet", "-m", "first")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.shop.root, env=self.variables, stdout=subprocess.PIPE, check=True
        )
        return done.stdout.decode("utf-8")

    def found(self) -> Git:
        git = Git.find(self.shop.root, self.variables)
        assert git is not None
        return git

    def committing(self, *, allow_dirty: bool = False, template: str | None = None) -> Committing:
        return Committing(
            session_id=SESSION, journal=self.shop.journal, git=self.found(), events=self.shop.emitter(),
            template=template, allow_dirty=allow_dirty, cancel=CancelToken(), tree=self.shop.tree,
        )

    def subjects(self) -> list[str]:
        return self.git("log", "--format=%s").splitlines()


@pytest.fixture
def repository(workshop: Build) -> Repository:
    return Repository(workshop())


# Whether it is possible


def test_outside_of_git_a_commit_cannot_be_asked_for() -> None:
    with pytest.raises(UsageError, match="no git repository") as caught:
        check_possible(None)
    assert caught.value.exit_status is ExitStatus.USAGE


def test_in_the_middle_of_a_merge_no_commit_is_made(repository: Repository) -> None:
    check_possible(repository.found())
    (repository.shop.root / ".git" / "MERGE_HEAD").write_text(repository.git("rev-parse", "HEAD"))
    with pytest.raises(GitError, match="merge is in progress") as caught:
        check_possible(repository.found())
    assert caught.value.exit_status is ExitStatus.WORKSPACE


def test_a_bisection_is_no_hindrance(repository: Repository) -> None:
    repository.git("bisect", "start")
    check_possible(repository.found())


# The user's own work


@pytest.mark.parametrize("how", ["untracked", "modified", "staged"])
def test_own_work_in_a_planned_file_stops_the_run_before_the_first_write(repository: Repository, how: str) -> None:
    path = "a.py" if how == "untracked" else "README.md"
    repository.shop.put("mine\n", path)
    if how == "staged":
        repository.git("add", path)
    with pytest.raises(WorkspaceError, match=path) as caught:
        repository.committing().check_clean([path, "b.py"])
    assert "--allow-dirty" in (caught.value.hint or "")
    repository.committing(allow_dirty=True).check_clean([path, "b.py"])


def test_own_work_elsewhere_is_no_hindrance(repository: Repository) -> None:
    repository.shop.put("mine\n", "c.py")
    repository.committing().check_clean(["a.py"])


def test_after_the_first_look_the_sessions_own_work_is_not_taken_for_the_users(repository: Repository) -> None:
    repository.committing().check_clean(["a.py"])
    repository.shop.put("the session's\n", "a.py")
    repository.shop.restart()
    repository.committing().check_clean(["a.py"])


def test_a_look_that_found_own_work_is_taken_again(repository: Repository) -> None:
    repository.shop.put("mine\n", "a.py")
    with pytest.raises(WorkspaceError):
        repository.committing().check_clean(["a.py"])
    with pytest.raises(WorkspaceError):
        repository.committing().check_clean(["a.py"])


# The commit


def test_own_files_only_are_committed_and_it_is_told(repository: Repository) -> None:
    shop = repository.shop
    shop.put("x\n", "a.py")
    shop.put("mine\n", "c.py")
    repository.git("add", "c.py")
    commit = repository.committing().commit(PLAN, ["a.py"])
    assert commit is not None and commit.message == "fix: mend it\n"
    assert repository.git("show", "--name-only", "--format=%s", "HEAD").split() == ["fix:", "mend", "it", "a.py"]
    assert repository.git("diff", "--cached", "--name-only").split() == ["c.py"]
    assert [event.data["sha"] for event in shop.told("commit.made")] == [commit.sha]
    assert commit.sha == repository.git("rev-parse", "HEAD").strip()


def test_the_template_is_used(repository: Repository) -> None:
    repository.shop.put("x\n", "a.py")
    commit = repository.committing(template="{subject} ({session})").commit(PLAN, ["a.py"])
    assert commit is not None and commit.message == f"mend it ({SESSION})\n"


def test_a_commit_that_was_noted_is_not_made_again(repository: Repository) -> None:
    repository.shop.put("x\n", "a.py")
    first = repository.committing().commit(PLAN, ["a.py"])
    repository.shop.put("another\n", "a.py")
    repository.shop.restart()
    assert repository.committing().commit(PLAN, ["a.py"]) == first
    assert repository.subjects() == ["fix: mend it", "first"]


def test_a_commit_that_a_kill_kept_from_being_noted_is_found(repository: Repository) -> None:
    repository.shop.put("x\n", "a.py")
    repository.shop.journal.keep(SESSION, "commit-parent", {"head": repository.git("rev-parse", "HEAD").strip()})
    made = repository.found().commit(["a.py"], "fix: mend it\n")
    repository.shop.restart()
    found = repository.committing().commit(PLAN, ["a.py"])
    assert made is not None and found is not None and found.sha == made.sha
    assert repository.subjects() == ["fix: mend it", "first"]


def test_a_commit_that_a_kill_kept_from_being_made_is_made(repository: Repository) -> None:
    repository.shop.put("x\n", "a.py")
    repository.shop.journal.keep(SESSION, "commit-parent", {"head": repository.git("rev-parse", "HEAD").strip()})
    assert repository.committing().commit(PLAN, ["a.py"]) is not None
    assert repository.subjects() == ["fix: mend it", "first"]


def test_a_file_that_the_user_changed_since_it_was_approved_is_not_committed_in_the_sessions_name(
    repository: Repository
) -> None:
    repository.shop.files().write("a.py", b"approved\n")
    repository.shop.put("mine\n", "a.py")
    with pytest.raises(Conflict, match="a.py"):
        repository.committing().commit(PLAN, ["a.py"])
    assert (repository.subjects(), repository.shop.text("a.py")) == (["first"], "mine\n")


def test_nothing_to_commit_is_no_commit_and_that_is_noted(repository: Repository) -> None:
    assert repository.committing().commit(PLAN, ["README.md"]) is None
    assert repository.committing().commit(PLAN, ["README.md"]) is None
    assert repository.subjects() == ["first"]


def test_a_hook_that_refuses_leaves_the_files_and_a_later_try_succeeds(repository: Repository) -> None:
    hook = repository.shop.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho the hook says no >&2\nexit 1\n")
    hook.chmod(0o755)
    repository.shop.put("x\n", "a.py")
    with pytest.raises(GitError, match="the hook says no"):
        repository.committing().commit(PLAN, ["a.py"])
    assert (repository.shop.text("a.py"), repository.subjects()) == ("x\n", ["first"])
    hook.unlink()
    assert repository.committing().commit(PLAN, ["a.py"]) is not None


def test_what_a_hook_makes_of_the_files_counts_as_the_sessions_and_is_told(repository: Repository) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    shop.files().write("b.py", b"plain\n")
    hook = shop.root / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\necho formatted > a.py\ngit add a.py\n")
    hook.chmod(0o755)
    assert repository.committing().commit(PLAN, ["a.py", "b.py"]) is not None
    assert [image.content for image in shop.journal.images.all(SESSION, "a.py")] == [None, b"drafted\n", b"formatted\n"]
    assert len(shop.journal.images.all(SESSION, "b.py")) == 2
    assert [event.data["paths"] for event in shop.told("commit.changed")] == [["a.py"]]


def test_what_the_user_changed_before_is_not_taken_for_a_hooks_work(repository: Repository) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    shop.put("mine\n", "a.py")
    assert repository.committing(allow_dirty=True).commit(PLAN, ["a.py"]) is not None
    assert len(shop.journal.images.all(SESSION, "a.py")) == 2 and not shop.told("commit.changed")


@pytest.mark.parametrize("option", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_that_git_is_to_overlook_is_named_where_the_commit_lacks_it(repository: Repository, option: str) -> None:
    repository.git("update-index", option, "README.md")
    repository.shop.files().write("README.md", b"two\n")
    repository.shop.files().write("a.py", b"new\n")
    assert repository.committing().commit(PLAN, ["README.md", "a.py"]) is not None
    assert [event.data["paths"] for event in repository.shop.told("commit.left_out")] == [["README.md"]]


def test_what_a_hook_changed_before_it_refused_is_committed_at_the_next_try(repository: Repository) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    hook = shop.root / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\ngrep -q formatted a.py && exit 0\necho formatted > a.py; exit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitError):
        repository.committing().commit(PLAN, ["a.py"])
    assert [event.data["paths"] for event in shop.told("commit.changed")] == [["a.py"]]
    shop.restart()
    assert repository.committing().commit(PLAN, ["a.py"]) is not None
    assert repository.git("show", "HEAD:a.py") == "formatted\n"
