"""The place of a value in the configuration: names and list positions from the top down."""

from __future__ import annotations

from typing import Iterable, Tuple, Union

KeyPath = Tuple[Union[str, int], ...]


def dotted(path: KeyPath) -> str:
    """The path as messages show it: `tests.run`, `agents.executor[1]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += "[%d]" % part
        else:
            text += "." + part if text else part
    return text


def split(key: str) -> KeyPath:
    """The path of a dotted key whose names hold no dots themselves."""
    return tuple(key.split("."))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant; None when nothing comes close."""
    import difflib  # only an error needs it

    candidates = list(known)
    by_plain_form = {spelling(candidate): candidate for candidate in candidates}
    close = difflib.get_close_matches(spelling(name), by_plain_form, n=1, cutoff=0.6)
    return by_plain_form[close[0]] if close else None


def spelling(name: str) -> str:
    """A name as a variable would spell it, in lower case: `kimi-k2.6` gives `kimi_k2_6`."""
    return "".join(character if character.isalnum() else "_" for character in name.lower())
