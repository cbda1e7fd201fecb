"""How much each file has to do with a task: by the paths, names and words in its text, and by who is next to whom."""

from __future__ import annotations

import posixpath
import re
from dataclasses import field
from itertools import islice
from typing import Iterable, Iterator, Sequence

from orchestra.dataclass import dataclass
from orchestra.regex import regex
from orchestra.workspace.repo_map.file_facts import key_of, words_of
from orchestra.workspace.repo_map.index import RepoIndex
from orchestra.workspace.repo_map.places import MOST_MEANT, Places, is_test, subject_of
from orchestra.workspace.repo_map.project_files import project_files

NAMED, DECLARES, NEXT, USES = 60, 40, 14, 12
"""Points for a file that the task names, that declares a name in it, is next to one of these, uses such a name.

What the repository refers to gives as many as its score has bits.
"""
WORD, IN_NAME, IN_FOLDER, HERE = 16, 4, 6, 8
"""For a word of the task in a path or a declared name, less where many files have it; more where it names the file."""
WHOLE_NAME = 20
"""For a word that is all of a file's name, where few are called so."""
_HUB = 30
"""What so many files use or import, or what imports from them, is next to everything: half the points, no reason."""
_MOST_NAMES = 400
_NAME = regex(r"[A-Za-z_$][A-Za-z0-9_$]{2,}")
_WORDS = regex(r"[A-Za-z]{3,40}")
_BETWEEN = regex(r"[ -]")
_CODE = regex(r"\w_|[a-z][A-Z]|[A-Z]{2}[a-z]|\d")
_COMMON = frozenset(
    "the and for with that this from into are not but all any can has have should must when where which who what then"
    " than them they their there these those also only each every more most some such use uses used using make makes"
    " add adds added change changes changed fix fixes fixed new old test tests file files code function functions"
    " class method methods module name names value values line lines please implement write read remove removed update"
    " instead task after before without within between about during while until once twice always never very correct"
    " correctly wrong wrongly fail fails failing failed error errors ignore ignores ignored support supports supported"
    " argument arguments answer page show shows set sets get gets does done work works working possible first last der"
    " die das und oder nicht mit von bei beim für auf ein eine einen soll sollen muss wird werden wenn nach als den dem"
    " des sich auch nur noch aus ist sind kann schlagen fehl les des une dans pour avec los las para con".split()
)
_PATH = regex(r"(?<![\w$@.+-])[\w$@.+-]*/[\w$@.+/-]+")
_SENTENCE = regex(r"(?:\A|[.!?:;\n]|[-*])[ \t]*\Z")
_CAPITAL = regex(r"(?<![\w.`/\\@#$-])[A-Z][a-z]{3,}(?![\w`/(-])")
_MOST_OF_A_CAPITAL = 2
_MEMBER = regex(
    r"(?<![\w.`/\\@#$-])([A-Z]\w*[a-z]\w*)\.(?!(?:json|toml|ya?ml|lock|txt|html|css|xml|java|php|cpp|org|com|net)\b)"
    r"([a-z_]\w{2,})(?![\w/-]|\.\w)"
)
"""`Store.put`, which is no file."""
_PART = regex(r"(?<![\w/.-])[a-z]+(?:\d|[_-](?=[a-z]))[\w-]*(?![\w/])")
_MOST_PARTS = 20
_ENDINGS = ("", "s", "e", "es", "er", "ers", "ing", "ed", "or")
_ENDING = regex(r"([a-z]{3,}?)(?:(?<!s)s|es|ers?|ors?|ing|ed|e)?")
_MANY = 3
"""A folder with so great a part of all files tells them not apart."""


