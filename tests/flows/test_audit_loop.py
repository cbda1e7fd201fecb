"""From draft to approval: findings, fixes, refusals, reverts; statuses 0, 1 and 9."""

from __future__ import annotations

import os
import random
import shutil
import sys
import threading
from typing import Any

import pytest

from orchestra.demo.script import Answer, Call, Fault
from tests.flows.project import Project
from tests.flows.team import APPROVED, block, edit, finding, fixes, plan_of, planned, team, whole

CREATE = plan_of(planned("a.txt"))
MODIFY = plan_of(planned("a.txt", "modify"))
RUN = ("run", "task", "--yes", "--json")


def test_a_finding_is_mended_by_edits(project: Project) -> None:
    script = team(CREATE, {"a.txt": whole("one\ntwo\n")}, [finding("two is wrong"), APPROVED], {
        "a.txt": edit("two\n", "three\n")})
    ran = project.run(*RUN, script=script)

    assert (ran.status, ran.files["a.txt"]["status"], ran.files["a.txt"]["iterations"]) == (0, "approved", 2)
    assert project.read("a.txt") == "one\nthree\n"
    consultant = ran.calls[3]
    assert "two is wrong" in consultant.text and "mend it" in consultant.text
    assert "one\ntwo\n" in consultant.text


def test_a_finding_is_mended_by_a_whole_file(project: Project) -> None:
    script = team(CREATE, {"a.txt": whole("one\n")}, [finding("no"), APPROVED], {"a.txt": whole("two\n")})
    ran = project.run(*RUN, script=script)

    assert (ran.status, project.read("a.txt")) == (0, "two\n")


@pytest.mark.parametrize("most, asked", [
    ("1", ["executor", "auditor"]),
    ("2", ["executor", "auditor", "consultant", "auditor"]),
    ("3", ["executor", "auditor", "consultant", "auditor", "consultant", "auditor"]),
])
def test_there_are_no_more_drafts_than_allowed(project: Project, most: str, asked: list[str]) -> None:
    script = team(CREATE, {"a.txt": whole("0\n")}, finding("never good"), {"a.txt": [whole("1\n"), whole("2\n")]})
    ran = project.run(*RUN, "--max-iterations", most, script=script)

    assert (ran.status, ran.json["status"]) == (1, "failed")
    assert [role for role, path in ran.asked if path] == asked
    assert ran.files["a.txt"]["iterations"] == asked.count("auditor")
    assert "never good" in ran.files["a.txt"]["error"]["message"]


def test_three_drafts_is_the_default(project: Project) -> None:
    script = team(CREATE, {"a.txt": whole("0\n")}, finding("no"), {"a.txt": [whole("1\n"), whole("2\n")]})

    assert project.run(*RUN, script=script).files["a.txt"]["iterations"] == 3


def test_a_file_judged_bad_is_put_back(project: Project) -> None:
    project.commit("b.txt", "old\n")
    plan = plan_of(planned("a.txt"), planned("b.txt", "modify"), planned("README.md", "delete"))
    script = team(plan, {"a.txt": whole("1\n"), "b.txt": whole("2\n")}, finding("no"))
    before = project.tree()
    ran = project.run(*RUN, "--max-iterations", "1", script=script)

    assert ran.status == 1
    assert {file["status"] for file in ran.json["files"]} == {"reverted"}
    assert project.tree() == before
    assert ran.json["can_resume"] is False


def test_a_file_judged_bad_stays_without_auto_revert(project: Project) -> None:
    project.commit("a.txt", "old\n")
    script = team(MODIFY, {"a.txt": whole("new\n")}, finding("no"))
    ran = project.run(*RUN, "--max-iterations", "1", script=script, settings={"auto_revert": False})

    assert (ran.status, ran.files["a.txt"]["status"]) == (1, "failed")
    assert project.read("a.txt") == "new\n"


