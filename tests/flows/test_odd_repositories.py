"""Repositories and files that are not like most."""

from __future__ import annotations

import json
import os

import pytest

from orchestra.demo.script import Text
from tests.flows.project import Project
from tests.flows.team import APPROVED, edit, one_file, plan_of, planned, team, whole

RUN = ("run", "task", "--yes", "--json")


def test_the_first_commit_of_a_repository(plain_folder: Project) -> None:
    project = plain_folder
    project.git("init", "--quiet", "--initial-branch=main")
    project.git("config", "user.name", "A Person")
    project.git("config", "user.email", "person@example.org")
    ran = project.run(*RUN, "--commit", script=one_file())

    assert ran.status == 0, ran.err
    assert ran.json["commit"]["sha"] == project.head()
    assert project.git("ls-files") == "a.txt\n"


def test_a_detached_head_is_committed_to(project: Project) -> None:
    project.git("checkout", "--quiet", "--detach")
    ran = project.run(*RUN, "--commit", script=one_file())

    assert (ran.status, project.git("rev-list", "--count", "HEAD")) == (0, "2\n")
    assert project.git("rev-list", "--count", "main") == "1\n"


@pytest.mark.parametrize("path", [
    "mit Leerzeichen.txt", "ünïcödé/日本.txt", "-dash.txt", "quote'\".txt", "ab:c.txt", "*.txt",
])
def test_odd_names_are_written_and_committed(project: Project, path: str) -> None:
    project.commit("other.txt", "must stay\n")
    project.write("other.txt", "the user's\n")
    ran = project.run(*RUN, "--commit", script=one_file(path))

    assert ran.status == 0, ran.err
    assert ran.asked == [("architect", None), ("executor", path), ("auditor", path)]
    assert project.git("show", "--format=", "--name-only", "-z", "HEAD").split("\0")[:-1] == [path]
    assert project.git("status", "--porcelain") == " M other.txt\n"


def test_an_ignored_file_is_written_and_left_out_of_the_commit(project: Project) -> None:
    project.commit(".gitignore", "*.log\n")
    plan = plan_of(planned("a.log"), planned("b.txt"))
    ran = project.run(*RUN, "--commit", script=team(plan, {"a.log": whole("1\n"), "b.txt": whole("2\n")}))

    assert ran.status == 0
    assert project.read("a.log") == "1\n"
    assert project.git("show", "--format=", "--name-only", "HEAD") == "b.txt\n"


def test_a_submodule_that_only_the_index_knows_is_another_repository(project: Project) -> None:
    project.git("update-index", "--add", "--cacheinfo", f"160000,{project.head()},lib")
    project.git("commit", "--quiet", "-m", "link")
    project.write("lib/q.py", "q = 1\n")
    ran = project.run(*RUN, script=one_file("lib/new.py"))
    assert (ran.status, ran.json["error"]["code"], project.has("lib/new.py")) == (5, "refused-path", False)
    assert "another repository" in ran.json["error"]["message"]


def test_a_file_outside_a_sparse_checkout_is_not_made_anew(project: Project) -> None:
    project.commit("here/a.txt", "a\n")
    project.commit("away/b.txt", "must stay\n")
    project.git("sparse-checkout", "set", "here")
    assert not project.has("away/b.txt")
    head = project.head()
    ran = project.run(*RUN, "--commit", script=one_file("away/b.txt"))

    assert (ran.status, ran.json["error"]["code"], project.head()) == (5, "refused-path", head)
    assert "not checked out" in ran.json["error"]["message"] and not project.has("away/b.txt")


def test_a_binary_file_is_not_changed(project: Project) -> None:
    content = b"\x89PNG\r\n\0\0binary"
    project.write("image.png", content)
    plan = plan_of(planned("image.png", "modify"), planned("b.txt"))
    ran = project.run(*RUN, script=team(plan, {"image.png": whole("text\n"), "b.txt": whole("2\n")}))

    assert ran.status == 5
    assert ran.files["image.png"]["status"] == "failed"
    assert ran.files["b.txt"]["status"] == "approved"
    assert (project.root / "image.png").read_bytes() == content


def test_a_binary_file_is_deleted_and_comes_back(project: Project) -> None:
    content = b"\x89PNG\r\n\0\0binary"
    project.write("image.png", content)
    ran = project.run(*RUN, script=team(plan_of(planned("image.png", "delete"))))

    assert (ran.status, ran.files["image.png"]["status"]) == (0, "approved")
    assert not project.has("image.png")
    assert "(a binary file of 14 bytes)" in ran.calls[-1].text
    assert project.run("undo").status == 0
    assert (project.root / "image.png").read_bytes() == content


