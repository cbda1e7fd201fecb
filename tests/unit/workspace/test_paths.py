"""Which paths may be touched."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from orchestra.errors import ExitStatus, RefusedPath
from orchestra.workspace.collisions import check_distinct, check_new_names, folds_case
from orchestra.workspace.paths import MAX_FILE_BYTES, check_path, check_plan_paths


@pytest.mark.parametrize(
    "path, why",
    [
        ("", "empty"),
        ("  ", "empty"),
        ("/etc/passwd", "absolute"),
        ("//server/share", "absolute"),
        ("C:/x.txt", "drive"),
        ("c:x.txt", "drive"),
        ("a\\b.py", "backslash"),
        ("../x", ".."),
        ("a/../../x", ".."),
        ("a/..", ".."),
        ("~/x", "home"),
        ("~root/x", "home"),
        ("./~/x", "home"),
        ("./C:/x.txt", "drive"),
        ("a\nb", "control"),
        ("a\0b", "control"),
        ("a\x7fb", "control"),
        ("a\x85b", "control"),
        ("a\ud800b", "control"),
        ("a\u202eb.py", "control"),
        ("a\ufffdb.py", "lost on the way"),
        ("a\u2028b.py", "control"),
        ("a\u200eb.py", "control"),
        ("a\u061cb.py", "control"),
        ("a\u200bb.py", "control"),
        ("a\u2060b.py", "control"),
        ("a\U000e0041b.py", "control"),
        (".", "no file"),
        ("./.", "no file"),
        ("src/", "folder"),
        ("src/.", "folder"),
        (" a.py", "blank"),
        ("a.py ", "blank"),
        ("src /a.py", "blank"),
        ("a.py.", "dot"),
        ("src./a.py", "dot"),
        (".../a.py", "dot"),
        (".git/config", "leads into"),
        (".git", "leads into"),
        (".GIT/config", "leads into"),
        ("sub/.git/hooks/pre-commit", "leads into"),
        ("git~1/config", "leads into"),
        ("GIT~2/config", "leads into"),
        (".git /config", "leads into"),
        (".git./config", "leads into"),
        (".git::$INDEX_ALLOCATION/config", "leads into"),
        (".g\u200cit/config", "leads into"),
        (".gi\u00adt/config", "control"),
        (".git\ufe0f/config", "leads into"),
        (".g\u034fit/config", "leads into"),
        (".gi\u3164t/config", "leads into"),
        (".git\U000e0101/config", "leads into"),
        (".orchestra\u180b/state.db", "leads into"),
        ("\u2024git/config", "leads into"),
        ("GI7EBA~1/config", "leads into"),
        ("OR12AB~1/x", "leads into"),
        ("\uff0egit/config", "leads into"),
        (".orchestra/state.db", "leads into"),
        (".Orchestra/x", "leads into"),
        ("x" * 256, "255 bytes"),
        ("\u00e4" * 128, "255 bytes"),
        ("x" * 200 + "/" + "/".join(["y" * 200] * 20), "4096 bytes"),
    ],
)
def test_refuses_by_the_letters_of_a_path(tmp_path: Path, path: str, why: str) -> None:
    with pytest.raises(RefusedPath) as caught:
        check_path(tmp_path, path)
    assert why in caught.value.what
    assert caught.value.hint
    assert caught.value.exit_status == ExitStatus.WORKSPACE
    assert "\n" not in str(caught.value) and "\x7f" not in str(caught.value)


@pytest.mark.parametrize(
    "path, normal",
    [
        ("a.py", "a.py"),
        ("./src//a.py", "src/a.py"),
        ("src/./a.py", "src/a.py"),
        (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
        (".gitignore", ".gitignore"),
        (".gitattributes", ".gitattributes"),
        (".env", ".env"),
        ("git/x", "git/x"),
        ("orchestra/x.py", "orchestra/x.py"),
        ("a b.txt", "a b.txt"),
        ("CONTENTS.txt", "CONTENTS.txt"),
        ("com/a.py", "com/a.py"),
        ("what?.txt", "what?.txt"),
        ("backup~", "backup~"),
        ("caf\u00e9.py", "caf\u00e9.py"),
        ("cafe\u0301.py", "caf\u00e9.py"),
        ("x" * 255, "x" * 255),
        ("...a/b", "...a/b"),
        ("\u0646\u200c\u06cc.txt", "\u0646\u200c\u06cc.txt"),
        ("\u2764\ufe0f.txt", "\u2764\ufe0f.txt"),
    ],
)
def test_normalises_what_may_be_touched(tmp_path: Path, path: str, normal: str) -> None:
    assert check_path(tmp_path, path) == normal


def test_keeps_the_spelling_of_a_file_that_is_there(tmp_path: Path) -> None:
    decomposed = "cafe\u0301.py"
    (tmp_path / decomposed).write_text("")
    assert check_path(tmp_path, decomposed) == decomposed


def test_refuses_what_is_not_a_regular_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    try:
        # A socket's name is bounded to some 100 bytes.
        folder = os.open(tmp_path, os.O_RDONLY)
        listener.bind("/proc/self/fd/%d/sock" % folder if os.path.isdir("/proc/self/fd") else str(tmp_path / "sock"))
        os.close(folder)
        for path, kind in (("folder", "is a folder"), ("pipe", "is a named pipe"), ("sock", "is a socket")):
            for for_writing in (True, False):
                with pytest.raises(RefusedPath, match=kind):
                    check_path(tmp_path, path, for_writing=for_writing)
    finally:
        listener.close()


def test_refuses_a_device() -> None:
    with pytest.raises(RefusedPath, match="is a device"):
        check_path(Path("/dev"), "null")


def test_refuses_links_out_and_says_so(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(outside)
    (root / "hop").symlink_to("out")
    (root / "passwd").symlink_to("/etc/passwd")
    for path in ("out/new.txt", "out/deep/new.txt", "hop/new.txt", "passwd"):
        for for_writing in (True, False):
            with pytest.raises(RefusedPath, match="leads outside the repository"):
                check_path(root, path, for_writing=for_writing)


def test_refuses_links_inside_and_names_the_file_itself(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("")
    (tmp_path / "alias").symlink_to("src")
    (tmp_path / "b.py").symlink_to("src/a.py")
    (tmp_path / "dangling").symlink_to("nowhere")
    for path, real in (("alias/a.py", "src/a.py"), ("b.py", "src/a.py"), ("dangling", "nowhere")):
        with pytest.raises(RefusedPath, match="links are not followed") as caught:
            check_path(tmp_path, path)
        assert repr(real) in (caught.value.hint or "")


def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(RefusedPath):
        check_path(tmp_path, "a/x")


def test_a_root_reached_through_a_link_is_fine(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert check_path(tmp_path / "link", "a/b.py") == "a/b.py"


def test_refuses_to_write_a_file_with_a_second_name_but_reads_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    os.link(tmp_path / "a", tmp_path / "b")
    with pytest.raises(RefusedPath, match="hard link"):
        check_path(tmp_path, "a")
    assert check_path(tmp_path, "a", for_writing=False) == "a"


def test_refuses_what_belongs_to_another_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "vendor" / "lib" / "src").mkdir(parents=True)
    (tmp_path / "vendor" / "lib" / ".git").write_text("gitdir: ../../.git/modules/lib\n")
    with pytest.raises(RefusedPath, match="another repository, 'vendor/lib'"):
        check_path(tmp_path, "vendor/lib/src/a.c")
    assert check_path(tmp_path, "vendor/a.c") == "vendor/a.c"


def test_refuses_what_lies_in_a_submodule_that_is_not_checked_out(tmp_path: Path) -> None:
    (tmp_path / ".gitmodules").write_text(
        '[submodule "a"]\n\tpath = lib/a\n\turl = ../a\n[submodule "b"]\n\tPath = "my b"\n'
        '[submodule "c"]\n\tpath = .c\n[submodule "evil"]\n\tpath = ..\n[submodule "old"]\n\tpath = old\n'
    )
    (tmp_path / "lib" / "a").mkdir(parents=True)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "x.py").write_text("")
    for path in ("lib/a/x.py", "lib/a/deep/x.py", "my b", "my b/x.py", ".c/x.py"):
        with pytest.raises(RefusedPath, match="belongs to another repository, the submodule"):
            check_plan_paths(tmp_path, ["ok.py", path])
    # Where files lie without a repository of their own, none is checked out nor to be.
    assert check_plan_paths(tmp_path, ["lib/ab.py", "lib/b/x.py", "old/x.py", "old/new.py"])


def test_a_submodule_of_an_absurd_name_is_none(tmp_path: Path) -> None:
    (tmp_path / ".gitmodules").write_text("path = a\0b\npath = a%sb\npath =\npath = lib \t\r\n" % (" " * 500_000))
    assert check_plan_paths(tmp_path, ["a/x.py"]) == ("a/x.py",)
    with pytest.raises(RefusedPath, match="submodule 'lib'"):
        check_plan_paths(tmp_path, ["lib/x.py"])


def test_a_list_of_submodules_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".gitmodules")
    assert check_plan_paths(tmp_path, ["lib/a/x.py"]) == ("lib/a/x.py",)


def test_refuses_a_path_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(RefusedPath, match="'a', which is a file"):
        check_path(tmp_path, "a/b/c")


def test_all_paths_of_a_plan_that_are_unfit_by_themselves_are_named(tmp_path: Path) -> None:
    with pytest.raises(RefusedPath) as one:
        check_plan_paths(tmp_path, ["a.py", "../b.py"])
    assert one.value.what == "the path '../b.py' has .. in it" and one.value.hint
    with pytest.raises(RefusedPath) as two:
        check_plan_paths(tmp_path, ["../b.py", "a.py", "/etc/c"])
    assert two.value.what == "the path '../b.py' has .. in it; the path '/etc/c' is absolute"
    with pytest.raises(RefusedPath) as three:
        check_plan_paths(tmp_path, ["../a", "a", "a"])
    assert three.value.what == "the path '../a' has .. in it; the path 'a' is planned twice"
    assert three.value.hint == "%s; plan each file once" % one.value.hint
    with pytest.raises(RefusedPath, match="; and 980 more; "):
        check_plan_paths(tmp_path, ["../%d" % number for number in range(1000)])


def test_a_plan_may_not_name_a_file_twice(tmp_path: Path) -> None:
    assert check_plan_paths(tmp_path, ["a.py", "./b.py"]) == ("a.py", "b.py")
    for other in ("a.py", "./a.py"):
        with pytest.raises(RefusedPath, match="planned twice"):
            check_plan_paths(tmp_path, ["a.py", other])


def test_a_plan_may_not_name_one_file_in_two_normal_forms(tmp_path: Path) -> None:
    (tmp_path / "cafe\u0301.py").write_text("")
    with pytest.raises(RefusedPath, match="planned twice"):
        check_plan_paths(tmp_path, ["cafe\u0301.py", "caf\u00e9.py"])


def test_names_that_differ_in_case_collide_only_where_the_file_system_folds_case(tmp_path: Path) -> None:
    (tmp_path / "Some").write_text("")
    if folds_case(tmp_path):
        with pytest.raises(RefusedPath, match="planned twice"):
            check_plan_paths(tmp_path, ["Makefile", "makefile"])
    else:
        assert check_plan_paths(tmp_path, ["Makefile", "makefile"]) == ("Makefile", "makefile")


def test_a_plan_may_not_use_a_file_as_a_folder(tmp_path: Path) -> None:
    for paths in (["a", "a/b"], ["a/b/c", "a"]):
        with pytest.raises(RefusedPath, match="planned as a file"):
            check_plan_paths(tmp_path, paths)
    assert check_plan_paths(tmp_path, ["a", "ab/c"]) == ("a", "ab/c")


def test_a_path_is_judged_in_the_letters_that_it_will_have(tmp_path: Path) -> None:
    with pytest.raises(RefusedPath, match="drive"):
        check_path(tmp_path, "\u212a:/x.txt")  # the Kelvin sign, which becomes a K


def test_a_file_that_is_there_keeps_its_spelling_however_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "re\u0301sume\u0301").mkdir()
    (tmp_path / "re\u0301sume\u0301" / "cafe\u0301.py").write_text("")
    assert check_path(tmp_path, "r\u00e9sum\u00e9/caf\u00e9.py") == "re\u0301sume\u0301/cafe\u0301.py"
    assert check_path(tmp_path, "r\u00e9sum\u00e9/th\u00e9.py") == "re\u0301sume\u0301/th\u00e9.py"
    (tmp_path / "re\u0301sume\u0301" / "caf\u00e9.py").write_text("")
    assert check_path(tmp_path, "r\u00e9sum\u00e9/caf\u00e9.py") == "re\u0301sume\u0301/caf\u00e9.py"
    assert check_path(tmp_path, "re\u0301sume\u0301/cafe\u0301.py") == "re\u0301sume\u0301/cafe\u0301.py"


def test_names_that_only_an_invisible_character_tells_apart_collide(tmp_path: Path) -> None:
    for other in ("a\u200d.py", "a\ufe0f.py", "a\u034f.py"):
        with pytest.raises(RefusedPath, match="planned twice, also as"):
            check_plan_paths(tmp_path, ["a.py", other])


def test_on_a_folding_file_system_paths_that_differ_in_case_are_one_file(tmp_path: Path) -> None:
    def folds(folder: Path) -> bool:
        return True

    for paths in (["Makefile", "makefile"], ["src/A.py", "SRC/a.py"], ["stra\u00dfe", "STRASSE"]):
        with pytest.raises(RefusedPath, match="planned twice, also as") as caught:
            check_distinct(tmp_path, paths, folds=folds)
        assert "git mv" in (caught.value.hint or "")
    with pytest.raises(RefusedPath, match="planned as a file"):
        check_distinct(tmp_path, ["A", "a/b"], folds=folds)
    check_distinct(tmp_path, ["A", "b", "src/a"], folds=folds)


def test_a_new_name_may_not_differ_only_in_case_from_one_that_stays(tmp_path: Path) -> None:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "a.py").write_text("")
    for written in (["src/deep/A.py"], ["SRC/deep/a.py"], ["Src/Deep"], ["n", "N"], ["x/n", "X/N"]):
        with pytest.raises(RefusedPath, match="differs only in case from"):
            check_new_names(tmp_path, written, frozenset())
    check_new_names(tmp_path, ["src/deep/A.py", "b"], frozenset(["src/deep/a.py"]))
    check_new_names(tmp_path, ["src/deep/a.py", "src/deep/b.py", "src2/deep/a.py", "n", "m"], frozenset())


def test_a_new_file_may_not_lie_in_a_folder_whose_name_is_that_of_a_file_but_for_its_case(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "A").write_text("")
    for written in (["Pre", "pre/inner"], ["pre/in/ner", "PRE"], ["src/a/b"], ["SRC/a/b/c"]):
        with pytest.raises(RefusedPath, match="which is a file, on machines where capitals do not count"):
            check_new_names(tmp_path, written, frozenset())
    check_new_names(tmp_path, ["src/a/b", "src/c", "Src2/d", "src2/e"], frozenset(["src/A"]))


def test_names_that_differ_only_in_case_already_may_both_be_changed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    if folds_case(tmp_path):
        pytest.skip("this file system folds case")
    (tmp_path / "A").write_text("")
    check_new_names(tmp_path, ["a", "A"], frozenset())


def test_the_folder_of_a_path_is_asked_whether_it_folds_case(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    asked: list[Path] = []
    check_distinct(tmp_path, ["src/new/A", "src/new/a", "b"], folds=lambda folder: bool(asked.append(folder)))
    assert asked == [tmp_path / "src"]


@pytest.mark.parametrize("path", ["CON", "con.txt", "src/Aux.py", "nul.tar.gz", "COM1", "lpt\u00b9.c", "aux/a.py"])
def test_a_new_file_may_not_have_a_name_that_windows_keeps_for_devices(tmp_path: Path, path: str) -> None:
    with pytest.raises(RefusedPath, match="device on Windows"):
        check_path(tmp_path, path)
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text("")
    assert check_path(tmp_path, path) == path


def test_refuses_to_write_a_file_that_is_too_large_for_a_before_image(tmp_path: Path) -> None:
    with open(tmp_path / "large.bin", "wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(RefusedPath, match="too large"):
        check_path(tmp_path, "large.bin")
    assert check_path(tmp_path, "large.bin", for_writing=False) == "large.bin"


def test_refuses_what_lies_in_a_bare_repository(tmp_path: Path) -> None:
    for folder in ("fixtures/bare/objects", "fixtures/bare/refs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "fixtures" / "bare" / "HEAD").write_text("ref: refs/heads/main\n")
    with pytest.raises(RefusedPath, match="another repository, 'fixtures/bare'"):
        check_path(tmp_path, "fixtures/bare/hooks/pre-receive")
    for root in (tmp_path / "fixtures" / "bare", tmp_path / "fixtures" / "bare" / "hooks"):
        root.mkdir(exist_ok=True)
        with pytest.raises(RefusedPath, match="git's own folder"):
            check_path(root, "pre-receive")
