from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestra.workspace.git_deciding import deciding_places
from orchestra.workspace.git_hooks import MOST_ASKED, MOST_REACHED, Index, reached
from orchestra.workspace.git_process import GitProcess

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def git(tmp_path: Path) -> GitProcess:
    root, home = tmp_path / "root", tmp_path / "home"
    for folder in (root / "tools", root / "bin", home):
        folder.mkdir(parents=True)
    (root / "tools" / "clean.py").write_text("")
    (root / "clean.py").write_text("")
    variables = {
        "PATH": os.pathsep.join((str(root / "bin"), os.environ["PATH"])), "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"
    }
    subprocess.run(["git", "init", "-q"], cwd=root, env=variables, check=True)
    found = GitProcess.find(root, variables)
    assert found is not None
    return found


def places(git: GitProcess, *settings: str, planned: tuple[str, ...] = ()) -> set[str]:
    """Normalised, relative to the folder that holds root and home; each setting is `key=value`."""
    for setting in settings:
        key, _, value = setting.partition("=")
        git.write("config", "--add", key, value)
    top = git.cwd.parent
    return {os.path.relpath(os.path.normpath(place), top) for place in deciding_places(git, planned)}


@pytest.mark.parametrize("setting, place", [
    ("include.path=../team.cfg", "root/team.cfg"),
    ("include.path=~/team.cfg", "home/team.cfg"),
    ("include.path=:(optional)~/team.cfg", "home/team.cfg"),
    ("includeIf.onbranch:other.path=../team.cfg", "root/team.cfg"),
    ("core.hooksPath=.husky/_", "root/.husky/_"),
    ("core.attributesFile=~/attributes", "home/attributes"),
    ("core.attributesFile=attributes", "root/attributes"),
    ("core.fsmonitor=./watch.sh", "root/watch.sh"),
    ("gpg.program=tools/my sign", "root/tools/my sign"),
    ("gpg.ssh.program=tools/sign", "root/tools/sign"),
    ("user.signingKey=keys/own.pub", "root/keys/own.pub"),
    ("filter.a.b.clean=./clean.sh %f", "root/clean.sh"),
    ("filter.f.process=python3 clean.py", "root/clean.py"),
    ("filter.f.smudge=cat | 'tools/clean.py' --fast", "root/tools/clean.py"),
    ("filter.f.clean=\"$(git rev-parse --show-toplevel)/tools/clean.py\"", "root/tools/clean.py"),
    ("filter.f.clean=$TOP/tools/clean.py", "root/tools/clean.py"),
    ("filter.f.clean=git-lfs clean -- %f", "root/bin/git-lfs"),
    ("diff.f.textconv=./show", "root/show"),
    ("merge.f.driver=./merge %O %A %B", "root/merge"),
    ("commit.template=.message", "root/.message"),
])
def test_what_a_setting_names_counts_whether_it_is_there_or_not(git: GitProcess, setting: str, place: str) -> None:
    assert place not in places(git)
    assert place in places(git, setting)


def test_what_an_included_configuration_includes_counts_from_its_folder(git: GitProcess) -> None:
    (git.cwd / "tools" / "team.cfg").write_text("[include]\n\tpath = more.cfg\n[filter \"f\"]\n\tclean = ./c.sh\n")
    assert {"root/tools/team.cfg", "root/tools/more.cfg", "root/c.sh"} <= places(git, "include.path=../tools/team.cfg")


def test_the_users_own_configuration_counts_before_it_is_there(git: GitProcess) -> None:
    assert {"home/.gitconfig", "home/.config/git/config", "home/.config/git/attributes"} <= places(git)


def test_of_attributes_those_count_that_would_apply_to_the_paths(git: GitProcess) -> None:
    found = places(git, planned=("a/b/c.py", "d.py"))
    assert {place for place in found if place.startswith("root") and "attributes" in place} == {
        "root/.gitattributes", "root/a/.gitattributes", "root/a/b/.gitattributes", "root/.git/info/attributes"
    }


