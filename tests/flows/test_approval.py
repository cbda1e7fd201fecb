"""Status 3 and its way out: who approves a plan, and what a person at the terminal can do with it."""

from __future__ import annotations

import io
import os
import pty
import sys
from pathlib import Path

import pytest

from orchestra.demo.script import Script
from orchestra.records import AGENT_ROLES
from tests.flows.project import Project, Terminal
from tests.flows.team import APPROVED, block, one_file, plan_of, planned, team, whole

TWO_PLANS = [plan_of(planned("a.txt")), plan_of(planned("b.txt"))]
TWO_DRAFTS = {"a.txt": whole("one\n"), "b.txt": whole("two\n")}


def editor(project: Project, python: str) -> dict[str, str]:
    """Variables with an editor that runs this Python on the plan's `text` and saves it."""
    script = project.folder / "editor.py"
    script.write_text(
        f"import os, sys\npath = sys.argv[1]\ntext = open(path).read()\n{python}\nopen(path, 'w').write(text)\n"
    )
    return {"EDITOR": f"{sys.executable} {script}"}


def test_nobody_there_never_approves_and_is_told_how(project: Project) -> None:
    ran = project.run("run", "task", "--json", script=one_file())

    assert (ran.status, ran.json["status"]) == (3, "rejected")
    assert ran.json["error"]["code"] == "not-approved"
    assert "orchestra resume --yes" in ran.json["error"]["hint"]
    assert ran.asked == [("architect", None)]
    assert project.tree() == {"README.md": b"A project.\n"}
    plan = project.read(".orchestra/plan.md")
    assert ran.json["session_id"] in plan and "## create a.txt" in plan


@pytest.mark.parametrize("typed", [["q"], ["quit"], []])
def test_a_plan_refused_at_the_terminal_is_kept(project: Project, typed: list[str]) -> None:
    ran = project.run("run", "task", script=one_file(), stdin=Terminal(*typed))

    assert ran.status == 3
    assert "[a]pprove" in ran.err
    assert "orchestra resume" in ran.err
    assert not project.has("a.txt")
    assert "## create a.txt" in project.read(".orchestra/plan.md")


@pytest.mark.parametrize("typed", ["a", "A", "approve", " app "])
def test_a_plan_is_approved_at_the_terminal(project: Project, typed: str) -> None:
    ran = project.run("run", "task", "--json", script=one_file(), stdin=Terminal(typed))

    assert ran.status == 0
    assert project.read("a.txt") == "one\n"
    assert project.rows("SELECT approved_by FROM plans") == [{"approved_by": "user"}]


def test_an_unknown_answer_asks_again_and_approves_nothing(project: Project) -> None:
    ran = project.run("run", "task", script=one_file(), stdin=Terminal("yes", "ok", "", "1", "approved!"))

    assert ran.status == 3
    assert ran.err.count("[a]pprove") == 6
    assert not project.has("a.txt")


def test_the_whole_plan_is_shown_when_asked_for(project: Project) -> None:
    plan = plan_of(planned("a.txt", criteria=["it says one"]), tests=["that it does"])
    script = team(plan, {"a.txt": whole("one\n")})
    ran = project.run("run", "task", script=script, stdin=Terminal("v", "a"))

    assert ran.status == 0
    before, after = ran.err.split("[a]pprove")[:2]
    assert "a.txt" in before and "it says one" not in before
    assert "it says one" in after and "that it does" in after


def test_a_remark_reaches_the_architect_and_the_new_plan_is_asked_about(project: Project) -> None:
    ran = project.run(
        "run", "task", script=team(TWO_PLANS, TWO_DRAFTS), stdin=Terminal("r", "call it b.txt, please", "a")
    )

    assert ran.status == 0
    first, second = (call for call in ran.calls if call.model == "architect-model")
    assert "call it b.txt, please" not in first.text
    assert "call it b.txt, please" in second.text
    assert "a.txt" in second.text, "the plan that the remark is about"
    assert (project.has("a.txt"), project.has("b.txt")) == (False, True)
    assert "## create b.txt" in project.read(".orchestra/plan.md")


