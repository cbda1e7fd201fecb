"""Which tests a project has, by its files."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterable, Iterator, Mapping

from orchestra.regex import regex
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
_COULD_BRING = regex(
    r".*(?:test|spec).*|(?:.*/)?(?:pyproject\.toml|setup\.cfg|tox\.(?:ini|toml)|noxfile\.py|package\.json|go\.mod"
    r"|cargo\.toml|pom\.xml|(?:build|settings)\.gradle(?:\.kts)?|rakefile|phpunit\.(?:dist\.)?xml(?:\.dist)?"
    r"|.*\.[cfv][sb]proj|cmakelists\.txt|(?:gnu)?makefile)"
)
"""Names by which a detector knows a suite, and those of files that may be its first."""


def detect(
    root: Path, variables: Mapping[str, str], *, imports: Imports, command: str | None = None, may_lack: bool = False
) -> Suite | None:
    """The suite to run; None where there is none that can. `command` is a shell line of the user's, which wins.

    `variables` are those for child processes. With `may_lack`, where none can run, the first that lacks something.
    """
    if command is not None:
        return Suite("command", ("/bin/sh", "-c", command))
    lacking: Suite | None = None
    for suite in candidates(root, variables, imports=imports):
        if not suite.lacks:
            return suite
        lacking = lacking or suite
    return lacking if may_lack else None


def could_bring_tests(paths: Iterable[str]) -> bool:
    """Whether a project may have tests to run once files of these names are written."""
    return any(_COULD_BRING.fullmatch(path.lower()) for path in paths)


def candidates(root: Path, variables: Mapping[str, str], *, imports: Imports) -> Iterator[Suite]:
    """All suites that the project's files speak of, also those that lack something; the one to prefer first."""
    evidence = Evidence(root, variables, imports)
    for detector in _DETECTORS:
        yield from detector(evidence)
