"""The tests of a JavaScript project: the script that its package names, or a runner that it has."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

from orchestra.found_files import read_json
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_evidence import Evidence

MANIFEST = "package.json"

_NO_SCRIPT = "no test specified"
_RUNNERS = (
    ("vitest", r"\bvitest\b", ("run",)),
    ("jest", r"\bjest\b|\breact-scripts test\b", ()),
    ("mocha", r"\bmocha\b", ()),
)
_NODE_RUNNER = r"\bnode\b.*\s--test\b"
_NODE_TEST = r"(?:.*/)?(?:test/.+|.*[._-]test|test-.*|test)\.[cm]?js"
_LOCK_FILES = (("pnpm", "pnpm-lock.yaml"), ("yarn", "yarn.lock"), ("npm", ""))


def javascript(evidence: Evidence) -> Iterator[Suite]:
    """The package's own script first."""
    if not evidence.has(MANIFEST):
        return
    package = _package(evidence)
    lacks = _lacks(evidence, package)
    script = str(_mapping(package, "scripts").get("test", ""))
    if script and _NO_SCRIPT not in script:
        yield _script(evidence, script, lacks)
    for framework, _, options in _RUNNERS:
        program = evidence.own_program("node_modules/.bin/" + framework)
        if framework in _dependencies(package):
            yield Suite(framework, (program or framework, *options), MANIFEST, lacks)
    node = evidence.program("node")
    file = evidence.first_like(_NODE_TEST)
    if node is not None and file is not None and re.search(r"['\"]node:test['\"]", evidence.text(file)):
        yield Suite("node", (node, "--test"), file)


def _script(evidence: Evidence, script: str, lacks: str) -> Suite:
    manager = next(name for name, lock in _LOCK_FILES if not lock or evidence.has(lock))
    program = evidence.program(manager) or evidence.program("npm")
    named = [framework for framework, pattern, _ in _RUNNERS if re.search(pattern, script)]
    framework = named[0] if named else "node" if re.search(_NODE_RUNNER, script) else "npm"
    return Suite(
        framework, (program or manager, "run", "--silent", "test"), MANIFEST,
        lacks if program else "%s is not installed" % manager,
    )


def _lacks(evidence: Evidence, package: Mapping[str, Any]) -> str:
    if not _dependencies(package) or (evidence.root / "node_modules").is_dir() or evidence.has(".pnp.cjs"):
        return ""
    return "its dependencies are not installed"


def _dependencies(package: Mapping[str, Any]) -> frozenset[str]:
    return frozenset((*_mapping(package, "dependencies"), *_mapping(package, "devDependencies")))


def _package(evidence: Evidence) -> Mapping[str, Any]:
    try:
        package = read_json(evidence.text(MANIFEST))
    except ValueError:
        return {}
    return package if isinstance(package, dict) else {}


def _mapping(package: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = package.get(key)
    return value if isinstance(value, dict) else {}