def test_an_empty_remark_asks_again(project: Project) -> None:
    ran = project.run("run", "task", script=one_file(), stdin=Terminal("r", "", "a"))

    assert ran.status == 0
    assert ran.asked.count(("architect", None)) == 1


def test_the_edited_plan_is_asked_about_and_carried_out(project: Project) -> None:
    variables = editor(project, "text = text.replace('a.txt', 'b.txt')")
    ran = project.run(
        "run", "task", script=team(TWO_PLANS[0], TWO_DRAFTS), stdin=Terminal("e", "a"), variables=variables
    )

    assert ran.status == 0
    assert ran.err.count("[a]pprove") == 2
    assert ran.asked == [("architect", None), ("executor", "b.txt"), ("auditor", "b.txt")]
    assert "## create b.txt" in project.read(".orchestra/plan.md")


@pytest.mark.parametrize("python, why", [
    ("text = text.replace('## create', '## destroy')", "expected `## create PATH`"),
    ("text = text.replace('a.txt', '../a.txt')", "has .. in it"),
    ("sys.exit(3)", "the editor ended with status 3"),
])
def test_an_edit_that_cannot_be_used_is_explained_and_asked_about_again(
    project: Project, python: str, why: str
) -> None:
    ran = project.run("run", "task", script=one_file(), stdin=Terminal("e", "a"), variables=editor(project, python))

    assert ran.status == 0
    assert why in ran.err
    assert project.read("a.txt") == "one\n"


def test_an_editor_that_is_not_there_is_said(project: Project) -> None:
    ran = project.run(
        "run", "task", script=one_file(), stdin=Terminal("e", "q"), variables={"EDITOR": "/not/there", "VISUAL": ""}
    )

    assert ran.status == 3
    assert "the editor cannot be started" in ran.err


def test_an_edited_plan_leaves_no_temporary_file(project: Project) -> None:
    project.run("run", "task", script=one_file(), stdin=Terminal("e", "q"), variables=editor(project, ""))

    assert list((project.state / "tmp").iterdir()) == []


QUESTIONS = block({"questions": ["Which colour?", "How big?"]})


def test_questions_of_the_architect_end_the_run_when_nobody_is_there(project: Project) -> None:
    ran = project.run("run", "task", "--yes", "--json", script=team(QUESTIONS))

    assert (ran.status, ran.json["status"]) == (3, "rejected")
    assert "Which colour?" in ran.json["error"]["message"] and "How big?" in ran.json["error"]["message"]
    assert ran.json["can_resume"] is True


def test_answers_to_the_architects_questions_reach_it(project: Project) -> None:
    script = team([QUESTIONS, plan_of(planned("a.txt"))], {"a.txt": whole("one\n")})
    ran = project.run("run", "task", script=script, stdin=Terminal("green", "two metres", "a"))

    assert ran.status == 0
    second = ran.calls[1].text
    assert "Which colour? green" in second and "How big? two metres" in second


def test_questions_that_a_flag_does_not_answer_are_asked_whoever_takes_the_session_up(project: Project) -> None:
    script = team([QUESTIONS, plan_of(planned("a.txt"))], {"a.txt": whole("one\n")})
    assert project.run("run", "task", "--yes", script=script).status == 3

    assert project.run("resume", script=script, stdin=Terminal("green", "two metres", "a")).status == 0


def test_questions_left_without_an_answer_approve_nothing(project: Project) -> None:
    ran = project.run("run", "task", script=team(QUESTIONS), stdin=Terminal("green"))

    assert ran.status == 3
    assert "Which colour?" in ran.err


