"""Modules as the archive packs them: the bytecode of a folder in one piece, smaller and sooner read than one by one.

The archive is read once, and whole: it may be replaced or removed while the program is at work.
"""

from __future__ import annotations

import errno
import marshal
import os
import sys
import zipimport
import zlib
from importlib.util import MAGIC_NUMBER, decode_source, spec_from_loader
from struct import unpack_from
from types import CodeType, ModuleType
from typing import Any

PACK = f"bytecode.{sys.implementation.cache_tag}.bin"
"""A folder's pack: the magic number of the Python that made it, and the marshalled bytecode by module name."""


class Archive:
    """Finds and loads the modules that an archive held when it was read, and takes their code from its packs."""

    def __init__(self, path: str) -> None:
        """Raises OSError; ValueError where there is no archive."""
        self._path = path
        with open(path, "rb") as file:
            self._content = file.read()
        self._members = _members(self._content)
        self._packs: dict[str, dict[str, bytes]] = {}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """As a finder on `sys.meta_path` answers."""
        loader: Any = self
        return spec_from_loader(fullname, loader) if self._source_of(fullname) else None

    def is_package(self, fullname: str) -> bool:
        """Raises ImportError where there is no such module, as do the next three."""
        return self._existing(fullname).endswith("/__init__.py")

    def get_filename(self, fullname: str) -> str:
        """The source's, be it compiled or not."""
        return f"{self._path}/{self._existing(fullname)}"

    def get_source(self, fullname: str) -> str:
        """What a traceback shows."""
        return decode_source(self._read(self._existing(fullname)))

    def get_code(self, fullname: str) -> CodeType:
        """What to run for a module. Raises SyntaxError."""
        folder, _, name = fullname.replace(".", "/").rpartition("/")
        packed = self._pack(folder).pop(name, None)
        if packed is None:
            return compile(self.get_source(fullname), self.get_filename(fullname), "exec", dont_inherit=True)
        code: CodeType = marshal.loads(packed)
        return code

    def get_data(self, path: str) -> bytes:
        """A file by its full name, as `pkgutil.get_data` asks for it. Raises OSError."""
        name = path[len(self._path) + 1:]
        if path != f"{self._path}/{name}" or name not in self._members:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self._read(name)

    def create_module(self, spec: Any) -> None:
        """Python's own way is right."""

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's code in it."""
        exec(self.get_code(module.__name__), vars(module))

    def _source_of(self, fullname: str) -> str | None:
        stem = fullname.replace(".", "/")
        return next((name for name in (f"{stem}/__init__.py", f"{stem}.py") if name in self._members), None)

    def _existing(self, fullname: str) -> str:
        name = self._source_of(fullname)
        if name is None:
            raise ImportError(f"no module {fullname!r} in {self._path}", name=fullname)
        return name

    def _pack(self, folder: str) -> dict[str, bytes]:
        """What nobody has taken yet: a module is loaded once, and its bytecode is no longer needed then."""
        if folder not in self._packs:
            name = f"{folder}/{PACK}" if folder else PACK
            content = self._read(name) if name in self._members else b""
            made_by, packed = content[: len(MAGIC_NUMBER)], content[len(MAGIC_NUMBER):]
            self._packs.setdefault(folder, marshal.loads(packed) if made_by == MAGIC_NUMBER else {})
        return self._packs[folder]

    def _read(self, name: str) -> bytes:
        header, size, method = self._members[name]
        start = header + 30 + sum(unpack_from("<HH", self._content, header + 26))
        content = self._content[start: start + size]
        return zlib.decompress(content, -zlib.MAX_WBITS) if method else content


def unpack(loader: object) -> None:
    """Have this process import from now on what `loader`'s archive holds now; nothing, where it has none."""
    if isinstance(loader, zipimport.zipimporter):
        sys.meta_path.insert(0, Archive(loader.archive))


def _members(content: bytes) -> dict[str, tuple[int, int, int]]:
    """By name: where its header is, its size here, and 0 or how it is compressed (section 4.3 of PKWARE's APPNOTE)."""
    end = content.rindex(b"PK\5\6")
    count, size, start = unpack_from("<HLL", content, end + 10)
    place = end - size
    before = place - start  # the line that names the interpreter is not counted in what the archive says
    found = {}
    for _ in range(count):
        method, packed, named, extra, comment, header = unpack_from("<10xH8xL4xHHH8xL", content, place)
        found[content[place + 46: place + 46 + named].decode("utf-8")] = (before + header, packed, method)
        place += 46 + named + extra + comment
    return found