def test_a_file_that_was_put_back_keeps_its_mode(project: Project) -> None:
    project.write("a.txt", "old\n").chmod(0o755)
    script = team(MODIFY, {"a.txt": whole("new\n")}, finding("no"))
    project.run(*RUN, "--max-iterations", "1", script=script)

    assert (project.root / "a.txt").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("review", [
    finding("broken", "error", "approved"),
    block({"verdict": "needs_work", "issues": []}),
    block({"verdict": "approved"}),
    block({"verdict": "fine", "issues": []}),
    "approved",
    '{"verdict": "approved", "issues": []}',
    APPROVED + APPROVED,
    APPROVED + finding("but no"),
])
def test_what_is_not_plainly_an_approval_is_none(project: Project, review: str) -> None:
    ran = project.run(*RUN, "--max-iterations", "1", script=team(CREATE, {"a.txt": whole("1\n")}, review))

    assert (ran.status, ran.files["a.txt"]["status"]) == (1, "reverted")
    assert not project.has("a.txt")


def test_an_approval_in_another_form_is_asked_for_again_in_its_form(project: Project) -> None:
    reviews = [APPROVED.replace("json", "text"), APPROVED]
    ran = project.run(*RUN, script=team(CREATE, {"a.txt": whole("1\n")}, reviews))

    assert (ran.status, ran.files["a.txt"]["iterations"]) == (0, 1)
    assert "exactly one block between the lines ```json and ```" in ran.calls[-1].turns[-1][1]


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_an_approval_with_lesser_issues_is_one(project: Project, severity: str) -> None:
    review = finding("could be nicer", severity, "approved")
    ran = project.run(*RUN, script=team(CREATE, {"a.txt": whole("1\n")}, review))

    assert (ran.status, ran.files["a.txt"]["iterations"]) == (0, 1)


@pytest.mark.parametrize("path, bad, good", [
    ("a.py", "def f(:\n", "def f():\n    pass\n"),
    ("a.json", '{"a": 1,}\n', '{"a": 1}\n'),
    ("a.yaml", "a: [1\n", "a: [1]\n"),
    ("a.toml", "a = \n", "a = 1\n"),
])
def test_a_draft_that_cannot_be_parsed_is_refused_and_mended(project, path, bad, good) -> None:
    if path == "a.toml":
        pytest.importorskip("tomllib", reason="this Python cannot parse TOML")
    script = team(plan_of(planned(path)), {path: whole(bad)}, mends={path: whole(good)})
    ran = project.run(*RUN, script=script)

    assert ran.status == 0
    assert [role for role, about in ran.asked if about] == ["executor", "consultant", "auditor"]
    assert ran.files[path]["iterations"] == 1
    assert bad.strip() in ran.calls[2].text, "the consultant sees the refused draft"
    assert project.read(path) == good
    kinds = [row["kind"] for row in project.rows("SELECT kind FROM file_versions ORDER BY id")]
    assert kinds == ["before", "after"], "a refused draft never reaches the disk"


def test_a_refused_draft_uses_one_up(project: Project) -> None:
    script = team(plan_of(planned("a.py")), {"a.py": whole("def f(:\n")}, mends={"a.py": whole("def g(:\n")})
    ran = project.run(*RUN, "--max-iterations", "2", script=script)

    assert (ran.status, ran.files["a.py"]["iterations"]) == (1, 0)
    assert ran.files["a.py"]["error"]["code"] == "refused-draft"
    assert not project.has("a.py")


def test_an_elided_draft_is_refused(project: Project) -> None:
    project.commit("a.py", "".join(f"x{number} = {number}\n" for number in range(50)))
    script = team(
        plan_of(planned("a.py", "modify")), {"a.py": whole("x0 = 1\n# ... rest of the code unchanged ...\n")},
        mends={"a.py": edit("x0 = 0\n", "x0 = 1\n")},
    )
    ran = project.run(*RUN, script=script)

    assert ran.status == 0
    assert project.read("a.py").startswith("x0 = 1\nx1 = 1\n") and project.read("a.py").endswith("x49 = 49\n")


