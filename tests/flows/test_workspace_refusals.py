"""Status 5: paths that are refused, work of the user's that is in the way, a git that says no."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

from orchestra.demo.script import Fault, Text
from tests.flows.project import Project
from tests.flows.team import APPROVED, finding, one_file, plan_of, planned, team, whole

BAD_PATHS = [
    "../x", "/etc/x", "a/../../x", ".git/config", ".GIT/hooks/pre-commit", ".orchestra/state.db", "folder", "folder/",
    "link-out.txt", "link-folder/x.txt", "README.md/x", "~/x", "C:\\x", "", ".",
]


@pytest.mark.parametrize("place", ["bare.git", "bare.git/hooks", "project/.git", "project/.git/objects"])
@pytest.mark.parametrize("argv", [
    ("run", "task", "--yes"), ("plan", "task"), ("resume",), ("watch", "task"), ("undo",), ("context", "task"),
])
def test_gits_own_folder_is_no_place_to_work_in(project: Project, place: str, argv: tuple[str, ...]) -> None:
    project.git("clone", "--quiet", "--bare", ".", str(project.folder / "bare.git"))
    here = project.folder / place
    before = sorted(project.folder.rglob("*"))
    ran = project.run(*argv, "--json", script=one_file(), cwd=here)

    assert (ran.status, ran.calls) == (5, ())
    assert "git's own folder" in ran.json["error"]["message"] and "working tree" in ran.json["error"]["hint"]
    assert [file for file in sorted(project.folder.rglob("*")) if file.name != "config.json"] == before


def test_doctor_says_so_of_gits_own_folder(project: Project) -> None:
    ran = project.run("doctor", "--json", cwd=project.root / ".git")
    (git,) = [check for check in ran.json["checks"] if check["name"] == "git"]

    assert (ran.status, git["state"]) == (1, "fail") and "git's own folder" in git["text"]


@pytest.fixture
def with_oddities(project: Project) -> Project:
    project.commit("folder/file.txt", "inside\n")
    (project.folder / "outside.txt").write_text("outside\n")
    (project.root / "link-out.txt").symlink_to(project.folder / "outside.txt")
    (project.root / "link-folder").symlink_to(project.folder)
    return project


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_plan_with_a_bad_path_gets_one_repair_round_and_then_ends(with_oddities: Project, path: str) -> None:
    project = with_oddities
    before = project.everything()
    plan = plan_of(planned("good.txt"), planned(path))
    ran = project.run("run", "task", "--yes", "--json", script=team([plan, plan]))

    assert (ran.status, ran.json["status"], ran.json["files"]) == (5, "failed", [])
    assert ran.json["error"]["code"] == "refused-path"
    assert len(ran.calls) == 2
    assert "Your answer could not be used" in ran.calls[1].text
    assert project.everything() == before
    assert sorted(file.name for file in project.folder.iterdir()) == ["config.json", "home", "outside.txt", "project"]
    assert (project.folder / "outside.txt").read_text() == "outside\n"


def test_the_same_file_twice_is_refused(project: Project) -> None:
    plan = plan_of(planned("a.txt"), planned("./a.txt", "modify"))
    ran = project.run("run", "task", "--yes", "--json", script=team([plan, plan]))

    assert (ran.status, ran.json["error"]["code"], len(ran.calls)) == (5, "refused-path", 2)
    assert not project.has("a.txt")


def test_a_file_below_a_planned_file_is_refused(project: Project) -> None:
    plan = plan_of(planned("a"), planned("a/b.txt"))
    ran = project.run("run", "task", "--yes", "--json", script=team([plan, plan]))

    assert (ran.status, ran.json["error"]["code"]) == (5, "refused-path")


def test_the_repair_round_can_save_the_plan(project: Project) -> None:
    script = team([plan_of(planned("../a.txt")), plan_of(planned("a.txt"))], {"a.txt": whole("one\n")})
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert ran.status == 0
    assert "has .. in it" in ran.calls[1].text


def test_a_given_plan_with_a_bad_path_ends_at_once(project: Project) -> None:
    project.write("plan.md", "# Plan\n\nTask: do\n\nDo.\n\n## create ../x\n\nIt.\n")
    ran = project.run("run", "--plan", "plan.md", "--yes", "--json", script=team())

    assert (ran.status, ran.json["error"]["code"], ran.calls) == (5, "refused-path", ())


def test_a_planned_secret_that_is_there_is_refused(project: Project) -> None:
    project.write(".env", "TOKEN=very-secret\n")
    plan = plan_of(planned(".env", "modify"))
    ran = project.run("run", "task", "--yes", "--json", script=team([plan, plan]))

    assert ran.status == 5
    assert project.read(".env") == "TOKEN=very-secret\n"
    assert not any("very-secret" in call.system + call.text for call in ran.calls)


# Work of the user's in planned files


def dirty_modified(project: Project) -> None:
    project.commit("a.txt", "old\n")
    project.write("a.txt", "the user's\n")


def dirty_staged(project: Project) -> None:
    project.commit("a.txt", "old\n")
    project.write("a.txt", "the user's\n")
    project.git("add", "a.txt")


def dirty_untracked(project: Project) -> None:
    project.write("a.txt", "the user's\n")


DIRTY = [dirty_modified, dirty_staged, dirty_untracked]
MODIFY = plan_of(planned("a.txt", "modify"))


@pytest.mark.parametrize("make_dirty", DIRTY)
def test_a_dirty_planned_file_stops_a_run_with_commit_before_the_first_write(project, make_dirty) -> None:
    make_dirty(project)
    before = project.everything()
    ran = project.run("run", "task", "--yes", "--commit", "--json", script=team(MODIFY))

    assert (ran.status, ran.json["status"]) == (5, "failed")
    assert "a.txt" in ran.json["error"]["message"] and "--allow-dirty" in ran.json["error"]["hint"]
    assert ran.asked == [("architect", None)]
    assert project.everything() == before
    project.git("add", "-A")
    project.git("commit", "-qm", "mine")
    resume = ran.json["error"]["hint"].split("`")[1].split()[1:]
    drafts = {"a.txt": whole(project.read("a.txt") + "ours\n")}
    assert project.run(*resume, "--yes", script=team(MODIFY, drafts)).status == 0


@pytest.mark.parametrize("make_dirty", DIRTY)
def test_allow_dirty_commits_the_users_work_in_planned_files_too(project, make_dirty) -> None:
    make_dirty(project)
    script = team(MODIFY, {"a.txt": whole("the user's\nand ours\n")})
    ran = project.run("run", "task", "--yes", "--commit", "--allow-dirty", "--json", script=script)

    assert ran.status == 0
    assert project.git("show", "HEAD:a.txt") == "the user's\nand ours\n"
    assert project.git("status", "--porcelain") == ""


def test_allow_dirty_commits_what_the_user_had_done_of_the_plan_already(project: Project) -> None:
    for path in ("a.txt", "gone.txt", "asis.txt", "other.txt"):
        project.commit(path, "one\n")
    os.remove(project.root / "gone.txt")
    for path in ("asis.txt", "other.txt"):
        project.write(path, "the user's\n")
    plan = plan_of(planned("a.txt", "modify"), planned("gone.txt", "delete"), planned("asis.txt", "modify"))
    script = team(plan, {"a.txt": whole("ours\n"), "asis.txt": whole("the user's\n")})
    ran = project.run("run", "task", "--yes", "--commit", "--allow-dirty", "--json", script=script)

    assert {path: file["status"] for path, file in ran.files.items()} == {
        "a.txt": "approved", "gone.txt": "unchanged", "asis.txt": "unchanged",
    }
    assert project.git("show", "--format=", "--name-status") == "M\ta.txt\nM\tasis.txt\nD\tgone.txt\n"
    assert project.git("status", "--porcelain") == " M other.txt\n"
    assert project.run("verify").status == 0
    assert project.run("undo").status == 0
    assert project.git("status", "--porcelain") == " M a.txt\n M other.txt\n", "only what the session did"


@pytest.mark.parametrize("make_dirty", DIRTY)
def test_without_commit_a_dirty_file_is_edited_from_the_users_version(project, make_dirty) -> None:
    make_dirty(project)
    ran = project.run("run", "task", "--yes", "--json", script=team(MODIFY, {"a.txt": whole("ours\n")}))

    assert ran.status == 0
    assert "the user's" in ran.calls[1].text
    first = project.rows("SELECT kind, content FROM file_versions ORDER BY id")[0]
    assert (first["kind"], bytes(first["content"])) == ("before", b"the user's\n")


@pytest.mark.parametrize("make_dirty", DIRTY)
def test_a_dirty_file_that_is_not_approved_goes_back_to_the_users_version(project, make_dirty) -> None:
    make_dirty(project)
    script = team(MODIFY, {"a.txt": whole("ours\n")}, finding("no"))
    ran = project.run("run", "task", "--yes", "--max-iterations", "1", "--json", script=script)

    assert (ran.status, ran.files["a.txt"]["status"]) == (1, "reverted")
    assert project.read("a.txt") == "the user's\n"


# The user's edits in the middle of a run


def test_an_edit_of_the_users_before_the_first_write_is_kept(project: Project) -> None:
    project.commit("a.txt", "old\n")

    def executor(call):
        project.write("a.txt", "edited by the user\n")
        return whole("ours\n")

    script = team(MODIFY, {"a.txt": lambda call: _text(executor, call)})
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert (ran.status, ran.files["a.txt"]["error"]["code"]) == (5, "conflict")
    assert project.read("a.txt") == "edited by the user\n"


def test_an_edit_of_the_users_between_two_drafts_is_kept(project: Project) -> None:
    project.commit("a.txt", "old\n")

    def consultant(call):
        project.write("a.txt", "edited by the user\n")
        return whole("ours again\n")

    script = team(MODIFY, {"a.txt": whole("ours\n")}, [finding("no")], {"a.txt": lambda call: _text(consultant, call)})
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert (ran.status, ran.files["a.txt"]["error"]["code"]) == (5, "conflict")
    assert project.read("a.txt") == "edited by the user\n"


def test_an_edit_of_the_users_is_not_put_back_with_a_bad_draft(project: Project) -> None:
    project.commit("a.txt", "old\n")

    def auditor(call):
        project.write("a.txt", "edited by the user\n")
        return finding("no")

    script = team(MODIFY, {"a.txt": whole("ours\n")}, lambda call: _text(auditor, call))
    ran = project.run("run", "task", "--yes", "--max-iterations", "1", "--json", script=script)

    assert ran.status == 5
    assert project.read("a.txt") == "edited by the user\n"


def test_a_file_of_the_users_that_appears_where_one_is_created_is_kept(project: Project) -> None:
    def executor(call):
        project.write("a.txt", "made by the user\n")
        return whole("ours\n")

    plan = plan_of(planned("a.txt"), planned("b.txt"))
    script = team(plan, {"a.txt": lambda call: _text(executor, call), "b.txt": whole("two\n")})
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert ran.status == 5
    assert project.read("a.txt") == "made by the user\n"
    assert ran.files["b.txt"]["status"] == "approved", "one file's failure does not stop the others"


def editing_an_approved_file(project: Project):
    """A team of two files; the user changes the first while the second is written."""
    def executor(call):
        project.write("a.txt", "one\nand the user's\n")
        return whole("two\n")

    return team(
        plan_of(planned("a.txt"), planned("b.txt")),
        {"a.txt": whole("one\n"), "b.txt": lambda call: _text(executor, call)},
    )


@pytest.mark.parametrize("flags", [(), ("--no-test",)])
def test_an_edit_of_the_users_after_the_approval_is_a_conflict_and_kept(
    project: Project, flags: tuple[str, ...]
) -> None:
    ran = project.run("run", "task", "--yes", "--json", *flags, script=editing_an_approved_file(project))

    assert (ran.status, ran.json["error"]["code"], ran.json["can_resume"]) == (5, "conflict", True)
    assert ran.json["error"]["message"].startswith("1 planned file did not succeed; a.txt: changed or removed by")
    assert (ran.files["a.txt"]["status"], ran.files["b.txt"]["status"]) == ("failed", "approved")
    assert project.read("a.txt") == "one\nand the user's\n"
    again = project.run("resume", "--json", script=team())
    assert (again.status, again.calls, project.read("a.txt")) == (5, (), "one\nand the user's\n")
    project.write("a.txt", "one\n")
    assert project.run("resume", "--json", script=team("", {}, APPROVED)).status == 0


def test_approved_files_that_are_removed_during_the_run_are_named_and_made_again_by_resume(project: Project) -> None:
    names = [f"src/{name}.txt" for name in "abcdef"]

    def executor(call):
        shutil.rmtree(project.root / "src")
        return whole("text\n")

    drafts = {name: whole("text\n") for name in names}
    plan = plan_of(*map(planned, names))
    ran = project.run("run", "task", "--yes", "--json", script=team(
        plan, {**drafts, "src/e.txt": lambda call: _text(executor, call)}, APPROVED
    ))
    assert (ran.status, ran.json["error"]["code"]) == (5, "conflict")
    assert "; src/a.txt, src/b.txt, src/c.txt and 1 more: changed or removed" in ran.json["error"]["message"]
    assert [file["status"] for file in ran.json["files"]] == ["failed"] * 4 + ["approved"] * 2
    again = project.run("resume", "--json", script=team("", drafts, APPROVED))
    assert again.status == 0
    assert {*project.tree()} == {"README.md", *names}
    assert project.run("verify").status == 0


def test_what_the_user_does_to_an_approved_file_before_a_resume_is_a_conflict_too(project: Project) -> None:
    plan = plan_of(planned("a.txt"), planned("b.txt"))
    script = team(plan, {"a.txt": whole("one\n"), "b.txt": Fault(500)})
    ran = project.run("run", "task", "--yes", "--json", script=script)
    assert (ran.files["a.txt"]["status"], ran.json["can_resume"]) == ("approved", True)
    (project.root / "a.txt").unlink()
    ran = project.run("resume", "--json", script=team("", {"b.txt": whole("two\n")}, APPROVED))

    assert (ran.status, ran.json["error"]["code"], project.has("a.txt")) == (5, "conflict", False)


def test_a_dry_run_has_no_files_that_somebody_could_change(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--dry-run", "--json", script=editing_an_approved_file(project))

    assert (ran.status, project.read("a.txt")) == (0, "one\nand the user's\n")


def test_an_edit_of_the_users_after_the_approval_is_not_committed(project: Project) -> None:
    head = project.head()
    ran = project.run("run", "task", "--yes", "--commit", "--json", script=editing_an_approved_file(project))

    assert (ran.status, ran.json["error"]["code"], ran.json["commit"]) == (5, "conflict", None)
    assert "a.txt" in ran.json["error"]["message"]
    assert project.head() == head
    assert project.read("a.txt") == "one\nand the user's\n"
    assert project.git("status", "--porcelain") == "?? a.txt\n?? b.txt\n"


def test_allow_dirty_commits_an_edit_of_the_users_after_the_approval_too(project: Project) -> None:
    ran = project.run(
        "run", "task", "--yes", "--commit", "--allow-dirty", "--json", script=editing_an_approved_file(project)
    )

    assert ran.status == 0
    assert project.git("show", "HEAD:a.txt") == "one\nand the user's\n"
    assert "a.txt changed since the auditor approved what was there; committed as they are now" in ran.err
    assert "b.txt changed" not in ran.err


def _text(make, call):
    return Text(make(call))


# Git says no


def test_a_failing_hook_ends_with_5_and_the_files_stay(project: Project) -> None:
    project.hook("pre-commit", "echo no such luck >&2\nexit 1\n")
    before = project.head()
    ran = project.run("run", "task", "--yes", "--commit", "--json", script=one_file())

    assert (ran.status, ran.json["error"]["code"], ran.json["commit"]) == (5, "git", None)
    assert "no such luck" in ran.json["error"]["message"]
    assert project.read("a.txt") == "one\n"
    assert project.head() == before
    assert project.git("status", "--porcelain") == "?? a.txt\n"


def test_a_commit_that_a_hook_refused_is_made_by_resume(project: Project) -> None:
    project.hook("pre-commit", "exit 1\n")
    project.run("run", "task", "--yes", "--commit", script=one_file())
    (project.root / ".git" / "hooks" / "pre-commit").unlink()
    ran = project.run("resume", "--yes", "--json", script=team())

    assert (ran.status, ran.calls) == (0, ())
    assert ran.json["commit"]["sha"] == project.head()


def test_what_a_hook_changed_before_it_refused_is_left_to_the_user_to_commit(project: Project) -> None:
    project.hook("pre-commit", "grep -q formatted a.txt && exit 0\necho formatted > a.txt\nexit 1\n")
    ran = project.run("run", "task", "--yes", "--commit", script=one_file())
    assert (ran.status, "or somebody, changed a.txt meanwhile" in ran.err) == (5, True)
    before = project.head()
    ran = project.run("resume", "--yes", "--json", script=team())
    assert (ran.status, ran.json["error"]["code"], project.head()) == (5, "conflict", before)
    project.git("add", "a.txt")
    project.git("commit", "--quiet", "--message=formatted")
    ran = project.run("resume", "--yes", "--json", script=team())

    assert (ran.status, ran.calls, ran.json["commit"]["sha"]) == (0, (), project.head())
    assert project.git("log", "-1", "--format=%s %P") == f"formatted {before}\n"


def test_no_git_identity_ends_with_5_and_the_files_stay(project: Project) -> None:
    project.git("config", "--unset", "user.name")
    project.git("config", "--unset", "user.email")
    project.git("config", "user.useConfigOnly", "true")
    ran = project.run("run", "task", "--yes", "--commit", "--json", script=one_file())

    assert (ran.status, ran.json["error"]["code"]) == (5, "git")
    assert project.read("a.txt") == "one\n"


def test_a_merge_in_progress_stops_a_run_with_commit_before_the_first_call(project: Project) -> None:
    (project.root / ".git" / "MERGE_HEAD").write_text(project.head() + "\n")
    ran = project.run("run", "task", "--yes", "--commit", "--json", script=one_file())

    assert (ran.status, ran.json["error"]["code"], ran.calls) == (5, "git", ())


def test_hooks_are_honoured_and_a_passing_one_runs_once(project: Project) -> None:
    project.hook("pre-commit", "echo ran >> .git/hook-ran\n")
    ran = project.run("run", "task", "--yes", "--commit", script=one_file())

    assert ran.status == 0
    assert project.read(".git/hook-ran") == "ran\n"


# No write access


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Project]:
    """A project in a folder that this process may not write, even where the tests run as root."""
    folder = Path(tempfile.mkdtemp())
    project = Project.create(folder, is_repository=False)
    was_root = os.geteuid() == 0
    os.chmod(folder, 0o755)
    (folder / "config.json").touch(mode=0o666)
    os.chmod(folder / "config.json", 0o666)
    os.chmod(project.root, 0o555)
    if was_root:
        os.seteuid(65534)
    yield project
    if was_root:
        os.seteuid(0)
    os.chmod(project.root, stat.S_IRWXU)
    shutil.rmtree(folder)


def test_a_read_only_folder_is_said_before_the_first_call(read_only: Project) -> None:
    ran = read_only.run("run", "task", "--yes", "--json", script=one_file())

    assert (ran.status, ran.json["error"]["code"], ran.calls) == (5, "workspace", ())
    assert "no write access" in ran.json["error"]["message"]


def test_status_works_in_a_read_only_folder(read_only: Project) -> None:
    assert read_only.run("sessions", "--json").json["sessions"] == []
    assert read_only.run("status").status == 2


def test_a_read_only_file_is_left_alone_until_the_user_says_otherwise(project: Project) -> None:
    project.commit("locked.txt", "mine\n")
    os.chmod(project.root / "locked.txt", 0o444)
    script = team(
        plan_of(planned("locked.txt", "modify"), planned("b.txt")),
        {"locked.txt": whole("one\n"), "b.txt": whole("two\n")}, APPROVED,
    )
    ran = project.run("run", "task", "--yes", "--json", script=script)
    kept = project.read("locked.txt")
    os.chmod(project.root / "locked.txt", 0o644)
    resumed = project.run("resume", "--yes", "--json", script=script)

    assert (ran.status, ran.files["b.txt"]["status"], kept) == (5, "approved", "mine\n")
    assert "chmod u+w" in ran.json["error"]["message"] and "resume" in ran.json["error"]["hint"]
    assert (resumed.status, project.read("locked.txt")) == (0, "one\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_subfolder_fails_its_file_and_not_the_others(project: Project) -> None:
    project.commit("locked/.keep", "")
    os.chmod(project.root / "locked", 0o555)
    script = team(
        plan_of(planned("locked/a.txt"), planned("b.txt")),
        {"locked/a.txt": whole("one\n"), "b.txt": whole("two\n")}, APPROVED,
    )
    ran = project.run("run", "task", "--yes", "--json", script=script)

    assert ran.status == 5
    assert ran.files["b.txt"]["status"] == "approved"
