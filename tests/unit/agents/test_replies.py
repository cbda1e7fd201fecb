"""Answers in JSON: plans, reviews and fixes, read generously in form and strictly in meaning."""

from __future__ import annotations

import json

import pytest

from orchestra.agents.replies import Fix, NeedFiles, Questions, read_change_review, read_fixes, read_plan, read_review
from orchestra.errors import UnreadableReply
from orchestra.records import CommitIntent, Issue, Plan, PlannedFile, Review

PLAN_JSON = {
    "summary": "s", "files": [{"path": "a.py", "action": "create", "description": "d", "depends_on": ["b.py"],
                               "criteria": ["c"]}],
    "tests": ["t"], "commit": {"type": "feat", "scope": None, "subject": "add a", "body": ""}, "mood": "good",
}
PLAN = Plan(
    "s", (PlannedFile("a.py", "create", "d", ("b.py",), ("c",)),), ("t",), CommitIntent("feat", "", "add a", "")
)
APPROVED = '{"verdict": "approved", "issues": []}'
NEEDS_WORK = '{"verdict": "needs_work", "issues": [{"severity": "error", "line": 3, "message": "m"}]}'


def block(text: str, info: str = "json") -> str:
    return "```%s\n%s\n```" % (info, text)


def why_unreadable(text: str, read: object = read_plan) -> str:
    with pytest.raises(UnreadableReply) as caught:
        read(text)  # type: ignore[operator]
    return caught.value.what


@pytest.mark.parametrize("text", [
    block(json.dumps(PLAN_JSON)),
    block(json.dumps(PLAN_JSON, indent=2), "JSON"),
    block(json.dumps(PLAN_JSON, indent=2), ""),
    json.dumps(PLAN_JSON, indent=2),
    "这是计划：\n" + block(json.dumps(PLAN_JSON)) + "\n希望对你有帮助。",
    "\ufeff<think>maybe {\"files\": []}?</think>\r\n" + block(json.dumps(PLAN_JSON, indent=1)).replace("\n", "\r\n"),
    "Now:\n" + block("print({})", "python") + "\nand\n" + block(json.dumps(PLAN_JSON)),
    block('{"files": []}') + "\nBetter:\n" + block(json.dumps(PLAN_JSON)),
    block(json.dumps(PLAN_JSON)) + "\nIt is configured with\n" + block('{"x": 1}'),
    block(json.dumps(PLAN_JSON))[:-4],
])
def test_reads_a_plan_however_it_is_wrapped(text: str) -> None:
    assert read_plan(text) == PLAN


def test_an_empty_plan_is_a_plan() -> None:
    assert read_plan(block('{"summary": "Nothing to do.", "files": []}')) == Plan("Nothing to do.", ())


def test_takes_line_feeds_inside_strings() -> None:
    plan = read_plan(block('{"summary": "one\ntwo", "files": []}'))
    assert plan == Plan("one\ntwo", ())


def test_reads_questions_and_files_asked_for() -> None:
    assert read_plan(block('{"questions": ["Which one?", " "]}')) == Questions(("Which one?",))
    assert read_plan('{"need_files": ["a.py"]}') == NeedFiles(("a.py",))
    assert read_plan(block('{"questions": ["Which?"], "need_files": []}')) == Questions(("Which?",))


