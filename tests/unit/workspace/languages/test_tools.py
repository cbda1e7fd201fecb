"""Whose words count, and that nothing of the repository is run."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from orchestra.clock import CancelToken, SystemClock
from orchestra.workspace.children import ChildResult
from orchestra.workspace.languages.defect import Defect
from orchestra.workspace.languages.installed import InstalledTools
from orchestra.workspace.languages.tools import ToolCall, ask_tool
from tests.unit.workspace.defects import defects_in


def answering(exit_status: int, stderr: str = "") -> ChildResult:
    return ChildResult(exit_status, b"", stderr.encode(), 1)


def ask(language: str, path: str, text: str, *answers: ChildResult | None) -> tuple[list[ToolCall], object]:
    calls: list[ToolCall] = []

    def run(call: ToolCall) -> ChildResult | None:
        calls.append(call)
        return answers[len(calls) - 1]

    verdict = ask_tool(language, path, text, run)
    return calls, None if verdict is None else verdict.defects


def installed(root: Path, *folders: Path, **variables: str) -> InstalledTools:
    path = os.pathsep.join([*map(str, folders), os.environ["PATH"]])
    return InstalledTools(root, {"PATH": path, **variables}, clock=SystemClock(), cancel=CancelToken())


def program(folder: Path, name: str, body: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("#!%s -S\n%s" % (sys.executable, body), encoding="utf-8")
    file.chmod(0o755)


@pytest.mark.parametrize(
    "language, path, said, line",
    [
        ("Go", "a.go", "<standard input>:3:1: expected declaration\n", 3),
        ("Rust", "a.rs", "error: expected `;`, found `}`\n --> <stdin>:7:2\n", 7),
        ("Ruby", "a.rb", "-:2: syntax error, unexpected end-of-input\n", 2),
        ("PHP", "a.php", "PHP Parse error:  syntax error, unexpected '}' in Standard input code on line 4\n", 4),
        ("shell", "a.sh", "/dev/stdin: line 5: syntax error near unexpected token `fi'\n", 5),
        ("shell", "a.sh", "/dev/stdin: line 9: warning: here-document at line 3 delimited by end-of-file\n", 9),
        ("zsh", "a.zsh", "/dev/stdin:3: parse error near `\\n'\n", 3),
        ("Java", "A.java", "A.java:2:7: compiler.err.expected: ';'\n", 2),
        ("JavaScript", "a.js", "[stdin]:6\nlet a = {;\n\nSyntaxError: Unexpected token ';'\n", 6),
    ],
)
def test_a_complaint_about_syntax_is_a_defect_with_its_line(language: str, path: str, said: str, line: int) -> None:
    _, defects = ask(language, path, "text", answering(1, said), answering(1, said))
    assert isinstance(defects, tuple) and [defect.line for defect in defects] == [line]


@pytest.mark.parametrize(
    "language, path, answer",
    [
        ("Go", "a.go", None),
        ("Go", "a.go", answering(2, "open /root: permission denied\n")),
        ("Rust", "a.rs", answering(101, "thread 'main' panicked\n")),
        ("Rust", "a.rs", answering(1, "error: rustup could not choose a version of rustfmt to run\n")),
        ("Ruby", "a.rb", answering(1, "-:1: invalid multibyte char (US-ASCII)\n")),
        ("Java", "A.java", answering(1, "A.java:1:8: compiler.err.feature.not.supported.in.source.plural: x\n")),
        ("C", "a.c", answering(1, "")),
    ],
)
def test_anything_else_is_no_opinion(language: str, path: str, answer: ChildResult | None) -> None:
    assert ask(language, path, "text", answer, answer)[1] is None


def test_a_text_that_is_only_laid_out_otherwise_is_sound() -> None:
    assert ask("Rust", "a.rs", "text", ChildResult(1, b"Diff in <stdin>:1:\n-text\n", b"", 1))[1] == ()


def test_a_script_is_broken_only_where_it_is_so_as_a_module_too() -> None:
    said = answering(1, "[stdin]:1\n\nSyntaxError: no\n")
    assert ask("JavaScript", "a.js", "await x", said, answering(0))[1] == ()
    assert ask("JavaScript", "a.js", "await x", said, None)[1] is None
    calls, _ = ask("JavaScript", "a.js", "import a from 'b'\n", said, said)
    assert "--input-type=module" in calls[0].arguments


@pytest.mark.parametrize(
    "said, verdict",
    [
        ("broken:2:Expression expected\n", (Defect(2, "Expression expected"),)),
        ("broken:0:Unexpected eof\n", (Defect(None, "Unexpected eof"),)),
        ("broken:4:'const' declarations must be initialized\n", None),
        ("", None),
    ],
)
def test_node_is_asked_first_about_typescript(said: str, verdict: object) -> None:
    node = ChildResult(1, said.encode(), b"", 1)
    calls, defects = ask("TypeScript", "a.ts", "text", node, None, None)
    assert defects == verdict
    assert [call.name for call in calls] == (["node"] if verdict else ["node", "esbuild", "tsc"])


@pytest.mark.parametrize(
    "said, verdict",
    [
        ('\u2718 [ERROR] Unexpected "="\n\n    <stdin>:5:7:\n', (Defect(5, 'Unexpected "="'),)),
        ('\u2718 [ERROR] The constant "a" must be initialized\n\n    <stdin>:1:6:\n', None),
    ],
)
def test_esbuild_tells_of_elements_in_typescript(said: str, verdict: object) -> None:
    calls, defects = ask("TSX", "a.tsx", "text", answering(1, said), None)
    assert (calls[0].name, "--loader=tsx" in calls[0].arguments, defects) == ("esbuild", True, verdict)


@pytest.mark.parametrize(
    "said, verdict",
    [
        ("tmp/x/draft.tsx(5,8): error TS1110: Type expected.\n", (Defect(5, "Type expected."),)),
        ("error TS2318: Cannot find global type 'Array'.\na.tsx(1,2): error TS1192: no default\n", ()),
        ("error TS5023: Unknown compiler option '--noLib'.\n", None),
    ],
)
def test_the_compiler_of_typescript_counts_while_it_only_reads(said: str, verdict: object) -> None:
    calls, defects = ask("TSX", "my file.tsx", "text", None, ChildResult(2, said.encode(), b"", 1))
    assert (calls[1].name, calls[1].file_name, defects) == ("tsc", "draft.tsx", verdict)


@pytest.mark.parametrize(
    "said, verdict",
    [
        ("<stdin>: In function 'f':\n<stdin>:3:4: error: expected ';' before '}' token\n",
         (Defect(3, "expected ';' before '}' token"),)),
        ("<stdin>:3:4: error: expected \u2018;\u2019 before \u2018}\u2019 token\n",
         (Defect(3, "expected \u2018;\u2019 before \u2018}\u2019 token"),)),
        ("<stdin>:1:1: error: unknown type name 'A'\n<stdin>:3:4: error: expected ';' before '}' token\n", None),
        ("/usr/include/a.h:3:4: error: expected ';' before '}' token\n", None),
        ("<stdin>:1:18: error: expected ')' before 'VERSION'\n", None),
        ("<stdin>:1:10: fatal error: termios.h: No such file or directory\n", None),
    ],
)
def test_a_compiler_of_c_counts_where_it_wants_a_mark_and_has_complained_of_nothing_else(
    said: str, verdict: object
) -> None:
    text = "#include <stdio.h>\n// it's \\\n(\nint a;\n"
    answers = [answering(1, said)] * 2 + [None]
    calls, defects = ask("C", "a.c", text, *answers)
    assert (calls[0].name, calls[0].text, defects) == ("gcc", "#include <stdio.h>\n \n\nint a;\n", verdict)


@pytest.mark.parametrize(
    "text",
    [
        "int a;\n",
        "#include <stdio.h>\n#include \"/etc/passwd\"\n",
        "#include <stdio.h>\n#inc\\\nlude </etc/passwd>\n",
        "#include <stdio.h>\n#/*\n*/include \"/etc/passwd\"\n",
        "#include <stdio.h>\n# \\\n include \"/etc/passwd\"\n",
        "#include <stdio.h>\n/\\\n* ' */ %:include \"/etc/passwd\" /* ' */\n",
        "#include <stdio.h>\nint a = 1'0; /*'\n' */ # /*' */ include \"/etc/passwd\"\n",
        "#include <../../etc/passwd>\n",
        "#include <glib.h>\n",
        "#include <stdio.h>\nint a = __has_include(\"/etc/passwd\");\n",
        "#include <stdio.h>\n#pragma GCC pch_preprocess \"/etc/passwd\"\n",
        "#include <stdio.h>\nconst char a[] = {\n#embed \"/etc/passwd\"\n};\n",
        "#include <stdio.h>\n#define A 1,1\n" + "".join("#define A%d %s\n" % (n, "A,A," * 2) for n in range(9)),
        "#include <stdio.h>\n#define D(x) x,x\nint a[] = {" + "D(" * 30 + "1" + ")" * 30 + "};\n",
    ],
)
def test_a_compiler_of_c_gets_no_text_that_wants_another_file_or_grows(text: str) -> None:
    assert ask("C++", "a.cpp", text) == ([], None)


@pytest.mark.parametrize("path", ["a.h", "a.m", "a.cu", "a.hpp"])
def test_headers_and_what_only_looks_like_c_are_not_shown_to_its_compiler(path: str) -> None:
    assert ask("C++", path, "#include <stdio.h>\n") == ([], None)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_the_real_gcc_misses_a_mark_that_the_lexer_does_not(tmp_path: Path) -> None:
    tools = installed(tmp_path / "repo")
    text = "#include <stdio.h>\n#define FEW 3 /* it's\n few */\nint main(void) {\n    int a = FEW%s\n    return a;\n}\n"
    assert defects_in("a.c", text % ";", run_tool=tools) == ()
    assert defects_in("a.c", text % "") == ()
    assert [defect.line for defect in defects_in("a.c", text % "", run_tool=tools)] == [6]


@pytest.mark.parametrize(
    "language, path, text",
    [
        ("JavaScript", "a.js", "x = <p>a</p>\n"),
        ("JavaScript", "a.js", "// @flow\nlet a: b = 1\n"),
        ("JavaScript", "a.jsx", "x\n"),
        ("shell", "a.bats", "@test 'x' {\n}\n"),
        ("shell", "a.sh", "#!/bin/ksh\n"),
    ],
)
def test_a_dialect_that_the_tool_does_not_read_is_not_shown_to_it(language: str, path: str, text: str) -> None:
    assert ask(language, path, text) == ([], None)


def test_a_tool_gets_the_text_alone_in_a_neutral_folder_without_the_users_settings(tmp_path: Path) -> None:
    tell = "import os, sys\nsys.stderr.write(repr((os.getcwd(), sys.stdin.read(), sorted(os.environ))))\n"
    program(tmp_path / "bin", "gofmt", tell)
    tools = installed(tmp_path / "repo", tmp_path / "bin", NODE_OPTIONS="--require ./x", HOME="/h", BASH_ENV="x")
    result = tools(ToolCall("gofmt", (), "text"))
    assert result is not None
    said = result.stderr.decode()
    assert said.startswith("('/', 'text', ") and "HOME" in said
    assert "NODE_OPTIONS" not in said and "BASH_ENV" not in said


def test_programs_of_the_repository_are_not_run(tmp_path: Path) -> None:
    repository, outside = tmp_path / "repo", tmp_path / "bin"
    program(repository / "node_modules" / ".bin", "gofmt", "")
    outside.mkdir()
    (outside / "gofmt").symlink_to(repository / "node_modules" / ".bin" / "gofmt")
    for folder in (repository / "node_modules" / ".bin", outside, Path("node_modules/.bin")):
        tools = InstalledTools(repository, {"PATH": str(folder)}, clock=SystemClock(), cancel=CancelToken())
        assert tools(ToolCall("gofmt", (), "text")) is None


def test_a_tool_that_crashes_has_no_opinion_and_the_lexer_judges(tmp_path: Path) -> None:
    program(tmp_path / "bin", "gofmt", "import os\nos.kill(os.getpid(), 9)\n")
    tools = installed(tmp_path / "repo", tmp_path / "bin")
    assert tools(ToolCall("gofmt", (), "text")) is None
    assert defects_in("a.go", "package a\nfunc f() {\n", run_tool=tools)[0].line == 2


def test_a_file_for_a_tool_that_reads_no_input_is_gone_afterwards(tmp_path: Path) -> None:
    program(tmp_path / "bin", "javac", "import sys\nsys.stderr.write(sys.argv[-1] + '|' + open(sys.argv[-1]).read())\n")
    result = installed(tmp_path / "repo", tmp_path / "bin")(ToolCall("javac", (), "text", "A.java"))
    assert result is not None
    path, _, text = result.stderr.decode().partition("|")
    assert path.endswith("/A.java") and text == "text" and not os.path.exists(path)


@pytest.mark.parametrize("shell, path", [
    pytest.param(shell, path, marks=pytest.mark.skipif(shutil.which(shell) is None, reason=f"needs {shell}"))
    for shell, path in (("bash", "a.sh"), ("zsh", "a.zsh"))
])
def test_the_real_shells_run_nothing(tmp_path: Path, shell: str, path: str) -> None:
    tools = installed(tmp_path / "repo")
    mark = tmp_path / "mark"
    assert defects_in(path, "touch %s\necho @(a|b)\n" % mark, run_tool=tools) == ()
    assert defects_in(path, "touch %s\nif x; then\n" % mark, run_tool=tools)
    assert not mark.exists()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_real_node_runs_nothing(tmp_path: Path) -> None:
    tools = installed(tmp_path / "repo")
    mark = tmp_path / "mark"
    write = "require('fs').writeFileSync(%r, '')\n" % str(mark)
    assert defects_in("a.js", write, run_tool=tools) == ()
    assert defects_in("a.js", write + "let = = 1\n", run_tool=tools)[0].line == 2
    assert not mark.exists()


@pytest.mark.parametrize("exit_status, starts", [(127, 1), (126, 1), (1, 2)])
def test_what_only_stands_for_a_program_is_started_once(tmp_path: Path, exit_status: int, starts: int) -> None:
    note = tmp_path / "started"
    program(tmp_path / "bin", "shim", "open(%r, 'a').write('x')\nraise SystemExit(%d)\n" % (str(note), exit_status))
    run = installed(tmp_path / "project", tmp_path / "bin")
    for _ in range(2):
        run(ToolCall("shim", (), "text"))
    assert note.read_text() == "x" * starts