def test_folders_that_a_command_line_names_are_not_looked_through(git: GitProcess) -> None:
    found = places(git, "filter.f.clean=find / . tools -name x", "user.signingKey=key::ssh-ed25519 " + "A/" * 3000)
    assert not {"root", "root/tools", "."} & found
    assert all(not place.startswith("root/tools") for place in found)


def test_the_search_for_a_program_ends_where_it_is_found(git: GitProcess) -> None:
    program = git.cwd / "bin" / "tidy"
    program.write_text("")
    program.chmod(0o755)
    assert [place for place in places(git, "filter.f.clean=tidy -q") if place.endswith("/tidy")] == ["root/bin/tidy"]


@pytest.mark.parametrize("line, place", [
    ("tools/clean.py --fast", "root/tools/clean.py"),
    ("exec ./tools/clean.py \"$@\"", "root/tools/clean.py"),
    ("\"$(git rev-parse --show-toplevel)/tools/clean.py\"", "root/tools/clean.py"),
    ("\"${TOP}/tools/clean.py\" && true", "root/tools/clean.py"),
    ("$TOP/tools/clean.py", "root/tools/clean.py"),
    ("ROOT/tools/clean.py", "root/tools/clean.py"),
    ("\"$(dirname \"$0\")/../../tools/clean.py\"", "root/tools/clean.py"),
    ("python3 -m tools.clean", "root/tools/clean.py"),
    ("check --config=clean.py", "root/clean.py"),
    ("make lint", "root/Makefile"),
    ("npm run --silent lint", "root/package.json"),
    ("npx lint-staged", "root/.lintstagedrc.mjs"),
    ("npx --no eslint .", "root/eslint.config.js"),
])
def test_what_a_hook_names_in_the_tree_counts_where_it_is_there(git: GitProcess, line: str, place: str) -> None:
    for name in ("Makefile", "package.json", ".lintstagedrc.mjs", "eslint.config.js"):
        (git.cwd / name).write_text("")
    hooks = git.cwd / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-push.sample").write_text(line)
    assert place not in places(git)
    (hooks / "pre-commit").write_text("#!/bin/sh\nset -e\n%s\n" % line.replace("ROOT", str(git.cwd)))
    found = places(git)
    assert place in found and not {"root", "root/tools"} & found


def test_a_script_that_a_hook_would_run_must_not_appear_but_what_a_suite_makes_may(git: GitProcess) -> None:
    hooks = git.cwd / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-commit").write_text("[ -f tools/own.sh ] && . tools/own.sh\ncat build/coverage.xml\nset -e\n")
    found = places(git)
    assert "root/tools/own.sh" in found
    assert not {"root/build/coverage.xml", "root/set.py"} & found


@pytest.mark.parametrize("line, name, counts", [
    ("pytest --junitxml=report.xml", "report.xml", False), ("pytest . --junitxml=report.xml", "report.xml", False),
    ("lint . > report.xml", "report.xml", False), ("if true; then . .env; fi", ".env", True),
    ("cat tracked.cfg", "tracked.cfg", True),
    ("./bare", "bare", True), ("check shebang", "shebang", True), ("set -a; . ./.env", ".env", True),
    ("source \"$(git rev-parse --show-toplevel)/.env\"", ".env", True), ("bash -e .env", ".env", True),
    ("cat .env", ".env", False), ("tidy own.sh", "own.sh", True),
])
def test_of_what_a_hook_names_scripts_and_tracked_files_count(
    git: GitProcess, line: str, name: str, counts: bool
) -> None:
    for file in ("report.xml", "tracked.cfg", "bare", ".env", "own.sh"):
        (git.cwd / file).write_text("a=1\n")
    (git.cwd / "shebang").write_text("#!/bin/sh\n")
    (git.cwd / "bare").chmod(0o755)
    (git.cwd / ".gitignore").write_text("*\n")
    git.write("add", "-f", "tracked.cfg")
    hooks = git.cwd / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-push").write_text("#!/bin/sh\n%s\n" % line)
    assert (f"root/{name}" in places(git)) is counts


