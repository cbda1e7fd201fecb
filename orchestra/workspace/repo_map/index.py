"""What the facts of all files give together: who declares, who uses, who imports, and how much each file counts."""

from __future__ import annotations

import json
from array import array
from collections import Counter, defaultdict
from functools import cached_property
from math import isqrt
from typing import Any, Iterable, Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.found_files import read_json
from orchestra.workspace.repo_map.file_facts import FileFacts, key_of, words_of
from orchestra.workspace.repo_map.links import Links
from orchestra.workspace.repo_map.postings import Postings

VERSION = 1
"""To be counted up where the same facts give another index."""
MOST_USERS = 64
"""A name that more files use says little about any of them."""
_MOST_OF_A_WORD = 400


@dataclass(frozen=True)
class RepoIndex:
    """A repository's files in the order of their paths; a file's number is its place there."""

    paths: tuple[str, ...]
    hashes: tuple[str, ...]
    """Of their contents, as git hashes blobs."""
    scores: array[int]
    """How much the rest of the repository refers to what each declares."""
    declarers: Postings
    """By name."""
    weights: array[int]
    """Of each name in `declarers`."""
    users: Postings
    """By name, for names that are declared somewhere and used by few."""
    words: Postings
    """By word, the files that have it in their path or in a name that they declare."""
    imports: Postings
    """By file number."""
    importers: Postings

    def weights_of(self, names: Iterable[str]) -> list[int]:
        """How much a declaration of each name counts."""
        places = map(self.declarers.place, map(key_of, names))
        return [0 if place is None else self.weights[place] for place in places]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """By path."""
        return {path: number for number, path in enumerate(self.paths)}

    def to_bytes(self) -> bytes:
        """For a cache."""
        arrays = [self.scores, self.weights]
        for postings in (self.declarers, self.users, self.words, self.imports, self.importers):
            arrays += postings.arrays()
        head = json.dumps({
            "paths": self.paths, "hashes": "".join(self.hashes), "lengths": [len(each) for each in arrays]
        }).encode("utf-8")
        return b"%d\n" % len(head) + head + b"".join(each.tobytes() for each in arrays)

    @classmethod
    def from_bytes(cls, kept: bytes) -> RepoIndex:
        """Raises ValueError for what is none."""
        try:
            line = kept.index(b"\n") + 1
            at = line + int(kept[:line])
            head: Any = read_json(kept[line:at])
            arrays = []
            for length in head["lengths"]:
                arrays.append(array("I", kept[at:at + 4 * length]))
                at += 4 * length
            paths, hashes = tuple(head["paths"]), head["hashes"]
            scores, weights, *rest = arrays
            postings = [Postings(*rest[start:start + 3]) for start in range(0, 15, 3)]
            ids = tuple(hashes[start:start + 40] for start in range(0, len(hashes), 40))
            declarers, users, words, imports, importers = postings
            return cls(paths, ids, scores, declarers, weights, users, words, imports, importers)
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(str(error)) from None


def build_index(paths: Sequence[str], hashes: Sequence[str], facts: Sequence[FileFacts]) -> RepoIndex:
    """The index of these files. The same files give the same index, whatever was indexed before."""
    declarers = _declarers(facts)
    counts, users = _users(facts, declarers)
    weights = {key: _weight(counts[key], len(numbers)) for key, numbers in declarers.items()}
    imports, importers = _imports(paths, facts)
    packed = Postings.of(declarers)
    return RepoIndex(
        tuple(paths), tuple(hashes), _scores(facts, weights), packed,
        array("I", [weights[key] for key in packed.keys]), Postings.of(users),
        Postings.of(_words(paths, facts)), imports, importers,
    )


def _declarers(facts: Sequence[FileFacts]) -> dict[int, list[int]]:
    declarers: dict[int, list[int]] = defaultdict(list)
    for number, file in enumerate(facts):
        for key in file.declared:
            declarers[key].append(number)
    return declarers


def _users(
    facts: Sequence[FileFacts], declarers: Mapping[int, Sequence[int]]
) -> tuple[Counter[int], dict[int, list[int]]]:
    """How often each declared name is used outside the files that declare it, and by whom."""
    counts: Counter[int] = Counter()
    users: dict[int, list[int]] = defaultdict(list)
    declared = set(declarers)
    for number, file in enumerate(facts):
        own = set(file.declared)
        for level, keys in enumerate(file.uses):
            used = declared.intersection(keys) - own
            counts.update(used)
            if level == 0:
                for key in used:
                    users[key].append(number)
    return counts, {key: numbers for key, numbers in users.items() if len(numbers) <= MOST_USERS}


def _weight(uses: int, declarers: int) -> int:
    """Grows slowly with the uses; what is declared in many places is hardly ever meant."""
    return isqrt(10_000 * uses) // declarers ** 2


def _scores(facts: Sequence[FileFacts], weights: Mapping[int, int]) -> array[int]:
    return array("I", [sum(weights[key] for key in file.declared) for file in facts])


def _words(paths: Sequence[str], facts: Sequence[FileFacts]) -> dict[int, list[int]]:
    words: dict[int, list[int]] = defaultdict(list)
    for number, (path, file) in enumerate(zip(paths, facts)):
        for key in {*map(key_of, words_of(path)), *file.words}:
            words[key].append(number)
    return {key: numbers for key, numbers in words.items() if len(numbers) <= _MOST_OF_A_WORD}


def _imports(paths: Sequence[str], facts: Sequence[FileFacts]) -> tuple[Postings, Postings]:
    links = Links(paths)
    imports: dict[int, list[int]] = {}
    importers: dict[int, list[int]] = defaultdict(list)
    for number, file in enumerate(facts):
        targets = sorted(links.targets(number, file.imports)) if file.imports else []
        if targets:
            imports[number] = targets
        for target in targets:
            importers[target].append(number)
    return Postings.of(imports), Postings.of(importers)