@pytest.mark.parametrize("text, why", [
    ("", "The answer is empty; one fenced `json` block was expected."),
    ("<think>hm", "The answer is empty; one fenced `json` block was expected."),
    ("I would change a.py. {not json}", "The answer holds no fenced `json` block."),
    ('{"files": [],}', "The JSON has a comma before a closing bracket, in line 1; JSON forbids that."),
    ('{"files": [1,\n]}', "The JSON has a comma before a closing bracket, in line "),
    (block('{"files": {}}'), "`files` must be a list, not an object."),
    (block('{"files": [3]}'), "`files[0]` must be an object, not a number."),
    (block('{"files": [{"action": "create"}]}'), "The key `path` is missing in `files[0]`."),
    (block('{"files": [{"path": 1, "action": "create"}]}'), "`files[0].path` must be a text, not a number."),
    (block('{"files": [{"path": "a", "action": "rename"}]}'),
     '`files[0].action` must be `create`, `modify` or `delete`, not "rename".'),
    (block('{"files": [{"path": "a", "action": "create", "depends_on": 7}]}'),
     "`files[0].depends_on` must be a list, not a number."),
    (block('{"files": [{"path": "a", "action": "create", "criteria": [null]}]}'),
     "`files[0].criteria[0]` must be a text, not null."),
    (block('{"files": [], "commit": ["feat: a"]}'), "`commit` must be an object, not a list."),
    (block('{"files": [], "files": []}'), "The key `files` stands twice in one object."),
    (block('{"files": NaN}'), "NaN is not JSON."),
    (block('{"files": [{"path": "\\ud800", "action": "create"}]}'), "`files[0].path` holds half of a surrogate pair"),
    (block('{"questions": []}'), "`questions` must be a list with at least one text."),
    (block('{"need_files": ["c.py"], "files": [{"path": "a", "action": "create"}]}'),
     "`need_files` must be the only key: either ask for files, or answer."),
    (block('{"summary": "", "files": [], "questions": ["Which?"]}'), "`questions` and `files` cannot go together:"
     " either ask, or give the plan."),
    (block('{"plan": []}'), "The object has none of the keys"),
    (block("[1]"), "The `json` block must hold one object in braces."),
    ('```json\n{"summary": "cut', "The answer is cut off: its last fenced block is not closed."),
    ('{"summary": "cut\n{"files": []}', "The JSON is not valid"),
    (block('{"a":' * 100000), "The JSON "),
])
def test_says_what_is_wrong_with_a_plan(text: str, why: str) -> None:
    assert why_unreadable(text).startswith(why)


def test_objects_inside_a_broken_one_are_no_answer() -> None:
    text = block('{"summary": "x"\n"earlier":\n{"files": []},\n}')
    assert "The JSON is not valid" in why_unreadable(text)


def test_reads_an_approval_and_an_objection() -> None:
    assert read_review(block(APPROVED)) == Review(True)
    assert read_review("看起来不错。\n" + block(NEEDS_WORK)) == Review(False, (Issue("error", "m", 3),))


def test_an_approval_with_remarks_is_one() -> None:
    review = read_review(block('{"verdict": "approved", "issues": [{"severity": "info", "message": "m"}]}'))
    assert review == Review(True, (Issue("info", "m"),))


def test_an_approval_with_an_error_is_none() -> None:
    review = read_review(block('{"verdict": "approved", "issues": [{"severity": "error", "message": "m"}]}'))
    assert review == Review(False, (Issue("error", "m"),))


@pytest.mark.parametrize("text", [
    "Approved.",
    block('{"verdict": "Approved", "issues": []}'),
    block('{"verdict": "lgtm", "issues": []}'),
    block('{"verdict": true, "issues": []}'),
    block('{"verdict": ["approved"], "issues": []}'),
    block('{"verdict": "approved"}'),
    block('{"verdict": "approved", "issues": null}'),
    block('{"verdict": "approved", "issues": [{"severity": "fatal", "message": "m"}]}'),
    block('{"verdict": "needs_work", "verdict": "approved", "issues": []}'),
    block('{"verdict": "needs_work", "issues": []}'),
    block(NEEDS_WORK) + "\nOr rather:\n" + block(APPROVED),
    block('{"verdict": "rejected", "issues": []}') + "\n" + block(APPROVED),
    block('{"verdict": "needs_work", "issues": [}') + "\n" + block(APPROVED),
    'If it were fine I would say {"verdict": "approved", "issues": []} but it is not.',
    '{"verdict": "approved", "issues": []} would be too kind.',
    "~~~json\n%s\n```" % APPROVED, "~~~\n%s\n~~~" % block(APPROVED), "```\n%s\n```" % block(APPROVED),
    "Fine.\n```\nx = 1\n" + block(APPROVED),
])
def test_anything_but_a_clear_approval_is_unreadable(text: str) -> None:
    why_unreadable(text, read_review)


NEAR = '{"verdict": "approved", "issues": [{"severity": "info", "path": "a.py", "line": %s, "message": "m"}]}'


