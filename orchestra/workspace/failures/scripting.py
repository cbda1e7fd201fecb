"""Failing tests, as the frameworks of Ruby and PHP tell them."""

from __future__ import annotations

import re
from typing import Iterator

from orchestra.records import TestFailure
from orchestra.regex import regex
from orchestra.workspace.failures.blocks import blocks, first_of, unique

_RSPEC_LIST = regex(r"^rspec '?(\S+?)(?::\d+|\[[\d:]+\])'? # (.+)$", re.M)
_RSPEC = regex(r"^  \d+\) (.+)$", re.M)
_RSPEC_END = regex(r"^(?:Finished in |Failed examples:)", re.M)
_RSPEC_LOAD = regex(r"^An error occurred while loading (\S+?)\.(?: .*)?$", re.M)
_MINITEST = regex(r"^ *(?:\d+\) )?(?:Failure|Error):\n(\S+#.+?)(?: \[.*\])?:$", re.M)
_MINITEST_END = regex(r"^\d+ runs, |^(?:bin/rails|rails) test |^rake aborted!", re.M)
_PHPUNIT = regex(r"^\d+\) ([\w\\]+::\w+(?: with data set (?:#\d+|\".*?\"))?).*$", re.M)
_PHPUNIT_END = regex(r"^(?:--|(?:FAILURES|ERRORS|WARNINGS)!|There (?:was|were) .*)$", re.M)


def rspec_failures(output: str) -> tuple[TestFailure, ...]:
    """Of RSpec: the id is the file and the example's description, since lines move."""
    return unique(_rspec(output))


def minitest_failures(output: str) -> tuple[TestFailure, ...]:
    """Of minitest, also under Rails."""
    return unique(
        TestFailure(match.group(1), first_of(text)) for match, text in blocks(output, _MINITEST, _MINITEST_END)
    )


def phpunit_failures(output: str) -> tuple[TestFailure, ...]:
    """Of PHPUnit; of a data set only its name, not its values."""
    return unique(
        TestFailure(match.group(1), first_of(text)) for match, text in blocks(output, _PHPUNIT, _PHPUNIT_END)
    )


def _rspec(output: str) -> Iterator[TestFailure]:
    said = {match.group(1): text for match, text in blocks(output, _RSPEC, _RSPEC_END)}
    for file, description in _RSPEC_LIST.findall(output):
        yield TestFailure("%s # %s" % (file, description), first_of(said.get(description, "")))
    for match, text in blocks(output, _RSPEC_LOAD, _RSPEC_END):
        yield TestFailure(match.group(1), first_of(text))
