"""A hundred secrets in a repository: no model, log, report or cassette gets one, and the files keep theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Callable, Iterator

import pytest

from orchestra.demo.script import Call, Text
from orchestra.observe.placeholders import PLACEHOLDER
from tests.flows.project import Project, Ran, copy_of
from tests.flows.team import APPROVED, block, edit, finding, fixes, plan_of, planned, team, whole
from tests.unit.planted import planted as corpus

PER_FILE = 10
PARTS = [corpus()[start:start + PER_FILE] for start in range(0, 100, PER_FILE)]
NAMES = [f"part{number}.conf" for number in range(len(PARTS))]
TEXTS = {name: "\n".join(each.text for each in part) + "\n" for name, part in zip(NAMES, PARTS)}
SECRETS = [secret for each in corpus() for secret in each.secrets]
PASSWORD = "hunter2hunter2"
TESTS = "cat part*.conf; ! grep -q broken part0.conf"


def shown_in(call: Call) -> str:
    """The file that the prompt is about, as the model sees it."""
    match = re.search(r"The file as it is now.*?\n<data-(\w+)>\n(.*?)</data-\1>", call.text, re.S)
    assert match is not None
    return match[2]


def below(line: str) -> Callable[[Call], Text]:
    """The whole file as it was shown, and a line below it."""
    return lambda call: Text(whole(shown_in(call) + line))


def behind_the_first_secret(line: str) -> Callable[[Call], Text]:
    """An edit of the first line with a placeholder."""

    def answer(call: Call) -> Text:
        found = next(each for each in shown_in(call).splitlines() if PLACEHOLDER.search(each))
        return Text(edit(found + "\n", found + "\n" + line))

    return answer


def story() -> Callable[[Call], Text]:
    """Every kind of prompt: files asked for, drafts, reviews, findings, failing tests, a mend, a deletion."""
    return team(
        [block({"need_files": NAMES[5:]}), plan_of(
            planned(NAMES[0], "modify", depends_on=NAMES[5:8]), planned(NAMES[1], "modify", depends_on=[NAMES[0]]),
            planned(NAMES[2], "modify"), planned(NAMES[3], "modify"), planned(NAMES[4], "delete"),
            commit={"type": "chore", "scope": "", "subject": "change settings", "body": ""},
        )],
        {NAMES[0]: below("# broken\n"), NAMES[1]: behind_the_first_secret("# a\n"), NAMES[2]: below("# b\n"),
         NAMES[3]: behind_the_first_secret("# c\n")},
        {NAMES[2]: [finding("not enough"), APPROVED], **dict.fromkeys(NAMES[:2] + NAMES[3:5], APPROVED)},
        {NAMES[2]: behind_the_first_secret("# more\n"), NAMES[0]: edit("# broken\n", "# mended\n")},
        fixes((NAMES[0], "it is broken")),
    )


def behind(name: str, line: str) -> str:
    """What `behind_the_first_secret` makes of a file."""
    first = next(each for each in PARTS[NAMES.index(name)])
    lines = TEXTS[name].split("\n")
    place = next(number for number, each in enumerate(lines) if any(secret in each for secret in first.secrets))
    return "\n".join([*lines[:place + 1], line.rstrip("\n"), *lines[place + 1:]])


@pytest.fixture
def vault(project: Project) -> Project:
    for name, text in TEXTS.items():
        project.write(name, text)
    project.git("add", ".")
    project.git("commit", "--quiet", "--message=secrets")
    return project


def told(project: Project, ran: Ran) -> Iterator[tuple[str, str]]:
    """Everything that is sent, printed or kept, but for the user's files and their images."""
    for call in ran.calls:
        yield f"call {call.number}", json.dumps([call.payload, call.path, dict(call.headers)], ensure_ascii=False)
    yield "output", ran.out + ran.err
    for (table,) in (row.values() for row in project.rows("SELECT name FROM sqlite_master WHERE type = 'table'")):
        if table != "file_versions":
            yield table, json.dumps(project.rows(f"SELECT * FROM {table}"), ensure_ascii=False, default=repr)
    for file in (*project.state.rglob("*"), project.folder / "tape"):
        if file.is_file() and not file.name.startswith("state.db"):
            yield str(file), file.read_bytes().decode("utf-8")
    for argv in (
        ("report", "--format", "text"), ("report", "--format", "json"), ("report", "--format", "html"),
        ("report", "--format", "prometheus"), ("log",), ("status", "--json"), ("sessions", "--json"), ("verify",),
    ):
        looked = project.run(*argv)
        yield " ".join(argv), looked.out + looked.err


