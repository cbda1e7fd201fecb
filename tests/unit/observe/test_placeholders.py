"""Stand-ins for secrets: deterministic, foreseen by nobody, put back where they belong."""

from __future__ import annotations

from typing import Collection

import pytest

from orchestra.observe.placeholders import PLACEHOLDER, Placeholders
from tests.unit.planted import planted

FILE = 'password = "hunter2hunter2"\nhost = "db"\n'


def placeholders(*known: str, key: bytes = b"a key") -> Placeholders:
    return Placeholders(key, known)


def test_a_secret_is_replaced_and_put_back() -> None:
    made = placeholders()
    hidden = made.hide(FILE)
    (name,) = PLACEHOLDER.findall(hidden)
    assert hidden == f'password = "{name}"\nhost = "db"\n'
    assert made.put_back(hidden, [FILE]) == FILE


def test_the_same_secret_has_the_same_stand_in_with_one_key_and_another_with_another() -> None:
    assert placeholders().hide(FILE) == placeholders().hide(FILE) != placeholders(key=b"other").hide(FILE)


def test_what_is_hidden_is_not_hidden_again() -> None:
    made = placeholders()
    assert made.hide(made.hide(FILE)) == made.hide(FILE) == placeholders().hide(made.hide(FILE))


def test_a_secret_of_one_text_is_hidden_where_nothing_tells_of_it() -> None:
    made = placeholders("configured-key-1")
    made.learn(FILE)
    assert "hunter2" not in made.hide("assert 'hunter2hunter2' == read()")
    assert "configured" not in made.hide("x configured-key-1x")


def test_of_a_file_of_secrets_also_a_short_value_is_hidden_wherever_it_occurs() -> None:
    made = placeholders()
    made.learn("password = hunter2222\n")
    assert made.hide("got hunter2222") == "got hunter2222"
    made.learn_values({"hunter2222", "Summer2024"})
    assert PLACEHOLDER.sub("", made.hide("got hunter2222Summer2024")) == "got "


@pytest.mark.parametrize("text", [
    'if token == "q7Xw2Lp9aTbN4k":\n', 'if token == "q7Xw2Lp9aTbN4k" + "8Zr":\n', "use db_password q7Xw2Lp9aTbN4k\n",
])
def test_what_stands_beside_a_name_alone_is_hidden_there_and_nowhere_else(text: str) -> None:
    made = placeholders()
    made.learn(text)
    hidden = made.hide(text)
    assert PLACEHOLDER.search(hidden) and made.put_back(hidden, [text]) == text
    assert made.hide("rev q7Xw2Lp9aTbN4k") == made.hide_known("rev q7Xw2Lp9aTbN4k") == "rev q7Xw2Lp9aTbN4k"
    made.learn('password = "q7Xw2Lp9aTbN4k"\n')
    assert "q7Xw2Lp9" not in made.hide("rev q7Xw2Lp9aTbN4k"), "once it is known for sure"


def test_what_is_known_is_hidden_and_what_is_new_stays() -> None:
    made = placeholders()
    made.learn(FILE)
    other = FILE.replace("hunter2hunter2", "made4up5value6")
    assert made.hide_known(other + FILE) == other + made.hide(FILE)
    assert made.known == 1


def test_a_word_is_hidden_where_it_is_found_alone() -> None:
    made = placeholders()
    made.learn("mysql://u:abcdefgh1@x\n")
    assert made.hide("abcdefgh1 stays") == "abcdefgh1 stays"


def test_a_secret_is_put_back_in_a_text_that_has_it_alone() -> None:
    made = placeholders()
    hidden = made.hide(FILE)
    (name,) = PLACEHOLDER.findall(hidden)
    assert made.put_back(hidden, ["another file"]) == hidden
    assert made.strangers(hidden, ["another file"]) == ((name,), ())


@pytest.mark.parametrize("like", [
    "__ORCHESTRA_SECRET_0123456789ab__", "__ORCHESTRA_SECRET_012__", "orchestra_secret_0123456789ab",
    "ORCHESTRA_SECRET_", r"\_\_ORCHESTRA\_SECRET\_0123456789ab\_\_", r"__ORCHESTRA\_SECRET\_0123456789ab__",
    "&#95;&#95;ORCHESTRA&#95;SECRET&#95;0123456789ab&#95;&#95;", "%5F%5FORCHESTRA%5FSECRET%5F0123456789ab%5f%5f",
])
def test_what_was_made_up_is_known_for_it_unless_it_is_the_files_own(like: str) -> None:
    made = placeholders()
    made.learn(FILE)
    text = f"x = '{like}'\n"
    assert made.strangers(text, []) == ((), (like,))
    assert made.strangers(text, [text]) == ((), ())
    assert made.put_back(made.hide(text), [text]) == text


def test_an_altered_stand_in_is_no_secret() -> None:
    made = placeholders()
    (name,) = PLACEHOLDER.findall(made.hide(FILE))
    altered = name.replace("__ORCHESTRA", "__Orchestra")
    assert made.put_back(altered, [FILE]) == altered
    assert made.strangers(altered, [FILE]) == ((), (altered,))


def test_values_that_overlap_leave_nothing_of_either() -> None:
    made = placeholders("abc-123-def-456", "456-ghi-789-jkl")
    hidden = made.hide("abc-123-def-456-ghi-789-jkl")
    assert PLACEHOLDER.fullmatch(hidden)
    assert made.put_back(hidden, ["abc-123-def-456-ghi-789-jkl"]) == "abc-123-def-456-ghi-789-jkl"


def test_every_value_is_told_once() -> None:
    told: list[Collection[str]] = []
    made = Placeholders(b"a key", tell=lambda values: told.append(list(values)))
    made.hide(FILE)
    made.hide(FILE)
    assert told == [["hunter2hunter2"]]


def test_a_file_with_all_kinds_of_secrets_comes_back_byte_for_byte() -> None:
    text = "\r\n".join(each.text for each in planted())
    made = placeholders()
    hidden = made.hide(text)
    assert not any(secret in hidden for each in planted() for secret in each.secrets)
    assert made.put_back(hidden, [text]) == text
