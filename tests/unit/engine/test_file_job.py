from __future__ import annotations

import threading
from typing import Callable

import pytest

from orchestra.engine.asking import MOST_FILE_TOKENS
from orchestra.engine.file_job import FileJob, Stage
from orchestra.errors import (
    ApiError,
    AuthFailed,
    Cancelled,
    LimitReached,
    Overloaded,
    RateLimited,
    StateError,
    WorkspaceError,
)
from orchestra.records import FileOutcome, Issue, Plan
from orchestra.workspace.tree import Tree, write_all
from tests.unit.engine.workshop import (
    APPROVED,
    PATH,
    PROSE,
    SESSION,
    Workshop,
    files_needed,
    needs_work,
    planned,
    whole,
)

Build = Callable[..., Workshop]
ONE, TWO, THREE = whole("one\n"), whole("two\n"), whole("three\n")
SECRET = "Xk29fjQz81mPq7vB"
CREATE, MODIFY, DELETE = planned(), planned(PATH, "modify"), planned(PATH, "delete")


def summary(outcome: FileOutcome) -> tuple[str, int, str | None, int]:
    return outcome.status, outcome.iterations, outcome.error_code, outcome.exit_status


# From draft to approval


def test_a_draft_that_is_approved_at_once_lies_there(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[APPROVED])
    assert shop.run(CREATE) == FileOutcome(PATH, "create", "approved", 1)
    assert shop.text() == "one\n"
    assert shop.asked() == {"executor": 1, "auditor": 1}


def test_the_stages_follow_each_other_one_advance_at_a_time(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("bad"), APPROVED], consultant=[TWO])
    job = shop.job(CREATE)
    stages = [job.stage]
    while job.outcome is None:
        job.advance()
        stages.append(job.stage)
    assert stages == [Stage.EXECUTE, Stage.AUDIT, Stage.CONSULT, Stage.AUDIT, Stage.ENDED]


def test_that_a_draft_is_there_is_told_before_it_is_written_and_of_an_audit_nothing(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("bad"), APPROVED], consultant=[TWO])
    job, found = shop.job(CREATE), []
    while job.outcome is None:
        job.advance(lambda: found.append((job.stage, shop.text())))
    assert found == [(Stage.EXECUTE, None), (Stage.CONSULT, "one\n")]


def test_the_consultant_mends_what_the_auditor_found(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("the first is wrong"), APPROVED], consultant=[TWO])
    assert summary(shop.run(CREATE)) == ("approved", 2, None, 0)
    assert shop.text() == "two\n"
    assert "the first is wrong" in shop.agents["consultant"].heard[0]
    assert "one" in shop.agents["consultant"].heard[0]
    assert "two" in shop.agents["auditor"].heard[1]


def test_after_the_last_draft_the_file_is_put_back(workshop: Build) -> None:
    shop = workshop(
        executor=[ONE], auditor=[needs_work("a"), needs_work("b"), needs_work("c")], consultant=[TWO, THREE]
    )
    shop.put("mine\n")
    outcome = shop.run(MODIFY)
    assert summary(outcome) == ("reverted", 3, "not-approved-by-auditor", 1)
    assert outcome.error == "the auditor did not approve it: c"
    assert shop.text() == "mine\n"
    assert shop.images() == ["mine\n", "one\n", "two\n", "three\n", "mine\n"]


def test_a_new_file_that_is_not_approved_is_gone_again(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("a")])
    shop.max_iterations = 1
    assert shop.run(CREATE).status == "reverted"
    assert shop.text() is None


def test_without_auto_revert_the_last_draft_stays(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("a")])
    shop.max_iterations, shop.auto_revert = 1, False
    assert summary(shop.run(CREATE)) == ("failed", 1, "not-approved-by-auditor", 1)
    assert shop.text() == "one\n"


def test_a_file_that_ends_as_it_began_is_unchanged(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[APPROVED])
    shop.put("one\n")
    assert summary(shop.run(MODIFY)) == ("unchanged", 1, None, 0)
    assert shop.images() == ["one\n"]


def test_the_form_of_the_users_file_is_kept(workshop: Build) -> None:
    shop = workshop(executor=[whole("one\ntwo\n")], auditor=[APPROVED])
    shop.put("\ufeffold\r\nlines\r\n")
    shop.run(MODIFY)
    assert shop.text() == "\ufeffone\r\ntwo\r\n"


