from __future__ import annotations

import ast
import json
import marshal
import sys
import zipfile
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from orchestra.unpacking import PACK
from tests.package.conftest import Run

EVERY_PYTHON = pytest.mark.parametrize("python", ["3.9", "3.10", "3.11", "3.12", "3.13"], indirect=True)
OLD_PYTHON = pytest.mark.parametrize("python", ["2.7", "3.6", "3.7", "3.8"], indirect=True)
ROOT = Path(__file__).resolve().parents[2]
LOAD = "import sys; sys.path.insert(0, sys.argv[1]); "


def everything_below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@EVERY_PYTHON
def test_tells_its_version_on_a_bare_python_and_writes_nothing(
    python: str, archive: Path, bare_run: Run, tmp_path: Path
) -> None:
    before = everything_below(archive.parent), everything_below(tmp_path)
    done = bare_run(python, "-I", "-S", archive, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("orchestra 0.1.0 (commit ")
    assert "requests 2.32.5" in done.stdout and "PyYAML 6.0.3" in done.stdout
    assert (everything_below(archive.parent), everything_below(tmp_path)) == before


@EVERY_PYTHON
def test_tells_its_version_as_one_object(python: str, archive: Path, bare_run: Run) -> None:
    answer = json.loads(bare_run(python, "-I", "-S", archive, "--json", "--version").stdout)
    assert (answer["schema"], answer["exit_status"], answer["error"]) == (1, 0, None)
    assert answer["packages"]["urllib3"] == "2.6.3"


@EVERY_PYTHON
def test_its_packages_load_without_a_temporary_file(python: str, archive: Path, bare_run: Run, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    code = LOAD + "import requests, yaml, sys; requests.Session(); assert 'idna' not in sys.modules"
    code += "; print(yaml.safe_load('a: [1, 2]'), requests.__file__)"
    for folder in (temporary, tmp_path / "absent"):
        done = bare_run(python, "-I", "-S", "-W", "error", "-c", code, archive, TMPDIR=str(folder))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("{'a': [1, 2]} %s/requests/" % archive)
    assert everything_below(temporary) == []


@EVERY_PYTHON
def test_trusts_the_authorities_that_the_environment_names(python: str, archive: Path, bare_run: Run) -> None:
    code = LOAD + "import certifi, ssl; print(certifi.where()); context = ssl.create_default_context("
    code += "cadata=certifi.contents()); print(len(context.get_ca_certs()), certifi.contents())"
    done = bare_run(python, "-I", "-S", "-c", code, archive, SSL_CERT_FILE="/some/bundle.pem")
    assert done.stdout.startswith("/some/bundle.pem\n")
    count, _, listed = done.stdout.splitlines()[1].partition(" ")
    assert int(count) > 50 and listed == "-----BEGIN CERTIFICATE-----"
    assert done.stdout.count(listed) == int(count)


@OLD_PYTHON
def test_an_old_python_gets_one_line(python: str, archive: Path, bare_run: Run) -> None:
    done = bare_run(python, archive, "status")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "Python 3.9 or newer is needed" in done.stderr


def test_runs_as_a_command_by_itself(archive: Path, bare_run: Run) -> None:
    assert archive.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    folder = str(Path(sys.executable).parent)
    done = bare_run("/usr/bin/env", archive, "--version", PATH=folder)
    assert done.stdout.startswith("orchestra 0.1.0")


def test_the_version_is_told_without_loading_the_program(archive: Path, bare_run: Run) -> None:
    done = bare_run(sys.executable, "-I", "-S", "-X", "importtime", archive, "--version")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "orchestra.version" in loaded
    assert not loaded & {"argparse", "requests", "yaml", "sqlite3", "json", "orchestra.process"}


def test_a_reader_that_has_gone_is_no_failure(archive: Path, bare_run: Run) -> None:
    script = '(trap "" PIPE; "$0" "$1" --version; echo status $? >&2) | true'
    assert bare_run("/bin/sh", "-c", script, sys.executable, archive).stderr == "status 0\n"


def test_holds_sources_their_bytecode_and_licences_and_nothing_compiled(archive: Path) -> None:
    names = set(zipfile.ZipFile(archive).namelist())
    sources = {name for name in names if name.endswith(".py")}
    uncompiled = sources - _compiled(archive)
    # idna is loaded for hosts alone that are not in ASCII, and the rest never.
    assert all(name.startswith(("orchestra/", "idna/", "urllib3/http2/", "urllib3/contrib/")) for name in uncompiled)
    assert not [name for name in names if name.endswith((".so", ".pyd", ".dylib")) or "__pycache__" in name]
    licences = {"licenses/%s.txt" % name for name in ("orchestra", "requests", "urllib3", "idna", "certifi", "PyYAML")}
    assert licences <= names


@pytest.mark.parametrize("command", ["--version", "status"])
def test_what_must_answer_at_once_is_compiled(archive: Path, bare_run: Run, command: str) -> None:
    done = bare_run(sys.executable, "-I", "-S", "-X", "importtime", archive, command)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "| " in line}
    compiled = _compiled(archive)
    files = {name.replace(".", "/") for name in loaded if name.startswith("orchestra")}
    assert files and not [
        file for file in files if f"{file}.py" not in compiled and f"{file}/__init__.py" not in compiled
    ]


def _compiled(archive: Path) -> set[str]:
    """The sources whose bytecode is in the archive, by itself or in its folder's pack."""
    with zipfile.ZipFile(archive) as file:
        names = file.namelist()
        found = {name[:-1] for name in names if name.endswith(".pyc")}
        for name in names:
            folder, _, last = name.rpartition("/")
            if last == PACK:
                content = file.read(name)
                assert content.startswith(MAGIC_NUMBER)
                for module in marshal.loads(content[len(MAGIC_NUMBER):]):
                    path = "/".join(filter(None, (folder, module)))
                    found |= {f"{path}.py", f"{path}/__init__.py"} & set(names)
    return found


def test_sources_are_without_remarks_and_every_line_stands_where_it_was(archive: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        inside = {
            name: file.read(name).decode("utf-8") for name in file.namelist()
            if name.startswith("orchestra/") and name.endswith(".py") and name != "orchestra/_build.py"
        }
    for name, source in inside.items():
        original = (ROOT / name).read_text(encoding="utf-8")
        assert _definitions(source) == _definitions(original), name
    assert sum(map(len, inside.values())) < 0.85 * sum(len((ROOT / name).read_text()) for name in inside)


def _definitions(source: str) -> list[tuple[str, int]]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [(node.name, node.lineno) for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]


def test_is_small_enough_to_be_passed_around(archive: Path) -> None:
    assert archive.stat().st_size <= 1_700_000


def test_bytecode_names_its_source_alike_on_every_machine(archive: Path, bare_run: Run) -> None:
    code = LOAD + "import orchestra.{0} as m; print(m.__file__, m.{1}.__code__.co_filename)"
    alone = bare_run(sys.executable, "-I", "-S", "-c", code.format("version", "line"), archive)
    assert alone.stdout == "%s/orchestra/version.pyc orchestra.pyz/orchestra/version.py\n" % archive
    unpack = LOAD + "from orchestra import unpacking; unpacking.unpack(unpacking.__loader__); "
    code = code.replace(LOAD, unpack).format("cli.main", "main")
    packed = bare_run(sys.executable, "-I", "-S", "-c", code, archive)
    assert packed.stdout == "%s/orchestra/cli/main.py orchestra.pyz/orchestra/cli/main.py\n" % archive
