"""The variables that a suite runs with: its caches and temp files lie in a folder that is thrown away."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

from orchestra.workspace.sandbox.sandbox import Sandbox
from orchestra.workspace.suite import Suite

_PRIVATE = {
    "MYPY_CACHE_DIR": "mypy",
    "RUFF_CACHE_DIR": "ruff",
    "DOTNET_CLI_HOME": "dotnet",
    "BUNDLE_USER_CACHE": "bundle",
}
"""Caches that lie in the tree, or that may as well be empty. Of others see sandbox.caches."""
_JAVASCRIPT = ("jest", "vitest", "mocha", "node", "npm")


def suite_variables(
    suite: Suite, root: Path, folder: Path | None, *, sandbox: Sandbox, variables: Mapping[str, str]
) -> dict[str, str]:
    """`variables` with what keeps tools from writing beside the sources and where they may not."""
    quiet = {**variables, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    if suite.framework in _JAVASCRIPT:
        # Else some of them wait for changes, and write snapshots that are not there.
        quiet.setdefault("CI", "true")
    if folder is None:
        return quiet
    quiet.update(COVERAGE_FILE=str(folder / "coverage"), HYPOTHESIS_STORAGE_DIRECTORY=str(folder / "hypothesis"))
    if suite.framework == "tox":
        # It passes on only what it is told to.
        quiet.setdefault("TOX_OVERRIDE", "testenv.pass_env+=PYTHONDONTWRITEBYTECODE")
    if "network" in sandbox.layers.enforced:
        # Nothing that pip lacks can be had, however often it asks.
        quiet.setdefault("PIP_RETRIES", "0")
    if "writes" in sandbox.layers.enforced:
        temp = sandbox.temp_folder(suite.command, root, folder, quiet)
        quiet.update(TMPDIR=temp, TMP=temp, TEMP=temp)
        quiet.update((name, str(folder / inner)) for name, inner in _PRIVATE.items())
        if suite.framework in ("maven", "gradle"):
            # Java knows no TMPDIR. It says that it picked this up.
            quiet["JAVA_TOOL_OPTIONS"] = ("%s -Djava.io.tmpdir=%s" % (quiet.get("JAVA_TOOL_OPTIONS", ""), temp)).strip()
    return quiet