def test_what_is_written_is_told(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("bad"), APPROVED], consultant=[TWO])
    shop.run(CREATE)
    assert [dict(event.data) for event in shop.told("file.written")] == [
        {"path": PATH, "draft": 1}, {"path": PATH, "draft": 2}
    ]
    assert [event.data["approved"] for event in shop.told("file.reviewed")] == [False, True]


# Drafts that must not reach the disk


def test_a_refused_draft_uses_one_up_and_the_consultant_sees_why(workshop: Build) -> None:
    broken = planned("a.json")
    shop = workshop(executor=[whole("{broken\n")], consultant=[whole('{"a": 1}\n')], auditor=[APPROVED])
    assert summary(shop.run(broken)) == ("approved", 1, None, 0)
    assert shop.text("a.json") == '{"a": 1}\n'
    consultant = shop.agents["consultant"].heard[0]
    assert "would not be valid" in consultant and "{broken" in consultant
    assert shop.images("a.json") == [None, '{"a": 1}\n']


def test_refused_drafts_alone_end_as_judged_bad_and_leave_no_trace(workshop: Build) -> None:
    shop = workshop(executor=[whole("{1\n")], consultant=[whole("{2\n"), whole("{3\n")])
    assert summary(shop.run(planned("a.json"))) == ("reverted", 0, "refused-draft", 1)
    assert shop.text("a.json") is None
    assert shop.asked() == {"executor": 1, "consultant": 2}


def test_without_auto_revert_refused_drafts_alone_end_as_failed(workshop: Build) -> None:
    shop = workshop(executor=[whole("{1\n")], consultant=[whole("{2\n"), whole("{3\n")])
    shop.auto_revert = False
    assert summary(shop.run(planned("a.json"))) == ("failed", 0, "refused-draft", 1)


def test_a_refused_fix_leaves_the_draft_before_it_for_the_next_round(workshop: Build) -> None:
    shop = workshop(
        executor=[whole('{"a": 1}\n')], auditor=[needs_work("wrong"), APPROVED],
        consultant=[whole("{broken\n"), whole('{"a": 2}\n')],
    )
    assert summary(shop.run(planned("a.json"))) == ("approved", 2, None, 0)
    assert shop.images("a.json") == [None, '{"a": 1}\n', '{"a": 2}\n']


def test_a_file_that_was_broken_before_may_stay_so(workshop: Build) -> None:
    shop = workshop(executor=[whole("{newer syntax\n")], auditor=[APPROVED])
    shop.put("{old syntax\n", "a.json")
    assert shop.run(planned("a.json", "modify")).status == "approved"


# Answers that cannot be read


def test_prose_gets_one_repair_round(workshop: Build) -> None:
    shop = workshop(executor=[PROSE, ONE], auditor=[APPROVED])
    assert summary(shop.run(CREATE)) == ("approved", 1, None, 0)
    assert shop.steps() == {
        f"executor/{PATH}/1": "completed", f"executor/{PATH}/1#2": "completed", f"auditor/{PATH}/1": "completed"
    }


def test_prose_twice_uses_a_draft_up(workshop: Build) -> None:
    shop = workshop(executor=[PROSE, PROSE], consultant=[ONE], auditor=[APPROVED])
    assert summary(shop.run(CREATE)) == ("approved", 1, None, 0)
    asked = shop.agents["consultant"].heard[0]
    assert PROSE in asked and "orchestra resume" not in asked


def test_prose_to_the_end_is_the_providers_fault(workshop: Build) -> None:
    shop = workshop(executor=[PROSE, PROSE])
    shop.max_iterations = 1
    assert summary(shop.run(CREATE)) == ("failed", 0, "unreadable-reply", 4)


def test_an_auditor_that_only_talks_has_not_approved(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[PROSE, PROSE, APPROVED], consultant=[TWO])
    assert summary(shop.run(CREATE)) == ("approved", 2, None, 0)
    assert PROSE in shop.agents["consultant"].heard[0]


def test_a_file_that_is_asked_for_is_shown(workshop: Build) -> None:
    shop = workshop(executor=[files_needed("b.txt", "c.txt"), ONE], auditor=[APPROVED])
    shop.put("what b says\n", "b.txt")
    assert shop.run(CREATE).status == "approved"
    assert shop.shown == [["b.txt", "c.txt"]]
    assert "what b says" in shop.agents["executor"].heard[1]
    assert "c.txt: there is no such file" in shop.agents["executor"].heard[1]


