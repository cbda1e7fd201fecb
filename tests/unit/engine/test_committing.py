from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from typing import Callable

import pytest

from orchestra.clock import CancelToken
from orchestra.engine.committing import Committing, check_possible
from orchestra.errors import Conflict, ExitStatus, GitError, UsageError, WorkspaceError
from orchestra.records import CommitIntent, Plan
from orchestra.workspace.git import Git
from orchestra.workspace.git_process import GitProcess
from tests.unit.fake_clock import FakeClock
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

    def hook(self, script: str) -> None:
        """The one before a commit."""
        hook = self.shop.root / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\n" + script + "\n")
        hook.chmod(0o755)

    def committed_and_killed(self, path: str, *, as_left: list[str]) -> None:
        """Git has committed the file, which it did not know; nothing was done after that."""
        head = self.git("rev-parse", "HEAD").strip()
        self.shop.journal.keep(SESSION, "commit-parent", {"head": head, "as_left": as_left})
        self.git("add", "--intent-to-add", path)
        self.git("commit", "--quiet", "--only", "-m", "fix: mend it", path)
        self.shop.restart()

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


@pytest.mark.parametrize("how", ["brought back", "deleted", "committed by the user"])
def test_a_file_that_lies_there_as_it_is_committed_is_not_said_to_be_left_out(repository: Repository, how: str) -> None:
    shop = repository.shop
    if how == "deleted":
        shop.put("mine\n", "b.py")
        shop.files().write("b.py", None)
    elif how == "brought back":
        shop.put("mine\n", "README.md")
        shop.files().write("README.md", b"one\n")
    else:
        shop.files().write("README.md", b"two\n")
        repository.git("commit", "--quiet", "-m", "by the user", "README.md")
    shop.files().write("a.py", b"new\n")
    assert repository.committing(allow_dirty=True).commit(PLAN, ["README.md", "a.py", "b.py"]) is not None
    assert not shop.told("commit.left_out")


def test_a_link_in_a_files_place_is_no_hindrance_where_the_users_work_may_be_committed(repository: Repository) -> None:
    repository.shop.files().write("a.py", b"new\n")
    repository.shop.files().write("b.py", b"new\n")
    (repository.shop.root / "b.py").unlink()
    (repository.shop.root / "b.py").symlink_to("a.py")
    assert repository.committing(allow_dirty=True).commit(PLAN, ["a.py", "b.py"]) is not None


def test_what_was_changed_during_the_commit_and_is_not_in_it_stays_the_users(repository: Repository) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    repository.hook("echo 'an hour of my own work' > a.py")
    assert repository.committing().commit(PLAN, ["a.py"]) is not None
    assert repository.git("show", "HEAD:a.py") == "drafted\n"
    assert [event.data["paths"] for event in shop.told("commit.touched")] == [["a.py"]]
    assert not shop.told("commit.changed")
    assert shop.journal.images.ends(SESSION, "a.py")[1].content == b"drafted\n"


def test_what_was_changed_during_a_refused_commit_is_not_committed_in_the_sessions_name(repository: Repository) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    repository.hook("echo 'mine' > a.py; exit 1")
    with pytest.raises(GitError):
        repository.committing().commit(PLAN, ["a.py"])
    assert [event.data["paths"] for event in shop.told("commit.touched")] == [["a.py"]]
    repository.hook("exit 0")
    for _ in range(2):
        shop.restart()
        with pytest.raises(Conflict, match="by a hook or by somebody.*: a.py") as caught:
            repository.committing().commit(PLAN, ["a.py"])
    assert f"`orchestra resume {SESSION}`" in (caught.value.hint or "")
    assert (repository.subjects(), shop.text("a.py")) == (["first"], "mine\n")
    assert len(shop.journal.images.all(SESSION, "a.py")) == 2


def test_what_the_user_commits_after_a_refusal_is_the_commit(repository: Repository) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    repository.hook("grep -q formatted a.py && exit 0\necho formatted > a.py; exit 1")
    with pytest.raises(GitError):
        repository.committing().commit(PLAN, ["a.py"])
    repository.git("add", "a.py")
    repository.git("commit", "--quiet", "-m", "by the user")
    shop.restart()
    commit = repository.committing().commit(PLAN, ["a.py"])
    assert commit is not None and commit.sha == repository.git("rev-parse", "HEAD").strip()
    assert repository.subjects() == ["by the user", "first"]
    assert len(shop.journal.images.all(SESSION, "a.py")) == 2


