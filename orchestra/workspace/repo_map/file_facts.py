"""What one file says: the names it declares, those it uses, and what it brings in."""

from __future__ import annotations

import json
import re
import zlib
from array import array
from collections import Counter
from dataclasses import dataclass
from typing import Iterator, Mapping, Sequence
from zlib import crc32

from orchestra.workspace.repo_map.grammar import MAX_LINE, Grammar

MAX_FILE_BYTES = 1_000_000
MAX_DECLARATIONS = 2000
MAX_IMPORTS = 200
MAX_SIGNATURE = 160
VERSION = 1
"""To be counted up where the same text gives other facts."""

LEVELS = 4
"""How often a name is used is kept as once, twice, four times or eight times."""
_MOST_LINES = 5
"""Of a signature that goes on."""
_LONGEST_NAME = 60
_NAME = re.compile(r"[A-Za-z_]\w{2,}")
_LITERAL = re.compile(r"""(["'`])[^\s"'`<>&,]{9,}\1""")
_LAST_PART = re.compile(r"[^:.\"`\[\]]+")
"""Of `ns::name` or `[schema].[table]`."""
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*[ \t]*(?::[^=]{1,80})?=")
_FROM = re.compile(r"\s*from\s+([.\w]+)\s+import\s+\(?(.*)", re.S)


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
    """One file's part of the map."""

    declarations: tuple[Declaration, ...] = ()
    imports: tuple[str, ...] = ()
    """As the language writes them."""
    uses: tuple[array[int], ...] = ()
    """For each level from the first the keys of the names that are used at least that often."""
    is_exact: bool = False
    """Whether a syntax tree was read, not only lines."""

    def to_bytes(self) -> bytes:
        """Compact, for a cache. Of names that are only used no text is kept: a password may look like one."""
        rows = [[it.line, it.name, it.signature] for it in self.declarations]
        head = [rows, list(self.imports), self.is_exact]
        packed = zlib.compress(json.dumps(head).encode("utf-8"), 1)
        lengths = array("I", [len(packed), *map(len, self.uses)])
        return bytes([len(lengths)]) + lengths.tobytes() + packed + b"".join(level.tobytes() for level in self.uses)

    @classmethod
    def from_bytes(cls, kept: bytes) -> FileFacts:
        """Raises ValueError for what is none."""
        try:
            lengths = array("I", kept[1:1 + 4 * kept[0]])
            at = 1 + 4 * kept[0] + lengths[0]
            rows, imports, is_exact = json.loads(zlib.decompress(kept[at - lengths[0]:at]))
            uses = []
            for length in lengths[1:]:
                uses.append(array("I", kept[at:at + 4 * length]))
                at += 4 * length
            return cls(tuple(Declaration(*row) for row in rows), tuple(imports), tuple(uses), is_exact)
        except (IndexError, TypeError, zlib.error) as error:
            raise ValueError(str(error)) from None


def key_of(name: str) -> int:
    """The number that stands for a name."""
    return crc32(name.encode("utf-8", "surrogatepass"))


def facts_of(content: bytes, grammar: Grammar) -> FileFacts:
    """Reads a file's bytes; nothing is found in a binary file."""
    if b"\0" in content or len(content) > MAX_FILE_BYTES:
        return FileFacts()
    text = "\n" + content.decode("utf-8", "replace").replace("\r\n", "\n")
    lines = text.split("\n")
    if max(map(len, lines)) > MAX_LINE:
        text = "\n".join(line[:MAX_LINE] for line in lines)
    uses = () if grammar.is_prose else _levels(Counter(_NAME.findall(text)))
    return FileFacts(tuple(_declarations(text, grammar)), _imports(text, grammar), uses)


def shown_signature(text: str) -> str:
    """A declaration as it may stand in the map: on one line, cut, without values that might be secret."""
    bare = text.lstrip()
    indent = text[:len(text) - len(bare)].replace("\t", "    ")[:8]
    joined = " ".join(bare.split()).rstrip("{:; ")
    if '"' in joined or "'" in joined or "`" in joined:
        joined = _LITERAL.sub(r"\1...\1", joined)
    return indent + (joined if len(joined) <= MAX_SIGNATURE else joined[:MAX_SIGNATURE - 4] + " ...")


def _declarations(text: str, grammar: Grammar) -> Iterator[Declaration]:
    line, place, count = 0, 0, 0
    for found in grammar.declares.finditer(text):
        if found.lastindex is None:
            continue
        if count == MAX_DECLARATIONS:
            break
        count += 1
        line += text.count("\n", place, found.start() + 1)
        place = found.start() + 1
        name = _LAST_PART.findall(found[found.lastindex] or " ")[-1]
        yield Declaration(line, name.strip()[:_LONGEST_NAME], shown_signature(_statement(text, place)))


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
        levels.append(array("I", [crc32(name.encode()) for name, _ in names]))
    return tuple(levels)