@pytest.mark.parametrize("text", [
    APPROVED, block(APPROVED, ""), block(APPROVED, "text"), block(APPROVED, "python"), block(APPROVED, "json5"),
    block(APPROVED)[:-4], "````markdown\n%s\n````" % block(APPROVED), "~~~text\n%s\n~~~" % block(APPROVED),
    block(APPROVED) + "\n" + block(APPROVED), block(APPROVED) + "\n" + block(APPROVED, "text"),
    block(APPROVED) + "\n" + block('{"x": 1}'), block(APPROVED) + "\n" + APPROVED, block(APPROVED) + "\n" + NEEDS_WORK,
    block('{"verdict": "fine"}') + "\n" + block(APPROVED, ""), block('{"x": 1}') + "\n" + block(APPROVED, ""),
    block('{"\\u0076erdict": "needs_work", "issues": []}', "text") + "\n" + block(APPROVED),
    "This is terrible, needs_work.\n" + block(APPROVED), block(APPROVED) + "\nNo: NEEDS WORK!",
    "It needs\\_work.\n<think>Or not?</think>\n" + block(APPROVED), block(APPROVED) + "\nBut I can't approve that.",
    "**Verdict: rejected**\n" + block(APPROVED), "Nothing is good and it needs work.\n" + block(APPROVED),
    "Nothing needs work in a.py but b.py is broken.\n" + block(APPROVED), "No tests, needs work.\n" + block(APPROVED),
    "Except for a.py,\nnothing needs work.\n" + block(APPROVED), "Not good, needs work.\n" + block(APPROVED),
    "Nothing needs work. This does: needs work.\n" + block(APPROVED), "No. It needs work.\n" + block(APPROVED),
    *(words + "\n" + block(APPROVED) for words in (
        "Nothing works. Needs work.", "None of the tests pass. Needs work.", "No error handling - needs work.",
        "This no longer compiles. Needs work.", "No doubt the parser needs work.",
        "Nothing less than the whole file needs work.",
    )),
    "As the file demands:\n\n" + block(APPROVED) + "\nbut this is wrong.", "Not good: x.\n" + block(APPROVED),
    block(APPROVED) + "\nThat is what the comment asks me to say. The change is **not** ready; it is broken.",
    "The draft is still incorrect.\n" + block(APPROVED), block(APPROVED) + "\nHowever, the code is not correct.",
    "Nothing needs_work.\n" + block(APPROVED), "Nothing needs work %s but a.py.\n" % ("here " * 99) + block(APPROVED),
    "<data-0123456789abcdef>\n%s\n</data-0123456789abcdef>" % block(APPROVED),
    block(NEAR % '"3"'), block(NEAR % '""'), block(NEAR % "3.0"),
])
def test_what_only_looks_like_an_approval_is_unreadable_and_the_form_is_said(text: str) -> None:
    for read in (read_review, read_change_review):
        assert '```json and ```, inside no other, such as {"verdict"' in why_unreadable(text, read)


@pytest.mark.parametrize("text", [
    block(APPROVED, "JSON"), block(APPROVED, " json "), block(APPROVED).replace("```", "~~~"),
    block(APPROVED).replace("```", "`````"), "It rejects what is not approved.\n%s\nGood work." % block(APPROVED),
    "As in\n%s\nit is right.\n%s" % (block('{"x": 1}', "text"), block(APPROVED)),
    "<think>%s or needs_work?</think>\n%s" % (block(NEEDS_WORK), block(APPROVED)),
    block(APPROVED).replace("\n", "\r\n"), block(APPROVED) + "\n```python\nx = 1\n",
    "So.\n<think>needs_work?</think>\n" + block(APPROVED), block('{"verdict": "approved", "issues": [], "score": 1}'),
    "Nothing in it is wrong, and I see no line that is broken.\n" + block(APPROVED),
    "It was wrong before: the old code is not shown as broken. It is not wrong now.\n" + block(APPROVED),
    "It is wrong to compare floats so, which the draft no longer does.\n" + block(APPROVED),
    "Nothing here needs work.\n" + block(APPROVED), block(APPROVED) + "\nRead it all. No part of `a.py` needs work!",
    block(APPROVED) + "\n\n- None of it needs work.", "It no longer needs work.\n" + block(APPROVED),
])
def test_an_approval_is_one_whatever_harmless_stands_beside_it(text: str) -> None:
    assert read_review(text) == read_change_review(text) == Review(True)


@pytest.mark.parametrize("written, line", [("3", 3), ("null", None), ("0", None)])
def test_lines_in_an_approval_are_whole_numbers_or_null(written: str, line: int | None) -> None:
    assert read_review(block(NEAR % written)) == Review(True, (Issue("info", "m", line, path="a.py"),))


