"""The language of a script by its first line."""

from __future__ import annotations

import pytest

from orchestra.workspace.languages.interpreters import interpreter_of, suffix_of


@pytest.mark.parametrize(
    "line, interpreter, suffix",
    [
        ("#!/bin/sh", "sh", ".sh"), ("#! /usr/bin/bash -eu", "bash", ".sh"), ("#!/usr/bin/env zsh", "zsh", ".zsh"),
        ("#!/usr/bin/env python3.11", "python", ".py"), ("#!/usr/bin/env -S uv run --script", "uv", ".py"),
        ("#!/usr/bin/env -S LANG=C python3 -u", "python", ".py"), ("#!/usr/bin/nodejs", "nodejs", ".js"),
        ("#!/usr/bin/env ruby", "ruby", ".rb"), ("#!/usr/bin/php8.2", "php", ".php"),
        ("#!/usr/bin/perl -w", "perl", ".pl"),
        ("#!/usr/bin/make -f", "make", ""), (" #!/bin/sh", "", ""), ("# no script", "", ""), ("", "", ""),
    ],
)
def test_the_first_line_names_the_program_and_its_usual_suffix(line: str, interpreter: str, suffix: str) -> None:
    assert (interpreter_of(line + "\n"), suffix_of("bin/run", line + "\n")) == (interpreter, suffix)


def test_a_name_that_tells_counts_before_the_first_line() -> None:
    names = ("a.b/run", "run.SH", ".profile", "x.y.txt", "run.")
    assert [suffix_of(path, "#!/usr/bin/python3\n") for path in names] == [".py", ".sh", "", ".txt", "."]
