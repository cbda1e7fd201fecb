"""Running a project's tests."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from orchestra.clock import CancelToken, Clock, SystemClock
from orchestra.errors import Cancelled
from orchestra.records import TestFailure, TestRun
from orchestra.workspace.sandbox.sandbox import Sandbox
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_detection import detect
from orchestra.workspace.suite_python import is_one_pytest
from orchestra.workspace.suite_run import NOT_STARTED, run_suite

PYTEST = Suite("pytest", (sys.executable, "-m", "pytest", "-q"))
# Plugins of the Python that runs us would write into the tree of the sample.
VARIABLES = {"PATH": os.environ["PATH"], "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


class LateClock:
    """Every look at it finds that an hour has passed."""

    def __init__(self) -> None:
        self._hours = 0

    def monotonic(self) -> float:
        self._hours += 1
        return 3600.0 * self._hours

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=timezone.utc)

    def sleep(self, seconds: float, cancel: CancelToken) -> None:
        raise AssertionError("nobody sleeps here")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / ".orchestra").mkdir(parents=True)
    (tmp_path / "root" / "pytest.ini").write_text("[pytest]\n")
    return tmp_path / "root"


def put(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def run(suite: Suite, root: Path, *, clock: Clock | None = None, cancel: CancelToken | None = None) -> TestRun:
    return run_suite(
        suite, root, sandbox=Sandbox.none(), timeout_s=60, variables=VARIABLES, cancel=cancel or CancelToken(),
        clock=clock or SystemClock(),
    )


def unittest_suite(root: Path) -> Suite:
    (root / "pytest.ini").unlink()
    suite = detect(root, VARIABLES, imports=lambda python, module: False)
    assert suite is not None and suite.framework == "unittest"
    return Suite("unittest", (sys.executable, *suite.command[1:]))


def ids(test_run: TestRun) -> list[str]:
    return sorted(failure.id for failure in test_run.failures)


def names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_pytest_names_what_failed(root: Path) -> None:
    put(root, {
        "tests/test_a.py": "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad(): assert 1 == 2, 'sums'\n"
        "@pytest.mark.parametrize('x', ['a - b', 'c'])\n"
        "def test_each(x): assert x == 'c'\n"
        "class TestIn:\n    class TestDeep:\n        def test_x(self): assert 0\n"
        "@pytest.fixture\ndef broken(): raise RuntimeError('fixture')\n"
        "def test_fixture(broken): pass\n",
        "tests/test_broken.py": "import nothing_like_it\n",
        "test_top.py": "def test_t(): assert 0\n",
    })
    stray = run(PYTEST, root)
    assert ids(stray) == ["tests/test_broken.py"]
    (root / "tests" / "test_broken.py").unlink()
    test_run = run(PYTEST, root)
    assert ids(test_run) == [
        "test_top.py::test_t",
        "tests/test_a.py::TestIn::TestDeep::test_x",
        "tests/test_a.py::test_bad",
        "tests/test_a.py::test_each[a - b]",
        "tests/test_a.py::test_fixture",
    ]
    messages = {failure.id: failure.message for failure in test_run.failures}
    assert "sums" in messages["tests/test_a.py::test_bad"]
    assert not test_run.passed and test_run.collected and test_run.exit_status == 1
    assert test_run.framework == "pytest" and test_run.command == PYTEST.command
    assert "4 failed, 2 passed, 1 error" in test_run.output


def test_pytest_that_passes_leaves_no_trace(root: Path) -> None:
    put(root, {"a.py": "x = 1\n", "tests/test_a.py": "import a\ndef test_a(): assert a.x == 1\n"})
    before = names(root)
    test_run = run(PYTEST, root)
    assert test_run.passed and test_run.collected and test_run.failures == ()
    assert names(root) - before <= {".orchestra/tmp"}


@pytest.mark.parametrize("results, is_there", [((), False), (("0001.json",), True)])
def test_the_folder_that_a_plugin_makes_stays_only_with_something_in_it(
    root: Path, results: tuple[str, ...], is_there: bool
) -> None:
    lines = "".join(f"open('.benchmarks/{name}', 'w').close()\n" for name in results)
    put(root, {"conftest.py": "import os\nos.mkdir('.benchmarks')\n" + lines, "test_a.py": "def test_a(): pass\n"})
    assert run(PYTEST, root).passed
    assert (root / ".benchmarks").exists() is is_there


def test_an_empty_folder_of_the_users_stays(root: Path) -> None:
    put(root, {"test_a.py": "def test_a(): pass\n"})
    (root / ".benchmarks").mkdir()
    assert run(PYTEST, root).passed
    assert (root / ".benchmarks").exists()


def test_options_of_the_project_that_need_the_cache_still_work(root: Path) -> None:
    put(root, {"pytest.ini": "[pytest]\naddopts = --ff --strict-config\n", "test_a.py": "def test_a(): pass\n"})
    assert run(PYTEST, root).passed
    assert not (root / ".pytest_cache").exists()


def test_a_command_that_starts_pytest_leaves_no_cache_either(root: Path) -> None:
    put(root, {"test_a.py": "def test_a(): pass\n"})
    test_run = run(command(f"{sys.executable} -m pytest -q"), root)
    assert test_run.passed and "cache" not in test_run.command[-1]
    assert not (root / ".pytest_cache").exists()


@pytest.mark.parametrize("line", ["%s", "true && %s", "./tests.sh"])
def test_a_strict_pytest_without_its_cache_is_told_no_place_for_it(root: Path, line: str) -> None:
    strict = f"{sys.executable} -m pytest -q -p no:cacheprovider --strict-config"
    put(root, {"test_a.py": "def test_a(): pass\n", "tests.sh": f"#!/bin/sh\n{strict}\n"})
    (root / "tests.sh").chmod(0o755)
    assert run(command(line.replace("%s", strict)), root).passed


@pytest.mark.parametrize("before", [
    "pytest", "py.test", "bin/pytest tests/test_a.py::test_x[1]", "python3.9 -m pytest -q",
    "A= B='x y' pytest -k 'a or b'", "uv run pytest", "poetry run python -m pytest", 'pytest -m "not slow" ',
])
def test_options_can_follow_a_command_that_is_one_pytest(before: str) -> None:
    assert is_one_pytest(before)


@pytest.mark.parametrize("before", [
    "make pytest", "tox -e pytest", "pytest; true", "pytest | cat", "pytest && true", "pytest &", "cd a && pytest",
    "pytest # all", "pytest $OPTIONS", "pytest `cat options`", "pytest -- a", "pytest --", "pytest\nmake", "pytest 'a",
    "pytest -p no:cacheprovider", "echo pytest", "pytest-watch", "python -m pytest_cov", "(pytest)", "pytest a\\",
    "docker run pytest", "",
])
def test_to_any_other_command_none_are_added(before: str) -> None:
    assert not is_one_pytest(before)


def test_pytest_without_a_test_has_collected_nothing(root: Path) -> None:
    test_run = run(PYTEST, root)
    assert not test_run.collected and test_run.failures == () and test_run.exit_status == 5


def test_a_pytest_that_breaks_before_any_test_fails_as_a_whole(root: Path) -> None:
    put(root, {"conftest.py": "raise RuntimeError('no setup')\n", "test_a.py": "def test_a(): pass\n"})
    test_run = run(PYTEST, root)
    assert ids(test_run) == ["command"] and test_run.collected
    assert "no setup" in test_run.failures[0].message


def test_without_a_folder_of_our_own_failures_are_still_named(root: Path) -> None:
    (root / ".orchestra").rmdir()
    put(root, {"test_a.py": "def test_bad(): assert 0\n"})
    assert ids(run(PYTEST, root)) == ["test_a.py::test_bad"]
    assert names(root) == {"pytest.ini", "test_a.py"}


def test_unittest_names_what_failed(root: Path) -> None:
    put(root, {
        "tests/__init__.py": "",
        "tests/test_a.py": "import unittest\n"
        "class T(unittest.TestCase):\n"
        "    def test_good(self): pass\n"
        "    def test_bad(self):\n        '''Sums are right.'''\n        self.assertEqual(1, 2)\n"
        "    def test_subs(self):\n"
        "        for i in range(3):\n"
        "            with self.subTest(i=i): self.assertEqual(i, 1)\n"
        "    @unittest.expectedFailure\n    def test_surprise(self): pass\n"
        "class S(unittest.TestCase):\n"
        "    @classmethod\n    def setUpClass(cls): raise RuntimeError('class')\n"
        "    def test_x(self): pass\n",
        "tests/test_broken.py": "import unittest\nimport nothing_like_it\n",
    })
    before = names(root)
    test_run = run(unittest_suite(root), root)
    found = ids(test_run)
    for name in ("tests.test_a.T.test_bad", "tests.test_a.T.test_subs", "tests.test_a.S.setUpClass"):
        assert name in found
    assert [name for name in found if "test_broken" in name]
    assert len(found) == len(set(found))
    messages = {failure.id: failure.message for failure in test_run.failures}
    assert "1 != 2" in messages["tests.test_a.T.test_bad"]
    assert "RuntimeError" not in messages["tests.test_a.T.test_bad"]
    assert test_run.collected and not test_run.passed
    assert names(root) - before <= {".orchestra/tmp"}


def test_unittest_that_passes(root: Path) -> None:
    put(root, {"test_a.py": "import unittest\nclass T(unittest.TestCase):\n    def test_x(self): pass\n"})
    test_run = run(unittest_suite(root), root)
    assert test_run.passed and test_run.collected and test_run.failures == ()


def test_unittest_without_a_test_has_collected_nothing(root: Path) -> None:
    put(root, {"test_a.py": "import unittest\n"})
    test_run = run(unittest_suite(root), root)
    assert not test_run.collected and test_run.failures == ()


def command(line: str) -> Suite:
    return Suite("command", ("/bin/sh", "-c", line))


def test_a_command_may_be_any_shell_line(root: Path) -> None:
    test_run = run(command("echo one && echo two >&2"), root)
    assert test_run.passed and test_run.collected and test_run.output == "one\ntwo\n"


def test_failures_in_the_output_of_a_command_are_named(root: Path) -> None:
    line = "printf '%s\\n' 'FAILED tests/test_a.py::test_b[x y] - assert 0' 'ERROR tests/test_c.py'; exit 1"
    assert ids(run(command(line), root)) == ["tests/test_a.py::test_b[x y]", "tests/test_c.py"]
    line = "printf '\\033[31mFAIL: test_x (a.T)\\033[0m\\n'; exit 1"
    assert ids(run(command(line), root)) == ["a.T.test_x"]


def test_a_command_that_fails_without_names_fails_as_a_whole(root: Path) -> None:
    test_run = run(command("echo no such thing; exit 2"), root)
    assert ids(test_run) == ["command"] and test_run.exit_status == 2
    assert test_run.failures[0].message == "no such thing"


def test_tests_that_run_out_of_time_say_so(root: Path) -> None:
    test_run = run(command("sleep 600"), root, clock=LateClock())
    assert test_run.exit_status is None and not test_run.passed
    assert "ran out of time after 60 s" in test_run.failures[-1].message


def test_a_stop_ends_the_tests(root: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        run(command("sleep 600"), root, cancel=cancel)
    assert not list((root / ".orchestra" / "tmp").iterdir())


def test_a_program_that_is_not_there_is_what_the_tests_lack(root: Path) -> None:
    absent = str(root / "absent")
    test_run = run(Suite("pytest", (absent, "-m", "pytest")), root)
    assert (test_run.exit_status, test_run.passed, test_run.collected) == (127, False, True)
    assert test_run.lacks == f"{absent}: No such file or directory"
    assert test_run.failures == (TestFailure(f"{NOT_STARTED} (pytest)", test_run.lacks),)


@pytest.mark.parametrize("line, lacks", [
    ("no-such-program run", "no-such-program"),
    ("python3 -S -m no_such_module", "No module named no_such_module"),
    ("echo 'make: *** [Makefile:2: test] Error 127'; exit 2", "Error 127"),
    ("echo 'error Command failed with exit code 127.'; exit 1", "exit code 127"),
    ("exit 127", "the command is not there"),
])
def test_a_run_that_never_began_says_what_it_lacks(root: Path, line: str, lacks: str) -> None:
    test_run = run(command(line), root)
    assert lacks in test_run.lacks
    assert [failure.id for failure in test_run.failures] == [f"{NOT_STARTED} (command)"]


@pytest.mark.parametrize("line", [
    "echo \"ModuleNotFoundError: No module named 'x'\"; exit 1",
    "echo 'python3: No module named x'; echo 'one failed'; exit 1",
    "echo 'FAILED a.py::test_a - no'; exit 127",
    "echo 'Error 127'; exit 0",
])
def test_tests_that_began_and_failed_lack_nothing(root: Path, line: str) -> None:
    assert run(command(line), root).lacks == ""


@pytest.mark.parametrize("line, is_whole", [
    ("echo a.py:1: wrong; exit 1", True),
    ("echo a.py:1: wrong; head -c 5000000 /dev/zero | tr '\\0' x; exit 1", False),
    ("head -c 5000000 /dev/zero | tr '\\0' x", True),
])
def test_of_a_linter_that_says_too_much_findings_may_be_missing(root: Path, line: str, is_whole: bool) -> None:
    assert run(replace(command(line), framework="lint"), root).is_whole is is_whole


def test_a_linters_findings_are_read_before_its_output_is_cut(root: Path) -> None:
    line = "for n in $(seq 9000); do echo a$n.py:1: this is wrong; done; exit 1"
    test_run = run(replace(command(line), framework="lint"), root)
    assert (len(test_run.failures), test_run.is_whole) == (9000, True)
    assert len(test_run.output) < 70_000


def test_a_long_output_is_cut_in_the_middle(root: Path) -> None:
    test_run = run(command("echo first; head -c 200000 /dev/zero | tr '\\0' x; echo; echo last"), root)
    assert test_run.output.startswith("first\n") and test_run.output.endswith("last\n")
    assert len(test_run.output) < 70_000


@pytest.mark.parametrize("framework, option, place", [("tox", "--workdir", ".tox"), ("nox", "--envdir", ".nox")])
def test_environments_are_made_in_the_private_folder_unless_the_project_has_some(
    root: Path, framework: str, option: str, place: str
) -> None:
    script = root / "runner"
    script.write_text('#!/bin/sh\nmkdir "$2" 2>/dev/null && echo "$1 made"\necho "[$TOX_OVERRIDE]"\n')
    script.chmod(0o755)
    before = names(root)
    made = run(Suite(framework, ("./runner",)), root)
    assert made.output.startswith(f"{option} made\n[")
    assert ("PYTHONDONTWRITEBYTECODE" in made.output) is (framework == "tox")
    assert names(root) == before | {".orchestra/tmp"}
    (root / place).mkdir()
    assert run(Suite(framework, ("./runner",)), root).output.startswith("[")


def test_gradle_is_asked_for_whole_messages_by_a_script_outside_of_the_project(root: Path) -> None:
    put(root, {"gradlew": "cat \"${2#--init-script=}\"\nexit 1\n"})
    before = names(root)
    test_run = run(Suite("gradle", ("/bin/sh", "gradlew", "test")), root)
    assert "exceptionFormat = 'full'" in test_run.output and test_run.command == ("/bin/sh", "gradlew", "test")
    assert names(root) - {".orchestra/tmp"} == before