@pytest.mark.parametrize("mode", ["sequential", "parallel"])
def test_no_planted_secret_leaves_its_file_and_every_one_stays_in_it(vault: Project, mode: str) -> None:
    ran = vault.run(
        "run", "task", "--yes", "--json", "-v", "--log-level", "debug", "--record", "../tape", "--commit",
        "--mode", mode, "--test-command", TESTS, script=story(),
    )

    assert ran.status == 0, ran.err
    assert {role for role, _ in ran.asked} == {"architect", "executor", "auditor", "consultant"}
    assert all(any(f"=== {name}" in call.text for call in ran.calls) for name in NAMES[5:])
    assert any("it is broken" in call.text for call in ran.calls)
    leaks = [(place, secret) for place, text in told(vault, ran) for secret in SECRETS if secret in text]
    assert leaks == []
    assert vault.read(NAMES[0]) == TEXTS[NAMES[0]] + "# mended\n"
    assert vault.read(NAMES[1]) == behind(NAMES[1], "# a\n")
    assert vault.read(NAMES[2]) == behind(NAMES[2], "# more\n") + "# b\n"
    assert vault.read(NAMES[3]) == behind(NAMES[3], "# c\n")
    assert not vault.has(NAMES[4])
    assert {name: vault.read(name) for name in NAMES[5:]} == {name: TEXTS[name] for name in NAMES[5:]}
    images = vault.rows("SELECT content FROM file_versions WHERE kind = 'before' AND path = ?", NAMES[0])
    assert images == [{"content": TEXTS[NAMES[0]].encode()}]
    assert (vault.state / "state.db").stat().st_mode & 0o777 == 0o600


def test_tests_that_print_what_no_model_may_see_tell_it_to_none(vault: Project) -> None:
    """The values of a .env file too, and those of variables, which nothing in the output tells."""
    value, of_variable = corpus(99)[70].secrets[0], "Kp8-xQ2z-LeE7"
    vault.write(".gitignore", ".env\n")
    vault.write(".env", f"export SERVICE_PASSWORD={value}\n")
    ran = vault.run(
        "run", "task", "--yes", "--json", "--max-iterations", "2", "--test-command",
        "sed 's/.*=/assert /' .env; cut -c5- part9.conf; echo with $DEPLOY_TOKEN; ! test -e a.txt", script=team(
            plan_of(planned("a.txt")), {"a.txt": whole("one\n")}, blames=fixes(),
        ), variables={"DEPLOY_TOKEN": of_variable},
    )

    assert (ran.status, ran.asked[-1]) == (8, ("consultant", None))
    assert "assert __ORCHESTRA_SECRET_" in ran.calls[-1].text
    assert "with __ORCHESTRA_SECRET_" in ran.calls[-1].text
    hidden = [value, of_variable, *(secret for each in PARTS[9] for secret in each.secrets)]
    assert [(place, secret) for place, text in told(vault, ran) for secret in hidden if secret in text] == []


def test_a_resumed_run_puts_back_the_same(vault: Project, tmp_path: Path) -> None:
    whole_run = copy_of(vault, tmp_path / "elsewhere")
    script = team(plan_of(planned(NAMES[0], "modify")), {NAMES[0]: below("# more\n")})
    uninterrupted = whole_run.run("run", "task", "--yes", script=script)
    first = vault.run("run", "task", script=script)
    second = vault.run("resume", "--yes", script=team("", {NAMES[0]: below("# more\n")}))

    assert (uninterrupted.status, first.status, second.status) == (0, 3, 0)
    assert vault.read(NAMES[0]) == whole_run.read(NAMES[0]) == TEXTS[NAMES[0]] + "# more\n"


def names_of(call: Call) -> list[str]:
    return PLACEHOLDER.findall(call.system + call.text)


