"""Which orders say that a part of a file goes, and which only use such a word."""

from __future__ import annotations

import re

import pytest

from orchestra.agents.shrinking import Explanation, find_loss

OLD = """import os
import sys
from json import loads

TIMEOUT = 5


class Parser:
    'Parses.'

    def __init__(self, text):
        self.text = text

    def parse(self):
        print("debug", self.text)
        return loads(self.text)

    def reset(self):
        self.text = ""


class Cache:
    def get(self, key):
        return None

    def put(self, key, value):
        pass


def alpha(a):
    # add
    print("debug")
    return a + 1


def beta(b):
    c = b * 2
    d = c * 2
    return d


def gamma(g):
    return g * 3


def cache_clear():
    Cache().put(1, 2)


def _helper(x):
    y = x
    return y
"""
_HEAD = re.compile(r"( *)(?:def|class) (\w+)")


def without(names: str) -> str:
    """The file without these functions and classes."""
    kept: list[str] = []
    depth: int | None = None
    for line in OLD.split("\n"):
        indent = len(line) - len(line.lstrip())
        if depth is not None and line.strip() and indent <= depth:
            depth = None
        head = _HEAD.match(line)
        if depth is None and head and head[2] in names.split():
            depth = indent
        if depth is None:
            kept.append(line)
    return "\n".join(kept)


@pytest.mark.parametrize("order, lost", [
    ("Remove beta.", "beta"),
    ("Remove the unused function beta.", "beta"),
    ("Delete `beta` and `gamma`.", "beta gamma"),
    ("Remove alpha, beta, and gamma from the module.", "alpha beta gamma"),
    ("Rename beta to delta.", "beta"),
    ("Rename `beta()` to `delta()` and update callers.", "beta"),
    ("Replace beta by a lambda.", "beta"),
    ("Replace `beta` with functools.partial.", "beta"),
    ("Move beta into b.py.", "beta"),
    ("Move `beta` and `gamma` to src/b.py and import them here.", "beta gamma"),
    ("Extract beta and gamma into their own module.", "beta gamma"),
    ("Merge beta into alpha.", "beta"),
    ("Inline beta into alpha.", "beta"),
    ("beta is removed; callers use alpha.", "beta"),
    ("beta and gamma should be dropped.", "beta gamma"),
    ("beta is no longer needed.", "beta"),
    ("`beta` has been moved to b.py.", "beta"),
    ("Drop all of alpha, beta and gamma.", "alpha beta gamma"),
    ("Delete the class Cache.", "Cache"),
    ("Delete class Cache with its methods.", "Cache"),
    ("Remove the method reset from Parser.", "reset"),
    ("Remove Parser.reset.", "reset"),
    ("Remove `Parser.reset()`.", "reset"),
    ("Remove all methods of Cache except get.", "put"),
    ("Remove the cache.", "Cache cache_clear"),
    ("Remove the legacy helpers.", "beta gamma"),
    ("Remove dead code.", "beta"),
    ("Delete the second function.", "beta"),
    ("Rewrite the module.", "beta gamma"),
    ("Refactor it.", "beta"),
    ("Simplify the code.", "beta"),
    ("Split this file into two modules.", "beta gamma Cache"),
    ("Make beta private.", "beta"),
    ("beta should be private.", "beta"),
    ("g: beta is unused, remove it.", "beta"),
    ("beta is unused. Remove it.", "beta"),
    ("Get rid of beta.", "beta"),
    ("The function beta is obsolete.", "beta"),
    ("Instead of beta use gamma.", "beta"),
    ("Use gamma instead of beta.", "beta"),
    ("Remove beta without breaking gamma.", "beta"),
    ("Since nobody calls it, beta can be removed.", "beta"),
    ("Do not touch alpha; remove beta.", "beta"),
    ("Remove beta but keep gamma.", "beta"),
    ("beta is not used anywhere and can be deleted.", "beta"),
    ("Remove the definition of beta.", "beta"),
    ("Removal of beta.", "beta"),
    ("Deletes beta.", "beta"),
    ("Moved beta to b.py", "beta"),
    ("- beta: removed", "beta"),
    ("Convert beta to a method of Parser.", "beta"),
    ("Entferne beta.", "beta"),
    ("beta wird entfernt.", "beta"),
    ("beta löschen", "beta"),
    ("Benenne beta in delta um.", "beta"),
    ("Supprime beta.", "beta"),
    ("Elimina beta.", "beta"),
    ("Удалить beta.", "beta"),
    ("删除 beta。", "beta"),
    ("把beta移到utils.py", "beta"),
    ("将 beta 重命名为 delta", "beta"),
    ("beta を削除する", "beta"),
    ("betaをdeltaに改名", "beta"),
    ("Entferne die Funktionen, die keiner braucht.", "beta"),
    ("删除未使用的函数", "beta"),
    ("Drop support for Python 2.", "beta"),
    ("Only alpha remains; everything else is deleted.", "beta gamma Cache"),
    ("Let the module hold alpha only; move everything else to b.py.", "beta gamma Cache Parser"),
    ("Consolidate beta and gamma into one function scale.", "beta gamma"),
    ("Turn the two classes into functions", "Cache"),
    ("Rewrite beta as a class Beta.", "beta"),
    ("Remove beta, which does not work.", "beta"),
    ("Remove `beta` (not used).", "beta"),
    ("Remove unused code (`beta`).", "beta"),
    ("Remove the unused helper function `beta`, keeping all other behaviour unchanged.", "beta"),
    ("Eliminate the duplicate implementation of beta.", "beta"),
    ("Deprecated function beta removed", "beta"),
    ("The file no longer defines beta.", "beta"),
    ("The module must not contain beta any more.", "beta"),
    ("`beta` is gone", "beta"),
    ("Separate beta from the rest: it goes to b.py", "beta"),
])
def test_an_order_explains_what_it_says_is_to_go(order: str, lost: str) -> None:
    assert find_loss("src/a.py", OLD, without(lost), Explanation(order, str)) is None


