from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestra.adapters.adapter import AdapterInfo, CallObserver, Message, Request
from orchestra.adapters.cassette import (
    Entry,
    Malformed,
    PlayedAttempt,
    check_head,
    entry_from_json,
    entry_to_json,
    fault_classes,
    head_line,
)
from orchestra.adapters.fingerprint import fingerprint
from orchestra.adapters.recording import Recorder, RecordingAdapter
from orchestra.adapters.replaying import Cassette, ReplayAdapter
from orchestra.clock import CancelToken, Deadline
from orchestra.errors import (
    Cancelled,
    ConfigError,
    NotRecorded,
    ProviderFault,
    RateLimited,
    TimedOut,
    Truncated,
    UsageError,
    WorkspaceError,
)
from orchestra.records import Attempt, Reply, Usage
from tests.unit.adapters.doubles import NEVER, QUESTION, ScriptedAdapter, Watcher
from tests.unit.fake_clock import START, FakeClock

USAGE = Usage(1200, 340, 100, Decimal("0.00123456789"))
ATTEMPT = PlayedAttempt("a", "1", True, 812, USAGE)
FAILED = PlayedAttempt("b", "2", False, 5, Usage(), "TIMEOUT", "silent")
REPLY = Reply("Größe\u2028尺寸\x85\n", USAGE, "a", "1", 812)
OTHER = Request("Be brief.", (Message.of("user", "File: src/a.py\nWhat is it not?"),))


def entry(outcome: Reply | ProviderFault = REPLY, *attempts: PlayedAttempt, request: Request = QUESTION) -> Entry:
    return Entry("executor", None, fingerprint(request), attempts, outcome)


def through_json(given: Entry) -> Entry:
    return entry_from_json(json.loads(json.dumps(entry_to_json(given))))


def said_by(fault: ProviderFault) -> dict[str, Any]:
    return dict(vars(fault))


# The lines


@pytest.mark.parametrize("given", [
    entry(REPLY, ATTEMPT),
    entry(replace(REPLY, usage=Usage(), from_cache=True)),
    entry(REPLY, FAILED, ATTEMPT),
    replace(entry(), file="src/a.py", role="auditor"),
])
def test_an_entry_comes_back_as_it_was(given: Entry) -> None:
    assert through_json(given) == given


def every_fault() -> list[ProviderFault]:
    """One of each class, with every attribute set to something."""
    values: dict[str, Any] = {
        "what": "x", "where": "a/1", "hint": "wait", "http_status": 429, "retry_after_s": 2.5, "partial_text": "ans",
        "output_tokens": 7, "next_try_s": 1.5,
    }
    faults = []
    for each in fault_classes():
        fault = each("x")
        vars(fault).update({name: values[name] for name in vars(fault)})
        faults.append(fault)
    return faults


@pytest.mark.parametrize("fault", every_fault(), ids=lambda fault: str(fault.code))
def test_every_fault_comes_back_with_all_it_says(fault: ProviderFault) -> None:
    found = through_json(entry(fault, FAILED)).outcome
    assert type(found) is type(fault)
    assert said_by(found) == said_by(fault)  # type: ignore[arg-type]


def test_the_faults_have_a_code_each() -> None:
    codes = [each.code for each in fault_classes()]
    assert len(set(codes)) == len(codes) > 10


@pytest.mark.parametrize("path, value", [
    (("role",), 1),
    (("file",), 1),
    (("turns",), [["user"]]),
    (("turns",), [["user", 1]]),
    (("turns",), ["ab"]),
    (("attempts",), {}),
    (("attempts",), [1]),
    (("attempts", 0, "latency_ms"), True),
    (("attempts", 0, "latency_ms"), "5"),
    (("attempts", 0, "cost_usd"), "much"),
    (("attempts", 0, "success"), 1),
    (("reply",), None),
    (("reply", "text"), None),
    (("reply", "input_tokens"), 1.5),
])
def test_a_value_of_another_type_is_malformed(path: tuple[Any, ...], value: object) -> None:
    document = entry_to_json(entry(REPLY, ATTEMPT))
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(Malformed):
        entry_from_json(document)


@pytest.mark.parametrize("fault", [None, {}, {"code": "no-such"}, {"code": "rate-limited"}, {
    "code": "rate-limited", "what": "x", "retry_after_s": "soon",
}])
def test_a_fault_that_is_none_is_malformed(fault: object) -> None:
    with pytest.raises(Malformed):
        entry_from_json({**entry_to_json(entry(RateLimited("x"))), "fault": fault})


def test_an_entry_without_an_outcome_is_malformed() -> None:
    document = entry_to_json(entry())
    del document["reply"]
    with pytest.raises(Malformed):
        entry_from_json(document)


def test_a_head_says_which_form_follows() -> None:
    check_head(json.loads(head_line()))
    for wrong in ({}, {"orchestra_cassette": 2}):
        with pytest.raises(Malformed):
            check_head(wrong)