def test_a_secret_of_one_file_is_not_put_into_another(project: Project) -> None:
    project.commit("settings.py", f"password = '{PASSWORD}'\n")
    seen: list[str] = []

    def plan(call: Call) -> Text:
        (name,) = names_of(call)
        seen.append(name)
        return Text(plan_of(
            {**planned("public.txt"), "description": f"Write {name} into it."},
            commit={"type": "feat", "scope": "", "subject": f"publish {name}", "body": name},
        ))

    ran = project.run(
        "run", "task", "--yes", "--json", "--commit", "--file", "settings.py", script=team(
            plan, {"public.txt": lambda call: Text(whole(f"password: {seen[0]}\n"))},
            mends={"public.txt": whole("password: see settings.py\n")},
        ),
    )

    assert ran.status == 0, ran.err
    assert project.read("public.txt") == "password: see settings.py\n"
    assert f"`{seen[0]}` stands for a secret of another file" in ran.calls[2].text
    assert PASSWORD not in project.git("log", "-1", "--format=%B") + ran.out + ran.err
    assert not any(PASSWORD in json.dumps(call.payload) for call in ran.calls)


def test_a_placeholder_that_was_made_up_is_refused_with_the_reason(project: Project) -> None:
    project.commit("settings.py", f"password = '{PASSWORD}'\n")
    invented = "__ORCHESTRA_SECRET_0123456789ab__"
    ran = project.run("run", "task", "--yes", "--json", script=team(
        plan_of(planned("settings.py", "modify")), {"settings.py": whole(f"password = '{invented}'\n")},
        mends={"settings.py": below("more = 1\n")},
    ))

    assert (ran.status, [role for role, _ in ran.asked]) == (0, ["architect", "executor", "consultant", "auditor"])
    assert f"`{invented}` is no placeholder" in ran.calls[2].text
    assert project.read("settings.py") == f"password = '{PASSWORD}'\nmore = 1\n"


def test_what_the_user_says_in_the_task_may_be_written(project: Project) -> None:
    ran = project.run("run", f"Set password='{PASSWORD}' in settings", "--yes", "--json", script=team(
        plan_of(planned("settings.py")), {"settings.py": lambda call: Text(whole(f"p = '{names_of(call)[0]}'\n"))},
    ))

    assert ran.status == 0
    assert project.read("settings.py") == f"p = '{PASSWORD}'\n"
    assert not any(PASSWORD in json.dumps(call.payload) for call in ran.calls)


def test_a_files_own_words_that_look_like_placeholders_stay(project: Project) -> None:
    text = f"# __ORCHESTRA_SECRET_0123456789ab__ is an example\npassword = '{PASSWORD}'\n"
    project.commit("settings.py", text)
    ran = project.run("run", "task", "--yes", script=team(
        plan_of(planned("settings.py", "modify")), {"settings.py": below("more = 1\n")},
    ))

    assert ran.status == 0
    assert project.read("settings.py") == text + "more = 1\n"


def test_a_replay_in_another_repository_puts_its_secrets_back(project: Project, tmp_path: Path) -> None:
    project.commit("settings.py", f"password = '{PASSWORD}'\nother_password = '{PASSWORD}3'\n")
    elsewhere = copy_of(project, tmp_path / "elsewhere")
    told_ = project.run("run", "task", "--yes", "--record", "../tape", script=team(
        plan_of(planned("settings.py", "modify")), {"settings.py": below("more = 1\n")},
    ))
    again = elsewhere.run(
        "run", "task", "--yes", "--replay", str(project.folder / "tape"), settings={"max_recovery_attempts": 0}
    )

    assert (told_.status, again.status) == (0, 0), again.err
    assert elsewhere.read("settings.py") == project.read("settings.py")
    assert PASSWORD in project.read("settings.py")
    keys = [place.rows("SELECT hex(secret) AS secret FROM journal_secret") for place in (project, elsewhere)]
    assert keys[0] != keys[1]


@pytest.mark.parametrize("rules", [{".orchestraignore": "private/\n"}, {"private/.orchestraignore": "*\n"}], ids=str)
def test_an_ignored_file_is_neither_shown_nor_planned(project: Project, rules: dict[str, str]) -> None:
    project.commit("private/notes.txt", "something private\n")
    for path, lines in rules.items():
        project.commit(path, lines)
    plan = plan_of(planned("private/notes.txt", "modify"))
    ran = project.run("run", "task", "--yes", "--json", script=team([
        block({"need_files": ["private/notes.txt"]}), plan, plan,
    ]))

    assert (ran.status, ran.json["error"]["code"]) == (5, "refused-path")
    assert not any("something private" in call.system + call.text for call in ran.calls)
    assert not any("private/notes.txt (" in call.text for call in ran.calls)