def test_an_edit_that_fits_nowhere_goes_to_the_consultant(project: Project) -> None:
    project.commit("a.txt", "one\n")
    script = team(MODIFY, {"a.txt": edit("not there\n", "two\n")}, mends={"a.txt": edit("one\n", "two\n")})
    ran = project.run(*RUN, script=script)

    assert (ran.status, project.read("a.txt")) == (0, "two\n")


def test_an_unreadable_draft_gets_one_repair_round(project: Project) -> None:
    script = team(CREATE, {"a.txt": ["What a nice file!", whole("one\n")]})
    ran = project.run(*RUN, script=script)

    assert ran.status == 0
    assert ran.asked == [("architect", None), ("executor", "a.txt"), ("executor", "a.txt"), ("auditor", "a.txt")]
    assert "Your answer could not be used" in ran.calls[2].text


def test_a_draft_unreadable_twice_goes_to_the_consultant(project: Project) -> None:
    script = team(CREATE, {"a.txt": ["prose", "more prose"]}, mends={"a.txt": whole("one\n")})
    ran = project.run(*RUN, script=script)

    assert (ran.status, project.read("a.txt")) == (0, "one\n")
    assert "more prose" in ran.calls[3].text


def test_a_delete_asks_no_executor_and_the_auditor_sees_the_file(project: Project) -> None:
    project.commit("old.txt", "what it said\n")
    ran = project.run(*RUN, script=team(plan_of(planned("old.txt", "delete"))))

    assert ran.status == 0
    assert ran.asked == [("architect", None), ("auditor", "old.txt")]
    assert "what it said" in ran.calls[1].text
    assert not project.has("old.txt")


def test_a_delete_that_is_refused_is_put_back_at_once(project: Project) -> None:
    ran = project.run(*RUN, script=team(plan_of(planned("README.md", "delete")), reviews=finding("needed")))

    assert (ran.status, ran.files["README.md"]["status"], ran.files["README.md"]["iterations"]) == (1, "reverted", 1)
    assert project.read("README.md") == "A project.\n"


def test_a_delete_of_what_is_not_there_changes_nothing(project: Project) -> None:
    ran = project.run(*RUN, script=team(plan_of(planned("gone.txt", "delete"))))

    assert (ran.status, ran.files["gone.txt"]["status"], len(ran.calls)) == (0, "unchanged", 1)


def test_a_rename_is_a_delete_and_a_create(project: Project) -> None:
    project.commit("old.txt", "text\n")
    plan = plan_of(planned("new.txt"), planned("old.txt", "delete", depends_on=["new.txt"]))
    ran = project.run(*RUN, "--commit", script=team(plan, {"new.txt": whole("text\n")}))

    assert ran.status == 0
    assert project.git("show", "--format=", "--name-status", "-M", "HEAD") == "R100\told.txt\tnew.txt\n"


def test_files_are_written_in_the_order_of_their_dependencies(project: Project) -> None:
    plan = plan_of(
        planned("c.txt", depends_on=["b.txt"]), planned("b.txt", depends_on=["a.txt"]), planned("a.txt"),
    )
    script = team(plan, {"a.txt": whole("of a\n"), "b.txt": whole("of b\n"), "c.txt": whole("of c\n")})
    ran = project.run(*RUN, script=script)

    executors = [call for call in ran.calls if call.model == "executor-model"]
    assert [call.file for call in executors] == ["a.txt", "b.txt", "c.txt"]
    assert "of b" in executors[2].text, "what it depends on is shown"
    assert [file["path"] for file in ran.json["files"]] == ["c.txt", "b.txt", "a.txt"], "as planned"


def test_files_that_depend_on_each_other_are_both_written(project: Project) -> None:
    plan = plan_of(planned("a.txt", depends_on=["b.txt"]), planned("b.txt", depends_on=["a.txt"]))
    ran = project.run(*RUN, script=team(plan, {"a.txt": whole("1\n"), "b.txt": whole("2\n")}))

    assert ran.status == 0
    assert "they depend on each other" in ran.err