@dataclass(frozen=True)
class Relevance:
    """By file number: points, and the best reason for them."""

    points: dict[int, int] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    words: dict[int, list[str]] = field(default_factory=dict)
    """Of the task, those that a file has."""
    named: tuple[str, ...] = ()
    """Paths that the task names, whether their language is known or not."""
    projects: tuple[tuple[str, str], ...] = ()
    """Files about the project that it speaks of, and what they are for."""
    core: set[int] = field(default_factory=set)
    """Those that the task names or that declare what it names."""
    names: frozenset[str] = frozenset()
    """The names of code in the task."""

    def add(self, number: int, points: int, reason: str) -> None:
        """The first reason stays."""
        self.points[number] = self.points.get(number, 0) + points
        self.reasons.setdefault(number, reason)

    def add_linked(self, number: int, points: int, reason: str, *, links: int) -> None:
        """For one of so many that are linked in this way."""
        if links <= _HUB:
            self.add(number, points, reason)
        else:
            self.points[number] = self.points.get(number, 0) + points // 2


def relevance(
    index: RepoIndex, places: Places, text: str, seeds: Iterable[str] = (), folder: str = ""
) -> Relevance:
    """What a text says about the files; `seeds` count as named, and who stands in a `folder` rather means its files."""
    found = Relevance(
        named=tuple(places.named(text)), projects=tuple(project_files(places.paths, text)),
        names=frozenset(_code_names(text)),
    )
    numbers = index.numbers
    core = [numbers[path] for path in dict.fromkeys([*seeds, *found.named]) if path in numbers]
    for number in core:
        found.add(number, NAMED, "the task names it")
    for name in sorted(found.names) + sorted({*_joined_names(index, text), *_capitals(index, text)} - found.names):
        core += _count_name(index, name, found)
    found.core.update(core)
    for number in dict.fromkeys(core):
        for other, how, links in _neighbours(index, places, number):
            found.add_linked(other, NEXT, "%s %s" % (how, index.paths[number]), links=links)
    for word in sorted(set(words_of(_without_paths(text, found.named))) - _COMMON):
        _count_word(index, word, found)
    for part in sorted(set(_PART.findall(text.lower())))[:_MOST_PARTS]:
        _count_part(index, part, found)
    here = [number for number, path in enumerate(index.paths) if folder and path.startswith(folder + "/")]
    for number in here if _MANY * len(here) <= len(index.paths) else ():
        found.points[number] = found.points.get(number, 0) + HERE
    return found


def sought(text: str) -> tuple[frozenset[str], list[frozenset[str]]]:
    """The names of code in a text, and of each of its words the forms."""
    return frozenset(_code_names(text)), [_forms(word) for word in sorted(set(words_of(text)) - _COMMON)]


def ranked(index: RepoIndex, found: Relevance) -> list[int]:
    """All files, the most relevant and most referred to first."""
    points = [score.bit_length() for score in index.scores]
    for number, more in found.points.items():
        points[number] += more
    return sorted(range(len(points)), key=lambda number: (-points[number], -index.scores[number], number))


def _neighbours(index: RepoIndex, places: Places, number: int) -> Iterator[tuple[int, str, int]]:
    """Each with how it is next to the file, and how many are so."""
    path = index.paths[number]
    for partner in places.partners(path):
        if partner in index.numbers:
            yield index.numbers[partner], "is tested by" if is_test(path) else "tests", 1
    for other in index.imports.get(number):
        yield other, "is imported by", len(index.importers.get(other))
    importers = index.importers.get(number)
    for other in importers:
        yield other, "imports", len(importers)


def _count_name(index: RepoIndex, name: str, found: Relevance) -> Sequence[int]:
    """Who declares it, unless these are too many to be meant."""
    key = key_of(name)
    declaring = index.declarers.get(key)
    if len(declaring) > MOST_MEANT:
        return ()
    for number in declaring:
        found.add(number, DECLARES, "declares %s, which the task names" % name)
    users = index.users.get(key)
    for number in users:
        found.add_linked(number, USES, "uses %s, which the task names" % name, links=len(users))
    return declaring