def test_files_are_shown_three_times_and_then_an_answer_is_due(workshop: Build) -> None:
    asking = [files_needed("b.txt")] * 4
    shop = workshop(executor=[*asking, ONE], auditor=[APPROVED])
    assert shop.run(CREATE).status == "approved"
    assert len(shop.shown) == 3
    assert "No more files can be shown" in shop.agents["executor"].heard[4]


def test_who_approves_and_asks_for_files_is_shown_them_before_it_counts(workshop: Build) -> None:
    both = APPROVED.replace("[]}", '[], "need_files": ["b.txt"]}')
    shop = workshop(executor=[ONE, ONE], auditor=[both, needs_work("b says no"), *[both] * 5], consultant=[TWO])
    shop.max_iterations = 2
    shop.put("what b says\n", "b.txt")
    assert summary(shop.run(CREATE))[:2] == ("reverted", 2)
    assert "what b says" in shop.agents["auditor"].heard[1]
    assert "No more files can be shown" in shop.agents["auditor"].heard[-1]


def test_no_more_is_shown_in_one_conversation_than_so_many_tokens(workshop: Build) -> None:
    shop = workshop(executor=[files_needed("b.txt"), files_needed("c.txt", "d.txt"), ONE], auditor=[APPROVED])
    shop.put("what b.txt says\n" + "word\n" * (MOST_FILE_TOKENS // 4), "b.txt")
    shop.put("what c.txt says " + "word " * (MOST_FILE_TOKENS // 2), "c.txt")
    shop.put("what d.txt says\n", "d.txt")
    assert shop.run(CREATE).status == "approved"
    heard = shop.agents["executor"].heard
    assert "what b.txt says" in heard[1]
    assert "=== c.txt (parts of lines that are too long to be shown)\n" in heard[2] and len(heard[2]) < 5_000
    assert "what d.txt says" in heard[2]


def test_of_a_file_that_is_too_long_parts_are_shown_and_the_same_parts_once(workshop: Build) -> None:
    shop = workshop(executor=[*[files_needed("b.txt")] * 3, ONE], auditor=[APPROVED])
    lines = ["word"] * (MOST_FILE_TOKENS * 2)
    lines[70_000] = PATH + " and what it says"
    shop.put("\n".join(lines), "b.txt")
    assert shop.run(CREATE).status == "approved"
    heard = shop.agents["executor"].heard
    assert f"=== b.txt (lines 1-5 of {len(lines)})\n" in heard[1] and '"b.txt:FROM-TO"' in heard[1]
    assert "- b.txt: it stands above already" in heard[2]
    assert "- b.txt" not in heard[3][len(heard[2]):], "it may have been left out of what was too long"


# Faults


@pytest.mark.parametrize("fault", [ApiError("down"), RateLimited("slow down"), AuthFailed("no"), Overloaded("busy")])
def test_a_providers_fault_before_the_first_draft_is_the_files_outcome(workshop: Build, fault: ApiError) -> None:
    shop = workshop(executor=[fault])
    assert summary(shop.run(CREATE)) == ("failed", 0, fault.code, 4)
    assert shop.steps() == {f"executor/{PATH}/1": "failed"}


def test_a_providers_fault_in_the_audit_puts_the_file_back(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[ApiError("down")])
    shop.put("mine\n")
    assert summary(shop.run(MODIFY)) == ("reverted", 0, "api-error", 4)
    assert shop.text() == "mine\n"


def test_an_edit_of_the_users_own_meanwhile_is_a_conflict_and_stays(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("bad")], consultant=[TWO])
    job = shop.job(CREATE)
    job.advance()
    job.advance()
    shop.put("mine\n")
    job.run()
    assert job.outcome is not None and summary(job.outcome) == ("failed", 1, "conflict", 5)
    assert shop.text() == "mine\n"


def test_a_binary_file_is_left_alone(workshop: Build) -> None:
    shop = workshop()
    (shop.root / PATH).write_bytes(b"\x00\x01\x02")
    assert summary(shop.run(MODIFY)) == ("failed", 0, "workspace", 5)
    assert (shop.root / PATH).read_bytes() == b"\x00\x01\x02"


def test_a_disk_that_refuses_the_draft_is_the_workspaces_fault(workshop: Build) -> None:
    def full(descriptor: int, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    shop = workshop(executor=[ONE])
    shop.tree = Tree(shop.root, write_bytes=full)
    shop.put("mine\n")
    assert summary(shop.run(MODIFY)) == ("failed", 0, "workspace", 5)
    assert shop.text() == "mine\n"


def test_what_cannot_be_put_back_is_said_instead_of_the_verdict(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("bad")])
    shop.max_iterations = 1
    allowed = iter([write_all])
    shop.tree = Tree(shop.root, write_bytes=lambda descriptor, content: next(allowed)(descriptor, content))
    shop.put("mine\n")
    job = shop.job(MODIFY)
    job.advance()
    (shop.root / PATH).unlink()
    job.run()
    assert job.outcome is not None and summary(job.outcome) == ("failed", 1, "conflict", 5)


@pytest.mark.parametrize("error", [LimitReached("no money"), StateError("the journal is full"), Cancelled()])
def test_what_concerns_the_whole_run_ends_no_file(workshop: Build, error: BaseException) -> None:
    shop = workshop(executor=[ONE], auditor=[error])
    job = shop.job(CREATE)
    job.advance()
    with pytest.raises(type(error)):
        job.advance()
    assert (job.outcome, job.stage) == (None, Stage.AUDIT)
    assert shop.text() == "one\n"


# Deleting


def test_a_delete_asks_no_executor_but_the_auditor(workshop: Build) -> None:
    shop = workshop(auditor=[APPROVED])
    shop.put("mine\n")
    assert shop.run(DELETE) == FileOutcome(PATH, "delete", "approved", 1)
    assert shop.text() is None
    assert "mine" in shop.agents["auditor"].heard[0]


@pytest.mark.parametrize("action, restored", [("delete", True), ("modify", False)])
def test_a_secret_moves_into_a_new_file_with_the_file_that_is_deleted(
    workshop: Build, action: str, restored: bool
) -> None:
    old = f"password = '{SECRET}'\n"
    shop = workshop(executor=[lambda: whole(shop.discretion.placeholders.hide(old))], auditor=[APPROVED])
    shop.max_iterations = 1
    shop.put(old, "old.txt")
    job = FileJob(shop.context(Plan("a move", (CREATE, planned("old.txt", action)))), CREATE)
    job.run()
    assert shop.text() == (old if restored else None)


def test_a_delete_that_is_not_approved_is_taken_back_at_once(workshop: Build) -> None:
    shop = workshop(auditor=[needs_work("it is needed")])
    shop.put("mine\n")
    assert summary(shop.run(DELETE)) == ("reverted", 1, "not-approved-by-auditor", 1)
    assert shop.text() == "mine\n"
    assert shop.asked() == {"auditor": 1}


def test_deleting_what_is_not_there_changes_nothing_and_asks_nobody(workshop: Build) -> None:
    shop = workshop()
    assert shop.run(DELETE) == FileOutcome(PATH, "delete", "unchanged")


# Mending an approved file


def mending(shop: Workshop, *, start: int = 1) -> FileJob:
    context = shop.context(Plan("a plan", (CREATE,)))
    return FileJob.mending(
        context, CREATE, start=start, findings=[Issue("error", "test_a fails")], key_prefix="fix0.1/", iterations=1
    )


def approved_file(shop: Workshop) -> None:
    assert shop.run(CREATE).status == "approved"


def test_a_file_is_mended_by_the_consultant_and_audited_again(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[APPROVED, APPROVED], consultant=[TWO])
    approved_file(shop)
    job = mending(shop)
    job.run()
    assert job.outcome == FileOutcome(PATH, "create", "approved", 2)
    assert shop.text() == "two\n"
    assert "test_a fails" in shop.agents["consultant"].heard[0]


@pytest.mark.parametrize("auto_revert", [True, False])
def test_a_mending_that_is_not_approved_leaves_the_approved_text(workshop: Build, auto_revert: bool) -> None:
    shop = workshop(executor=[ONE], auditor=[APPROVED, needs_work("worse")], consultant=[TWO])
    shop.auto_revert = auto_revert
    approved_file(shop)
    job = mending(shop)
    job.run()
    assert job.outcome is not None and job.outcome.status == "reverted"
    assert shop.text() == "one\n"


# Going on after a kill


def killed(shop: Workshop, file: object, advances: int) -> None:
    """Go so far, and then as a kill does: nothing is told, nothing is tidied up."""
    job = shop.job(file)  # type: ignore[arg-type]
    for _ in range(advances):
        job.advance()
    shop.restart()


@pytest.mark.parametrize("advances", [0, 1, 2, 3, 4])
def test_a_restarted_job_takes_the_same_way_and_asks_nobody_twice(workshop: Build, advances: int) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("bad"), APPROVED], consultant=[TWO])
    killed(shop, CREATE, advances)
    assert summary(shop.run(CREATE)) == ("approved", 2, None, 0)
    assert shop.text() == "two\n"
    assert shop.images() == [None, "one\n", "two\n"]
    assert shop.asked() == {"executor": 1, "auditor": 2, "consultant": 1}


def test_a_job_whose_end_was_not_noted_puts_its_draft_in_place_when_it_is_approved_after_all(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[ApiError("down"), APPROVED])
    shop.put("mine\n")
    killed(shop, MODIFY, 2)
    assert shop.text() == "mine\n"
    assert summary(shop.run(MODIFY)) == ("approved", 1, None, 0)
    assert shop.text() == "one\n"
    assert shop.images()[-1] == "one\n"


def test_a_delete_whose_end_was_not_noted_is_done_when_it_is_approved_after_all(workshop: Build) -> None:
    shop = workshop(auditor=[ApiError("down"), APPROVED])
    shop.put("mine\n")
    killed(shop, DELETE, 2)
    assert shop.run(DELETE).status == "approved"
    assert shop.text() is None


def test_a_mending_whose_end_was_not_noted_is_in_place_when_it_is_approved_after_all(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[APPROVED, ApiError("down"), APPROVED], consultant=[TWO])
    approved_file(shop)
    mending(shop).run()
    assert shop.text() == "one\n"
    shop.restart()
    job = mending(shop)
    job.run()
    assert job.outcome is not None and job.outcome.status == "approved"
    # Only once something else is to read the tree: the draft on the disk may be a later one after a kill.
    job._context.files.settle_rest()
    assert shop.text() == "two\n"


def test_a_draft_of_a_file_that_was_put_back_is_written_again_from_there(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[ApiError("down"), APPROVED])
    shop.put("mine\n")
    assert shop.run(MODIFY).status == "reverted"
    shop.restart()
    start = shop.journal.images.count_writes(SESSION, PATH)
    assert shop.run(MODIFY, start=start).status == "approved"
    assert shop.text() == "one\n"
    assert shop.asked() == {"executor": 1, "auditor": 2}


def test_another_answer_than_the_one_before_the_kill_is_the_one_that_lies_there(workshop: Build) -> None:
    shop = workshop(executor=[ONE, whole("mine\n")], auditor=[ApiError("down"), APPROVED])
    shop.auto_revert = False
    shop.put("mine\n")
    assert shop.run(MODIFY).status == "failed"
    shop.restart()
    shop.journal.steps.ask_again(SESSION, PATH)
    assert shop.run(MODIFY).status == "unchanged"
    assert shop.text() == "mine\n"


def test_a_user_edit_between_kill_and_resume_is_a_conflict(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("bad")], consultant=[TWO])
    killed(shop, CREATE, 2)
    shop.put("mine\n")
    assert summary(shop.run(CREATE)) == ("failed", 1, "conflict", 5)
    assert shop.text() == "mine\n"