@pytest.mark.parametrize("more", [False, True])
def test_what_the_user_did_not_commit_after_a_refusal_is_committed(repository: Repository, more: bool) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    shop.files().write("b.py", b"plain\n")
    repository.hook("grep -q formatted a.py && exit 0\necho formatted > a.py; exit 1")
    with pytest.raises(GitError):
        repository.committing().commit(PLAN, ["a.py", "b.py"])
    repository.git("add", "a.py")
    repository.git("commit", "--quiet", "-m", "by the user")
    if more:
        repository.git("commit", "--quiet", "--allow-empty", "-m", "more")
    shop.restart()
    assert repository.committing().commit(PLAN, ["a.py", "b.py"]) is not None
    assert repository.git("show", "--name-only", "--format=%s", "HEAD").split() == ["fix:", "mend", "it", "b.py"]
    assert repository.git("status", "--porcelain", "a.py", "b.py") == ""


def test_a_change_that_the_user_takes_back_after_a_refusal_is_not_silently_missing(repository: Repository) -> None:
    shop = repository.shop
    shop.files().write("README.md", b"two\n")
    shop.files().write("a.py", b"new\n")
    repository.hook("exit 1")
    with pytest.raises(GitError):
        repository.committing().commit(PLAN, ["README.md", "a.py"])
    repository.hook("exit 0")
    repository.git("checkout", "--quiet", "README.md")
    with pytest.raises(Conflict, match="README.md"):
        repository.committing().commit(PLAN, ["README.md", "a.py"])


# A kill between the commit and its note


def test_what_a_hook_made_of_the_files_before_a_kill_counts_as_the_sessions_and_is_in_the_index(
    repository: Repository
) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    repository.hook("echo formatted > a.py\ngit add a.py")
    repository.committed_and_killed("a.py", as_left=["a.py"])
    assert repository.git("diff", "--cached", "--name-only").split() == ["a.py"]
    assert repository.committing().commit(PLAN, ["a.py"]) is not None
    assert repository.git("status", "--porcelain", "a.py") == ""
    assert shop.journal.images.ends(SESSION, "a.py")[1].content == b"formatted\n"
    assert [event.data["paths"] for event in shop.told("commit.changed")] == [["a.py"]]


def test_what_the_user_wrote_and_staged_after_a_kill_stays_so(repository: Repository) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    repository.hook("echo formatted > a.py\ngit add a.py")
    repository.committed_and_killed("a.py", as_left=["a.py"])
    shop.put("mine\n", "a.py")
    repository.git("add", "a.py")
    assert repository.committing().commit(PLAN, ["a.py"]) is not None
    assert repository.git("status", "--porcelain", "a.py") == "M  a.py\n"
    assert shop.journal.images.ends(SESSION, "a.py")[1].content == b"drafted\n"
    assert [event.data["paths"] for event in shop.told("commit.touched")] == [["a.py"]]


def test_the_users_work_that_was_to_be_in_the_commit_is_not_taken_for_a_hooks_after_a_kill(
    repository: Repository
) -> None:
    shop = repository.shop
    shop.files().write("a.py", b"drafted\n")
    shop.put("mine\n", "a.py")
    repository.committed_and_killed("a.py", as_left=[])
    assert repository.committing(allow_dirty=True).commit(PLAN, ["a.py"]) is not None
    assert len(shop.journal.images.all(SESSION, "a.py")) == 2


class UntilOtherGitIsDone(FakeClock):
    """A clock under which a git that a killed run has left behind makes its commit as soon as it is waited for."""

    def __init__(self, repository: Repository) -> None:
        super().__init__()
        self.repository = repository

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        super().sleep(seconds, cancel)
        (self.repository.shop.root / ".git" / "index.lock").unlink()
        self.repository.git("add", "a.py")
        self.repository.git("commit", "--quiet", "-m", "fix: mend it")


def test_the_commit_of_a_git_that_outlived_its_run_is_waited_for_and_taken(repository: Repository) -> None:
    repository.shop.files().write("a.py", b"1\n")
    head = repository.git("rev-parse", "HEAD").strip()
    repository.shop.journal.keep(SESSION, "commit-parent", {"head": head, "as_left": ["a.py"]})
    (repository.shop.root / ".git" / "index.lock").write_text("")
    process = GitProcess.find(repository.shop.root, repository.variables)
    assert process is not None
    process.clock = UntilOtherGitIsDone(repository)
    made = replace(repository.committing(), git=Git(process)).commit(PLAN, ["a.py"])

    assert made is not None and made.sha == repository.git("rev-parse", "HEAD").strip()
    assert repository.subjects() == ["fix: mend it", "first"]
