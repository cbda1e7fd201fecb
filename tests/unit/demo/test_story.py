"""The story: what each model says to what, and its outcome tested for real."""

from __future__ import annotations

import ast
import difflib
import json
import re
import subprocess
import sys

import pytest

from orchestra.demo import story
from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.script import Call, Fault
from tests.unit.demo.client import connected, request_for, send

STOCK, REPORT, REPORT_TEST = "inventory/stock.py", "inventory/report.py", "tests/test_report.py"
EDIT = re.compile(r"^<<<<<<< SEARCH\n(.*?)^=======\n(.*?)^>>>>>>> REPLACE$", re.DOTALL | re.MULTILINE)


def told(model, text, *, number=1):
    """What the story answers to one prompt."""
    answer = story.tell(Call(
        number=number, protocol="openai-chat", path="/", model=model, system="You are an agent.",
        turns=(("user", text),), headers={}, payload={}, is_streamed=True,
    ))
    return answer if isinstance(answer, Fault) else answer.text


def block(reply):
    """What stands in the only fenced block of a reply."""
    (content,) = re.findall(r"^```\w*\n(.*?)^```$", reply, re.DOTALL | re.MULTILINE)
    return content


def plan():
    return json.loads(block(told(story.WRITING_MODEL, f"The task:\n{story.TASK}")))


def draft(path):
    return block(told(story.WRITING_MODEL, f"File: {path}\n\nWrite it."))


def edited(text, edits):
    pairs = EDIT.findall(edits)
    assert pairs and EDIT.sub("", edits).strip() == ""
    for search, replacement in pairs:
        assert text.count(search) == 1
        text = text.replace(search, replacement)
    return text


def drafted():
    """The files as the executor leaves them."""
    stock = edited(story.sample_files()[STOCK], draft(STOCK))
    return {STOCK: stock, REPORT: draft(REPORT), REPORT_TEST: draft(REPORT_TEST)}


def fixed():
    """The files as they are at the end."""
    files = drafted()
    fix = block(told(story.FIXING_MODEL, f"File: {REPORT}\n\n```\n{files[REPORT]}```"))
    return {**files, REPORT: edited(files[REPORT], fix)}


def run_tests(folder):
    command = [sys.executable, "-m", "unittest"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stderr


def write(folder, files):
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")


def test_the_sample_has_two_tests_that_pass(tmp_path):
    story.write_sample(tmp_path)
    status, output = run_tests(tmp_path)
    assert status == 0 and "Ran 2 tests" in output


def test_the_sample_says_that_the_answers_are_scripted():
    assert "scripted" in story.sample_files()["README.md"]


def test_the_tests_pass_at_the_end(tmp_path):
    story.write_sample(tmp_path)
    write(tmp_path, fixed())
    status, output = run_tests(tmp_path)
    assert status == 0 and "Ran 7 tests" in output


def test_the_defect_is_a_real_one(tmp_path):
    story.write_sample(tmp_path)
    write(tmp_path, drafted())
    status, output = run_tests(tmp_path)
    assert status == 1 and "test_lists_an_item_exactly_at_its_level" in output
    assert "failures=1" in output


def test_every_file_on_the_way_is_valid_python():
    for files in (story.sample_files(), drafted(), fixed()):
        for path, text in files.items():
            if path.endswith(".py"):
                ast.parse(text, path, feature_version=(3, 9))


def test_the_plan_has_the_form_that_the_architect_is_asked_for():
    proposed = plan()
    assert set(proposed) == {"summary", "files", "tests", "commit"}
    assert set(proposed["commit"]) == {"type", "scope", "subject", "body"}
    assert [(file["path"], file["action"]) for file in proposed["files"]] == [
        (STOCK, "modify"), (REPORT, "create"), (REPORT_TEST, "create"),
    ]
    for file in proposed["files"]:
        assert set(file) == {"path", "action", "description", "depends_on", "criteria"}
        assert (file["path"] in story.SAMPLE_PATHS) == (file["action"] == "modify")
    assert proposed["files"][1]["depends_on"] == [STOCK]


def test_the_first_choice_of_the_executor_is_always_rate_limited():
    for path in (STOCK, REPORT, REPORT_TEST):
        refused = told("glm-4.7", f"File: {path}")
        assert (refused.status, refused.headers["Retry-After"]) == (429, "30")
        assert refused.body["error"]["code"] == "1302"


def audit(path, text, *, before=""):
    lines = difflib.unified_diff(before.splitlines(True), text.splitlines(True), f"a/{path}", f"b/{path}")
    prompt = f"File: {path}\n\nThe change:\n```\n{''.join(lines)}```\nThe file:\n```\n{text}```\n"
    return json.loads(block(told(story.AUDITING_MODEL, prompt)))


def test_the_auditor_finds_the_defect_in_its_line():
    review = audit(REPORT, drafted()[REPORT])
    (issue,) = review["issues"]
    assert (review["verdict"], issue["severity"]) == ("needs_work", "error")
    assert story.DEFECT in drafted()[REPORT].splitlines()[issue["line"] - 1]


def test_the_auditor_approves_the_fix_though_the_diff_shows_what_went():
    fix = audit(REPORT, fixed()[REPORT], before=drafted()[REPORT])
    assert fix == {"verdict": "approved", "issues": []}


@pytest.mark.parametrize("path", [STOCK, REPORT_TEST])
def test_the_auditor_approves_the_other_files(path):
    assert audit(path, drafted()[path])["verdict"] == "approved"
    beside_the_defect = drafted()[path] + drafted()[REPORT]
    assert audit(path, beside_the_defect)["verdict"] == "approved"


def test_the_defect_is_gone_after_the_fix():
    assert story.DEFECT in drafted()[REPORT]
    assert story.DEFECT not in fixed()[REPORT]


def test_an_answer_does_not_depend_on_what_was_asked_before():
    prompt = f"File: {REPORT}\n\n```\n{drafted()[REPORT]}```"
    for model in story.MODELS:
        assert told(model, prompt, number=1) == told(model, prompt, number=9)


@pytest.mark.parametrize("model, text", [
    ("kimi-k2.6", "File: elsewhere.py"), ("gpt-5.3-codex", f"File: {REPORT}\n\nNothing to mend."), ("unknown", ""),
])
def test_what_is_not_in_the_story_is_an_error(model, text):
    with pytest.raises(LookupError):
        told(model, text)


def test_every_chain_of_the_configuration_leads_to_an_answer():
    with ScriptedProvider(story.tell, models=story.MODELS) as provider, connected(provider) as connection:
        config = story.demo_config(provider.root_url)
        prompt = f"File: {REPORT}\n\n```\n{drafted()[REPORT]}```"
        statuses = {}
        for role, chain in config["agents"].items():
            for provider_name, _, model in (choice.partition("/") for choice in chain):
                settings = config["providers"][provider_name]
                assert settings["api_key_env"] == story.KEY_VARIABLE
                assert settings["base_url"] == provider.base_url(settings["protocol"])
                path, payload = request_for(settings["protocol"], model=model, text=prompt, streamed=True)
                statuses[role, model] = send(connection, path, payload).status
        assert provider.errors == ()
    assert statuses == {
        ("architect", "kimi-k2.6"): 200,
        ("executor", "glm-4.7"): 429,
        ("executor", "kimi-k2.6"): 200,
        ("auditor", "gemini-3.1-pro-preview"): 200,
        ("consultant", "gpt-5.3-codex"): 200,
    }


def test_the_key_variable_is_not_taken_for_a_setting():
    assert not story.KEY_VARIABLE.startswith("ORCHESTRA_")
