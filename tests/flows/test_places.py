"""Where the program is started and what it leaves alone: folders, task files, given plans, dry runs."""

from __future__ import annotations

import pytest

from tests.flows.project import Project, Terminal
from tests.flows.team import APPROVED, block, edit, finding, one_file, plan_of, planned, team, whole

RUN = ("run", "task", "--yes", "--json")


def test_a_folder_without_git_works(plain_folder: Project) -> None:
    plain_folder.write("old.txt", "old\n")
    plan = plan_of(planned("a.txt"), planned("old.txt", "modify"))
    ran = plain_folder.run(*RUN, script=team(plan, {"a.txt": whole("1\n"), "old.txt": edit("old\n", "new\n")}))

    assert (ran.status, ran.json["commit"]) == (0, None)
    assert plain_folder.tree() == {"a.txt": b"1\n", "old.txt": b"new\n"}
    assert "old.txt" in ran.calls[0].text


def test_a_machine_without_git_works(project: Project) -> None:
    ran = project.run(*RUN, script=one_file(), variables={"PATH": "/nowhere"})

    assert (ran.status, project.read("a.txt")) == (0, "one\n")


def test_the_root_is_gits_top_level_wherever_one_stands(project: Project) -> None:
    project.commit("deep/down/file.txt", "x\n")
    ran = project.run(*RUN, "--commit", script=one_file(), cwd=project.root / "deep" / "down")

    assert (ran.status, project.read("a.txt")) == (0, "one\n")
    assert not project.has("deep/down/.orchestra") and project.has(".orchestra/state.db")
    assert project.run("status", "--json", cwd=project.root / "deep").json["session"]["phase"] == "completed"


def test_the_root_of_a_worktree_is_its_own(project: Project) -> None:
    other = project.folder / "other"
    project.git("worktree", "add", "--quiet", str(other))
    ran = project.run(*RUN, "--commit", script=one_file(), cwd=other)

    assert ran.status == 0
    assert (other / "a.txt").read_text() == "one\n" and (other / ".orchestra").is_dir()
    assert not project.has("a.txt") and not project.state.exists()


@pytest.mark.parametrize("argv", [
    ["-C", "project", *RUN], [*RUN, "-C", "project"], ["-Cproject", *RUN], ["-C", "home", "-C", "../project", *RUN],
])
def test_another_folder_is_named_as_in_git(project: Project, argv: list[str]) -> None:
    ran = project.run(*argv, script=one_file(), cwd=project.folder)

    assert (ran.status, project.read("a.txt")) == (0, "one\n")


def test_a_task_is_read_from_a_file_beside_the_current_folder(project: Project) -> None:
    project.write("sub/task.txt", "Do it.\nAll of it.\n")
    ran = project.run("run", "--task-file", "task.txt", "--yes", "--json", script=one_file(), cwd=project.root / "sub")

    assert (ran.status, ran.json["task"]) == (0, "Do it.\nAll of it.")
    assert "Do it.\nAll of it." in ran.calls[0].text


def test_a_given_plan_skips_the_architect_and_brings_its_task(project: Project) -> None:
    project.write("plan.md", "# Plan\n\nTask: write a\n\nIt is needed.\n\n## create a.txt\n\nOne line.\n")
    ran = project.run("run", "--plan", "plan.md", "--yes", "--json", script=team("", {"a.txt": whole("one\n")}))

    assert (ran.status, ran.json["task"], ran.json["summary"]) == (0, "write a", "It is needed.")
    assert ran.asked == [("executor", "a.txt"), ("auditor", "a.txt")]
    assert project.read("a.txt") == "one\n"


def test_a_given_plan_still_awaits_approval(project: Project) -> None:
    project.write("plan.md", "# Plan\n\nTask: write a\n\n## create a.txt\n\nOne line.\n")

    assert project.run("run", "--plan", "plan.md", "--json", script=team()).status == 3


GIVEN = "# Plan\n\nTask: write a\n\n## create a.txt\n\nOne line.\n"
WITHOUT_ARCHITECT = {"agents": {
    "architect": ["openai/gpt-5.3-codex"],
    **{role: [f"scripted/{role}-model"] for role in ("executor", "auditor", "consultant")},
}}


