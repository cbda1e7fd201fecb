from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestra.dependencies import MissingDependencyFinder
from orchestra.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("module", "package"), [("yaml", "PyYAML"), ("requests", "requests"), ("urllib3", "urllib3")])
def test_an_absent_dependency_is_an_error_that_says_what_to_install(module: str, package: str) -> None:
    with pytest.raises(UsageError) as caught:
        MissingDependencyFinder().find_spec(module, None)
    assert caught.value.what == f"the package {package} is not installed"
    assert caught.value.hint == "type: %s -m pip install requests PyYAML" % sys.executable


def test_other_absent_modules_are_nothing_to_it() -> None:
    assert MissingDependencyFinder().find_spec("yaml._yaml", None) is None


def test_importing_it_where_nothing_is_installed_raises_the_error() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from orchestra import dependencies, errors\n"
        "dependencies.explain_missing()\n"
        "try:\n    import requests\nexcept errors.UsageError as error:\n    print(error.what)\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-I", "-S", "-c", code, str(ROOT)], stdout=subprocess.PIPE, universal_newlines=True
    )
    assert done.stdout == "the package requests is not installed\n"
