from __future__ import annotations

import pytest

from orchestra.observe.events import Events
from orchestra.observe.log import LEVELS
from orchestra.observe.redaction import MASK, Redactor
from orchestra.records import Event
from tests.unit.fake_clock import START, FakeClock


def test_an_event_reaches_every_listener_in_their_order() -> None:
    heard: list[tuple[str, Event]] = []
    events = Events(FakeClock(), Redactor())
    events.listen(lambda event: heard.append(("first", event)))
    events.listen(lambda event: heard.append(("second", event)))
    events.emit("step.started", level="debug", step_id=3, role="auditor")
    expected = Event("step.started", START, "debug", None, 3, {"role": "auditor"})
    assert heard == [("first", expected), ("second", expected)]


def test_events_belong_to_the_session_that_was_named() -> None:
    heard: list[Event] = []
    events = Events(FakeClock(), Redactor())
    events.listen(heard.append)
    events.emit("before")
    events.of_session("s-1")
    events.emit("after")
    assert [event.session_id for event in heard] == [None, "s-1"]


def test_no_listener_ever_sees_a_secret() -> None:
    heard: list[Event] = []
    events = Events(FakeClock(), Redactor(["hunter22"]))
    events.listen(heard.append)
    events.emit("attempt.failed", message="the key hunter22 is wrong", deep={"list": ["hunter22"]})
    assert heard[0].data == {"message": f"the key {MASK} is wrong", "deep": {"list": [MASK]}}


@pytest.mark.parametrize("secret", ['a "quoted" key', "back\\slash", "two\nlines", "sk-0123456789abcdefABCD"])
def test_a_secret_is_found_however_json_writes_it(secret: str) -> None:
    heard: list[Event] = []
    events = Events(FakeClock(), Redactor([] if secret.startswith("sk-") else [secret]))
    events.listen(heard.append)
    events.emit("attempt.failed", deep=[{"message": f"the key {secret}", secret: 1}])
    assert heard[0].data == {"deep": [{"message": f"the key {MASK}", MASK: 1}]}
    assert secret not in heard[0].data_as_json


@pytest.mark.parametrize(("level", "told"), [(level, LEVELS[place:]) for place, level in enumerate(LEVELS)])
def test_a_listener_is_told_from_its_level_on(level: str, told: tuple[str, ...]) -> None:
    heard: list[str] = []
    events = Events(FakeClock(), Redactor())
    events.listen(lambda event: heard.append(event.level), level=level)
    for each in LEVELS:
        events.emit("something", level=each)
    assert tuple(heard) == told


def test_a_listener_with_names_hears_of_these_alone() -> None:
    class Choosy:
        names = frozenset({"file.ended"})

        def __init__(self) -> None:
            self.heard: list[str] = []

        def __call__(self, event: Event) -> None:
            self.heard.append(event.name)

    choosy, events = Choosy(), Events(FakeClock(), Redactor())
    events.listen(choosy)
    for name in ("file.ended", "step.started", "file.ended"):
        events.emit(name)
    assert choosy.heard == ["file.ended", "file.ended"]


def test_without_a_listener_nothing_happens() -> None:
    Events(FakeClock(), Redactor()).emit("unheard")


@pytest.mark.parametrize("before", ["key:\n", "\t", "\r\n", '"', "\\"])
def test_what_looks_like_a_key_is_found_behind_what_json_escapes(before: str) -> None:
    heard: list[Event] = []
    events = Events(FakeClock(), Redactor())
    events.listen(heard.append)
    events.emit("attempt.failed", message=before + "sk-0123456789abcdefABCD")
    assert heard[0].data == {"message": before + MASK}
