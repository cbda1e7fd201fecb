from __future__ import annotations

from dataclasses import replace

import pytest

from orchestra.adapters.adapter import Message, Request, Segment
from orchestra.adapters.fences import fence, keyed
from orchestra.adapters.fingerprint import file_of, fingerprint, hash_of
from tests.unit.adapters.doubles import QUESTION


def asking(*pieces: tuple[str, str]) -> Request:
    return Request("Be brief.", (Message("user", tuple(Segment(name, text, True) for name, text in pieces)),))


def test_a_question_is_the_same_however_it_is_cut_into_segments_and_under_every_cap() -> None:
    one, other = asking(("a", "What is"), ("b", " it?")), asking(("c", "What is it?"))
    assert fingerprint(one) == fingerprint(other) == fingerprint(replace(other, max_output_tokens=5, cacheable=False))
    assert fingerprint(one).digest == fingerprint(other).digest


def test_segments_that_are_left_out_do_not_count_and_all_others_do() -> None:
    one, other = asking(("a", "What"), ("output", "0.1 s")), asking(("a", "What"), ("output", "0.2 s"))
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one, leaving_out=["output"]) == fingerprint(other, leaving_out=["output"])
    assert fingerprint(one, leaving_out=["a"]) != fingerprint(other, leaving_out=["a"])


def test_turns_are_told_apart_by_role_text_and_place() -> None:
    turns = QUESTION.messages + (Message.of("assistant", "It?"), Message.of("user", "It."))
    found = {fingerprint(request).digest for request in (
        QUESTION,
        replace(QUESTION, rules="Be brief"),
        replace(QUESTION, messages=turns),
        replace(QUESTION, messages=turns[::-1]),
        replace(QUESTION, messages=(Message.of("assistant", QUESTION.messages[0].text),)),
    )}
    assert len(found) == 5
    assert [role for role, _ in fingerprint(replace(QUESTION, messages=turns)).turns] == [
        "system", "user", "assistant", "user",
    ]


def test_texts_split_elsewhere_have_another_hash() -> None:
    texts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("1:a",), ()]
    assert len({hash_of(*each) for each in texts}) == len(texts)
    assert hash_of("\ud800") == hash_of("\ud800"), "a text that is no UTF-8 has a hash, too"


@pytest.mark.parametrize("prompt, file", [
    ("The plan.\n\nFile: src/a.py\nMore.", "src/a.py"),
    ("File: a b.txt \n", "a b.txt"),
    ("No file.", None),
    ("=== b.py\n```\nFile: quoted.py\n```", None), ("Task:\n<data-0123456789abcdef>\nFile: quoted.py\n", None),
    ("```\nFile: quoted.py\n```\nFile: late.py", None),
    ("See File: a.py", None),
])
def test_finds_the_file_that_a_prompt_concerns(prompt: str, file: str | None) -> None:
    assert file_of(Request("File: system.py", (Message.of("user", prompt), Message.of("user", "File: x")))) == file


def test_what_prompts_share_counts_as_the_system_text_that_it_ends() -> None:
    def sharing(*pieces: tuple[str, str]) -> Request:
        return replace(QUESTION, shared=tuple(Segment(name, text, True) for name, text in pieces))

    one, other = sharing(("task", "Do it."), ("plan", "By this.")), sharing(("task", "Do it.By this."))
    assert fingerprint(one) == fingerprint(other) != fingerprint(QUESTION)
    assert fingerprint(one).turns[1:] == fingerprint(QUESTION).turns[1:]
    assert fingerprint(one, leaving_out=["plan"]) == fingerprint(sharing(("task", "Do it.")))
    assert fingerprint(one, leaving_out=["task", "plan"]) == fingerprint(QUESTION)
    quoted = fence("Do it.")
    assert fingerprint(sharing(("task", keyed(quoted, b"1")))) == fingerprint(sharing(("task", keyed(quoted, b"2"))))
    assert file_of(sharing(("task", "File: x"))) is None
