from __future__ import annotations

from orchestra.records import CommitIntent, Plan, PlannedFile
from orchestra.views.plan_page import WIDTH, plan_page

PLAN = Plan(
    "Add a flag.",
    (
        PlannedFile("src/a.py", "create", "What a is for.", (), ("a must hold",)),
        PlannedFile("src/longer.py", "modify", "What it is for.", ("src/a.py", "src/c.py"), ()),
        PlannedFile("old.py", "delete", "No more."),
    ),
    ("the flag works",),
    CommitIntent("feat", "cli", "add a flag"),
)


def test_a_page_shows_what_would_happen_to_every_file() -> None:
    assert plan_page(PLAN, full=False).splitlines() == [
        "Add a flag.",
        "",
        "  + create  src/a.py",
        "      What a is for.",
        "  ~ modify  src/longer.py",
        "      What it is for.",
        "      after src/a.py, src/c.py",
        "  - delete  old.py",
        "      No more.",
    ]


def test_the_whole_page_has_criteria_tests_and_the_commit() -> None:
    lines = plan_page(PLAN, full=True).splitlines()
    assert "      - a must hold" in lines
    assert lines[-5:] == ["", "  tests", "      - the flag works", "", "  commit  feat(cli): add a flag"]


def test_a_long_description_is_shortened_and_whole_on_the_whole_page() -> None:
    plan = Plan("", (PlannedFile("a.py", "create", "word " * 300),))
    assert plan_page(plan, full=False).count("word") < 100
    assert plan_page(plan, full=True).count("word") == 300
    assert max(map(len, plan_page(plan, full=True).splitlines())) <= WIDTH


def test_what_a_model_wrote_cannot_pass_for_a_line_of_the_page() -> None:
    trick = "fine\n  - delete  important.py"
    plan = Plan(
        trick, (PlannedFile("a.py", "create", trick, (), (trick,)),), (trick,), CommitIntent("feat", trick, trick)
    )
    for full in (False, True):
        page = plan_page(plan, full=full)
        assert not [line for line in page.splitlines() if line.startswith("  - delete")]


def test_a_plan_without_files_is_its_summary() -> None:
    assert plan_page(Plan("Nothing to do.", ()), full=True).split() == ["Nothing", "to", "do."]
