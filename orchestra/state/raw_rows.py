"""Rows of a damaged journal that no table leads to any more, read page by page.

The layout of pages and records is that of sqlite.org/fileformat.html. What is found may be older than what was lost: a
page that was given up keeps what it held.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from orchestra.state.database import connect

_LEAF = 13
_FREE_AT, _SIZE_AT = 32, 16
_LARGEST_PAGE = 65536
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Serial type to bytes."""
_FLOAT = 7
_LONGEST_LEVEL = 7
"""Of `warning`: what tells an event, in its fourth column, from a plan, whose text that is."""


class RawRow(NamedTuple):
    """One row, by what it looks like."""

    table: str
    rowid: int
    cells: Mapping[str, Any]


class _Record(NamedTuple):
    rowid: int
    kinds: str
    """A letter for each cell: n, i, f, b or t."""
    cells: Sequence[Any]


class _Broken(ValueError):
    """What should be a record is none."""


def raw_rows(path: Path, schema: sqlite3.Connection) -> Iterator[RawRow]:
    """All rows on pages that are in use and can be read, in tables as those of `schema`."""
    content = _written_back(path)
    page_bytes = int.from_bytes(content[_SIZE_AT:_SIZE_AT + 2], "big")
    page_bytes = _LARGEST_PAGE if page_bytes == 1 else page_bytes if page_bytes >= 512 else 4096
    pages = [content[start:start + page_bytes] for start in range(0, len(content), page_bytes)]
    shapes = _shapes(schema)
    free = _free_pages(pages)
    for number, page in enumerate(pages, 1):
        if number > 1 and number not in free and page[:1] == bytes([_LEAF]):
            yield from _rows_of(list(_records(page, pages)), shapes)


def _written_back(path: Path) -> bytes:
    """The file's content with that of its log, which SQLite brings back when the file is closed."""
    connection = connect(path)
    with suppress(sqlite3.Error):
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    connection.close()
    return path.read_bytes()


def _rows_of(records: Sequence[_Record], shapes: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[RawRow]:
    """Those of one page belong to one table."""
    fitting = {
        table: [record for record in records if _fits(record, shape, is_event=table == "events")]
        for table, shape in shapes.items()
    }
    table = max(fitting, key=lambda name: len(fitting[name]))
    for record in fitting[table]:
        # A column that is the row's number is kept as that alone.
        yield RawRow(table, record.rowid, {
            name: record.rowid if kinds == "n" else cell for (name, kinds), cell in zip(shapes[table], record.cells)
        })


def _fits(record: _Record, shape: Sequence[tuple[str, str]], *, is_event: bool) -> bool:
    if len(record.kinds) != len(shape) or any(kind not in kinds for kind, (_, kinds) in zip(record.kinds, shape)):
        return False
    return not is_event or len(record.cells[3]) <= _LONGEST_LEVEL


def _shapes(schema: sqlite3.Connection) -> dict[str, list[tuple[str, str]]]:
    """For each table its columns, each with the kinds that its cells may have."""
    letters = {"INTEGER": "i", "TEXT": "t", "BLOB": "b", "REAL": "if"}
    shapes = {}
    for (table,) in list(schema.execute("SELECT name FROM sqlite_master WHERE type = 'table'")):
        columns = schema.execute(f"PRAGMA table_info({table})").fetchall()
        shapes[table] = [
            (row["name"], "n" if row["pk"] and row["type"] == "INTEGER" else
             letters[row["type"]] + ("" if row["notnull"] else "n"))
            for row in columns
        ]
    return shapes


def _free_pages(pages: Sequence[bytes]) -> frozenset[int]:
    free: set[int] = set()
    trunk = int.from_bytes(pages[0][_FREE_AT:_FREE_AT + 4], "big") if pages else 0
    while 1 < trunk <= len(pages) and trunk not in free:
        page = pages[trunk - 1]
        count = min(int.from_bytes(page[4:8], "big"), len(page) // 4 - 2)
        free |= {trunk, *struct.unpack_from(f">{count}I", page, 8)}
        trunk = int.from_bytes(page[:4], "big")
    return frozenset(free)


def _records(page: bytes, pages: Sequence[bytes]) -> Iterator[_Record]:
    for number in range(int.from_bytes(page[3:5], "big")):
        with suppress(_Broken, IndexError, UnicodeDecodeError, struct.error):
            at = int.from_bytes(page[8 + 2 * number:10 + 2 * number], "big")
            length, at = _varint(page, at)
            rowid, at = _varint(page, at)
            yield _record(rowid - (1 << 64) if rowid >> 63 else rowid, _payload(page, at, length, pages))


def _payload(page: bytes, at: int, length: int, pages: Sequence[bytes]) -> bytes:
    """With what overflowed to other pages."""
    if length > len(pages) * len(page):
        raise _Broken
    most = len(page) - 35
    local = length
    if length > most:
        least = (len(page) - 12) * 32 // 255 - 23
        local = least + (length - least) % (len(page) - 4)
        local = local if local <= most else least
    parts, left = [page[at:at + local]], length - local
    following = int.from_bytes(page[at + local:at + local + 4], "big") if left else 0
    seen: set[int] = set()
    while left > 0:
        if not 1 < following <= len(pages) or following in seen:
            raise _Broken
        seen.add(following)
        more = pages[following - 1]
        parts.append(more[4:4 + left])
        left -= len(parts[-1])
        if not parts[-1]:
            raise _Broken
        following = int.from_bytes(more[:4], "big")
    return b"".join(parts)


def _record(rowid: int, payload: bytes) -> _Record:
    header, at = _varint(payload, 0)
    types = []
    while at < header:
        type_, at = _varint(payload, at)
        types.append(type_)
    kinds, cells = "", []
    for type_ in types:
        kind, cell, at = _cell(type_, payload, at)
        kinds += kind
        cells.append(cell)
    if at != len(payload):
        raise _Broken
    return _Record(rowid, kinds, cells)


def _cell(type_: int, payload: bytes, at: int) -> tuple[str, Any, int]:
    """Its kind, its value, and where the next one begins."""
    if type_ == 0:
        return "n", None, at
    if type_ in (8, 9):
        return "i", type_ - 8, at
    if type_ in _INTEGERS:
        end = at + _INTEGERS[type_]
        return "i", int.from_bytes(payload[at:end], "big", signed=True), end
    if type_ == _FLOAT:
        return "f", struct.unpack_from(">d", payload, at)[0], at + 8
    if type_ < 12:
        raise _Broken
    end = at + (type_ - 12) // 2
    if end > len(payload):
        raise _Broken
    return ("t", payload[at:end].decode("utf-8"), end) if type_ % 2 else ("b", payload[at:end], end)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(9):
        byte = content[at + count]
        if count == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 127
        if byte < 128:
            return value, at + count + 1
    raise _Broken