@pytest.mark.parametrize("order", [
    "change beta to delta", "Change the function name from `beta` to `delta`.", "把 beta 改成 delta",
    "Change the name of beta into delta everywhere", "Change `beta()` to `delta()`.",
])
def test_a_change_of_a_name_is_one_where_the_draft_has_the_other(order: str) -> None:
    renamed, said = OLD.replace("beta", "delta"), Explanation(order, str)
    assert find_loss("src/a.py", OLD, renamed, said) is None
    assert "no longer has `beta`" in (find_loss("src/a.py", OLD, without("beta"), said) or "")


@pytest.mark.parametrize("order, lost", [
    ("Add a docstring to alpha. Do not remove anything.", "beta"),
    ("Remove the debug print in alpha.", "beta"),
    ("Remove the debug print in alpha.", "alpha"),
    ("Fix the removed-user bug in alpha.", "beta"),
    ("Change alpha; keep beta as it is.", "beta"),
    ("Alpha calls beta. Do not remove beta.", "beta"),
    ("Remove gamma.", "beta"),
    ("Remove the unused import; the public API stays.", "beta"),
    ("Add delete support to alpha.", "beta"),
    ("Replace + by - in alpha.", "beta"),
    ("Replace + by - in alpha.", "alpha"),
    ("Do not rename or remove beta.", "beta"),
    ("Never delete beta.", "beta"),
    ("Remove gamma without touching beta.", "beta"),
    ("Don't change, rename, or remove beta.", "beta"),
    ("Entferne beta nicht.", "beta"),
    ("Lösche nichts.", "beta"),
    ("beta darf nicht entfernt werden.", "beta"),
    ("不要删除 beta", "beta"),
    ("beta を削除しない", "beta"),
    ("Не удалять beta.", "beta"),
    ("Ne supprime pas beta.", "beta"),
    ("No elimines beta.", "beta"),
    ("Remove the timeout parameter of beta.", "beta"),
    ("Remove beta's timeout.", "beta"),
    ("Move the check from alpha into beta.", "beta"),
    ("Merge gamma into beta.", "beta"),
    ("Replace gamma by beta.", "beta"),
    ("Rename gamma to beta.", "beta"),
    ("Change gamma to beta.", "beta"),
    ("Do not change beta to delta.", "beta"),
    ("Change beta to return delta.", "beta"),
    ("Change beta to use gamma", "beta"),
    ("Change the default of beta from x to y.", "beta"),
    ("Change `beta` to async.", "beta"),
    ("Update the function beta to None", "beta"),
    ("把 beta 改成 async", "beta"),
    ("Add a remove method to Cache.", "beta"),
    ("Implement the delete function.", "beta"),
    ("When a user removes a class, call beta.", "beta"),
    ("Allow users to delete files.", "beta"),
    ("nothing is removed", "beta"),
    ("No functions are removed.", "beta"),
    ("Refactor it. Do not change the public API.", "beta"),
    ("Rename the variable c in beta to e.", "beta"),
    ("Remove the line `d = c * 2` from beta.", "beta"),
    ("Simplify beta.", "beta"),
    ("beta must be kept, remove gamma.", "beta"),
    ("Remove trailing whitespace.", "beta"),
    ("Extract the doubling in beta into a helper.", "beta"),
    ("Trim the input of alpha.", "beta"),
    ("Split the string on commas in alpha.", "beta"),
    ("Clean up the imports.", "beta"),
    ("Reduce TIMEOUT to 3.", "beta"),
    ("Remove the reset method.", "beta"),
    ("Remove the class Cache.", "beta"),
    ("删除 alpha 中的调试打印", "beta"),
    ("Delete the method put of the class Cache.", "Cache"),
    ("Convert the argument of alpha to int.", "beta"),
    ("Fix deletion of rows.", "beta"),
    ("Make alpha no longer print.", "alpha"),
    ("alpha no longer calls beta", "alpha"),
])
def test_an_order_does_not_explain_what_it_says_otherwise(order: str, lost: str) -> None:
    found = find_loss("src/a.py", OLD, without(lost), Explanation(order, str)) or ""
    assert found.startswith("The draft no longer has `%s`" % lost)


