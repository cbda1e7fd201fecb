"""What an order says is to go: read sentence by sentence, by the words around those that take something away."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Collection, Iterator, Match, NamedTuple, Sequence

from orchestra.agents import taking_words as words
from orchestra.regex import regex

SENTENCE_END = regex(r"[.!?](?=\s|$)|[;。；！？\n]")
_TAKING = ("cut", "move", "renew", "elsewhere")
_ENDS = (*_TAKING, "keep", "no", "stop")
_PATH = regex(r"[\w./-]*(?:/[\w.-]+|\.[a-z]\w{0,4})")
_OWNED = regex(r"(?:\.|::|#|->)")
_MOST_BACK = 12
"""A word says no to what follows within so many others."""


class _Token(NamedTuple):
    text: str
    """In small letters, but for a name."""
    kind: str


@dataclass(frozen=True)
class Removal:
    """What one verb takes away."""

    named: frozenset[str]
    goes: bool
    """Whether what is named goes itself; else only something of it."""
    within: frozenset[str]
    """The names that it takes from; none where that is the file."""
    stems: frozenset[str]
    """The first letters of the words for what has no name."""
    is_broad: bool
    """Whether it speaks of functions, modules and the like, or of the file."""


@dataclass
class Spoken:
    """What a text takes away, and what it says must stay."""

    removals: list[Removal] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    keeps_all: bool = False


def read_removals(text: str, names: Collection[str], new_names: Collection[str], path: str) -> Spoken:
    """What the sentences say of a file at `path`; `names` are those that it defines, `new_names` the draft's."""
    spoken = Spoken()
    before: frozenset[str] = frozenset()
    text = words.NAMED_ANEW.sub(lambda said: _as_renaming(said, names, new_names), text)
    for sentence in SENTENCE_END.split(text):
        tokens = list(_tokens(sentence, names, path))
        own: frozenset[str] = frozenset()
        is_told = False
        for at, token in enumerate(tokens):
            if token.kind == "name":
                own |= {token.text}
            elif token.kind == "keep":
                _note_kept(spoken, tokens, at)
            elif token.kind == "no":
                behind = tokens[at:at + _MOST_BACK]
                spoken.keeps_all |= _is_of_all(behind) and any(other.text in words.CHANGING for other in behind)
            elif token.kind == "state" or (token.kind in _TAKING and _is_said(tokens, at, is_told=is_told)):
                _note_taken(spoken, tokens, at, own or before)
            is_told = token.kind != "comma" and (is_told or token.text in words.SOMETIMES)
        before = own or before
    return spoken


def _as_renaming(said: Match[str], names: Collection[str], new_names: Collection[str]) -> str:
    """What says of one of the names that it becomes another, in the word that is known for that; no other change."""
    old = said["old"] or said["from"] or said["sino"]
    is_renaming = old.strip("`()") in names and said["new"].strip("`()") in new_names
    return "rename %s to %s" % (old, said["new"]) if is_renaming else said[0]


def _tokens(sentence: str, names: Collection[str], path: str) -> Iterator[_Token]:
    previous = ""
    for found in words.TOKEN.finditer(sentence):
        text = found[0]
        around = sentence[max(0, found.start() - 1):found.start()], sentence[found.end():found.end() + 1]
        kind = words.KIND.fullmatch(text)
        name = _OWNED.split(text)[-1]
        is_quoted = around[0] in ("`", '"', "'") or around[1] == "("
        owner = words.OWNER.sub("", name)
        if owner != name and owner in names:
            token = _Token(owner, "owner")
        elif name in names and (is_quoted or previous in _TAKING or kind is None):
            token = _Token(name, "name")
        elif text in (path, PurePosixPath(path).name):
            token = _Token(text, "thing")
        elif around[0] == "`" and not _PATH.fullmatch(text):
            token = _Token(name, "name")
        else:
            token = _Token(text.lower(), (kind and kind.lastgroup) or _kind_of(text))
        if text not in "`\"'*":
            previous = token.kind
            yield token


def _kind_of(text: str) -> str:
    return "comma" if text in ",，、" else "path" if _PATH.fullmatch(text) else "word" if text[0].isalnum() else "mark"


def _is_said(tokens: Sequence[_Token], at: int, *, is_told: bool) -> bool:
    """Whether the word is a verb that says what is to be done: no noun, and nothing told of the program at work."""
    token, last = tokens[at], tokens[at - 1].text if at else ""
    if token.kind == "elsewhere" or token.text in ("rid", "instead", "scratch"):
        return True
    is_noun = last in words.ARTICLES and not (at + 1 < len(tokens) and tokens[at + 1].text == "of")
    return not is_noun and not is_told


def _note_kept(spoken: Spoken, tokens: Sequence[_Token], at: int) -> None:
    after, before = tokens[at + 1:_end(tokens, at)], _before(tokens, at)
    spoken.kept |= _names(after) or _names(before)
    spoken.keeps_all |= _is_of_all([*before, *after])


def _note_taken(spoken: Spoken, tokens: Sequence[_Token], at: int, before: frozenset[str]) -> None:
    phrases = list(_phrases(tokens, at))
    if _is_negated(tokens, at):
        for phrase in phrases:
            spoken.kept |= _names(phrase)
        spoken.keeps_all |= _is_of_all(tokens[max(0, at - _MOST_BACK):_end(tokens, at)])
        return
    for phrase in phrases:
        removal = _removal(tokens[at], phrase, before)
        if tokens[at].kind != "state" or removal.named:
            spoken.removals.append(removal)