def test_a_file_whose_dependency_failed_is_still_tried_and_the_run_is_partial(project: Project) -> None:
    plan = plan_of(planned("a.txt"), planned("b.txt", depends_on=["a.txt"]))
    script = team(
        plan, {"a.txt": whole("1\n"), "b.txt": whole("2\n")}, {"a.txt": finding("no"), "b.txt": APPROVED}
    )
    head = project.head()
    ran = project.run(*RUN, "--commit", "--max-iterations", "1", script=script)

    assert (ran.status, ran.json["status"]) == (9, "partial")
    assert (ran.files["a.txt"]["status"], ran.files["b.txt"]["status"]) == ("reverted", "approved")
    assert (project.has("a.txt"), project.read("b.txt")) == (False, "2\n")
    assert (ran.json["commit"], project.head()) == (None, head)
    assert ran.json["error"]["code"] == "not-approved-by-auditor"


def test_a_provider_failing_one_file_of_two_is_partial_and_resumable(project: Project) -> None:
    plan = plan_of(planned("a.txt"), planned("b.txt"))
    ran = project.run(*RUN, script=team(plan, {"a.txt": Fault(500), "b.txt": whole("2\n")}))
    again = project.run("resume", "--yes", "--json", script=team("", {"a.txt": whole("1\n")}))

    assert (ran.status, ran.json["can_resume"]) == (9, True)
    assert (again.status, again.asked) == (0, [("executor", "a.txt"), ("auditor", "a.txt"), ("auditor", None)])
    assert {file["status"] for file in again.json["files"]} == {"approved"}


def test_a_file_that_stays_as_it_is_is_unchanged_and_not_committed(project: Project) -> None:
    project.commit("a.txt", "same\n")
    head = project.head()
    ran = project.run(*RUN, "--commit", script=team(MODIFY, {"a.txt": whole("same\n")}))

    assert (ran.status, ran.files["a.txt"]["status"], ran.json["commit"]) == (0, "unchanged", None)
    assert project.head() == head


def test_an_empty_plan_is_done(project: Project) -> None:
    ran = project.run(*RUN, "--commit", script=team(plan_of(summary="Nothing has to change.")))

    assert (ran.status, ran.json["files"], ran.json["tests"], ran.json["commit"]) == (0, [], None, None)
    assert ran.json["summary"] == "Nothing has to change."
    assert len(ran.calls) == 1


def test_an_empty_plan_needs_no_approval(project: Project) -> None:
    assert project.run("run", "task", script=team(plan_of())).status == 0


@pytest.mark.parametrize("mode", ["sequential", "parallel", "pipeline"])
def test_every_mode_comes_to_the_same_end(project: Project, mode: str) -> None:
    names = [f"{letter}.txt" for letter in "abcdef"]
    plan = plan_of(*(planned(name, depends_on=["a.txt"] if name != "a.txt" else []) for name in names))
    script = team(
        plan, {name: whole(name + "\n") for name in names},
        {**{name: APPROVED for name in names}, "c.txt": [finding("no"), APPROVED]}, {"c.txt": whole("better\n")},
    )
    ran = project.run(*RUN, "--mode", mode, "--max-concurrency", "3", script=script)

    assert (ran.status, ran.json["mode"]) == (0, mode)
    assert project.read("c.txt") == "better\n"
    assert sum(project.read(name) == name + "\n" for name in names) == 5


def test_line_endings_and_byte_order_mark_are_kept(project: Project) -> None:
    project.write("a.txt", b"\xef\xbb\xbfone\r\ntwo\r\n")
    ran = project.run(*RUN, script=team(MODIFY, {"a.txt": edit("two\n", "three\n")}))

    assert ran.status == 0
    assert (project.root / "a.txt").read_bytes() == b"\xef\xbb\xbfone\r\nthree\r\n"