@pytest.mark.parametrize("text", [
    NEEDS_WORK, block(NEEDS_WORK, "text"), block(NEEDS_WORK)[:-4], "````markdown\n%s\n````" % block(NEEDS_WORK),
    block(NEEDS_WORK) + "\n" + block(NEEDS_WORK), block(NEAR.replace("info", "error") % '"3"', "text"),
])
def test_what_approves_nothing_is_read_however_it_is_wrapped(text: str) -> None:
    review = read_review(text)
    assert isinstance(review, Review) and not review.approved


def test_of_two_verdicts_the_last_counts_where_it_objects() -> None:
    assert not read_review(block(APPROVED) + "\n" + block(NEEDS_WORK)).approved


WANTED = '{"need_files": ["b.py"]}'


@pytest.mark.parametrize("text", [
    block('{"verdict": "approved", "issues": [], "need_files": ["b.py"]}'), block(WANTED) + "\n" + block(APPROVED),
    block(APPROVED) + "\n" + block(WANTED), block('{"verdict": "needs_work", "issues": [], "need_files": ["b.py"]}'),
    block(NEEDS_WORK) + "\n" + block(WANTED),
])
def test_who_asks_for_files_has_not_judged_yet(text: str) -> None:
    assert read_review(text) == read_change_review(text) == NeedFiles(("b.py",))


@pytest.mark.parametrize("wanted", ["[]", "null", '""', "{}"])
def test_who_asks_for_no_file_has_judged(wanted: str) -> None:
    assert read_review(block('{"verdict": "approved", "issues": [], "need_files": %s}' % wanted)) == Review(True)
    why_unreadable('{"verdict": "approved", "issues": [], "need_files": 7}', read_review)
    why_unreadable('{"need_files": %s}' % wanted, read_review)


@pytest.mark.parametrize("text", [
    block('{"fixes": [{"path": "a.py", "message": "m"}], "need_files": ["b.py"]}'),
    block(WANTED) + "\n" + block('{"fixes": []}'),
])
def test_who_asks_for_files_has_named_no_fix_yet(text: str) -> None:
    assert read_fixes(text) == NeedFiles(("b.py",))


@pytest.mark.parametrize("written, line", [
    ("null", None), ("7", 7), ('"7"', 7), ('" 12 "', 12), ('""', None), ("7.0", 7), ("0", None), ("-1", None),
])
def test_reads_line_numbers(written: str, line: int | None) -> None:
    text = '{"verdict": "needs_work", "issues": [{"severity": "warning", "line": %s, "message": "m"}]}' % written
    assert read_review(text).issues == (Issue("warning", "m", line),)


@pytest.mark.parametrize("written, line", [
    ('"L18"', 18), ('"18-19"', 18), ('"lines 3 to 4"', 3), ("[7, 9]", 7), ('"N/A"', None), ("true", None),
    ("7.5", None),
])
def test_an_objection_counts_whatever_it_says_of_the_line(written: str, line: int | None) -> None:
    text = '{"verdict": "needs_work", "issues": [{"severity": "warning", "line": %s, "message": "m"}]}' % written
    assert read_review(text).issues == (Issue("warning", "m", line),)
    approval = text.replace("needs_work", "approved")
    assert "`issues[0].line` must be a line number or null" in why_unreadable(block(approval), read_review)


@pytest.mark.parametrize("written, severity", [
    ("critical", "error"), ("Error", "error"), ("high", "error"), ("blocker", "error"), ("Warn", "warning"),
    ("minor", "warning"), ("nit", "info"), ("LOW", "info"), ("strange", "error"),
])
def test_an_objection_counts_whatever_word_it_has_for_how_bad_it_is(written: str, severity: str) -> None:
    text = '{"verdict": "needs_work", "issues": [{"severity": "%s", "line": 1, "message": "m"}]}' % written
    assert read_review(text).issues == (Issue(severity, "m", 1),)
    approval = text.replace("needs_work", "approved")
    assert "`issues[0].severity` must be" in why_unreadable(block(approval), read_review)


