from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestra.workspace.instructions import (
    Skill,
    folders_above,
    instruction_files,
    instruction_links,
    own_skills,
    read_skill,
    skill_files,
    without_repeats,
)

MIGRATIONS = Skill("database-migrations", "Write and test schema migrations for PostgreSQL", "x/SKILL.md", "Do it so.")


def test_of_a_folder_the_first_kind_of_instructions_counts() -> None:
    paths = ["CLAUDE.md", "GEMINI.md", "a/AGENTS.md", "a/CLAUDE.md", "a/b/.cursorrules", "a/b/x.py", "c/agents.md"]
    assert instruction_files(paths) == {"": "CLAUDE.md", "a": "a/AGENTS.md", "a/b": "a/b/.cursorrules"}


def test_links_in_the_place_of_instructions_are_found_unless_they_lead_to_what_counts(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
    for link, target in (
        ("AGENTS.md", "b"), ("a/CLAUDE.md", "AGENTS.md"), ("b/AGENTS.md", "CLAUDE.md"), ("c/GEMINI.md", "GEMINI.md")
    ):
        (tmp_path / link).symlink_to(target)
    assert instruction_links(tmp_path, ["a/AGENTS.md", "b/CLAUDE.md", "c/x.py"]) == ["AGENTS.md", "c/GEMINI.md"]


@pytest.mark.parametrize("path, folders", [("x.py", [""]), ("a/b/x.py", ["", "a", "a/b"])])
def test_a_file_lies_in_all_folders_above_it(path: str, folders: list[str]) -> None:
    assert folders_above(path) == folders


def test_skills_lie_where_tools_look_for_them() -> None:
    paths = [
        ".claude/skills/a/SKILL.md", ".agents/skills/b/SKILL.md", "ai-core/SKILLS/c/SKILL.md", "docs/SKILL.md",
        ".claude/skills/a/other.md", "x/.claude/skills/d/SKILL.md",
    ]
    assert skill_files(paths) == [
        ".agents/skills/b/SKILL.md", ".claude/skills/a/SKILL.md", "ai-core/SKILLS/c/SKILL.md"
    ]


def test_a_skill_says_what_it_is_for() -> None:
    text = "---\nname: pdf-forms\ndescription: >\n  Fill in\n  PDF forms\nother: [1]\n---\n# How\nSo.\n"
    assert read_skill("s/x/SKILL.md", text) == Skill("pdf-forms", "Fill in PDF forms", "s/x/SKILL.md", "# How\nSo.\n")


@pytest.mark.parametrize("text", [
    "no front matter\n", "---\nname: [\n---\n", "---\n- a list\n---\n", "---\nname: never closed\n", "",
    "---\nname: {a: b}\ndescription: [x]\n---\n",
])
def test_a_skill_that_says_nothing_about_itself_is_named_like_its_folder(text: str) -> None:
    found = read_skill("skills/forms/SKILL.md", text)
    assert (found.name, found.description) == ("forms", "")


def test_a_description_with_a_colon_is_read_though_it_is_no_yaml() -> None:
    skill = read_skill("x/SKILL.md", "---\nname: a\r\ndescription: Use this: to write a migration\n---\nbody\n")
    assert (skill.name, skill.description, skill.text) == ("a", "Use this: to write a migration", "body\n")


@pytest.mark.parametrize("name", ["'py-tests'", '"py-tests"', "py-tests"])
@pytest.mark.parametrize("description", [">\n  Use when: writing\n  tests", "|-\r\n  Use when: writing tests"])
def test_what_another_key_spoils_for_yaml_is_read_though_it_is_quoted_or_folded(name: str, description: str) -> None:
    skill = read_skill("x/SKILL.md", f"---\nname: {name}\ndescription: {description}\nx: a: b\n---\n")
    assert (skill.name, skill.description) == ("py-tests", "Use when: writing tests")


def test_a_skill_of_two_words_fits_what_speaks_of_both() -> None:
    skill = Skill("db", "Database migrations", "x/SKILL.md", "")
    assert skill.fits("add a migration of the database") and not skill.fits("add a database")


@pytest.mark.parametrize("wanted, fits", [
    ("use the database migrations skill", True),
    ("add a column: write a PostgreSQL migration and test the schema", True),
    ("add a --verbose flag to the command line", False),
    ("write a test", False),
    ("", False),
])
def test_a_skill_fits_what_names_it_or_speaks_of_the_same(wanted: str, fits: bool) -> None:
    assert MIGRATIONS.fits(wanted) is fits


def test_a_skill_without_a_word_fits_nothing() -> None:
    assert not Skill("--", "", "x", "").fits("anything at all, and more of it")


def test_the_users_own_skills_come_from_the_usual_folders(tmp_path: Path) -> None:
    for place, name in ((".config/orchestra/skills", "one"), (".agents/skills", "two"), (".claude/skills", "one")):
        folder = tmp_path / place / name
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(f"---\nname: {name}\ndescription: {place}\n---\n", encoding="utf-8")
    (tmp_path / ".claude/skills/binary").mkdir()
    (tmp_path / ".claude/skills/binary/SKILL.md").write_bytes(b"\xff\xfe\x00")
    (tmp_path / ".claude/skills/pipe").mkdir()
    os.mkfifo(tmp_path / ".claude/skills/pipe/SKILL.md")
    found = own_skills({"HOME": str(tmp_path)})
    assert [(skill.name, skill.description) for skill in found] == [
        ("one", ".config/orchestra/skills"), ("two", ".agents/skills")
    ]
    assert own_skills({}) == []


def test_of_one_name_the_first_counts() -> None:
    other = Skill(MIGRATIONS.name, "other", "y", "")
    assert without_repeats([MIGRATIONS, other]) == [MIGRATIONS]