def test_a_file_in_latin_1_keeps_its_encoding(project: Project) -> None:
    project.write("a.txt", "caf\xe9\nold\n".encode("latin-1"))
    ran = project.run(*RUN, script=team(plan_of(planned("a.txt", "modify")), {"a.txt": edit("old\n", "new\n")}))

    assert ran.status == 0, ran.err
    assert (project.root / "a.txt").read_bytes() == "caf\xe9\nnew\n".encode("latin-1")


def test_an_executable_stays_executable(project: Project) -> None:
    project.write("tool.sh", "#!/bin/sh\necho old\n").chmod(0o755)
    script = team(plan_of(planned("tool.sh", "modify")), {"tool.sh": edit("echo old\n", "echo new\n")})
    ran = project.run(*RUN, script=script)

    assert ran.status == 0
    assert project.read("tool.sh") == "#!/bin/sh\necho new\n"
    assert (project.root / "tool.sh").stat().st_mode & 0o777 == 0o755


def test_a_hard_link_to_somewhere_else_is_refused(project: Project) -> None:
    outside = project.folder / "outside.txt"
    outside.write_text("outside\n")
    os.link(outside, project.root / "a.txt")
    plan = plan_of(planned("a.txt", "modify"))
    ran = project.run(*RUN, script=team([plan, plan]))

    assert (ran.status, ran.json["error"]["code"]) == (5, "refused-path")
    assert outside.read_text() == "outside\n"


def test_a_folder_of_another_repository_is_refused(project: Project) -> None:
    (project.root / "inner" / ".git").mkdir(parents=True)
    plan = plan_of(planned("inner/a.txt"))
    ran = project.run(*RUN, script=team([plan, plan]))

    assert (ran.status, project.has("inner/a.txt")) == (5, False)


def test_a_link_that_appears_while_the_plan_is_carried_out_is_not_followed(project: Project) -> None:
    outside = project.folder / "outside"
    outside.mkdir()

    def executor(call):
        (project.root / "sub").symlink_to(outside)
        return whole("ours\n")

    script = team(plan_of(planned("sub/a.txt")), {"sub/a.txt": lambda call: Text(executor(call))})
    ran = project.run(*RUN, script=script)

    assert ran.status == 5
    assert list(outside.iterdir()) == []


def test_a_template_makes_the_message(project: Project) -> None:
    plan = plan_of(planned("a.txt"), commit={"type": "fix", "scope": "core", "subject": "do it", "body": "Why."})
    ran = project.run(
        *RUN, "--commit", script=team(plan, {"a.txt": whole("1\n")}),
        settings={"commit": {"template": "[{scope}] {subject} ({type})\n\n{body}\nSession: {session}"}},
    )

    assert ran.json["commit"]["message"] == (
        f"[core] do it (fix)\n\nWhy.\nSession: {ran.json['session_id']}\n"
    )


def test_a_commit_message_cannot_be_made_an_option(project: Project) -> None:
    intent = {"type": "--amend", "scope": "", "subject": "--amend", "body": "#no comment"}
    plan = plan_of(planned("a.txt"), commit=intent)
    ran = project.run(*RUN, "--commit", script=team(plan, {"a.txt": whole("1\n")}))

    assert ran.status == 0
    assert project.git("rev-list", "--count", "HEAD") == "2\n"
    assert project.git("log", "-1", "--format=%B").rstrip("\n") == "amend: --amend\n\n#no comment"


def test_offline_reaches_loopback_and_nothing_else(project: Project) -> None:
    local = project.run(*RUN, "--offline", script=one_file())
    provider = {"protocol": "openai-chat", "base_url": "http://192.0.2.1/v1"}
    chains = {role: ["far/m"] for role in ("architect", "executor", "auditor", "consultant")}
    far = project.run(*RUN, "--offline", settings={"providers": {"far": provider}, "agents": chains})

    assert local.status == 0
    assert (far.status, far.json["error"]["code"]) == (4, "host-not-allowed")


def test_a_proxy_in_the_environment_does_not_see_loopback(project: Project) -> None:
    variables = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}

    assert project.run(*RUN, script=one_file(), variables=variables).status == 0


def test_a_home_is_not_needed(project: Project) -> None:
    del project.variables["HOME"]

    assert project.run(*RUN, script=one_file()).status == 0


def test_git_sees_nothing_of_the_state_folder(project: Project) -> None:
    project.run(*RUN, script=team(plan_of(planned("a.txt")), {"a.txt": whole("1\n")}, APPROVED))

    assert project.git("status", "--porcelain", "--untracked-files=all") == "?? a.txt\n"