@pytest.mark.parametrize("line, files, place", [
    ("cd tools && ./x", {"tools/x": "#!/bin/sh\n"}, "tools/x"),
    ("cd \"$(git rev-parse --show-toplevel)/tools\"\n./x.sh", {"tools/x.sh": ""}, "tools/x.sh"),
    ("D=tools\n$D/x.sh", {"tools/x.sh": ""}, "tools/x.sh"),
    ("cd web && npm run lint", {"web/package.json": '{"scripts": {"lint": "node ci/l.js"}}', "web/ci/l.js": ""},
     "web/ci/l.js"),
    ("sh tools/x.sh", {"tools/x.sh": "./ci/y\n", "ci/y": "#!/bin/sh\n"}, "ci/y"),
    ("sh tools/x.sh", {"tools/x.sh": ". \"$(dirname \"$0\")/lib\"\n", "tools/lib": "a=1\n"}, "tools/lib"),
    ("sh tools/x.sh", {"tools/x.sh": "bash ci/a.sh\nbash ci/y\n", "ci/a.sh": "", "ci/y": "a=1\n"}, "ci/y"),
    ("make -s lint", {"Makefile": "lint:\n\t@bash ci/y\n", "ci/y": "a=1\n"}, "ci/y"),
    ("make -s lint", {"Makefile": "lint:\n\t@ci/y.sh\n", "ci/y.sh": "exec python3 z.py\n", "ci/z.py": ""}, "ci/z.py"),
])
def test_what_a_hook_runs_in_a_folder_or_through_another_script_counts_where_it_is_tracked(
    git: GitProcess, line: str, files: dict[str, str], place: str
) -> None:
    for name, text in {**files, "notes/x.sh": "", "report.xml": "", "ci/more.txt": ""}.items():
        (git.cwd / name).parent.mkdir(exist_ok=True)
        (git.cwd / name).write_text(text)
    hooks = git.cwd / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-commit").write_text("#!/bin/sh\n%s\n" % line)
    assert f"root/{place}" not in places(git)
    git.write("add", ".")
    found = places(git)
    assert f"root/{place}" in found and not {"root/notes/x.sh", "root/report.xml", "root/ci/more.txt"} & found