# Recording


class Telling(ScriptedAdapter):
    """A scripted adapter that tells of its attempts: a failed one first, then how it really ended."""

    def execute(self, request: Request, *, deadline: Deadline, cancel: CancelToken, observer: CallObserver) -> Reply:
        observer.attempt_started(AdapterInfo("b/2", "2", "b"))
        observer.attempt_ended(Attempt("2", "b", False, 5, START, Usage(), "TIMEOUT", "silent"))
        reply = super().execute(request, deadline=deadline, cancel=cancel, observer=observer)
        observer.attempt_ended(Attempt("1", "a", True, 812, START, USAGE))
        return reply


def plain(text: str) -> str:
    return text


def recorder(path: Path, hide: Any = plain, broken: list[str] | None = None) -> Recorder:
    return Recorder(path, hide=hide, on_break=[].append if broken is None else broken.append)


def record(tape: Recorder, model: ScriptedAdapter, request: Request = QUESTION, **more: Any) -> Reply:
    deadline, cancel = more.get("deadline", NEVER), more.get("cancel") or CancelToken()
    return RecordingAdapter(model, tape, role="executor").execute(
        request, deadline=deadline, cancel=cancel, observer=more.get("observer") or Watcher()
    )


def play(path: Path, request: Request = QUESTION, role: str = "executor", observer: Watcher | None = None) -> Reply:
    return ask(Cassette.load(path, name="tape"), request, role, observer)


def ask(
    cassette: Cassette, request: Request = QUESTION, role: str = "executor", observer: Watcher | None = None
) -> Reply:
    return ReplayAdapter(cassette, role=role, clock=FakeClock()).execute(
        request, deadline=NEVER, cancel=CancelToken(), observer=observer or Watcher()
    )


def test_what_was_recorded_is_replayed_with_its_attempts(tmp_path: Path) -> None:
    tape, told, again = recorder(tmp_path / "tape"), Watcher(), Watcher()
    reply = record(tape, Telling("a/1", "Größe\u2028尺寸\x85\n"), observer=told)
    tape.close()
    assert play(tmp_path / "tape", observer=again) == reply
    assert again.attempts == told.attempts != []
    assert again.started == ["b/2", "a/1"]
    assert again.characters == len(reply.text)


def test_a_fault_is_recorded_and_raised_in_both(tmp_path: Path) -> None:
    tape = recorder(tmp_path / "tape")
    with pytest.raises(Truncated):
        record(tape, ScriptedAdapter("a/1", Truncated("cut", partial_text="ans", output_tokens=7)))
    tape.close()
    with pytest.raises(Truncated) as caught:
        play(tmp_path / "tape")
    assert (caught.value.partial_text, caught.value.output_tokens) == ("ans", 7)


def test_the_file_is_new_and_its_users_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        recorder(tmp_path / "tape")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "tape").stat().st_mode) == 0o600
    with pytest.raises(UsageError):
        recorder(tmp_path / "tape")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    with pytest.raises(UsageError):
        recorder(tmp_path / "link")
    with pytest.raises(WorkspaceError):
        recorder(tmp_path / "no" / "tape")


def test_every_text_goes_through_what_hides_keys(tmp_path: Path) -> None:
    tape = recorder(tmp_path / "tape", hide=lambda text: text.replace("key-1", "***"))
    record(tape, ScriptedAdapter("a/1", "the key-1"))
    with pytest.raises(RateLimited):
        record(tape, ScriptedAdapter("a/1", RateLimited("key-1 waits", where="key-1", hint="key-1")))
    tape.close()
    text = (tmp_path / "tape").read_text()
    assert "key-1" not in text and text.count("***") == 4


def test_prompts_are_hashes_with_role_and_file(tmp_path: Path) -> None:
    tape = recorder(tmp_path / "tape")
    record(tape, ScriptedAdapter("a/1", "answer"), OTHER)
    tape.close()
    text = (tmp_path / "tape").read_text()
    assert "What is" not in text and "brief" not in text
    line = json.loads(text.splitlines()[1])
    assert (line["role"], line["file"], line["request"]) == ("executor", "src/a.py", fingerprint(OTHER).digest)


def test_what_was_stopped_is_not_recorded_and_no_file_is_left_for_nothing(tmp_path: Path) -> None:
    tape = recorder(tmp_path / "tape")
    with pytest.raises(Cancelled):
        record(tape, ScriptedAdapter("a/1", Cancelled()))
    with pytest.raises(TimedOut):
        record(tape, ScriptedAdapter("a/1", TimedOut("x")), deadline=Deadline.after(FakeClock(), 0))
    assert (tmp_path / "tape").exists()
    tape.close()
    assert not (tmp_path / "tape").exists()


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    tape = recorder(tmp_path / "tape")

    def work(number: int) -> None:
        for _ in range(20):
            record(tape, ScriptedAdapter("a/1", str(number) * 20_000))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tape.close()
    assert len(Cassette.load(tmp_path / "tape", name="tape")) == 160


