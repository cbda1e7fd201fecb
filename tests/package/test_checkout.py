from __future__ import annotations

import ast
import importlib.metadata
from pathlib import Path

import pytest

from tests.package.conftest import Run

EVERY_PYTHON = pytest.mark.parametrize("python", ["3.9", "3.10", "3.11", "3.12", "3.13"], indirect=True)


@EVERY_PYTHON
@pytest.mark.parametrize("flags", [(), ("-I", "-S")])
def test_a_checkout_tells_its_version_with_no_package_installed(
    python: str, flags: tuple[str, ...], root: Path, bare_run: Run
) -> None:
    done = bare_run(python, "-B", *flags, root / "orchestra.py", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("orchestra 0.1.0 (commit ")


@pytest.mark.parametrize("name", ["__main__.py", "__init__.py"])
def test_what_an_old_python_reads_has_no_newer_syntax(name: str, root: Path) -> None:
    tree = ast.parse((root / "orchestra" / name).read_text(encoding="ascii"), feature_version=(3, 4))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [function.name for function in functions if function.returns or function.args.kwonlyargs]


def test_an_installation_has_every_data_file(root: Path) -> None:
    try:
        files = importlib.metadata.files("orchestra") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("orchestra is not installed in this environment")
    installed = {file.as_posix() for file in files}
    if "orchestra/__init__.py" not in installed:
        pytest.skip("orchestra is installed as an editable link")
    assert {path.relative_to(root).as_posix() for path in (root / "orchestra").rglob("*.txt")} <= installed