@pytest.mark.parametrize("line, files, place", [
    ("python3 -m app audit", {"app/__main__.py": "from app import x\n'ci/x.sh'\n"}, "app/__main__.py"),
    ("node app.js", {"app.js": "// see ci/x.sh\n"}, "app.js"),
    ("app/run", {"app/run": "#!/usr/bin/env python3\n'ci/x.sh'\n"}, "app/run"),
    ("app/run.sh", {"app/run.sh": "#!/usr/bin/perl\n'ci/x.sh'\n"}, "app/run.sh"),
])
def test_what_a_program_in_another_language_names_need_not_be_what_it_runs(
    git: GitProcess, line: str, files: dict[str, str], place: str
) -> None:
    for name, text in {**files, "app/x.py": "", "ci/x.sh": "#!/bin/sh\n"}.items():
        (git.cwd / name).parent.mkdir(exist_ok=True)
        (git.cwd / name).write_text(text)
    (git.cwd / ".git" / "hooks").mkdir(exist_ok=True)
    (git.cwd / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\n%s\n" % line)
    git.write("add", ".")
    found = places(git)
    assert f"root/{place}" in found and not {"root/ci/x.sh", "root/app/x.py"} & found


def test_scripts_that_git_does_not_track_leave_the_tracked_ones_their_places(git: GitProcess) -> None:
    made = [f"out/g{number}.sh" for number in range(250)]
    texts = {
        "ci/check.sh": "".join(f"bash {name}\n" for name in ("ci/inner.sh", *made)), "ci/inner.sh": "bash ci/deep.sh\n",
        "ci/deep.sh": "", ".gitignore": "out/\n", **dict.fromkeys(made, "#!/bin/sh\n"),
    }
    for name, text in texts.items():
        (git.cwd / name).parent.mkdir(exist_ok=True)
        (git.cwd / name).write_text(text)
    (git.cwd / ".git" / "hooks").mkdir(exist_ok=True)
    (git.cwd / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\nbash ci/check.sh\n")
    git.write("add", ".")
    found = places(git)
    assert {"root/ci/check.sh", "root/ci/inner.sh", "root/ci/deep.sh"} <= found
    assert not {f"root/{name}" for name in made} & found


class Counted(frozenset):  # type: ignore[type-arg]
    """Counts how often it is asked."""

    asked = 0

    def __contains__(self, path: object) -> bool:
        self.asked += 1
        return super().__contains__(path)


def test_what_scripts_may_mean_is_bounded_over_all_of_them(tmp_path: Path) -> None:
    folders = [f"d{number}" for number in range(30)]
    named = [f"s{number}.sh" for number in range(20)]
    scripts = [f"{folder}/{name}" for number, folder in enumerate(folders) for name in named[number % 4::4]]
    for path in scripts:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("\n".join((*folders, *(f"./{name}" for name in named))))
    paths = Counted(scripts)
    found = reached(tmp_path, [], {scripts[0]}, Index(paths, {*named}, {*folders}))
    assert {*scripts[:5]} < found
    assert MOST_ASKED // 2 < paths.asked <= MOST_ASKED


def test_no_more_files_than_a_limit_count_of_what_scripts_name_in_turn(tmp_path: Path) -> None:
    named = [f"s{number}.sh" for number in range(2 * MOST_REACHED)]
    (tmp_path / "a.sh").write_text("\n".join(named))
    for name in named:
        (tmp_path / name).write_text("")
    assert len(reached(tmp_path, [], {"a.sh"}, Index.of(["a.sh", *named]))) == 1 + MOST_REACHED


def test_words_that_no_tracked_file_is_called_are_looked_for_nowhere() -> None:
    index = Index.of(["a/b/c.sh", "d.py"])
    assert index.folders == {"a", "a/b"}
    assert not [*index.meant("a", ["a", "a/b", "prose", "a/missing.sh", "..", "/"])]
    assert [*index.meant("a", ["a/b", "./c.sh"])] == [("c.sh", False), ("a/c.sh", False), ("a/b/c.sh", False)]
    assert ("d.py", True) in [*index.meant("", ["-m", "d"])]


def test_scripts_that_name_each_other_come_to_an_end(git: GitProcess) -> None:
    for name, other in (("a.sh", "b.sh"), ("b.sh", "a.sh")):
        (git.cwd / name).write_text("./%s; ../../../x.sh; cd /; cd ..; ./.git/config\n" % other)
    hooks = git.cwd / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-commit").write_text("./a.sh\n")
    git.write("add", ".")
    assert {"root/a.sh", "root/b.sh"} <= places(git)


def test_a_hook_that_another_of_its_name_calls_from_a_folder_below_counts_too(git: GitProcess) -> None:
    (git.cwd / ".husky" / "_").mkdir(parents=True)
    (git.cwd / ".husky" / "_" / "pre-commit").write_text(". \"$(dirname \"$0\")/h\"\n")
    (git.cwd / ".husky" / "pre-commit").write_text("node ./tools/clean.py\n")
    assert {"root/.husky/_", "root/.husky/pre-commit", "root/tools/clean.py"} <= places(
        git, "core.hooksPath=.husky/_"
    )


def test_hooks_that_cannot_be_read_name_nothing(git: GitProcess) -> None:
    hooks = git.cwd / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-commit").write_bytes(b"\0\xff tools/clean.py\0 ../../clean.py a\0b.sh /" + b"a" * 5000 + b".sh")
    os.mkfifo(hooks / "pre-push")
    (hooks / "commit-msg").mkdir()
    found = places(git)
    assert "root/clean.py" in found and not [place for place in found if "\0" in place or len(place) > 1000]