def test_two_sessions_follow_each_other(project: Project) -> None:
    first = project.run(*RUN, "--commit", script=one_file())
    second = project.run(*RUN, "--commit", script=team(
        plan_of(planned("a.txt", "modify")), {"a.txt": edit("one\n", "two\n")}))

    assert (first.status, second.status) == (0, 0)
    assert project.git("rev-list", "--count", "HEAD") == "3\n"
    assert project.read("a.txt") == "two\n"


def test_git_variables_of_the_caller_do_not_lead_elsewhere(project: Project) -> None:
    other = project.folder / "other.git"
    project.git("init", "--quiet", "--bare", str(other))
    variables = {"GIT_DIR": str(other), "GIT_INDEX_FILE": "/nowhere/x"}
    ran = project.run(*RUN, "--commit", script=one_file(), variables=variables)

    assert ran.status == 0
    assert ran.json["commit"]["sha"] == project.head()


ODD = os.fsdecode(b"odd\xff.txt")
"""The name of a file in some other encoding."""


@pytest.mark.parametrize("argv", [("task", "--file", ODD), ("--task-file", ODD), ("--plan", ODD)])
def test_a_name_that_is_not_utf_8_can_be_given_and_the_session_goes_on(project: Project, argv: tuple[str, ...]) -> None:
    project.write(ODD, "# Plan\n\nTask: task\n\n## create a.txt\n\nThe file.\n")
    asked = project.run("run", *argv, "--json", script=one_file())
    ran = project.run("resume", "--yes", "--json", script=one_file())

    assert (asked.status, ran.status, ran.files["a.txt"]["status"]) == (3, 0, "approved"), asked.err + ran.err


def test_a_session_keeps_the_name_that_is_not_utf_8_of_what_is_to_be_shown(project: Project) -> None:
    project.write(ODD, "text\n")
    ran = project.run("plan", "task", "--file", ODD, script=one_file())
    (row,) = project.rows("SELECT options FROM sessions")

    assert ran.status == 0, ran.err
    assert json.loads(row["options"])["must_show"] == [ODD]


def test_an_error_that_names_a_file_whose_name_is_not_utf_8_is_kept(project: Project) -> None:
    recorded = project.run("run", "task", "--yes", "--record", ODD, script=one_file())
    ran = project.run("run", "another", "--yes", "--json", "--replay", ODD)
    (row,) = project.rows("SELECT last_error FROM sessions WHERE exit_status = 2")

    assert (recorded.status, ran.status, ran.json["error"]["code"]) == (0, 2, "not-recorded"), ran.err
    assert "odd\\udcff.txt" in row["last_error"]
    assert project.run("log", "--json").status == 0


@pytest.mark.parametrize("command", ["status", "resume", "log", "diff", "verify", "report"])
def test_no_session_has_a_name_that_is_not_utf_8(project: Project, command: str) -> None:
    project.run("plan", "task", script=one_file())
    ran = project.run(command, ODD, "--json", script=one_file())

    assert (ran.status, ran.json["error"]["code"]) == (2, "unknown-session")


@pytest.mark.parametrize("path, why", [
    (".env", "it may hold secrets"), ("a.log", "it is ignored"), (".git/config", "leads into '.git'"),
    ("image.png", "not text"),
])
@pytest.mark.parametrize("command", ["run", "plan"])
def test_of_a_file_that_cannot_be_shown_as_was_asked_it_is_said_why(
    project: Project, command: str, path: str, why: str
) -> None:
    project.write(".gitignore", "*.log\n")
    for name in (".env", "a.log", "image.png"):
        project.write(name, b"\0text\n")
    ran = project.run(command, "task", "--file", path, "--file", "README.md", script=team(plan_of()))

    assert ran.status == 0, ran.err
    (line,) = [line for line in ran.err.splitlines() if "is not shown" in line]
    assert line.startswith(f"orchestra: {path} is not shown to the architect: ") and why in line
    assert "=== README.md" in ran.calls[0].text


def test_of_a_file_that_is_shown_in_part_nobody_says_that_it_is_not_shown(project: Project) -> None:
    project.commit("long.txt", "a line\n" * 30_000)
    ran = project.run("plan", "task", "--file", "long.txt", script=team(plan_of()))

    assert "orchestra: long.txt is shown to the architect in part only: it is too long\n" in ran.err
    assert "=== long.txt (lines 1-" in ran.calls[0].text and "is not shown" not in ran.err


def test_of_a_folder_it_is_not_said_that_it_is_not_there(project: Project) -> None:
    project.write("src/a.txt", "one\n")
    for said, told in (("src", "src"), (".", "'.'")):
        ran = project.run("context", "task", "--file", said, "--json", script=team())
        assert (ran.status, ran.json["error"]["message"]) == (2, f"it is a folder, not a file; {told}")