LONG = "import os\n\n\n" + "".join(
    "def _f%d(a):\n    b = a + %d  # debug\n    return b\n\n\n" % (number, number) for number in range(12)
)
SHORT = LONG[:LONG.index("def _f4")]


@pytest.mark.parametrize("order", [
    "Rewrite the module.", "Split it: half of it goes to b.py.", "Move the other functions into b.py.", "Simplify.",
    "Remove the private functions that nobody calls.", "Extract all but the first four into src/b.py.", "Clean up.",
    "Remove _f4, _f5, _f6, _f7, _f8, _f9, _f10 and _f11.", "Drop support for Python 2.", "Deduplicate the functions.",
    "Shorten the file.", "Replace the functions by one.", "Kürze die Datei.", "Réécris le module.", "重构这个文件。",
])
def test_an_order_about_much_of_a_file_explains_lost_lines(order: str) -> None:
    assert find_loss("src/a.py", LONG, SHORT, Explanation(order, str)) is None


@pytest.mark.parametrize("order", [
    "Remove the print in _f3.", "Add a docstring to _f1. Do not remove anything.", "Add delete support to _f1.",
    "Fix the removed-user bug in _f1.", "Replace + by - in _f1.", "Remove _f4.", "Remove the unused import.",
    "Simplify _f1.", "Rename the variable b to c.", "Reduce the number of calls in _f2.", "Entferne den Import.",
    "Do not shorten the file.", "Split the input at commas.", "Remove the typo.", "Move the import up.",
])
def test_an_order_about_little_of_a_file_explains_no_lost_lines(order: str) -> None:
    assert "lines that are not blank" in (find_loss("src/a.py", LONG, SHORT, Explanation(order, str)) or "")


def test_a_hostile_order_is_read_in_time_that_grows_with_its_length() -> None:
    for order in ("remove " * 9_000, "not " * 9_000, "x, " * 9_000 + "removed", "`" * 9_000, "no longer " * 9_000):
        assert find_loss("src/a.py", OLD, without("beta"), Explanation(order, str))
