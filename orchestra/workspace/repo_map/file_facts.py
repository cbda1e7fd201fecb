"""What one file says: the names it declares, those it uses, and what it brings in."""

from __future__ import annotations

import json
import re
import zlib
from array import array
from collections import Counter
from dataclasses import field
from itertools import islice
from typing import Any, Iterable, Iterator, Mapping, Sequence
from zlib import crc32

from orchestra.dataclass import dataclass
from orchestra.found_files import read_json
from orchestra.regex import regex
from orchestra.workspace.repo_map.grammar import MAX_LINE, Grammar

MAX_FILE_BYTES = 1_000_000
MAX_DECLARATIONS = 2000
MAX_IMPORTS = 200
MAX_SIGNATURE = 160
VERSION = 7
"""To be counted up where the same text gives other facts."""

LEVELS = 4
"""How often a name is used is kept as once, twice, four times or eight times."""
_MOST_LINES = 5
"""Of a signature that goes on."""
_LONGEST_NAME = 60
_NOTHING = zlib.compress(b"[]", 1)
_NAME = regex(r"[A-Za-z_]\w{2,}")
_WORDS = regex(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_LITERAL = regex(r"""(["'`])[^\s"'`<>&,]{9,}\1""")
_LAST_PART = regex(r"[^:.\"`\[\]]+")
"""Of `ns::name` or `[schema].[table]`."""
_CONSTANT = regex(r"[A-Z][A-Z0-9_]*[ \t]*(?::[^=]{1,80})?=")
_FROM = regex(r"\s*from\s+([.\w]+)\s+import\s+\(?(.*)", re.S)


def _keys(keys: Iterable[int] = ()) -> array[int]:
    return array("I", keys)


@dataclass(frozen=True)
class Declaration:
    """A name and the line that declares it."""

    line: int
    name: str
    """Empty for what is only shown, such as a heading."""
    signature: str
    """With its indentation, without the body."""


@dataclass(frozen=True)
class FileFacts:
    """One file's part of the map. Of names that are only used no text is kept: a password may look like one."""

    packed: bytes = _NOTHING
    """What it declares, to be unpacked by need."""
    imports: tuple[str, ...] = ()
    """As the language writes them."""
    declared: array[int] = field(default_factory=_keys)
    """The keys of the names that it declares."""
    words: array[int] = field(default_factory=_keys)
    """The keys of the words of these names."""
    uses: tuple[array[int], ...] = ()
    """For each level from the first the keys of the names that are used at least that often."""

    @classmethod
    def of(
        cls, declarations: Iterable[Declaration], imports: Iterable[str] = (), uses: Iterable[array[int]] = ()
    ) -> FileFacts:
        found = list(declarations)
        names = dict.fromkeys(it.name for it in found if len(it.name) > 2)
        words = dict.fromkeys(words_of(" ".join(it.name or it.signature for it in found)))
        rows = [[it.line, it.name, it.signature] for it in found]
        packed = zlib.compress(json.dumps(rows).encode("utf-8"), 1)
        return cls(packed, tuple(imports), _keys(map(key_of, names)), _keys(map(key_of, words)), tuple(uses))

    def declarations(self) -> tuple[Declaration, ...]:
        """Raises ValueError where they are damaged."""
        try:
            rows: Any = read_json(zlib.decompress(self.packed))
            return tuple(Declaration(*row) for row in rows)
        except (TypeError, zlib.error) as error:
            raise ValueError(str(error)) from None

    def to_bytes(self) -> bytes:
        """For a cache."""
        imports = "\n".join(self.imports).encode("utf-8", "surrogatepass")
        parts = [self.packed, imports, *(keys.tobytes() for keys in (self.declared, self.words, *self.uses))]
        return bytes([len(parts)]) + _keys(map(len, parts)).tobytes() + b"".join(parts)

    @classmethod
    def from_bytes(cls, kept: bytes) -> FileFacts:
        """Raises ValueError for what is none."""
        if not kept:
            raise ValueError("nothing")
        at = 1 + 4 * kept[0]
        parts = []
        for length in array("I", kept[1:at]):
            parts.append(kept[at:at + length])
            at += length
        if len(parts) < 4 or at != len(kept):
            raise ValueError("cut off")
        packed, imports, *keys = parts
        declared, words, *uses = (array("I", each) for each in keys)
        names = tuple(imports.decode("utf-8", "surrogatepass").split("\n")) if imports else ()
        return cls(packed, names, declared, words, tuple(uses))


def key_of(name: str) -> int:
    """The number that stands for a name."""
    return crc32(name.encode("utf-8", "surrogatepass"))


def words_of(text: str) -> list[str]:
    """The words of a name or a path, in small letters: `HTTPServer_v2` has http and server."""
    return [word.lower() for word in _WORDS.findall(text) if len(word) > 2]


def facts_of(content: bytes, grammar: Grammar) -> FileFacts:
    """Reads a file's bytes; nothing is found in a binary file."""
    if b"\0" in content or len(content) > MAX_FILE_BYTES:
        return FileFacts()
    text = _readied(content.decode("utf-8", "replace"))
    uses = () if grammar.is_prose else _levels(Counter(_NAME.findall(text)))
    return FileFacts.of(_declarations(text, grammar), _imports(text, grammar), uses)


def declarations_in(text: str, grammar: Grammar) -> tuple[Declaration, ...]:
    """What a text declares, in the order in which it stands."""
    return tuple(_declarations(_readied(text), grammar))


def _readied(text: str) -> str:
    """As the patterns read it."""
    text = "\n" + text.replace("\r\n", "\n")
    lines = text.split("\n")
    return "\n".join(line[:MAX_LINE] for line in lines) if max(map(len, lines)) > MAX_LINE else text


def shown_signature(text: str) -> str:
    """A declaration as it may stand in the map: on one line, cut, without values that might be secret."""
    bare = text.lstrip()
    indent = text[:len(text) - len(bare)].replace("\t", "    ")[:8]
    joined = " ".join(bare.split()).rstrip("{:;, ")
    if '"' in joined or "'" in joined or "`" in joined:
        joined = _LITERAL.sub(r"\1...\1", joined)
    return indent + (joined if len(joined) <= MAX_SIGNATURE else joined[:MAX_SIGNATURE - 4] + " ...")


def _declarations(text: str, grammar: Grammar) -> Iterator[Declaration]:
    line, place = 0, 0
    for found in islice(_found(text, grammar), MAX_DECLARATIONS):
        line += text.count("\n", place, found.start() + 1)
        place = found.start() + 1
        for name in _LAST_PART.findall(found[found.lastindex or 0] or " ")[-1:]:
            yield Declaration(line, name.strip()[:_LONGEST_NAME], shown_signature(_statement(text, place)))


def _found(text: str, grammar: Grammar) -> Iterable[re.Match[str]]:
    """In the order in which they stand."""
    own = (found for found in grammar.declares.finditer(text) if found.lastindex is not None)
    if not grammar.holds:
        return own
    held = (each for holder, member in grammar.holds for each in _held(text, holder, member))
    found = {each.start(): each for each in [*held, *own]}
    return (found[start] for start in sorted(found))


def _held(text: str, holder: re.Pattern[str], member: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Of each body the members that are indented least: what is deeper belongs to one of them."""
    for body in holder.finditer(text):
        members = [(each, _indent(each[0])) for each in member.finditer(text, *body.span(body.lastindex or 0))]
        least = min((indent for _, indent in members), default=0)
        yield from (each for each, indent in members if indent == least)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _statement(text: str, start: int) -> str:
    """The line that begins there, with those that belong to its open parenthesis."""
    end = text.find("\n", start)
    statement = text[start:] if end < 0 else text[start:end]
    for _ in range(_MOST_LINES):
        if end < 0 or statement.count("(") <= statement.count(")"):
            break
        next_end = text.find("\n", end + 1)
        statement += " " + (text[end + 1:] if next_end < 0 else text[end + 1:next_end]).strip()
        end = next_end
    constant = _CONSTANT.match(statement)
    return statement if constant is None else constant[0] + " ..."


def _imports(text: str, grammar: Grammar) -> tuple[str, ...]:
    if grammar.imports is None:
        return ()
    found: dict[str, None] = {}
    for match in grammar.imports.finditer(text):
        targets = [match[match.lastindex]] if match.lastindex else _python_targets(match[0])
        found.update(dict.fromkeys(target for target in targets if 0 < len(target) <= MAX_LINE))
        if len(found) > MAX_IMPORTS:
            break
    return tuple(found)[:MAX_IMPORTS]


def _python_targets(statement: str) -> Sequence[str]:
    """`from a import b` may mean the module a.b, or a name in a."""
    found = _FROM.match(statement)
    if found is None:
        return [part.split()[0] for part in statement.split("import", 1)[1].split(",") if part.split()]
    base = found[1] if found[1].endswith(".") else found[1] + "."
    names = [part.split()[0] for part in found[2].split(",") if part.split()]
    return [base + name for name in names if name.isidentifier()] or [found[1]]


def _levels(counts: Mapping[str, int]) -> tuple[array[int], ...]:
    """The very first holds all names, each next one those of the one before that occur twice as often."""
    levels = []
    names = list(counts.items())
    for level in range(LEVELS):
        if level:
            names = [pair for pair in names if pair[1] >= 1 << level]
        if not names:
            break
        levels.append(_keys([crc32(name.encode()) for name, _ in names]))
    return tuple(levels)
