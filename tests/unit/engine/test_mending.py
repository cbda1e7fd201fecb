from __future__ import annotations

from typing import Callable

import pytest

from orchestra.adapters.adapter import AdapterInfo
from orchestra.engine.file_job import FileJob, JobContext
from orchestra.engine.mending import Mending, planned_paths
from orchestra.engine.panel import Panel
from orchestra.errors import ApiError, Cancelled
from orchestra.records import FileOutcome, Issue, Plan
from tests.unit.engine.workshop import APPROVED, PATH, SESSION, Workshop, needs_work, planned, whole

Build = Callable[..., Workshop]
PLAN = Plan("a plan", (planned(),))
AGAIN, OTHER = whole("again\n"), whole("other\n")


def context(shop: Workshop) -> JobContext:
    """With a second consultant to turn to."""
    found = shop.context(PLAN)
    found.asker._panel = Panel({"consultant": ["local/consultant-model", "local/second-model"]})
    return found


def mend(shop: Workshop, outcome: FileOutcome) -> str | None:
    mending = Mending(SESSION, PLAN, shop.journal, context(shop))
    return mending.mend(PATH, [Issue("error", "no")], {PATH: outcome}, key_prefix="fix0.1/")


def drafted(shop: Workshop) -> FileOutcome:
    job = FileJob(context(shop), planned())
    job.run()
    assert job.outcome is not None and job.outcome.status == "approved"
    return job.outcome


def test_what_another_model_said_in_place_of_a_repeated_answer_counts_after_a_restart(workshop: Build) -> None:
    shop = workshop(
        executor=[whole("first\n")], consultant=[AGAIN, AGAIN, OTHER], auditor=[needs_work("no"), APPROVED, APPROVED]
    )
    outcome = drafted(shop)
    assert mend(shop, outcome) is None and shop.text() == "other\n"
    shop.resume()
    assert mend(shop, outcome) is None and shop.text() == "other\n"
    assert shop.asked() == {"executor": 1, "consultant": 3, "auditor": 3}


def test_the_same_draft_in_other_words_is_a_repeated_answer_after_a_restart_too(workshop: Build) -> None:
    again = ["```\nagain\n```\n", "Sure, here:\n```python\nagain\n```\nIt works now.\n"]
    shop = workshop(
        executor=[whole("first\n")], consultant=[*again, OTHER], auditor=[needs_work("no"), APPROVED, APPROVED]
    )
    outcome = drafted(shop)
    shop.restart()
    assert mend(shop, outcome) is None and shop.text() == "other\n"


def test_what_the_other_model_said_is_repeated_by_the_next_who_says_it(workshop: Build) -> None:
    shop = workshop(
        executor=[AGAIN], consultant=[AGAIN, OTHER, OTHER, whole("more\n")], auditor=[APPROVED] * 3,
    )
    mending = Mending(SESSION, PLAN, shop.journal, context(shop))
    outcomes = {PATH: drafted(shop)}
    texts = []
    for prefix in ("fix0.1/", "fix0.2/"):
        assert mending.mend(PATH, [Issue("error", "no")], outcomes, key_prefix=prefix) is None
        texts.append(shop.text())
    assert texts == ["other\n", "more\n"]


def test_a_repeated_answer_counts_where_nobody_else_is_to_be_had(workshop: Build) -> None:
    shop = workshop(
        executor=[whole("first\n")], consultant=[AGAIN, AGAIN, ApiError("down")],
        auditor=[needs_work("no"), APPROVED, APPROVED],
    )
    assert mend(shop, drafted(shop)) is None
    assert shop.text() == "again\n"


def test_a_mended_draft_is_judged_by_another_vendor_than_both_its_writers_after_a_kill_too(workshop: Build) -> None:
    shop = workshop(executor=[AGAIN], consultant=[OTHER], auditor=[APPROVED, Cancelled(), APPROVED])
    for role, model in (("executor", "glm-4.7"), ("consultant", "claude-opus-5")):
        shop.agents[role].info = AdapterInfo(f"local/{model}", model, "local")
    panel = Panel({"auditor": ["local/claude-sonnet-5", "local/glm-5.3", "local/gemini-3"]}, other_vendor=True)

    def mend() -> None:
        jobs = shop.context(PLAN)
        jobs.asker._panel = panel
        job = FileJob(jobs, planned())
        job.run()
        assert job.outcome is not None
        Mending(SESSION, PLAN, shop.journal, jobs).mend(
            PATH, [Issue("error", "no")], {PATH: job.outcome}, key_prefix="fix0.1/"
        )

    with pytest.raises(Cancelled):
        mend()
    shop.resume()
    mend()
    passed_over = [request.passed_over for request in shop.agents["auditor"].requests]
    both = {"local/glm-5.3", "local/claude-sonnet-5"}
    assert passed_over == [{"local/glm-5.3"}, both, both]


@pytest.mark.parametrize(("said", "paths"), [
    ("src/a.py", ("src/a.py",)), ("./src/a.py", ("src/a.py",)), ("b/src/a.py", ("src/a.py",)), ("a.py", ("src/a.py",)),
    ("`src/a.py`", ("src/a.py",)), ("src/a.py:12", ("src/a.py",)), ("src/a.py#L3-L9", ("src/a.py",)),
    ("src/a.py, line 12", ("src/a.py",)), ("src/a.py, src/b.py", ("src/a.py", "src/b.py")),
    ("src/a.py, line 3 and src/b.py", ("src/a.py", "src/b.py")),
    ("src/b.py and a.py:3", ("src/b.py", "src/a.py")), ("odd, name.py", ("odd, name.py",)), ("x:1", ("x:1",)),
    ("index.py", ()), ("src/c.py", ()), ("src/a.py, src/c.py", ()), ("", ()), ("../src/a.py", ()), ("py", ()),
])
def test_a_planned_file_is_meant_however_a_model_writes_its_path(said: str, paths: tuple[str, ...]) -> None:
    planned = ["src/a.py", "src/b.py", "odd, name.py", "x:1", "p/index.py", "q/index.py"]
    assert planned_paths(said, planned, lambda path: False) == paths


def test_another_file_of_that_name_is_not_taken_for_a_planned_one() -> None:
    there = {"README.md", "docs/README.md"}
    assert planned_paths("README.md", ["docs/README.md"], there.__contains__) == ()
    assert planned_paths("./README.md:3", ["docs/README.md"], there.__contains__) == ()
    assert planned_paths("docs/README.md", ["docs/README.md"], there.__contains__) == ("docs/README.md",)


@pytest.mark.parametrize("said", ["src/a.py," * 10_000, " " * 100_000 + "1", "src/a.py" + ":1" * 50_000])
def test_what_is_no_path_means_no_file(said: str) -> None:
    assert planned_paths(said, ["src/a.py"], lambda path: False) == ()