def test_a_given_plan_needs_no_architect_nor_does_its_resume(project: Project) -> None:
    project.write("plan.md", GIVEN)
    script = team("", {"a.txt": whole("one\n")})
    first = project.run("run", "--plan", "plan.md", "--json", script=script, settings=WITHOUT_ARCHITECT)
    ran = project.run("resume", "--yes", "--json", script=script, settings=WITHOUT_ARCHITECT)

    assert (first.status, ran.status) == (3, 0), ran.err
    assert project.read("a.txt") == "one\n"


def test_a_given_plan_is_revised_by_the_architect_if_there_is_one(project: Project) -> None:
    project.write("plan.md", GIVEN)
    script = team(plan_of(planned("b.txt")), {"b.txt": whole("two\n")})
    ran = project.run("run", "--plan", "plan.md", "--json", script=script, stdin=Terminal("r", "call it b", "a"))

    assert ran.status == 0
    assert "call it b" in ran.calls[0].text and "a.txt" in ran.calls[0].text
    assert (project.has("a.txt"), project.has("b.txt")) == (False, True)


def test_without_an_architect_a_revision_is_explained_and_the_plan_stays(project: Project) -> None:
    project.write("plan.md", GIVEN)
    script = team("", {"a.txt": whole("one\n")})
    ran = project.run(
        "run", "--plan", "plan.md", "--json", script=script, settings=WITHOUT_ARCHITECT,
        stdin=Terminal("r", "call it b", "a"),
    )

    assert ran.status == 0
    assert "no model can answer for the architect" in ran.err
    assert project.read("a.txt") == "one\n"


def test_plan_prints_the_plan_keeps_it_and_stops(project: Project) -> None:
    plan = plan_of(planned("a.txt", criteria=["it is there"]))
    ran = project.run("plan", "task", script=team(plan))
    as_json = project.run("plan", "task", "--json", script=team(plan))

    assert (ran.status, as_json.status, as_json.json["status"]) == (0, 0, "completed")
    assert "a.txt" in ran.out and "it is there" in ran.out
    assert as_json.json["plan"]["files"][0]["path"] == "a.txt"
    assert "## create a.txt" in project.read(as_json.json["plan_file"])
    assert project.tree() == {"README.md": b"A project.\n"}


def test_a_plan_is_carried_out_by_resume(project: Project) -> None:
    project.run("plan", "task", script=team(plan_of(planned("a.txt"))))
    ran = project.run("resume", "--yes", "--json", script=team("", {"a.txt": whole("one\n")}))

    assert (ran.status, project.read("a.txt")) == (0, "one\n")


def test_the_kept_plan_is_a_plan_that_can_be_given(project: Project) -> None:
    project.run("plan", "write a file", script=team(plan_of(planned("a.txt"))))
    ran = project.run(
        "run", "--plan", ".orchestra/plan.md", "--yes", "--json", script=team("", {"a.txt": whole("one\n")})
    )

    assert (ran.status, ran.json["task"]) == (0, "write a file")


# Dry runs

CHANGE = plan_of(planned("new.txt"), planned("old.txt", "modify"), planned("README.md", "delete"))
DRAFTS = {"new.txt": whole("new\n"), "old.txt": edit("two\n", "TWO\n")}


def test_a_dry_run_writes_nothing_and_ends_with_a_diff_that_applies(project: Project) -> None:
    project.commit("old.txt", "one\ntwo\nthree\n")
    before = project.everything()
    ran = project.run("run", "task", "--yes", "--dry-run", script=team(CHANGE, DRAFTS))

    assert ran.status == 0
    assert project.everything() == before
    project.git("apply", stdin=ran.out)
    assert project.tree() == {"new.txt": b"new\n", "old.txt": b"one\nTWO\nthree\n"}


def test_the_diff_of_a_dry_run_stands_in_its_json(project: Project) -> None:
    project.commit("old.txt", "one\ntwo\nthree\n")
    ran = project.run(*RUN, "--dry-run", "--commit", script=team(CHANGE, DRAFTS))

    assert (ran.status, ran.json["status"], ran.json["tests"], ran.json["commit"]) == (0, "completed", None, None)
    project.git("apply", stdin=ran.json["diff"])
    assert project.read("old.txt") == "one\nTWO\nthree\n"


