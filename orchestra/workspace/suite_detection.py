"""Which tests a project has, by its files."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator, Mapping

from orchestra.workspace import suite_manifests as manifests
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_evidence import Evidence, Imports
from orchestra.workspace.suite_javascript import javascript
from orchestra.workspace.suite_python import configured_pytest, declared_python, environments, python_files

FRAMEWORKS = (
    "pytest", "unittest", "tox", "nox", "jest", "vitest", "mocha", "node", "npm", "go", "cargo", "maven", "gradle",
    "rspec", "minitest", "phpunit", "dotnet", "ctest", "make",
)
_DETECTORS: tuple[Callable[[Evidence], Iterator[Suite]], ...] = (
    configured_pytest, declared_python, javascript, manifests.go, manifests.cargo, manifests.maven, manifests.gradle,
    manifests.rspec, manifests.minitest, manifests.phpunit, manifests.dotnet, python_files, manifests.ctest,
    manifests.make, environments,
)
"""The surest evidence first. Files named as Python tests may be another language's tools."""


def detect(root: Path, variables: Mapping[str, str], *, imports: Imports, command: str | None = None) -> Suite | None:
    """The suite to run; None where there is none that can. `command` is a shell line of the user's, which wins.

    `variables` are those for child processes.
    """
    if command is not None:
        return Suite("command", ("/bin/sh", "-c", command))
    return next((suite for suite in candidates(root, variables, imports=imports) if not suite.lacks), None)


def candidates(root: Path, variables: Mapping[str, str], *, imports: Imports) -> Iterator[Suite]:
    """All suites that the project's files speak of, also those that lack something; the one to prefer first."""
    evidence = Evidence(root, variables, imports)
    for detector in _DETECTORS:
        yield from detector(evidence)