def test_new_files_come_with_their_folders(project: Project) -> None:
    ran = project.run(*RUN, script=team(plan_of(planned("a/b/c.txt")), {"a/b/c.txt": whole("deep\n")}))

    assert (ran.status, project.read("a/b/c.txt")) == (0, "deep\n")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_draft_that_an_installed_parser_rejects_goes_to_the_consultant(project: Project) -> None:
    project.variables["PATH"] += os.pathsep + os.path.dirname(shutil.which("node") or "")
    broken, sound = "let x = 1;\nlet x = 2;\n", "let x = 1;\n"
    script = team(plan_of(planned("a.js")), {"a.js": whole(broken)}, APPROVED, {"a.js": whole(sound)})
    ran = project.run(*RUN, script=script)

    assert (ran.status, project.read("a.js")) == (0, sound)
    assert [role for role, path in ran.asked if path] == ["executor", "consultant", "auditor"]
    assert "already been declared" in ran.calls[2].text


# The change as a whole


def _objects(path: str) -> str:
    issue = {"path": path, "severity": "error", "line": 1, "message": f"{path} names what the other does not have"}
    return block({"verdict": "needs_work", "issues": [issue]})


TWO = plan_of(planned("a.txt"), planned("b.txt"))
TWO_DRAFTS = {"a.txt": whole("a\n"), "b.txt": whole("b\n")}


def test_who_judges_the_whole_sees_what_else_names_what_is_gone(project: Project) -> None:
    project.write("store.py", "def put(key):\n    return key\n")
    project.write("test_store.py", "import store\n\nassert store.put(1)\n")
    project.git("add", ".")
    project.git("commit", "--quiet", "--message=store")
    plan = plan_of(planned("store.py", "modify", description="rename put to save"), planned("b.txt"))
    ran = project.run(*RUN, "--no-test", script=team(
        plan, {"store.py": whole("def save(key):\n    return key\n"), "b.txt": whole("b\n")},
    ))

    assert (ran.status, ran.asked[-1]) == (0, ("auditor", None))
    assert "\ntest_store.py:3: assert store.put(1)\n" in ran.calls[-1].text


@pytest.mark.parametrize("mode", ["sequential", "parallel", "pipeline"])
def test_what_no_single_file_shows_is_found_and_mended(project: Project, mode: str) -> None:
    script = team(TWO, TWO_DRAFTS, {None: [_objects("b.txt"), APPROVED], "a.txt": APPROVED, "b.txt": APPROVED}, {
        "b.txt": whole("bb\n")})
    ran = project.run(*RUN, "--mode", mode, script=script)

    assert (ran.status, project.read("a.txt"), project.read("b.txt")) == (0, "a\n", "bb\n")
    assert ran.asked[-4:] == [("auditor", None), ("consultant", "b.txt"), ("auditor", "b.txt"), ("auditor", None)]
    assert ran.files["b.txt"]["iterations"] == 2
    assert "names what the other does not have" in ran.err


@pytest.mark.parametrize("mode", ["parallel", "pipeline"])
@pytest.mark.parametrize("found_by", ["review", "tests"])
def test_files_that_change_once_more_do_so_at_the_same_time(project: Project, mode: str, found_by: str) -> None:
    """Each consultant answers when both are asked."""
    meeting = threading.Barrier(2)
    objections = block({"verdict": "needs_work", "issues": [
        {"path": path, "severity": "error", "line": 1, "message": "it is wrong"} for path in ("a.txt", "b.txt")
    ]})
    answer = team(
        TWO, TWO_DRAFTS, {None: [objections, APPROVED] if found_by == "review" else APPROVED, "a.txt": APPROVED,
                          "b.txt": APPROVED},
        {"a.txt": whole("aa\n"), "b.txt": whole("bb\n")}, fixes(("a.txt", "it is wrong"), ("b.txt", "it is wrong")),
    )

    def together(call: Call) -> Answer:
        if call.model == "consultant-model" and call.file is not None:
            meeting.wait(30)
        return answer(call)

    project.commit("check_.py", "import os\nassert not os.path.exists('a.txt') or open('a.txt').read() == 'aa\\n'\n")
    flags = ["--test" if found_by == "tests" else "--no-test", "--mode", mode, "--max-concurrency", "4"]
    settings = {"tests": {"command": f"{sys.executable} check_.py"}}
    ran = project.run(*RUN, *flags, script=together, settings=settings)

    assert ran.status == 0, ran.err
    assert (project.read("a.txt"), project.read("b.txt")) == ("aa\n", "bb\n")
    assert [ran.files[path]["iterations"] for path in ("a.txt", "b.txt")] == [2, 2]