def test_auto_approve_in_the_configuration_approves(project: Project) -> None:
    ran = project.run("run", "task", script=one_file(), settings={"auto_approve": True})

    assert ran.status == 0
    assert project.rows("SELECT approved_by FROM plans") == [{"approved_by": "auto_approve"}]


def test_a_rejected_plan_is_asked_about_again_by_resume(project: Project) -> None:
    project.run("run", "task", script=one_file())
    refused = project.run("resume", "--json", script=team())
    ran = project.run("resume", "--json", script=team("", {"a.txt": whole("one\n")}, APPROVED), stdin=Terminal("a"))

    assert (refused.status, refused.calls) == (3, ())
    assert ran.status == 0
    assert ("architect", None) not in ran.asked
    assert project.read("a.txt") == "one\n"


def test_a_plan_edited_in_its_file_is_a_new_plan_to_approve(project: Project) -> None:
    project.run("run", "task", script=one_file())
    plan = project.state / "plan.md"
    plan.write_text(plan.read_text().replace("a.txt", "b.txt"))
    ran = project.run("resume", "--json", script=team("", TWO_DRAFTS), stdin=Terminal("a"))

    assert ran.status == 0
    assert ran.asked == [("executor", "b.txt"), ("auditor", "b.txt")]


def test_a_plan_that_is_saved_in_another_encoding_is_the_users_to_mend(project: Project) -> None:
    project.run("run", "task", script=one_file())
    plan = project.state / "plan.md"
    plan.write_bytes(plan.read_bytes() + b"caf\xe9\n")
    ran = project.run("resume", "--yes", "--json", script=one_file())

    assert (ran.status, ran.json["error"]["code"], project.has("a.txt")) == (2, "plan", False)
    assert "UTF-8" in ran.json["error"]["hint"]
    plan.unlink()
    assert project.run("resume", "--yes", script=one_file()).status == 0


def test_after_approval_the_journals_copy_of_the_plan_counts(project: Project) -> None:
    models = {f"{role}-model": {"price_input": 1, "price_output": 2} for role in AGENT_ROLES}
    models["executor-model"]["price_output"] = 50_000
    stopped = project.run("run", "task", "--yes", script=one_file(), provider_settings={"models": models})
    plan = project.state / "plan.md"
    plan.write_text(plan.read_text().replace("a.txt", "b.txt"))
    ran = project.run("resume", "--yes", "--max-cost", "1", "--json", script=team("", TWO_DRAFTS))

    assert stopped.status == 7
    assert ran.status == 0
    assert (project.has("a.txt"), project.has("b.txt")) == (True, False)


def test_a_person_at_a_real_terminal_is_asked(project: Project) -> None:
    keyboard, line = pty.openpty()
    try:
        with os.fdopen(line, "r", encoding="utf-8") as stdin:
            os.write(keyboard, b"what?\napprove\n")
            ran = project.run("run", "task", script=one_file(), stdin=stdin)  # type: ignore[arg-type]
    finally:
        os.close(keyboard)

    assert ran.status == 0
    assert "Please type a, e, r, v or q." in ran.err
    assert project.read("a.txt") == "one\n"


@pytest.mark.parametrize("script", [one_file(), team(block({"questions": ["Which one?"]}))])
def test_who_cannot_see_the_question_is_not_asked(project: Project, script: Script) -> None:
    said = io.StringIO()
    ran = project.run("run", "task", script=script, stdin=Terminal("a", "a"), stderr=said)

    assert (ran.status, project.has("a.txt")) == (3, False)
    assert "[a]pprove" not in ran.err and "has questions.\n" not in ran.err
    assert "orchestra: error [not-approved]" in ran.err


def test_a_pipe_is_not_a_person(project: Project, tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    answers.write_text("a\n")
    with open(answers, encoding="utf-8") as stdin:
        ran = project.run("run", "task", script=one_file(), stdin=stdin)  # type: ignore[arg-type]

    assert ran.status == 3
    assert not project.has("a.txt")
