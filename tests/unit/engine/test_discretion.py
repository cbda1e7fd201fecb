"""What is done to a request before it is journalled and sent: in every part of it, what all prompts share included."""

from __future__ import annotations

from orchestra.adapters.adapter import Message, Request, Segment
from orchestra.adapters.fences import fence, keyed, without_marks
from orchestra.adapters.numbering import Numbering
from orchestra.engine.discretion import Discretion
from orchestra.observe.placeholders import PLACEHOLDER, Placeholders
from orchestra.records import TestRun

SECRET = "Xk29fjQz81mPq7vB"
QUOTED = fence(f"password = '{SECRET}'\n")
SAID = fence("what a model said\n")
REQUEST = Request(
    "Be brief.", (Message.of("user", QUOTED), Message.of("assistant", SAID), Message.of("user", f"Not {SECRET}.")),
    shared=(Segment("text", "The task:\n", True), Segment("task", QUOTED, True)),
)


def readied(key: bytes) -> Request:
    return Discretion(key, Placeholders(key)).request(REQUEST)


def test_secrets_leave_every_part_and_fences_get_the_journals_marks() -> None:
    request = readied(b"key")
    assert SECRET not in request.system + "".join(message.text for message in request.messages)
    (name,) = set(PLACEHOLDER.findall(request.system + request.messages[0].text + request.messages[2].text))
    assert request.shared[1] == Segment("task", request.messages[0].text, True)
    assert without_marks(request.shared[1].text) == f"<data>\npassword = '{name}'\n</data>"
    assert request.shared[1].text.split("\n")[0] == keyed(QUOTED, b"key").split("\n")[0]
    assert request.messages[1].text == SAID, "what a model said stands in no fence of ours"


def test_stand_ins_in_what_prompts_share_have_the_same_number_in_every_repository() -> None:
    requests = [readied(key) for key in (b"1", b"2")]
    numbered = [Numbering.of(each, last=()).request(each) for each in requests]
    assert requests[0].shared != requests[1].shared
    assert without_marks(numbered[0].system) == without_marks(numbered[1].system)
    assert "__ORCHESTRA_SECRET_000000000000__" in numbered[0].system


def test_a_request_without_either_is_itself() -> None:
    plain = Request("Be brief.", (Message.of("user", "What is it?"),), shared=(Segment("task", "Do it.", True),))
    assert Discretion(b"key", Placeholders(b"key")).request(plain) is plain


def test_what_tests_print_is_without_any_value_of_a_file_of_secrets() -> None:
    texts = [("STRIPE=plainvalue1234abcd\n", True), ("name = plainvalue5678efgh\n", False)]
    discretion = Discretion(b"key", Placeholders(b"key"), survey=lambda: texts)
    run = TestRun("x", ("x",), 1, 1, True, output="plainvalue1234abcd plainvalue5678efgh")
    (name,) = PLACEHOLDER.findall(discretion.test_run(run).output)
    assert discretion.test_run(run).output == f"{name} plainvalue5678efgh"
