"""Plan files as people write and edit them; that what is rendered comes back is a law in tests/properties."""

from __future__ import annotations

import pytest

from orchestra.agents.plan_file import PlanFile, parse_plan, render_plan
from orchestra.errors import ExitStatus, PlanError
from orchestra.records import CommitIntent, Plan, PlannedFile

PLAN = Plan(
    "Add a greeting.\n\nIt is polite.",
    (
        PlannedFile("src/hello.py", "create", "Write `greet(name)`.", (), ("greets", "raises `ValueError` for ''")),
        PlannedFile("README.md", "modify", "Show it:\n\n```\n## not a heading\n```", ("src/hello.py",)),
    ),
    ("greet of an empty name",),
    CommitIntent("feat", "hello", "add a greeting", "For 大家."),
)
RENDERED = """\
# Plan

Session: s-20261122-071500-4f2a
Hash: HASH
Task: Greet people

Add a greeting.

It is polite.

## create src/hello.py

Write `greet(name)`.

Criteria:
- greets
- raises `ValueError` for ''

## modify README.md

````text
Show it:

```
## not a heading
```
````

Depends on:
- src/hello.py

## Tests

- greet of an empty name

## Commit

Type: feat
Scope: hello
Subject: add a greeting

For 大家.
"""


def rendered() -> str:
    return render_plan(PLAN, session_id="s-20261122-071500-4f2a", task="Greet people")


def test_the_file_is_pleasant_to_read() -> None:
    lines = [line if not line.startswith("Hash: ") else "Hash: HASH" for line in rendered().split("\n")]
    assert "\n".join(lines) == RENDERED


def test_a_file_nobody_touched_is_not_edited() -> None:
    assert not parse_plan(rendered()).edited


def test_an_edit_shows() -> None:
    parsed = parse_plan(rendered().replace("- greets\n", "- greets politely\n"))
    assert parsed.edited
    assert parsed.plan.files[0].criteria[0] == "greets politely"


def test_blank_lines_added_by_an_editor_are_no_edit() -> None:
    spaced = rendered().replace("\n\n## ", "\n\n\n\n## ").replace("\n- ", "\n\n- ").replace("\nHash", "\n\nHash")
    parsed = parse_plan("\ufeff\n" + spaced.replace("\n", "\r\n"))
    assert parsed == parse_plan(rendered())
    assert not parsed.edited


def test_reads_a_small_plan_written_by_hand() -> None:
    parsed = parse_plan("# Plan\nTask: Make it faster\n## modify src/a.py\nUse a set.\n")
    assert parsed == PlanFile(Plan("", (PlannedFile("src/a.py", "modify", "Use a set."),)), "Make it faster")
    assert not parsed.edited


def test_reads_what_people_type() -> None:
    parsed = parse_plan("""
# Speed

- task: Make it faster
  and smaller

Because it is slow.

## Modify `src/a.py`
Use a set:
```python
## not a heading
```
depends on: src/b.py, `src/c.py`
Criteria:
* fast
* small,
  too

## tests
- speed

## COMMIT
perf(core): use a set

It was slow.
""")
    description = "Use a set:\n```python\n## not a heading\n```"
    assert parsed.task == "Make it faster\nand smaller"
    assert parsed.plan == Plan(
        "Because it is slow.",
        (PlannedFile("src/a.py", "modify", description, ("src/b.py", "src/c.py"), ("fast", "small,\ntoo")),),
        ("speed",),
        CommitIntent("perf", "core", "use a set", "It was slow."),
    )


def test_a_task_of_several_lines_stands_in_a_fence() -> None:
    text = render_plan(Plan("", ()), session_id=None, task="One.\n\nHash: two")
    assert "Task:\n```text\nOne.\n\nHash: two\n```\n" in text
    assert parse_plan(text).task == "One.\n\nHash: two"


@pytest.mark.parametrize("text, line, expected", [
    ("", 1, "expected the title `# Plan`"),
    ("\n\nhello\n# Plan", 3, "expected the title `# Plan`"),
    ("## modify a.py\n", 1, "expected the title `# Plan`"),
    ("# Plan\n\n## modify a.py", 2, "expected a line `Task: what is wanted`"),
    ("# Plan\nTask:\n", 2, "expected a text behind the colon"),
    ("# Plan\nTask: a\nTask: b\n", 3, "expected `Task:` only once"),
    ("# Plan\nTask: a\n\n## rename a.py\n", 4, "expected `## create PATH`"),
    ("# Plan\nTask: a\n\n## modify\n", 4, "expected `## create PATH`"),
    ("# Plan\nTask: a\n\n# modify a.py\n", 4, "expected `## create PATH`"),
    ("# Plan\nTask: a\n\n## modify a.py\nCriteria:\n- x\nnot an item\n", 7, "expected a list item `- ...`"),
    ("# Plan\nTask: a\n\n## modify a.py\nCriteria:\n- x\nCriteria:\n- y\n", 7, "expected `Criteria:` only once"),
    ("# Plan\nTask: a\n\n## Tests\nspeed\n", 5, "expected a list item `- ...`"),
    ("# Plan\nTask: a\n\n## modify a.py\n```python\nx = 1\n", 5, "expected a line that closes the fence"),
])
def test_names_the_line_and_what_was_expected(text: str, line: int, expected: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(text, source="my.md")
    assert expected in caught.value.what
    assert caught.value.where == "my.md, line %d" % line
    assert (caught.value.code, caught.value.exit_status) == ("plan", ExitStatus.USAGE)