def test_a_dry_run_still_audits_and_mends(project: Project) -> None:
    script = team(
        plan_of(planned("a.txt"), planned("b.txt", depends_on=["a.txt"])),
        {"a.txt": whole("one\n"), "b.txt": whole("two\n")},
        {"a.txt": [finding("no"), APPROVED], "b.txt": APPROVED}, {"a.txt": edit("one\n", "better\n")},
    )
    ran = project.run(*RUN, "--dry-run", script=script)

    assert ran.status == 0
    assert "+better" in ran.json["diff"] and "+one" not in ran.json["diff"]
    (executor,) = [call for call in ran.calls if call.file == "b.txt" and call.model == "executor-model"]
    assert "better" in executor.text, "later files see earlier drafts"
    assert project.tree() == {"README.md": b"A project.\n"}


@pytest.mark.parametrize("content", [
    b"no newline at the end", b"\xef\xbb\xbfmarked\r\n", "latin: \xe9\n".encode("latin-1"), b"",
])
def test_odd_files_come_out_of_a_dry_runs_diff_as_they_would_of_a_run(project: Project, content: bytes) -> None:
    project.write("a.txt", content)
    plan = plan_of(planned("a.txt", "modify"), planned("b.txt"))
    script = team(plan, {"a.txt": whole("x\ny\n"), "b.txt": whole("b\n")})
    dry = project.run(*RUN, "--dry-run", script=script)
    assert project.tree() == {"README.md": b"A project.\n", "a.txt": content}
    wet = project.run(*RUN, script=script)
    written = project.tree()
    project.write("a.txt", content)
    (project.root / "b.txt").unlink()
    project.git("apply", "--allow-empty", stdin=dry.json["diff"])

    assert dry.status == wet.status
    assert project.tree() == written


def test_a_dry_run_can_be_cut_short_and_resumed_as_one(project: Project) -> None:
    project.run("run", "task", "--dry-run", script=one_file())
    ran = project.run("resume", "--yes", "--json", script=one_file())

    assert ran.status == 0
    assert "+one" in ran.json["diff"]
    assert not project.has("a.txt")


# What is the user's stays the user's


@pytest.mark.parametrize("argv, script, status", [
    (("plan", "task"), one_file(), 0),
    (("run", "task"), one_file(), 3),
    (("run", "task", "--yes", "--dry-run"), one_file(), 0),
    (("run", "task", "--yes", "--max-iterations", "1"), team(
        plan_of(planned("a.txt"), planned("clean.txt", "modify")),
        {"a.txt": whole("1\n"), "clean.txt": whole("2\n")}, finding("no")), 1),
    (("run", "task", "--yes", "--commit"), team(plan_of(planned("modified.txt", "modify"))), 5),
    (("run", "task", "--yes"), team(["prose", "prose"]), 4),
    (("run", "task", "--yes"), team([block({"need_files": ["modified.txt", "README.md"]}), plan_of()]), 0),
    (("status",), None, 2),
    (("sessions",), None, 0),
    (("config", "show"), None, 0),
    (("help",), None, 0),
    (("demo",), None, 0),
])
def test_uncommitted_work_and_the_index_stay_byte_for_byte(project, argv, script, status) -> None:
    _with_work(project)
    before = project.everything()
    ran = project.run(*argv, script=script)

    assert ran.status == status, ran.err
    assert project.everything() == before


def test_a_commit_leaves_all_other_work_as_it_is(project: Project) -> None:
    _with_work(project)
    before = project.git("status", "--porcelain")
    contents = {path: content for path, content in project.tree().items()}
    ran = project.run(*RUN, "--commit", script=one_file())

    assert ran.status == 0
    assert project.git("status", "--porcelain") == before
    assert project.tree() == {**contents, "a.txt": b"one\n"}
    assert project.git("diff", "--cached", "--name-only").splitlines() == ["partly.txt", "staged.txt"]
    assert project.git("show", ":partly.txt") == "staged part\n"


def _with_work(project: Project) -> None:
    for name in ("modified.txt", "partly.txt", "clean.txt"):
        project.commit(name, "committed\n")
    project.write("modified.txt", "the user's\n")
    project.write("partly.txt", "staged part\n")
    project.write("staged.txt", "staged\n")
    project.git("add", "partly.txt", "staged.txt")
    project.write("partly.txt", "staged part\nunstaged part\n")
    project.write("untracked.txt", "untracked\n")
    # The index notes when files were last looked at; without this git itself would write it anew.
    project.git("status")
