"""The tests of projects whose build files name them: Go, Rust, Java, Ruby, PHP, .NET, CMake, make."""

from __future__ import annotations

import re
import shlex
from typing import Iterator

from orchestra.regex import regex
from orchestra.workspace.suite import Suite
from orchestra.workspace.suite_evidence import Evidence

_SPECS = r"(?:.*/)?spec/.*_spec\.rb"
_BUILD_FOLDERS = ("build", "cmake-build-debug", "cmake-build-release", "out/build", "_build", "out")
_RUN_ALL = "ARGV.each { |file| require File.expand_path(file) }"
_MAX_NAMED_FILES = 200
_DOTNET_TESTS = regex(r"(?i)Microsoft\.NET\.Test\.Sdk|Sdk=\"MSTest\.Sdk|<IsTestProject>\s*true")


def go(evidence: Evidence) -> Iterator[Suite]:
    if evidence.has("go.mod") and evidence.first_like(r".*_test\.go") is not None:
        yield _suite(evidence, "go", "go", ("test", "./..."), "go.mod")


def cargo(evidence: Evidence) -> Iterator[Suite]:
    if evidence.has("Cargo.toml"):
        # Else what fails in one crate hides what fails in the next.
        yield _suite(evidence, "cargo", "cargo", ("test", "--no-fail-fast"), "Cargo.toml")


def maven(evidence: Evidence) -> Iterator[Suite]:
    if evidence.has("pom.xml"):
        yield _suite(evidence, "maven", "mvn", ("-B", "test"), "pom.xml", own="mvnw")


def gradle(evidence: Evidence) -> Iterator[Suite]:
    file = evidence.first("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts")
    if file is not None:
        yield _suite(evidence, "gradle", "gradle", ("--no-daemon", "--console=plain", "test"), file, own="gradlew")


def rspec(evidence: Evidence) -> Iterator[Suite]:
    file = evidence.first(".rspec") or evidence.first_like(_SPECS)
    if file is not None and (file == ".rspec" or not _is_minitest(evidence, file)):
        yield _ruby(evidence, "rspec", "rspec", (), file)


def minitest(evidence: Evidence) -> Iterator[Suite]:
    file = evidence.first_like(r"test/(?:.*/)?(?:test_[^/]*|[^/]*_test)\.rb") or evidence.first_like(_SPECS)
    if file is None or file.endswith("_spec.rb") and not _is_minitest(evidence, file):
        return
    rails = evidence.own_program("bin/rails")
    if rails is not None:
        yield Suite("minitest", (rails, "test"), file)
    elif evidence.says("Rakefile", r"TestTask|task[ (]:?['\"]?test\b"):
        yield _ruby(evidence, "minitest", "rake", (_rake_task(evidence.text("Rakefile")),), file)
    else:
        folder = file.partition("/")[0]
        own = [path for path in evidence.paths if path.startswith(folder + "/")]
        named = [path for path in own if path.endswith(("_test.rb", "_spec.rb"))]
        named = named or [path for path in own if "/test_" in path]
        options = ("-Ilib", "-I" + folder, "-e", _RUN_ALL, *named[:_MAX_NAMED_FILES])
        yield _ruby(evidence, "minitest", "ruby", options, file)


def phpunit(evidence: Evidence) -> Iterator[Suite]:
    file = evidence.first("phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml")
    if file is not None:
        options = ("--do-not-cache-result", "--colors=never")
        yield _suite(evidence, "phpunit", "phpunit", options, file, own="vendor/bin/phpunit")


def dotnet(evidence: Evidence) -> Iterator[Suite]:
    projects = [path for path in evidence.paths if path.endswith((".csproj", ".fsproj", ".vbproj"))]
    tests = [path for path in projects if _DOTNET_TESTS.search(evidence.text(path))]
    if tests:
        at_root = evidence.first_like(r"[^/]+\.(?:slnx?|[cfv][sb]proj)")
        yield _suite(evidence, "dotnet", "dotnet", ("test", "--nologo", *([] if at_root else tests[:1])), tests[0])


def ctest(evidence: Evidence) -> Iterator[Suite]:
    """In a folder that CMake was run for; built first, else what was changed would not be what is tested."""
    if not evidence.says("CMakeLists.txt", r"(?i)^\s*(?:enable_testing|include)\s*\(\s*(?:CTest)?\s*\)"):
        return
    folder = next((name for name in _BUILD_FOLDERS if evidence.has(name + "/CMakeCache.txt")), None)
    quoted = shlex.quote(folder or "build")
    line = "cmake --build %s && ctest --test-dir %s --output-on-failure" % (quoted, quoted)
    missing = [name for name in ("cmake", "ctest") if evidence.program(name) is None]
    lacks = "" if folder else "no folder is configured: cmake -B build"
    lacks = "%s is not installed" % missing[0] if missing else lacks
    yield Suite("ctest", ("/bin/sh", "-c", line), "CMakeLists.txt", lacks)


def make(evidence: Evidence) -> Iterator[Suite]:
    file = evidence.first("GNUmakefile", "makefile", "Makefile")
    for target in ("test", "check"):
        if file is not None and evidence.says(file, r"^%s\s*::?(?!=)" % target):
            yield _suite(evidence, "make", "make", (target,), file)


def _is_minitest(evidence: Evidence, file: str) -> bool:
    """Whether specs, of which this is one, are written for minitest, which knows `describe` and `it` too."""
    helpers = ("spec/spec_helper.rb", "spec/minitest_helper.rb", "spec/helper.rb")
    if any(re.search(r"^\s*require\s*\(?\s*['\"]minitest\b", evidence.text(path), re.M) for path in (file, *helpers)):
        return True
    gems = [evidence.text(path) for path in evidence.paths if path == "Gemfile" or path.endswith(".gemspec")]
    wanted = re.findall(r"^[^#\n]*(?:\bgem|dependency)\b[ (]*['\"](minitest|rspec)\b", "\n".join(gems), re.M)
    return "minitest" in wanted and "rspec" not in wanted


def _rake_task(rakefile: str) -> str:
    """The task that runs the tests: `test`, or what its TestTask is called instead."""
    named = re.findall(r"\bTestTask\.new[ (]*(?::(\w+)|['\"](\w+)['\"]|(\w+):)", rakefile)
    names = [next(filter(None, groups)) for groups in named]
    return "test" if "test" in names or not names or rakefile.count("TestTask.new") > len(names) else names[0]


def _ruby(evidence: Evidence, framework: str, program: str, options: tuple[str, ...], file: str) -> Suite:
    bundle = evidence.program("bundle")
    if bundle is not None and evidence.has("Gemfile"):
        return Suite(framework, (bundle, "exec", program, *options), file)
    return _suite(evidence, framework, program, options, file)


def _suite(
    evidence: Evidence, framework: str, program: str, options: tuple[str, ...], file: str, *, own: str = ""
) -> Suite:
    """Run by the project's own copy of the program where it has one."""
    found = (evidence.own_program(own) if own else None) or evidence.program(program)
    return Suite(framework, (found or program, *options), file, "" if found else "%s is not installed" % program)
