from __future__ import annotations

import pytest

from orchestra.cli.arguments import CommandLine, GlobalOptions, split, wants_json
from orchestra.errors import ExitStatus, UsageError


def options(*argv: str) -> GlobalOptions:
    return split(argv).options


def test_without_anything_there_is_no_command() -> None:
    assert split([]) == CommandLine(GlobalOptions(), None, (), ())


def test_the_command_is_the_first_word_and_the_rest_is_its_own() -> None:
    line = split(["run", "--yes", "add", "a", "flag", "--plan", "p.md"])
    assert (line.command, line.words) == ("run", ("--yes", "add", "a", "flag", "--plan", "p.md"))
    assert line.options == GlobalOptions()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-C", "dir"], GlobalOptions(folders=("dir",))),
        (["-Cdir"], GlobalOptions(folders=("dir",))),
        (["-C", "a", "-Cb", "-C", "../c"], GlobalOptions(folders=("a", "b", "../c"))),
        (["--config", "c.yaml"], GlobalOptions(config="c.yaml")),
        (["--config=c.yaml"], GlobalOptions(config="c.yaml")),
        (["--config=a=b"], GlobalOptions(config="a=b")),
        (["--config="], GlobalOptions(config="")),
        (["--json"], GlobalOptions(as_json=True)),
        (["--json-stream"], GlobalOptions(as_json_stream=True)),
        (["-q"], GlobalOptions(is_quiet=True)),
        (["--quiet"], GlobalOptions(is_quiet=True)),
        (["-v"], GlobalOptions(is_verbose=True)),
        (["-qv"], GlobalOptions(is_quiet=True, is_verbose=True)),
        (["-vvq"], GlobalOptions(is_quiet=True, is_verbose=True)),
        (["--log-level", "debug"], GlobalOptions(log_level="debug")),
        (["--log-level=error"], GlobalOptions(log_level="error")),
        (["--color", "never"], GlobalOptions(color="never")),
        (["--color=always"], GlobalOptions(color="always")),
        (["--offline"], GlobalOptions(is_offline=True)),
        (["--debug"], GlobalOptions(shows_traceback=True)),
        (["-h"], GlobalOptions(wants_help=True)),
        (["--help"], GlobalOptions(wants_help=True)),
        (["--version"], GlobalOptions(wants_version=True)),
    ],
)
def test_global_options_stand_before_or_after_the_command(words: list[str], expected: GlobalOptions) -> None:
    for argv in ([*words, "run", "task"], ["run", *words, "task"], ["run", "task", *words]):
        line = split(argv)
        assert (line.options, line.command, line.words) == (expected, "run", ("task",))


def test_the_value_of_an_option_is_not_the_command() -> None:
    line = split(["--config", "status", "-C", "run", "--color", "auto", "sessions"])
    assert (line.command, line.words) == ("sessions", ())
    assert (line.options.config, line.options.folders) == ("status", ("run",))


def test_options_of_a_command_are_left_to_it() -> None:
    words = ["--max-cost=2", "-y", "--jsonish", "-x", "--configure", "-", "--colour=red"]
    assert split(["run", *words]).words == tuple(words)


def test_a_lone_dash_is_a_word_and_never_the_command() -> None:
    line = split(["-", "run", "-"])
    assert (line.command, line.words) == ("run", ("-", "-"))


def test_options_are_not_abbreviated() -> None:
    line = split(["run", "--js", "--col=never", "--off"])
    assert (line.options, line.words) == (GlobalOptions(), ("--js", "--col=never", "--off"))


def test_what_stands_behind_two_dashes_is_taken_as_it_is() -> None:
    line = split(["run", "-q", "--", "--json", "-C", "x", "--", "status"])
    assert line == CommandLine(
        GlobalOptions(is_quiet=True), "run", (), ("--json", "-C", "x", "--", "status")
    )


def test_a_command_cannot_stand_behind_two_dashes() -> None:
    line = split(["--", "run"])
    assert (line.command, line.after_dashes) == (None, ("run",))


def test_words_keep_their_order_and_their_doubles() -> None:
    assert split(["run", "run", "the", "run", "-q", "run"]).words == ("run", "the", "run", "run")


@pytest.mark.parametrize(
    "argv",
    [
        ["run", "--config"], ["run", "-C"], ["--log-level", "loud", "run"], ["--color=red", "run"], ["-C", "--json"],
        ["--config", "--json", "run"], ["run", "--log-level"],
    ],
)
def test_an_option_without_its_value_or_with_a_wrong_one_is_an_error_of_usage(argv: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        split(argv)
    assert caught.value.exit_status is ExitStatus.USAGE
    assert "--help" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        ([], (False, False)), (["run", "--json"], (True, False)), (["--json-stream"], (False, True)),
        (["--nonsense", "--json", "--config"], (True, False)), (["run", "--", "--json"], (False, False)),
        (["--json", "--", "--json-stream"], (True, False)), (["--json=1"], (False, False)),
    ],
)
def test_json_is_wanted_even_where_the_rest_cannot_be_understood(argv: list[str], wanted: tuple[bool, bool]) -> None:
    assert wants_json(argv) == wanted