def _phrases(tokens: Sequence[_Token], at: int) -> Iterator[Sequence[_Token]]:
    """The words that may name what goes: behind the verb, before it, or on both sides in other languages."""
    token, behind = tokens[at], tokens[at + 1:_end(tokens, at)]
    if token.kind == "state":
        yield _before(tokens, at)
        return
    if token.kind == "elsewhere":
        yield [*_before(tokens, at), *behind]
        return
    if token.text.endswith(("ed", "split", "hidden", "written")):
        if any(earlier.text in words.BEING for earlier in tokens[max(0, at - 3):at]):
            subject = _before(tokens, at)
            # As in: it is not used and can be removed.
            yield [_Token("it", "thing")] if subject and subject[-1].kind == "and" else subject
            return
        yield _run_before(tokens, at)
    yield behind


def _end(tokens: Sequence[_Token], at: int) -> int:
    return next((end for end in range(at + 1, len(tokens)) if tokens[end].kind in _ENDS), len(tokens))


def _before(tokens: Sequence[_Token], at: int) -> Sequence[_Token]:
    """The subject: the words before the auxiliaries before the verb."""
    end = at
    while end and tokens[end - 1].kind in ("stop", "no"):
        end -= 1
    start = end
    while start and tokens[start - 1].kind not in _ENDS:
        start -= 1
    return tokens[start:end]


def _run_before(tokens: Sequence[_Token], at: int) -> Sequence[_Token]:
    """The names right before the verb, as in a list of what was done."""
    start = at
    while start and tokens[start - 1].kind in ("name", "comma", "mark", "and"):
        start -= 1
    return tokens[start:at] if _names(tokens[start:at]) else ()


def _is_negated(tokens: Sequence[_Token], at: int) -> bool:
    end = _end(tokens, at)
    if end < len(tokens) and words.NO_BEHIND.fullmatch(tokens[end].text) and not any(
        token.kind == "comma" for token in tokens[at:end]
    ):
        return True
    is_list = False
    for earlier in reversed(tokens[max(0, at - _MOST_BACK):at]):
        if earlier.kind == "no" or earlier.text == "instead":
            return True
        if earlier.kind in ("and", "mark") or earlier.text in words.BOUNDS or (earlier.kind == "comma" and not is_list):
            return False
        is_list |= earlier.kind == "or"
    return False


def _removal(verb: _Token, phrase: Sequence[_Token], before: frozenset[str]) -> Removal:
    if phrase and phrase[0].text == "of":
        phrase = phrase[1:]
    what, place = _divided(phrase)
    named = _names(what)
    pronouns = {token.text for token in what} & words.PRONOUNS
    if not named and pronouns - {"everything"} and verb.kind == "cut":
        named = before
    is_loose = verb.kind == "renew" or words.LOOSE.match(verb.text) is not None
    return Removal(
        named,
        not is_loose or (bool(place) and place[0].text in ("as", "into", "to")),
        frozenset() if named or not place or not words.FROM.fullmatch(place[0].text) else _names(place),
        frozenset(
            token.text[:max(4, len(token.text) - 3)] for token in what
            if token.kind == "word" and len(token.text) > 2 and token.text not in words.NO_STEMS
        ),
        not named and (bool(pronouns) or _is_broad(verb, what, place, is_loose)),
    )


def _is_broad(verb: _Token, what: Sequence[_Token], place: Sequence[_Token], is_loose: bool) -> bool:
    nouns = [token for token in what if token.kind == "thing" or (token.kind == "word" and len(token.text) > 2)]
    if verb.kind == "renew" or (is_loose and not nouns):
        return True
    if verb.kind == "move" and any(token.kind in ("thing", "path") for token in place):
        return True
    if verb.kind == "elsewhere":
        return any(token.kind == "thing" for token in what)
    return bool(nouns) and nouns[-1].kind == "thing"


def _divided(phrase: Sequence[_Token]) -> tuple[Sequence[_Token], Sequence[_Token]]:
    """What goes, and from the first preposition on where from or to. Far Eastern particles follow their noun."""
    owned = [
        at for at, token in enumerate(phrase) if token.kind == "owner"
        or (token.kind == "name" and at + 1 < len(phrase) and phrase[at + 1].text in words.PARTICLES)
    ]
    if owned:
        place = [_Token("in", "preposition"), *(_Token(phrase[at].text, "name") for at in owned)]
        return [token for at, token in enumerate(phrase) if at not in owned], place
    for at, token in enumerate(phrase):
        is_of = token.text in ("of", "for") and at > 0 and phrase[at - 1].text in words.COPIES
        if token.kind == "preposition" and not is_of:
            return phrase[:at], phrase[at:]
    return phrase, ()


def _names(tokens: Sequence[_Token]) -> frozenset[str]:
    return frozenset(token.text for token in tokens if token.kind == "name")


def _is_of_all(tokens: Sequence[_Token]) -> bool:
    said = {token.text for token in tokens}
    return bool(said & words.NO_OTHERS) and not said & words.OTHERS