def test_a_user_edit_after_the_last_write_is_not_approved_in_the_sessions_name(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[APPROVED])
    killed(shop, CREATE, 1)
    shop.put("mine\n")
    outcome = shop.run(CREATE)
    assert shop.text() == "mine\n"
    assert summary(outcome) == ("failed", 1, "conflict", 5)


# Dry run


def test_a_dry_run_tells_the_whole_story_and_writes_nothing(workshop: Build) -> None:
    shop = workshop(executor=[ONE], auditor=[needs_work("bad"), APPROVED], consultant=[TWO])
    shop.dry_run = True
    shop.put("mine\n")
    assert summary(shop.run(MODIFY)) == ("approved", 2, None, 0)
    assert shop.text() == "mine\n"
    assert shop.images() == ["mine\n", "one\n", "two\n"]


def test_every_file_has_its_own_steps(workshop: Build) -> None:
    other = planned("b.txt")
    shop = workshop(executor=[ONE, TWO], auditor=[APPROVED, APPROVED])
    context = shop.context(Plan("a plan", (CREATE, other)))
    jobs = [FileJob(context, file) for file in (CREATE, other)]
    threads = [threading.Thread(target=job.run) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {job.outcome.status for job in jobs if job.outcome} == {"approved"}
    assert {shop.text(), shop.text("b.txt")} == {"one\n", "two\n"}


def test_an_unreadable_tree_is_an_error_of_the_workspace(workshop: Build) -> None:
    shop = workshop()
    (shop.root / PATH).mkdir()
    assert summary(shop.run(MODIFY))[2:] == ("refused-path", 5)
    with pytest.raises(WorkspaceError):
        shop.files().before(PATH)