def _count_word(index: RepoIndex, word: str, found: Relevance) -> None:
    forms = _forms(word)
    having = sorted({number for form in forms for number in index.words.get(key_of(form))})
    if not having:
        return
    points = _points_of(index, len(having))
    for number in having:
        folder, name = posixpath.split(index.paths[number])
        is_in_name, is_in_folder = (not forms.isdisjoint(words_of(part)) for part in (name, folder))
        place = max(IN_NAME * is_in_name, IN_FOLDER * is_in_folder) + (is_in_name and is_in_folder)
        found.points[number] = found.points.get(number, 0) + points + place
        found.words.setdefault(number, []).append(word)
    called = [number for number in having if subject_of(index.paths[number]).lower() in forms]
    for number in called if len(called) <= MOST_MEANT else ():
        found.points[number] += WHOLE_NAME


def _count_part(index: RepoIndex, part: str, found: Relevance) -> None:
    """A folder's or a file's own name, where words do not make it out: `http2`, `react-dom`."""
    form = re.compile(r"(?i)(?:.*/)?" + re.escape(part) + r"(?:/.*|\.[^/]*)?")
    having = [number for number, path in enumerate(index.paths) if form.fullmatch(path)]
    points = _points_of(index, len(having)) + IN_FOLDER if having else 0
    for number in having:
        found.points[number] = found.points.get(number, 0) + points
        found.words.setdefault(number, []).append(part)


def _points_of(index: RepoIndex, having: int) -> int:
    """The rarer a word is, the more it says: most where one file alone has it, in however small a repository."""
    return WORD if having == 1 else min(WORD, 2 * (len(index.paths) // having).bit_length() + 2)


def _forms(word: str) -> frozenset[str]:
    """The word, and what it is called as one, as many, as who does it and as the doing: `decoding` and `decoder`."""
    match = _ENDING.fullmatch(word)
    if match is None:
        return frozenset((word,))
    stem = match[1]
    doubled = stem[:-1] if stem[-1] == stem[-2] else stem
    return frozenset((word, *(base + ending for base in (stem, doubled) for ending in _ENDINGS)))


def _without_paths(text: str, named: Sequence[str]) -> str:
    """The folders of a file that is named are not what the task speaks of."""
    return _PATH.sub(lambda it: " " if any(path.endswith(it[0].strip("./")) for path in named) else it[0], text)


def _joined_names(index: RepoIndex, text: str) -> Iterator[str]:
    """What two words of the text are called in code that declares it: `request context` as RequestContext."""
    words = list(islice(_WORDS.finditer(text), _MOST_NAMES))
    for one, other in zip(words, words[1:]):
        first, second = one[0].lower(), other[0].lower()
        if not _BETWEEN.fullmatch(text, one.end(), other.start()) or {first, second} <= _COMMON:
            continue
        for last in dict.fromkeys((second, second[:-1] if second.endswith("s") else second)):
            for name in (f"{first}_{last}", first.title() + last.title(), first + last.title()):
                if index.declarers.get(key_of(name)):
                    yield name


def _capitals(index: RepoIndex, text: str) -> Iterator[str]:
    """The words within a sentence that begin as types do and are declared as such, hardly anywhere else."""
    for match in islice(_CAPITAL.finditer(text), _MOST_NAMES):
        if not _SENTENCE.search(text, max(0, match.start() - 20), match.start()):
            if 0 < len(index.declarers.get(key_of(match[0]))) <= _MOST_OF_A_CAPITAL:
                yield match[0]


def _code_names(text: str) -> Iterator[str]:
    """The words that look like names of code, those between backticks, before a parenthesis or after `::`, and a type
    with its member.
    """
    for dotted in islice(_MEMBER.finditer(text), _MOST_NAMES):
        yield from dotted.groups()
    for match in islice(_NAME.finditer(text), _MOST_NAMES):
        before, after = text[max(0, match.start() - 1):match.start()], text[match.end():match.end() + 1]
        around = (before if after != "." else "") + (after if before != "." or after == "(" else "")
        around = "`" if text[max(0, match.start() - 2):match.start()] == "::" else around
        if _CODE.search(match[0]) or "`" in around or around.endswith("("):
            yield match[0]
