"""Instructions of the repository and skills: who is shown which of them, and as whose words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.project import Project
from tests.flows.team import APPROVED, block, edit, one_file, plan_of, planned, team, whole

RUN = ("run", "task", "--yes", "--json")
SKILL = "---\nname: {0}\ndescription: {1}\n---\nThe way of {0}.\n"


def test_every_agent_is_told_what_the_folders_of_its_file_say(project: Project) -> None:
    project.commit("AGENTS.md", "Root words.\n")
    project.commit("CLAUDE.md", "Not these.\n")
    project.commit("src/CLAUDE.md", "Inner words.\n")
    project.commit("src/a.txt", "one\n")
    plan = plan_of(planned("src/a.txt", "modify"), planned("b.txt"))
    script = team(plan, {"src/a.txt": edit("one\n", "two\n"), "b.txt": whole("b\n")})
    ran = project.run(*RUN, script=script)

    assert ran.status == 0
    for call in ran.calls:
        said = call.system + call.text
        assert said.count("=== AGENTS.md\n") == said.count("Root words.") == 1 and "Not these." not in said
        assert ("Inner words." in call.text) == (call.file == "src/a.txt") and "Inner words." not in call.system


@pytest.mark.parametrize("folder", [".agents/skills", ".claude/skills", "ai-core/SKILLS"])
def test_skills_are_offered_to_the_architect_and_included_where_they_fit(project: Project, folder: str) -> None:
    project.commit(f"{folder}/releases/SKILL.md", SKILL.format("releases", "Cut a release and tag it"))
    project.commit(f"{folder}/migrations/SKILL.md", SKILL.format("migrations", "Change the schema of tables"))
    plan = plan_of(planned("a.txt", description="A table's schema: change it by the migrations we have."))
    ran = project.run(*RUN, script=team(plan, {"a.txt": whole("one\n")}))

    architect, executor = ran.calls[0], ran.calls[1]
    assert f"releases: Cut a release and tag it ({folder}/releases/SKILL.md)" in architect.text
    assert "The way of" not in architect.text
    assert "The way of migrations." in executor.text and "The way of releases." not in executor.text


def test_a_skill_that_the_task_names_reaches_the_architect_whole(project: Project) -> None:
    home = Path(project.variables["HOME"])
    own = home / ".agents/skills/releases/SKILL.md"
    own.parent.mkdir(parents=True)
    own.write_text(SKILL.format("releases", "Cut a release"), encoding="utf-8")
    ran = project.run("run", "by the releases skill, tag it", "--yes", "--json", script=one_file())

    assert "The way of releases." in ran.calls[0].text and "=== skill:releases\n" in ran.calls[0].text
    assert str(home) not in ran.calls[0].text


def test_a_skill_may_be_asked_for_by_its_name(project: Project) -> None:
    own = Path(project.variables["HOME"]) / ".claude/skills/baking/SKILL.md"
    own.parent.mkdir(parents=True)
    own.write_text(SKILL.format("baking", "Slow bread"), encoding="utf-8")
    project.commit(".agents/skills/sewing/SKILL.md", SKILL.format("sewing", "Seams"))
    asking = block({"need_files": ["skill:baking", "README.md", "skill:sewing"]})
    script = team([asking, plan_of(planned("a.txt"))], {"a.txt": whole("one\n")})
    ran = project.run(*RUN, script=script)

    assert ran.status == 0, ran.err
    assert "baking: Slow bread (skill:baking)" in ran.calls[0].text and "The way of" not in ran.calls[0].text
    assert "=== skill:baking\n" in ran.calls[1].text and "The way of baking." in ran.calls[1].text
    assert "=== README.md\n" in ran.calls[1].text and "The way of sewing." in ran.calls[1].text
    assert not any(project.variables["HOME"] in call.system + call.text for call in ran.calls)


def test_a_skill_that_fits_is_sent_once(project: Project) -> None:
    path = ".agents/skills/migrations/SKILL.md"
    project.commit(path, SKILL.format("migrations", "Change the schema of tables"))
    ran = project.run("run", f"by {path}, the migrations, go on", "--yes", "--json", script=one_file())

    assert ran.calls[0].text.count("The way of migrations.") == 1
    told = project.run("context", f"by {path}, the migrations, go on", "--json").json
    assert path not in {part["path"] for part in told["parts"]}


def test_prompts_say_what_the_session_found_though_a_planned_file_changes_it(project: Project) -> None:
    project.commit("AGENTS.md", "Root words.\n")
    plan = plan_of(planned("AGENTS.md", "modify"), planned("b.txt", depends_on=["AGENTS.md"]))
    script = team(plan, {"AGENTS.md": edit("Root words.\n", "New words.\n"), "b.txt": whole("b\n")})
    ran = project.run(*RUN, script=script)

    (executor,) = [call for call in ran.calls if call.file == "b.txt" and call.model == "executor-model"]
    assert "Root words." in executor.system and "New words." in executor.text


def test_instructions_that_are_ignored_or_secret_are_not_shown(project: Project) -> None:
    project.commit(".gitignore", "AGENTS.md\n")
    project.write("AGENTS.md", "Private words.\n")
    ran = project.run(*RUN, script=one_file())

    assert not any("Private words." in call.system + call.text for call in ran.calls)


def test_long_instructions_are_cut(project: Project) -> None:
    project.commit("AGENTS.md", "words and more words\n" * 5000)
    ran = project.run(*RUN, script=one_file())

    assert ran.status == 0
    assert "[the rest is left out]" in ran.calls[1].system and len(ran.calls[1].system) < 40_000
    assert ran.err.count("AGENTS.md: of its 105000 characters only 24000 are shown") == 1


@pytest.mark.parametrize("lines, why", [
    (5000, "of its 100000 characters only 24000 are shown: agents see 24000 of instructions at most"),
    (10_001, "it is too long to be shown (200020 characters)"),
])
def test_what_is_left_out_of_instructions_is_said(project: Project, lines: int, why: str) -> None:
    project.commit("AGENTS.md", "words and more word\n" * lines)
    ran = project.run(*RUN, script=one_file())
    assert ran.err.count(f"AGENTS.md: {why}") == 1

    told = project.run("context", "task", "--json").json
    assert ["AGENTS.md", why] in [[file["path"], file["why"]] for file in told["left_out"]]
    assert [why in part["why"] for part in told["parts"] if part["part"] == "instructions"] in ([True], [])


@pytest.mark.parametrize("target, why", [
    ("/etc/hostname", "leads outside the repository"), ("src", "links are not followed"),
    ("AGENTS.md", "links are not followed"), ("gone.md", "links are not followed"),
])
def test_instructions_that_are_a_link_are_said_to_be_left_out(project: Project, target: str, why: str) -> None:
    project.commit("src/a.txt", "one\n")
    (project.root / "AGENTS.md").symlink_to(target)
    ran = project.run(*RUN, "--allow-dirty", script=one_file())
    assert [line for line in ran.err.splitlines() if "AGENTS.md" in line and why in line], ran.err

    told = project.run("context", "task", "--json").json
    assert [why in file["why"] for file in told["left_out"] if file["path"] == "AGENTS.md"] == [True]


def test_a_link_to_the_instructions_that_count_or_one_that_git_ignores_is_passed_over(project: Project) -> None:
    project.commit("CLAUDE.md", "Root words.\n")
    project.commit(".gitignore", "AGENTS.md\n")
    project.commit("src/a.txt", "one\n")
    (project.root / "src/AGENTS.md").symlink_to("/etc/hostname")
    (project.root / ".cursorrules").symlink_to("CLAUDE.md")
    assert project.run("context", "task", "--json").json["left_out"] == []


def test_context_tells_of_them(project: Project) -> None:
    project.commit("AGENTS.md", "Root words.\n")
    project.commit(".agents/skills/releases/SKILL.md", SKILL.format("releases", "Cut a release"))
    parts = project.run("context", "task", "--json").json["parts"]

    assert {"instructions", "skills"} <= {part["part"] for part in parts}


def test_a_reviewer_of_the_whole_change_is_told_them_too(project: Project) -> None:
    project.commit("AGENTS.md", "Root words.\n")
    plan = plan_of(planned("a.txt"), planned("b.txt"))
    ran = project.run(*RUN, script=team(plan, {"a.txt": whole("a\n"), "b.txt": whole("b\n")}, APPROVED))

    assert "Root words." in ran.calls[-1].system and ran.calls[-1].file is None


@pytest.mark.parametrize("odd", [
    "updated: 2024-02-30", "n: 0x_", "b: !!bool x", "deep: " + "[" * 3000, "t: !!timestamp x",
])
def test_an_odd_skill_stops_nobody(project: Project, odd: str) -> None:
    project.commit(".claude/skills/x/SKILL.md", f"---\nname: x\ndescription: d\n{odd}\n---\nhi\n")
    assert project.run(*RUN, script=one_file()).status == 0


def test_a_secret_in_instructions_is_in_no_table_but_that_of_images(project: Project) -> None:
    secret = "Xk29fjQz81mPq7vB"
    project.commit("AGENTS.md", f'Staging: password = "{secret}"\n')
    project.commit(".claude/skills/x/SKILL.md", f'---\nname: x\n---\npassword = "{secret}"\n')
    ran = project.run(*RUN, script=one_file())

    assert ran.status == 0 and not any(secret in call.system + call.text for call in ran.calls)
    assert secret not in str(project.rows("SELECT * FROM facts"))


def test_many_skills_are_offered_within_bounds(project: Project) -> None:
    for number in range(60):
        project.write(f".claude/skills/s{number}/SKILL.md", SKILL.format(f"s{number}", "much of it " * 90))
    ran = project.run(*RUN, script=one_file())

    assert ran.status == 0 and len(ran.calls[0].text) < 60_000
