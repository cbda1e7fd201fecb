"""What README says, held against the code."""

from __future__ import annotations

import re
from pathlib import Path

from orchestra.cli.command_list import COMMANDS
from orchestra.cli.reference import TOPICS
from tests.readme_tables import README, with_tables

CI = Path(README.parent, ".ci", "run")


def test_tables_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_tables(text) == text
    assert set(re.findall(r"<!-- ([a-z-]+) -->", text)) == {*TOPICS, "end"}


def test_ci_calls_the_test_command_that_readme_gives() -> None:
    blocks = re.findall(r"```sh\n(.+)\n```", README.read_text(encoding="utf-8"))
    assert blocks[1] in CI.read_text(encoding="utf-8")


def test_every_command_in_an_example_exists() -> None:
    named = re.findall(r"orchestra\.pyz ([a-z]+)", README.read_text(encoding="utf-8"))
    assert named and set(named) <= set(COMMANDS)
