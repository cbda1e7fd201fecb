"""Finding the tests of projects in other languages than Python, and of those that are in several."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping

import pytest

from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_detection import FRAMEWORKS, candidates, could_bring_tests, detect
from tests.unit.workspace.test_suite_detection import PYTEST, UNITTEST, put

PROGRAMS = (
    "npm", "yarn", "pnpm", "node", "go", "cargo", "mvn", "gradle", "rspec", "rake", "ruby", "bundle", "phpunit",
    "dotnet", "cmake", "ctest", "make", "tox", "nox",
)
CSPROJ = '<Project><ItemGroup><PackageReference Include="Microsoft.NET.Test.Sdk" /></ItemGroup></Project>'
CMAKE = "project(p)\nenable_testing()\n"


def package(script: str | None = None, **dependencies: str) -> str:
    document: dict[str, Any] = {"devDependencies": dependencies}
    if script is not None:
        document["scripts"] = {"test": script}
    return json.dumps(document)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with all programs in it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


def found(root: Path, machine: Path | None, *, has_pytest: bool = True) -> Suite | None:
    return detect(root, {"PATH": str(machine or "")}, imports=lambda python, module: has_pytest)


def words(suite: Suite | None, machine: Path) -> str:
    """The command with programs of the machine by their names."""
    assert suite is not None
    return " ".join(suite.command).replace(str(machine) + "/", "")


@pytest.mark.parametrize(
    "files, framework, command, found_by",
    [
        ({"package.json": package("jest")}, "jest", "npm run --silent test", "package.json"),
        ({"package.json": package("tsc && vitest run")}, "vitest", "npm run --silent test", "package.json"),
        ({"package.json": package("nyc mocha"), "yarn.lock": ""}, "mocha", "yarn run --silent test", "package.json"),
        ({"package.json": package("node --test"), "pnpm-lock.yaml": ""},
         "node", "pnpm run --silent test", "package.json"),
        ({"package.json": package("./check.sh")}, "npm", "npm run --silent test", "package.json"),
        ({"package.json": package("react-scripts test")}, "jest", "npm run --silent test", "package.json"),
        ({"package.json": package('echo "Error: no test specified" && exit 1', mocha="1"), "node_modules/x": ""},
         "mocha", "mocha", "package.json"),
        ({"package.json": package(vitest="1"), "node_modules/x": ""}, "vitest", "vitest run", "package.json"),
        ({"package.json": "{}", "test/a.js": 'require("node:test")'}, "node", "node --test", "test/a.js"),
        ({"package.json": "{}", "a.test.mjs": "import t from 'node:test'"}, "node", "node --test", "a.test.mjs"),
        ({"go.mod": "module m", "a/b_test.go": ""}, "go", "go test ./...", "go.mod"),
        ({"Cargo.toml": "[package]"}, "cargo", "cargo test --no-fail-fast", "Cargo.toml"),
        ({"pom.xml": "<project/>"}, "maven", "mvn -B test", "pom.xml"),
        ({"build.gradle": ""}, "gradle", "gradle --no-daemon --console=plain test", "build.gradle"),
        ({"settings.gradle.kts": ""}, "gradle", "gradle --no-daemon --console=plain test", "settings.gradle.kts"),
        ({".rspec": ""}, "rspec", "rspec", ".rspec"),
        ({"spec/a_spec.rb": "", "Gemfile": ""}, "rspec", "bundle exec rspec", "spec/a_spec.rb"),
        ({"test/a_test.rb": "", "Rakefile": "Rake::TestTask.new"}, "minitest", "rake test", "test/a_test.rb"),
        ({"spec/a_spec.rb": "", "Gemfile": 'gem "minitest"\ngem "rspec"\n'}, "rspec", "bundle exec rspec",
         "spec/a_spec.rb"),
        ({"spec/a_spec.rb": "", "Gemfile": 'gem "minitest"\n', "Rakefile": "Rake::TestTask.new { |t| t.x }"},
         "minitest", "bundle exec rake test", "spec/a_spec.rb"),
        ({"spec/a_spec.rb": "", "a.gemspec": "s.add_development_dependency('minitest')",
          "Rakefile": "Rake::TestTask.new(:spec) do |t|"}, "minitest", "rake spec", "spec/a_spec.rb"),
        ({"spec/a_spec.rb": 'require "minitest/autorun"\n'}, "minitest",
         "ruby -Ilib -Ispec -e ARGV.each { |file| require File.expand_path(file) } spec/a_spec.rb", "spec/a_spec.rb"),
        ({"spec/x/a_spec.rb": 'require "spec_helper"\n', "spec/spec_helper.rb": "require 'minitest/spec'\n",
          "Rakefile": "Rake::TestTask.new(:bench)\nRake::TestTask.new"}, "minitest", "rake test", "spec/x/a_spec.rb"),
        ({"phpunit.xml.dist": ""}, "phpunit", "phpunit --do-not-cache-result --colors=never", "phpunit.xml.dist"),
        ({"t/T.csproj": CSPROJ, "All.sln": ""}, "dotnet", "dotnet test --nologo", "t/T.csproj"),
        ({"t/T.csproj": CSPROJ}, "dotnet", "dotnet test --nologo t/T.csproj", "t/T.csproj"),
        ({"T.csproj": '<Project Sdk="MSTest.Sdk/3.8.2" />'}, "dotnet", "dotnet test --nologo", "T.csproj"),
        ({"T.csproj": "<IsTestProject>true</IsTestProject>"}, "dotnet", "dotnet test --nologo", "T.csproj"),
        ({"CMakeLists.txt": CMAKE, "build/CMakeCache.txt": ""}, "ctest",
         "/bin/sh -c cmake --build build && ctest --test-dir build --output-on-failure", "CMakeLists.txt"),
        ({"Makefile": "all:\ntest: all\n\tx\n"}, "make", "make test", "Makefile"),
        ({"GNUmakefile": "check:\n\tx\n"}, "make", "make check", "GNUmakefile"),
        ({"tox.ini": "[tox]\n"}, "tox", "tox", "tox.ini"),
        ({"tox.toml": ""}, "tox", "tox", "tox.toml"),
        ({"pyproject.toml": "[tool.tox]\n"}, "tox", "tox", "pyproject.toml"),
        ({"setup.cfg": "[metadata]\n[tox:tox]\n"}, "tox", "tox", "setup.cfg"),
        ({"noxfile.py": ""}, "nox", "nox", "noxfile.py"),
    ],
)
def test_finds_the_framework_by_its_files(
    tmp_path: Path, machine: Path, files: Mapping[str, str], framework: str, command: str, found_by: str
) -> None:
    root = tmp_path / "root"
    put(root, dict(files))
    suite = found(root, machine)
    assert words(suite, machine) == command
    assert suite is not None and (suite.framework, suite.found_by) == (framework, found_by)
    assert framework in FRAMEWORKS and could_bring_tests([found_by])


def test_a_byte_order_mark_hides_no_script(tmp_path: Path, machine: Path) -> None:
    put(tmp_path, {"package.json": "\ufeff" + package("jest")})
    suite = found(tmp_path, machine)
    assert suite is not None and suite.framework == "jest"


def test_a_ruby_file_alone_is_required_by_name(tmp_path: Path, machine: Path) -> None:
    root = tmp_path / "root"
    put(root, {"test/test_a.rb": "", "test/helper.rb": "", "lib/a.rb": ""})
    suite = found(root, machine)
    assert suite is not None and suite.framework == "minitest" and suite.command[-1] == "test/test_a.rb"
    assert "test/helper.rb" not in suite.command


@pytest.mark.parametrize("own, files", [
    ("mvnw", {"pom.xml": ""}), ("gradlew", {"build.gradle": ""}), ("vendor/bin/phpunit", {"phpunit.xml": ""}),
    ("bin/rails", {"test/a_test.rb": ""}), ("node_modules/.bin/jest", {"package.json": package(jest="1")}),
])
def test_the_projects_own_program_is_taken_first(
    tmp_path: Path, machine: Path, own: str, files: dict[str, str]
) -> None:
    root = tmp_path / "root"
    put(root, {**files, own: "#!/bin/sh\n"})
    (root / own).chmod(0o755)
    suite = found(root, machine)
    assert suite is not None and suite.command[0] == "./" + own


@pytest.mark.parametrize("path, is_enough", [
    ("src/a.py", False), ("README.md", False), ("tests/test_a.py", True), ("pkg/conftest.py", True), ("tox.ini", True),
    ("web/package.json", True), ("a.SPEC.ts", True), ("App/App.csproj", True), ("make", False), ("Rakefile", True),
])
def test_names_of_files_that_a_project_may_have_tests_by(path: str, is_enough: bool) -> None:
    assert could_bring_tests([path]) is is_enough


@pytest.mark.parametrize(
    "files, framework",
    [
        ({"pyproject.toml": "", "tests/test_a.py": PYTEST, "package.json": package("jest")}, "pytest"),
        ({"package.json": package("jest"), "tools/test_a.py": PYTEST}, "jest"),
        ({"go.mod": "", "a_test.go": "", "scripts/test_a.py": UNITTEST, "Makefile": "test:\n"}, "go"),
        ({"tests/test_a.py": PYTEST, "Makefile": "test:\n\tpytest\n"}, "pytest"),
        ({"package.json": "{}", "Makefile": "test:\n"}, "make"),
        ({"conftest.py": "", "Cargo.toml": ""}, "pytest"),
    ],
)
def test_of_several_the_surest_is_taken(tmp_path: Path, machine: Path, files: dict[str, str], framework: str) -> None:
    root = tmp_path / "root"
    put(root, files)
    suite = found(root, machine)
    assert suite is not None and suite.framework == framework


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": "{"}, {"package.json": "[" * 100_000}, {"package.json": "[1]"},
        {"package.json": '{"scripts": 3}'}, {"go.mod": "module m"},
        {"Makefile": "test := 3\n.PHONY: test\n"}, {"CMakeLists.txt": "project(p)\n"}, {"a.csproj": "<Project/>"},
        {"composer.json": "{}"}, {"package.json": package("echo no test specified && exit 1")},
    ],
)
def test_files_that_speak_of_no_tests_are_passed_over(tmp_path: Path, machine: Path, files: dict[str, str]) -> None:
    root = tmp_path / "root"
    put(root, files)
    assert found(root, machine) is None


@pytest.mark.parametrize(
    "files, lacks",
    [
        ({"Cargo.toml": ""}, "cargo is not installed"),
        ({"package.json": package("jest")}, "npm is not installed"),
        ({"tox.ini": "[tox]\n"}, "tox is not installed"),
        ({"CMakeLists.txt": CMAKE, "build/CMakeCache.txt": ""}, "cmake is not installed"),
    ],
)
def test_what_is_missing_is_said_and_not_run(tmp_path: Path, files: dict[str, str], lacks: str) -> None:
    put(tmp_path, files)
    assert found(tmp_path, None) is None
    assert [suite.lacks for suite in candidates(tmp_path, {"PATH": ""}, imports=lambda *_: False)] == [lacks]


def test_dependencies_that_are_not_installed_are_missing(tmp_path: Path, machine: Path) -> None:
    root = tmp_path / "root"
    put(root, {"package.json": package("jest", jest="1")})
    assert found(root, machine) is None
    put(root, {"node_modules/jest/package.json": "{}"})
    assert found(root, machine) is not None


def test_a_folder_that_cmake_was_not_run_for_is_missing(tmp_path: Path, machine: Path) -> None:
    root = tmp_path / "root"
    put(root, {"CMakeLists.txt": CMAKE})
    assert found(root, machine) is None


def test_what_lacks_something_gives_way_to_the_next(tmp_path: Path, machine: Path) -> None:
    root = tmp_path / "root"
    put(root, {"pytest.ini": "", "Makefile": "test:\n\tx\n"})
    suite = found(root, machine, has_pytest=False)
    assert suite is not None and suite.framework == "make"