RECORD_WITH_LITTLE_ROOM = """
import resource, sys
from pathlib import Path
from orchestra.errors import WorkspaceError
from tests.unit.adapters.doubles import ScriptedAdapter
from tests.unit.adapters.test_cassette import record, recorder

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
broken = []
try:
    tape = recorder(Path(sys.argv[1]), broken=broken)
except WorkspaceError:
    sys.exit("refused")
answers = [record(tape, ScriptedAdapter("a/1", "answer" * times)).text for times in (1, 1000, 1)]
tape.close()
print([len(answer) for answer in answers], len(broken))
"""


def record_with_little_room(path: Path, room_bytes: int) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", RECORD_WITH_LITTLE_ROOM, str(path), str(room_bytes)]
    return subprocess.run(argv, capture_output=True, text=True, cwd=Path(__file__).parents[3], timeout=60)


def test_a_disk_that_is_full_ends_the_recording_alone_and_is_said_once(tmp_path: Path) -> None:
    done = record_with_little_room(tmp_path / "tape", 2000)
    assert (done.returncode, done.stdout) == (0, "[6, 6000, 6] 1\n"), done.stderr
    assert len(Cassette.load(tmp_path / "tape", name="tape")) == 1, "what was written before it stays of use"


def test_a_disk_that_is_full_already_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    done = record_with_little_room(tmp_path / "tape", 0)
    assert (done.returncode, done.stderr) == (1, "refused\n")
    assert not (tmp_path / "tape").exists()


# Replaying


def loaded(*entries: Entry) -> Cassette:
    return Cassette(entries, path=Path("tape"), name="tape")


def reply(text: str) -> Reply:
    return Reply(text, Usage(), "a", "1", 1)


def test_equal_questions_are_answered_in_the_order_of_the_recording() -> None:
    cassette = loaded(entry(reply("one")), entry(reply("other"), request=OTHER), entry(reply("two")))
    assert [ask(cassette).text, ask(cassette).text, ask(cassette, OTHER).text] == ["one", "two", "other"]


@pytest.mark.parametrize("entries, request_, role, difference", [
    ([entry()], QUESTION, "auditor", "the auditor's request: none was recorded"),
    ([entry()], OTHER, "executor", "the executor's request about src/a.py: none was recorded"),
    ([entry()], replace(QUESTION, rules="Be long."), "executor", ": its rules, task, plan or instructions differ"),
    ([entry()], replace(QUESTION, messages=(Message.of("user", "Who?"),)), "executor", "turn 1, of the user, differs"),
    ([entry()], replace(QUESTION, messages=QUESTION.messages * 3), "executor", "it has 3 turns, and 1 were recorded"),
    ([], QUESTION, "executor", "none was recorded"),
])
def test_what_was_not_recorded_is_said_with_what_differs(
    entries: list[Entry], request_: Request, role: str, difference: str
) -> None:
    with pytest.raises(NotRecorded) as caught:
        ask(loaded(*entries), request_, role)
    assert difference in caught.value.what
    assert caught.value.where == "tape"


def test_the_nearest_of_several_recordings_is_compared() -> None:
    long = replace(QUESTION, messages=QUESTION.messages + (Message.of("assistant", "A"), Message.of("user", "B")))
    asked = replace(QUESTION, messages=QUESTION.messages + (Message.of("assistant", "X"), Message.of("user", "B")))
    other = replace(QUESTION, rules="Be long.")
    with pytest.raises(NotRecorded) as caught:
        ask(loaded(entry(request=other), entry(request=long)), asked)
    assert "turn 2, of the assistant, differs" in caught.value.what


def test_a_question_asked_more_often_than_it_was_recorded_is_said() -> None:
    cassette = loaded(entry())
    ask(cassette)
    with pytest.raises(NotRecorded) as caught:
        ask(cassette)
    assert "it was recorded 1 time, and is asked once more" in caught.value.what


def test_a_stop_goes_before_an_answer_from_the_cassette() -> None:
    cancel = CancelToken()
    cancel.cancel()
    adapter = ReplayAdapter(loaded(entry()), role="executor", clock=FakeClock())
    with pytest.raises(Cancelled):
        adapter.execute(QUESTION, deadline=NEVER, cancel=cancel, observer=Watcher())
    assert adapter.is_available()


@pytest.mark.parametrize("lines, number", [
    (["[]"], 1), (["{}"], 1), ([""], 1), ([head_line(), "{}"], 2),
    ([head_line(), json.dumps(entry_to_json(entry())), "x"], 3),
])
def test_a_file_that_is_none_names_its_line(tmp_path: Path, lines: list[str], number: int) -> None:
    (tmp_path / "tape").write_text("\n".join(lines) + "\n")
    with pytest.raises(ConfigError) as caught:
        Cassette.load(tmp_path / "tape", name="tape")
    assert caught.value.where == f"tape:{number}"