@pytest.mark.parametrize("mode", ["sequential", "parallel", "pipeline"])
def test_what_changes_once_more_sees_what_it_depends_on_as_it_was_mended(project: Project, mode: str) -> None:
    objections = block({"verdict": "needs_work", "issues": [
        {"path": path, "severity": "error", "line": 1, "message": "it is wrong"} for path in ("b.txt", "a.txt")
    ]})
    script = team(
        plan_of(planned("b.txt", depends_on=["a.txt"]), planned("a.txt")), TWO_DRAFTS,
        {None: [objections, APPROVED], "a.txt": APPROVED, "b.txt": APPROVED},
        {"a.txt": whole("mended a\n"), "b.txt": whole("mended b\n")},
    )
    ran = project.run(*RUN, "--no-test", "--mode", mode, "--max-concurrency", "4", script=script)

    assert ran.status == 0, ran.err
    (asked,) = [call.text for call in ran.calls if call.model == "consultant-model" and call.file == "b.txt"]
    assert "mended a" in asked


def test_a_change_that_never_fits_together_is_no_success(project: Project) -> None:
    script = team(TWO, TWO_DRAFTS, {None: _objects("b.txt"), "a.txt": APPROVED, "b.txt": APPROVED}, {
        "b.txt": whole("bb\n")})
    ran = project.run(*RUN, "--commit", "--max-iterations", "2", script=script)

    assert (ran.status, ran.json["status"], ran.json["commit"]) == (9, "partial", None)
    assert (ran.files["a.txt"]["status"], ran.files["b.txt"]["status"]) == ("approved", "failed")
    assert project.read("b.txt") == "bb\n"


@pytest.mark.parametrize("review", ["garbage", block({"verdict": "rejected", "issues": []}), finding("no path"),
                                    APPROVED + APPROVED,
                                    Fault(status=400)])
def test_a_change_whose_review_cannot_be_had_is_not_approved_until_a_resume_has_it(
    project: Project, review: Any
) -> None:
    head = project.head()
    by_file = {"a.txt": APPROVED, "b.txt": APPROVED}
    ran = project.run(*RUN, "--commit", script=team(TWO, TWO_DRAFTS, {None: review, **by_file}))
    reviews = {None: [_objects("b.txt"), APPROVED], **by_file}
    again = project.run("resume", "--yes", "--json", script=team("", {}, reviews, {"b.txt": whole("bb\n")}))

    assert (ran.status, ran.json["status"], ran.json["commit"], ran.json["can_resume"]) == (1, "failed", None, True)
    assert "review of the whole change could not be" in ran.json["error"]["message"]
    assert "orchestra resume" in ran.json["error"]["hint"]
    assert {file["status"] for file in ran.json["files"]} == {"approved"}
    assert (again.status, project.read("a.txt"), project.read("b.txt")) == (0, "a\n", "bb\n")
    assert again.asked == [("auditor", None), ("consultant", "b.txt"), ("auditor", "b.txt"), ("auditor", None)]
    assert again.json["commit"] is not None and project.head() != head