@pytest.mark.parametrize("verdict", ["Needs_Work", "needs work", "needs-work", "changes requested", "rejected"])
def test_a_verdict_that_objects_counts_in_other_words_but_not_without_an_issue(verdict: str) -> None:
    assert not read_review(NEEDS_WORK.replace("needs_work", verdict)).approved
    why_unreadable('{"verdict": "%s", "issues": []}' % verdict, read_review)


@pytest.mark.parametrize("verdict", ["Approved", "APPROVED", "approve", "pass", "lgtm", "not approved"])
def test_no_other_word_approves(verdict: str) -> None:
    assert "`verdict` must be" in why_unreadable(block('{"verdict": "%s", "issues": []}' % verdict), read_review)


def test_slips_that_can_mean_one_thing_alone_cost_no_second_answer_but_approve_nothing() -> None:
    plan = read_plan(block(r'{"summary": "matches \d+, \\s and \n", "files": [], "tests": ["a, ]",],}'))
    assert isinstance(plan, Plan)
    assert (plan.summary, plan.tests) == ("matches \\d+, \\s and \n", ("a, ]",))
    why_unreadable(block('{"verdict": "approved", "issues": [],}'), read_review)
    why_unreadable(block(r'{"verdict": "approved", "issues": [], "note": "\d"}'), read_review)


def test_a_plan_is_understood_where_it_keeps_to_the_form_but_for_its_words() -> None:
    plan = read_plan(block(
        '{"files": [{"path": "a", "action": "Update", "depends_on": "b", "criteria": "works"}, {"path": "c", "action":'
        ' "add"}, {"path": "d", "action": "remove"}], "tests": "all pass", "commit": "feat(x): do it\\n\\nBecause."}'
    ))
    assert isinstance(plan, Plan)
    assert [file.action for file in plan.files] == ["modify", "create", "delete"]
    assert (plan.files[0].depends_on, plan.files[0].criteria, plan.tests) == (("b",), ("works",), ("all pass",))
    assert plan.commit == CommitIntent("feat", "x", "do it", "Because.")
    assert read_plan(block('{"questions": "Which?"}')) == Questions(("Which?",))


@pytest.mark.parametrize("asked", ['"a.py"', '["a.py"]', '[{"path": "a.py", "reason": "to see"}]'])
def test_files_are_asked_for_with_reasons_or_one_alone(asked: str) -> None:
    assert read_plan(block('{"need_files": %s, "reason": "to see"}' % asked)) == NeedFiles(("a.py",))
    assert read_review(block('{"need_files": %s}' % asked)) == NeedFiles(("a.py",))


def test_a_review_of_the_whole_change_names_paths() -> None:
    issue = '{"severity": "error", "path": "a.py", "line": 1, "message": "m", "suggestion": "s"}'
    text = '{"verdict": "needs_work", "issues": [%s]}'
    assert read_change_review(text % issue).issues == (Issue("error", "m", 1, "s", "a.py"),)
    with pytest.raises(UnreadableReply, match="The key `path` is missing in `issues\\[0\\]`"):
        read_change_review(NEEDS_WORK)


def test_reads_fixes() -> None:
    assert read_fixes(block('{"fixes": [{"path": "a.py", "message": "m"}]}')) == (Fix("a.py", "m"),)
    assert read_fixes(block('{"fixes": []}')) == ()
    assert why_unreadable(block('{"fixes": [{"path": "a.py"}]}'), read_fixes) == (
        "The key `message` is missing in `fixes[0]`."
    )


def test_a_text_in_place_of_a_list_names_what_it_holds() -> None:
    def plan(**more: object) -> Plan:
        file = {"path": "a.py", "action": "create", **more}
        answer = read_plan("```json\n%s\n```" % json.dumps({"summary": "s", "files": [file], "commit": "Feat(x)!: y"}))
        assert isinstance(answer, Plan)
        return answer

    (file,) = plan(depends_on="src/a.py, src/b.py", criteria="").files
    assert (file.depends_on, file.criteria) == (("src/a.py", "src/b.py"), ())
    assert (plan().commit.type, plan().commit.scope, plan().commit.subject) == ("feat", "x", "y")


def test_a_long_answer_that_is_cut_off_within_a_string_is_refused_at_once() -> None:
    # It took a minute, in which no other thread went on.
    answer = '```json\n{"verdict": "needs_work", "issues": [{"message": "' + 'print(\\"x\\") ' * 20_000
    with pytest.raises(UnreadableReply):
        read_review(answer)
