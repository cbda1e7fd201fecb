"""Git, asked and changed through real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Callable

import pytest

from orchestra.clock import CancelToken
from orchestra.errors import Cancelled, GitError
from orchestra.workspace.children import ChildResult
from orchestra.workspace.git import Git
from orchestra.workspace.git_commit import INDEX_TIMEOUT_S, await_index
from orchestra.workspace.git_process import GitProcess
from tests.unit.fake_clock import FakeClock

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

Run = Callable[..., str]


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ann\n\temail = ann@example.org\n[init]\n\tdefaultBranch = main\n[commit]\n\tgpgsign = false\n"
    )
    return {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def root(tmp_path: Path, variables: dict[str, str]) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, env=variables, check=True)
    return root


@pytest.fixture
def run(root: Path, variables: dict[str, str]) -> Run:
    def run_git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=root, env=variables, check=True, capture_output=True, text=True).stdout

    return run_git


@pytest.fixture
def git(root: Path, variables: dict[str, str]) -> Git:
    found = Git.find(root, variables)
    assert found is not None
    return found


def seed(root: Path, run: Run, **files: str) -> None:
    for name, text in files.items():
        (root / name).write_text(text)
    run("add", "-A")
    run("commit", "-q", "-m", "seed")


def hook(root: Path, name: str, script: str) -> None:
    path = root / ".git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)


def test_a_git_that_somebody_ended_has_answered_nothing(tmp_path: Path, variables: dict[str, str]) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nkill -KILL $$\n")
    (tmp_path / "git").chmod(0o755)
    with pytest.raises(GitError, match="git rev-parse failed: status -9"):
        GitProcess(str(tmp_path / "git"), tmp_path, variables).head()


def test_finds_the_root_from_a_folder_inside(root: Path, variables: dict[str, str]) -> None:
    (root / "a" / "b").mkdir(parents=True)
    found = Git.find(root / "a" / "b", variables)
    assert found is not None and found.root == root.resolve()


def test_finds_a_root_whose_name_ends_oddly(tmp_path: Path, variables: dict[str, str]) -> None:
    odd = tmp_path / "odd \n"
    odd.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=odd, env=variables, check=True)
    found = Git.find(odd, variables)
    assert found is not None and found.root == odd.resolve()


def test_there_is_no_root_outside_of_a_worktree(root: Path, tmp_path: Path, variables: dict[str, str]) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    assert Git.find(outside, variables) is None
    assert Git.find(root / ".git", variables) is None
    subprocess.run(["git", "init", "-q", "--bare", "bare"], cwd=tmp_path, env=variables, check=True)
    assert Git.find(tmp_path / "bare", variables) is None


def test_without_git_there_is_no_repository(root: Path, tmp_path: Path) -> None:
    assert Git.find(root, {"PATH": str(tmp_path)}) is None
    assert Git.find(root, {}) is None


def test_a_repository_that_git_refuses_is_an_error(tmp_path: Path, variables: dict[str, str]) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / ".git").write_text("gitdir: nowhere\n")
    with pytest.raises(GitError, match="not a git repository"):
        Git.find(broken, variables)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_somebody_else_is_an_error_with_the_way_out(root: Path, variables: dict[str, str]) -> None:
    os.chown(root, 12345, 12345)
    with pytest.raises(GitError, match="dubious ownership") as caught:
        Git.find(root, variables)
    assert "safe.directory" in (caught.value.hint or "")


def test_variables_of_another_repository_do_not_count(root: Path, tmp_path: Path, variables: dict[str, str]) -> None:
    misleading = {**variables, "GIT_DIR": str(tmp_path / "elsewhere"), "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": "/x"}
    found = Git.find(root, misleading)
    assert found is not None and found.root == root.resolve()
    assert found.status() == ()


def test_a_repository_cannot_move_its_working_tree_elsewhere(
    root: Path, tmp_path: Path, run: Run, variables: dict[str, str]
) -> None:
    run("config", "core.worktree", str(tmp_path))
    with pytest.raises(GitError, match="takes .* for its working tree") as caught:
        Git.find(root, variables)
    assert "core.worktree" in (caught.value.hint or "")


def test_a_bare_repository_among_the_files_cannot_have_its_neighbours_for_a_working_tree(
    root: Path, run: Run, variables: dict[str, str]
) -> None:
    run("init", "-q", "--bare", "inner")
    (root / "inner" / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tworktree = %s\n" % root)
    with pytest.raises(GitError, match="takes .* for its working tree"):
        Git.find(root / "inner", variables)


def test_finds_the_root_of_a_worktree_of_a_submodule_and_of_a_folder_kept_apart(
    root: Path, tmp_path: Path, run: Run, variables: dict[str, str]
) -> None:
    seed(root, run, a="one")
    run("worktree", "add", "-q", str(tmp_path / "linked"))
    run("init", "-q", "--separate-git-dir", str(tmp_path / "apart.git"), str(tmp_path / "apart"))
    run("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(root), "sub")
    os.symlink(root, tmp_path / "link")
    for folder in (tmp_path / "linked", tmp_path / "apart", root / "sub", tmp_path / "link"):
        found = Git.find(folder, variables)
        assert found is not None and found.root == folder.resolve()


def test_reading_runs_no_program_that_the_repository_names(root: Path, tmp_path: Path, run: Run, git: Git) -> None:
    seed(root, run, a="one", b="two")
    trace, program = tmp_path / "ran", tmp_path / "program"
    program.write_text("#!/bin/sh\necho $0 $* >> '%s'\n" % trace)
    program.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-auto-gc"):
        shutil.copy(program, hooks / name)
    for name in (
        "core.fsmonitor", "core.pager", "pager.status", "core.editor", "core.sshCommand", "core.askPass",
        "core.alternateRefsCommand", "diff.external", "diff.x.command", "diff.x.textconv", "gpg.program",
        "credential.helper",
    ):
        run("config", name, str(program))
    run("config", "core.hooksPath", str(hooks))
    run("config", "log.showSignature", "true")
    run("config", "alias.status", "!" + str(program))
    (root / ".gitattributes").write_text("* diff=x\n")
    (root / "a").write_text("changed")

    assert [entry.path for entry in git.status()] == ["a", ".gitattributes"]
    assert git.dirty(["a"]) == ("a",)
    assert git.ignored(["a"]) == ()
    assert git.is_tracked("a") and git.tracks("b") and git.listed_paths()
    assert git.head() and git.in_progress() is None and git.commit_after(None, ["a", "b"])
    assert not trace.exists(), trace.read_text()


def test_reading_fetches_nothing_that_a_partial_clone_lacks(root: Path, tmp_path: Path, run: Run, git: Git) -> None:
    seed(root, run, a="one")
    trace = tmp_path / "ran"
    tree = run("rev-parse", "HEAD^{tree}").strip()
    for name, value in (
        ("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "origin"), ("protocol.ext.allow", "always"),
        ("remote.origin.promisor", "true"), ("remote.origin.url", "ext::touch %s" % trace),
    ):
        run("config", name, value)
    (root / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitError):
        git.commit_after(None, ["a"])
    assert not trace.exists()


def test_head_is_none_before_the_first_commit(root: Path, run: Run, git: Git) -> None:
    assert git.head() is None
    seed(root, run, a="1")
    assert git.head() == run("rev-parse", "HEAD").strip()


def test_tells_what_is_dirty(root: Path, run: Run, git: Git) -> None:
    (root / ".gitignore").write_text("*.log\n")
    seed(root, run, clean="1", modified="1", staged="1", deleted="1")
    (root / "modified").write_text("2")
    (root / "staged").write_text("2")
    run("add", "staged")
    (root / "deleted").unlink()
    (root / "new folder").mkdir()
    (root / "new folder" / "\u00fcn: x").write_text("")
    (root / "x.log").write_text("")
    paths = ["clean", "modified", "staged", "deleted", "new folder/\u00fcn: x", "x.log", "absent"]
    assert git.dirty(paths) == ("modified", "staged", "deleted", "new folder/\u00fcn: x")
    letters = {entry.path: entry.index + entry.worktree for entry in git.status()}
    assert letters == {
        "modified": ".M", "staged": "M.", "deleted": ".D", "new folder/\u00fcn: x": "??"
    }
    assert git.dirty([]) == ()
    assert git.dirty(["absent%d" % number for number in range(500)] + ["staged"]) == ("staged",)


def test_paths_are_taken_literally(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1")
    (root / "a").write_text("2")
    (root / "[a]").write_text("")
    (root / ":top").write_text("")
    assert git.dirty(["*"]) == ()
    assert git.dirty(["[a]", ":top"]) == ("[a]", ":top")
    assert git.ignored(["[a]", ":top"]) == ()


def test_tells_what_is_tracked_but_kept_out_of_the_tree(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1", b="2", c="3", d="4")
    run("update-index", "--skip-worktree", "a", "b")
    (root / "a").unlink()
    (root / "c").unlink()
    many = ["x%d" % number for number in range(300)]
    assert git.unseen(["a", "b", "c", "d", "new"]) == git.unseen([*many, "a", "b", "c"]) == ("a",)
    assert git.unseen([]) == ()


@pytest.mark.parametrize("is_here", [True, False])
def test_tells_what_lies_in_another_repository_by_the_index_alone(
    root: Path, run: Run, git: Git, is_here: bool
) -> None:
    (root / "src").mkdir()
    seed(root, run, **{"a.py": "1\n", "src/b.py": "2\n"})
    id_ = run("rev-parse", "HEAD").strip() if is_here else "1234567890" * 4
    run("update-index", "--add", "--cacheinfo", f"160000,{id_},libs/in side")
    paths = ("a.py", "src/b.py", "libs/in side/c.py", "libs/in side/d/e.py", "libs/in", "new/x.py", "a.py/x")
    assert git.linked(paths) == ("libs/in side/c.py", "libs/in side/d/e.py")
    assert git.linked(("libs/in side", "libs")) == ("libs/in side",)
    assert git.linked(("a.py",)) == ()


def test_tells_what_is_ignored_and_tracked(root: Path, run: Run, git: Git) -> None:
    (root / ".gitignore").write_text("*.log\n/:odd\n")
    (root / "kept.log").write_text("")
    run("add", "-f", "kept.log")
    seed(root, run, a="1")
    assert git.ignored(["x.log", "a", "deep/x.log", "kept.log", ":odd"]) == ("x.log", "deep/x.log", ":odd")
    assert git.ignored([]) == ()
    assert git.is_tracked("kept.log") and not git.is_tracked("x.log")
    assert not git.tracks(".orchestra")
    (root / ".orchestra").mkdir()
    (root / ".orchestra" / "x").write_text("")
    run("add", "-f", ".orchestra/x")
    assert git.tracks(".orchestra") and not git.is_tracked(".orchestra")


def test_reading_leaves_the_index_alone(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1")
    os.utime(root / "a", (1, 1))
    before = (root / ".git" / "index").read_bytes()
    assert git.status() == ()
    assert (root / ".git" / "index").read_bytes() == before


@pytest.mark.parametrize("command, name", [("merge", "merge"), ("rebase", "rebase"), ("cherry-pick", "cherry-pick")])
def test_tells_what_is_in_progress(root: Path, run: Run, git: Git, command: str, name: str) -> None:
    seed(root, run, a="1")
    run("checkout", "-q", "-b", "side")
    seed(root, run, a="2")
    run("checkout", "-q", "main")
    seed(root, run, a="3")
    assert git.in_progress() is None
    with pytest.raises(subprocess.CalledProcessError):
        run(command, "side")
    assert git.in_progress() == name
    (root / "a").write_text("4")
    with pytest.raises(GitError, match="%s is in progress" % name):
        git.commit(["a"], "x\n")


def test_in_a_linked_worktree_the_operation_of_that_worktree_counts(
    root: Path, run: Run, tmp_path: Path, variables: dict[str, str]
) -> None:
    seed(root, run, a="1")
    run("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Git.find(tmp_path / "linked", variables)
    assert linked is not None and linked.root == (tmp_path / "linked").resolve()
    subprocess.run(["git", "bisect", "start"], cwd=linked.root, env=variables, check=True, capture_output=True)
    assert linked.in_progress() == "bisect"


def test_commits_only_its_own_files(root: Path, run: Run, git: Git) -> None:
    (root / ".gitignore").write_text("*.log\n")
    seed(root, run, changed="1", deleted="1", theirs="1", untouched="1")
    (root / "theirs").write_text("2")
    (root / "staged new").write_text("1")
    run("add", "theirs", "staged new")
    (root / "theirs").write_text("3")
    (root / "untouched").write_text("2")
    (root / "changed").write_text("2")
    (root / "deleted").unlink()
    (root / "deep").mkdir()
    (root / "deep" / "cr\u00e9\u00e9 [x]").write_text("1")
    (root / "out.log").write_text("")
    staged_before = run("diff", "--cached", "theirs", "staged new")

    paths = ["changed", "deleted", "deep/cr\u00e9\u00e9 [x]", "out.log", "theirs never"]
    commit = git.commit(paths, "feat: x\n\n# not a comment\n\nbody  \n")

    assert commit is not None and commit.sha == git.head()
    assert commit.message == "feat: x\n\n# not a comment\n\nbody  \n"
    shown = run("-c", "core.quotePath=false", "show", "--name-status", "--no-renames", "--format=", "HEAD")
    assert shown == "M\tchanged\nA\tdeep/cr\u00e9\u00e9 [x]\nD\tdeleted\n"
    assert run("diff", "--cached", "theirs", "staged new") == staged_before
    letters = {entry.path: entry.index + entry.worktree for entry in git.status()}
    assert letters == {"theirs": "MM", "staged new": "A.", "untouched": ".M"}


def test_commits_in_a_repository_without_commits(root: Path, git: Git, run: Run) -> None:
    (root / "a").write_text("1")
    (root / "b").write_text("1")
    (root / "c").write_text("1")
    run("add", "b")
    commit = git.commit(["a"], "first")
    assert commit is not None and commit.message == "first\n"
    assert run("ls-tree", "--name-only", "HEAD") == "a\n"
    assert {entry.path: entry.index for entry in git.status()} == {"b": "A", "c": "?"}


def test_there_is_no_commit_without_a_change(root: Path, run: Run, git: Git) -> None:
    (root / ".gitignore").write_text("*.log\n")
    seed(root, run, a="1")
    (root / "x.log").write_text("")
    head = git.head()
    assert git.commit(["a", "x.log", "absent"], "x") is None
    assert git.commit([], "x") is None
    assert git.head() == head


def test_a_failing_hook_is_told_in_its_words_and_the_index_stays(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1")
    (root / "staged").write_text("1")
    run("add", "staged")
    hook(root, "pre-commit", "echo 'lint says no' >&2; exit 1\n")
    (root / "a").write_text("2")
    (root / "new").write_text("1")
    before, head = run("status", "--porcelain"), git.head()
    with pytest.raises(GitError, match="lint says no"):
        git.commit(["a", "new"], "x")
    assert run("status", "--porcelain") == before
    assert git.head() == head
    assert (root / "new").read_text() == "1" and (root / "a").read_text() == "2"


def test_a_failing_hook_leaves_what_the_user_took_out_of_the_index(root: Path, run: Run, git: Git) -> None:
    (root / "a.txt").write_text("one\n")
    run("add", "a.txt")
    run("commit", "-qm", "first")
    run("rm", "--cached", "-q", "a.txt")
    hook(root, "pre-commit", "exit 1\n")
    before = run("status", "--porcelain")
    with pytest.raises(GitError):
        git.commit(["a.txt"], "no")
    assert run("status", "--porcelain") == before


def test_hooks_run_and_see_that_they_may_step_aside(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1")
    hook(root, "commit-msg", 'echo "Skip: $ORCHESTRA_SKIP" >> "$1"\n')
    (root / "a").write_text("2")
    commit = git.commit(["a"], "subject\n")
    assert commit is not None and commit.message == "subject\nSkip: 1\n"


def test_what_a_hook_adds_to_the_commit_is_not_left_staged_to_be_taken_back(root: Path, run: Run, git: Git) -> None:
    seed(root, run, **{"a.py": "one\n", "log.md": "-\n", "mine.py": "-\n", "gone.py": "-\n"})
    (root / "mine.py").write_text("staged by the user\n")
    run("add", "mine.py")
    (root / "a.py").write_text("two\n")
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.write_text(
        "#!/bin/sh\nsed -i s/two/TWO/ a.py\necho two >> log.md\necho hook > mine.py\n"
        "git add a.py log.md mine.py; git rm -q --cached gone.py; rm gone.py\n"
    )
    hook.chmod(0o755)
    assert git.commit(["a.py"], "fix: it\n") is not None
    assert run("show", "HEAD:a.py") == "TWO\n"
    assert run("diff", "--cached", "--name-only").split() == ["mine.py"]
    assert run("show", ":mine.py") == "staged by the user\n"
    assert run("status", "--porcelain").split() == ["MM", "mine.py"]


def test_hooks_see_no_setting_that_changes_what_their_own_git_means(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1")
    hook(root, "pre-commit", "git diff --cached --name-only -- '*.py' > hook.out\n")
    (root / "b.py").write_text("")
    assert git.commit(["b.py"], "x") is not None
    assert (root / "hook.out").read_text() == "b.py\n"


def test_without_an_identity_the_error_says_what_to_set(
    root: Path, run: Run, tmp_path: Path, variables: dict[str, str]
) -> None:
    (tmp_path / "home" / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    git = Git.find(root, {**variables, "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"})
    assert git is not None
    (root / "new").write_text("1")
    with pytest.raises(GitError) as caught:
        git.commit(["new"], "x")
    assert "user.email" in (caught.value.hint or "")
    assert run("status", "--porcelain") == "?? new\n"


def test_an_identity_in_the_variables_counts(root: Path, tmp_path: Path, variables: dict[str, str]) -> None:
    (tmp_path / "home" / ".gitconfig").unlink()
    own = {name + tail: "bo@example.org" for name in ("GIT_AUTHOR_", "GIT_COMMITTER_") for tail in ("NAME", "EMAIL")}
    git = Git.find(root, {**variables, **own})
    assert git is not None
    (root / "new").write_text("1")
    assert git.commit(["new"], "x") is not None


def test_a_hook_that_hangs_after_the_commit_takes_no_new_file_of_it_out_of_the_index(
    root: Path, run: Run, git: Git
) -> None:
    (root / "deep").mkdir()
    for path in ("new", "deep/new"):
        (root / path).write_text("1\n")
    os.mkfifo(root / ".git" / "reached")
    hook(root, "post-commit", "echo > .git/reached\nexec sleep 600\n")
    cancel = CancelToken()

    def stop() -> None:
        (root / ".git" / "reached").read_text()
        cancel.cancel()

    stopper = threading.Thread(target=stop, daemon=True)
    stopper.start()
    with pytest.raises(Cancelled):
        git.until(cancel).commit(["new", "deep/new"], "x", cancel=cancel)
    assert run("log", "-1", "--format=%s") == "x\n"
    assert run("status", "--porcelain") == ""


def test_a_commit_that_is_stopped_before_git_writes_its_index_leaves_nothing_to_be_taken_back(
    root: Path, run: Run, git: Git
) -> None:
    seed(root, run, a="1", gone="1")
    (root / "a").write_text("2")
    (root / "gone").unlink()
    (root / "new").write_text("1")
    os.mkfifo(root / ".git" / "reached")
    hook(root, "reference-transaction", '[ "$1" = committed ] || exit 0\necho > .git/reached\nexec sleep 600\n')
    cancel = CancelToken()

    def stop() -> None:
        (root / ".git" / "reached").read_text()
        cancel.cancel()

    stopper = threading.Thread(target=stop, daemon=True)
    stopper.start()
    with pytest.raises(Cancelled):
        git.until(cancel).commit(["a", "gone", "new"], "x", cancel=cancel)
    assert run("log", "-1", "--format=%s") == "x\n"
    assert run("status", "--porcelain") == ""


def test_what_a_kill_in_the_middle_of_a_commit_left_to_be_added_is_taken_over(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1")
    (root / "new").write_text("1")
    run("add", "--intent-to-add", "new")
    index = (root / ".git" / "index").read_bytes()
    run("commit", "-q", "-a", "-m", "x")
    (root / ".git" / "index").write_bytes(index)
    git.take_over({"new": b"1"})
    assert run("status", "--porcelain") == ""


def test_a_hook_that_hangs_is_ended(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1")
    hook(root, "pre-commit", "exec sleep 600\n")
    (root / "new").write_text("2")
    with pytest.raises(GitError, match="took longer"):
        git.commit(["new"], "x", timeout_s=0)
    assert run("status", "--porcelain") == "?? new\n"
    assert not (root / ".git" / "index.lock").exists()


def test_a_stop_ends_a_commit_and_takes_its_traces_back(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1")
    (root / "new").write_text("2")
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        git.commit(["new"], "x", cancel=cancel)
    assert run("status", "--porcelain") == "?? new\n"


class Freeing(FakeClock):
    """A clock under which the other git is done after so many sleeps."""

    def __init__(self, lock: Path, sleeps: int) -> None:
        super().__init__()
        self.lock, self.left = lock, sleeps

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        super().sleep(seconds, cancel)
        self.left -= 1
        if not self.left:
            self.lock.unlink()


@pytest.mark.parametrize("sleeps, is_freed", [(3, True), (10_000, False)])
def test_a_held_index_is_waited_for_and_not_for_ever(
    root: Path, variables: dict[str, str], sleeps: int, is_freed: bool
) -> None:
    lock = root / ".git" / "index.lock"
    lock.write_text("")
    process = GitProcess.find(root, variables)
    assert process is not None
    clock = process.clock = Freeing(lock, sleeps)
    await_index(process, CancelToken())
    assert (not lock.exists(), clock.seconds < INDEX_TIMEOUT_S) == (is_freed, is_freed)


def test_a_held_index_is_told_with_the_way_out(root: Path, run: Run, git: Git) -> None:
    seed(root, run, a="1")
    (root / "a").write_text("2")
    (root / ".git" / "index.lock").write_text("")
    with pytest.raises(GitError) as caught:
        git.commit(["a"], "x")
    assert "lock" in (caught.value.hint or "")
    assert (root / "a").read_text() == "2"


@pytest.mark.parametrize("words, hint", [
    ("Unable to create '.git/index.lock': Permission denied", "writable"),
    ("Unable to create '.git/index.lock': Read-only file system", "writable"),
    ("Unable to create '.git/index.lock': File exists.", "lock"),
])
def test_an_index_that_may_not_be_written_is_told_from_one_that_is_held(
    root: Path, variables: dict[str, str], words: str, hint: str
) -> None:
    process = GitProcess.find(root, variables)
    assert process is not None
    error = process.refuse(ChildResult(128, b"", words.encode(), 5), ["commit"])
    assert hint in (error.hint or "") and ("lock" in (error.hint or "")) is (hint == "lock")


def test_reading_runs_no_program_that_a_submodule_names(root: Path, tmp_path: Path, run: Run, git: Git) -> None:
    seed(root, run, a="one")
    run("init", "-q", "sub")
    inner = root / "sub"
    (inner / "b").write_text("one")
    run("-C", "sub", "add", "b")
    run("-C", "sub", "commit", "-q", "-m", "seed")
    seed(root, run)
    run("-C", "sub", "config", "filter.f.clean", "touch '%s'; cat" % (tmp_path / "ran"))
    (inner / ".gitattributes").write_text("* filter=f\n")
    (inner / "b").write_text("two")
    os.utime(inner / "b", (0, 0))

    assert git.status() == ()
    assert not (tmp_path / "ran").exists()