def test_the_review_of_the_whole_change_reads_no_bytes_of_a_picture_that_is_deleted(project: Project) -> None:
    project.write("a.png", bytes(random.Random(1).choices(range(256), k=300_000)) + b"\0")
    plan = plan_of(planned("a.png", "delete"), planned("b.txt"))
    ran = project.run(*RUN, script=team(plan, {"b.txt": whole("bb\n")}))

    asked = ran.calls[-1].text
    assert (ran.status, ran.asked[-1]) == (0, ("auditor", None))
    assert "Binary file of 0 bytes, of 300001 bytes before" in asked and "+bb\n" in asked
    assert len(asked) < 10_000


STORE = "def put(key):\n    return key\n\n\ndef take():\n    return 1\n"


@pytest.mark.parametrize("action, lines", [
    ("modify", ["use.py:3: store.put(1)"]), ("delete", ["use.py:1: import store.py", "use.py:3: store.put(1)"])
])
def test_of_a_change_of_one_file_its_auditor_sees_who_names_what_it_takes_away(
    project: Project, action: str, lines: list[str]
) -> None:
    project.commit("store.py", STORE)
    project.commit("use.py", "import store.py\n\nstore.put(1)\n")
    plan = plan_of(planned("store.py", action, description="Rename put to save."))
    ran = project.run(*RUN, script=team(plan, {"store.py": edit("def put(key):\n", "def save(key):\n")}))

    (question,) = [call.text for call in ran.calls if call.model == "auditor-model"]
    assert [line for line in question.splitlines() if line.startswith("use.py:")] == lines


def test_of_a_change_of_several_files_only_the_judge_of_the_whole_sees_them(project: Project) -> None:
    project.commit("store.py", STORE)
    project.commit("use.py", "import store\n\nstore.put(1)\n")
    script = team(
        plan_of(planned("store.py", "modify", description="Rename put to save."), planned("b.txt")),
        {"store.py": edit("def put(key):\n", "def save(key):\n"), "b.txt": whole("b\n")},
    )
    ran = project.run(*RUN, script=script)
    questions = [call for call in ran.calls if call.model == "auditor-model"]
    assert ["use.py:3" in call.text for call in questions] == [call.file is None for call in questions]
    assert len(questions) == 3


def test_where_nobody_judges_the_whole_each_auditor_sees_them_but_for_files_that_are_yet_to_change(
    project: Project,
) -> None:
    project.commit("store.py", STORE)
    project.commit("use.py", "import store\n\nstore.put(1)\n")
    project.commit("other.py", "import store\n\nstore.put(2)\n")
    script = team(
        plan_of(planned("store.py", "modify", description="Rename put to save."), planned("use.py", "modify")),
        {"store.py": edit("def put(key):\n", "def save(key):\n"), "use.py": edit("store.put(1)\n", "store.save(1)\n")},
    )
    ran = project.run(*RUN, script=script, settings={"audit": {"whole_change": False}})
    questions = [call for call in ran.calls if call.model == "auditor-model"]
    named = {call.file: [line for line in call.text.splitlines() if ": store.put" in line] for call in questions}
    assert named == {"store.py": ["other.py:3: store.put(2)"], "use.py": []}


def test_a_finding_about_a_file_that_is_not_planned_leaves_all_files_and_makes_no_commit(project: Project) -> None:
    script = team(TWO, TWO_DRAFTS, {None: _objects("c.txt"), "a.txt": APPROVED, "b.txt": APPROVED})
    ran = project.run(*RUN, "--commit", script=script)

    assert (ran.status, ran.json["status"], ran.json["commit"], ran.json["can_resume"]) == (1, "failed", None, False)
    assert "c.txt names what the other does not have" in ran.json["error"]["message"]
    assert "c.txt" in ran.json["error"]["hint"]
    assert (project.read("a.txt"), project.read("b.txt")) == ("a\n", "b\n")
    assert {file["status"] for file in ran.json["files"]} == {"approved"}


def test_a_change_is_judged_by_its_files_alone_where_that_is_configured(project: Project) -> None:
    ran = project.run(*RUN, script=team(TWO, TWO_DRAFTS), settings={"audit": {"whole_change": False}})

    assert ran.status == 0
    assert ("auditor", None) not in ran.asked
