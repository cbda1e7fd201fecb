"""Modules as the archive packs them: the bytecode of a folder in one piece, smaller and sooner read than one by one."""

from __future__ import annotations

import marshal
import sys
import zipimport
from functools import cached_property
from importlib.util import MAGIC_NUMBER
from types import CodeType, ModuleType
from typing import Any

PACK = "bytecode.bin"
"""A folder's pack: the magic number of the Python that made it, and the marshalled bytecode by module name."""


class PackImporter(zipimport.zipimporter):
    """Finds modules as its base does, takes their code from the pack where it can, and loads none to learn its name."""

    def get_filename(self, fullname: str) -> str:
        """The source's, be it compiled or not. Raises ZipImportError where there is no such module."""
        ending = "/__init__.py" if self.is_package(fullname) else ".py"
        return f"{self.archive}/{self.prefix}{_last(fullname)}{ending}"

    def get_code(self, fullname: str) -> CodeType:
        """What to run for a module. Raises ZipImportError where there is none, SyntaxError."""
        packed = self._pack.pop(_last(fullname), None)
        code: CodeType = super().get_code(fullname) if packed is None else marshal.loads(packed)
        return code

    def create_module(self, spec: Any) -> None:
        """Python's own way is right."""

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's code in it. Python 3.9 knows no importer of archives that does."""
        exec(self.get_code(module.__name__), vars(module))

    @cached_property
    def _pack(self) -> dict[str, bytes]:
        """What nobody has taken yet: a module is loaded once, and its bytecode is no longer needed then."""
        try:
            content = self.get_data(f"{self.archive}/{self.prefix}{PACK}")
        except OSError:
            return {}
        made_by, packed = content[: len(MAGIC_NUMBER)], content[len(MAGIC_NUMBER):]
        return dict(marshal.loads(packed)) if made_by == MAGIC_NUMBER else {}


def unpack() -> None:
    """Have this process import so what it imports from now on."""
    sys.path_hooks[:] = [PackImporter if hook is zipimport.zipimporter else hook for hook in sys.path_hooks]
    for path, finder in list(sys.path_importer_cache.items()):
        if type(finder) is zipimport.zipimporter:
            sys.path_importer_cache[path] = PackImporter(path)


def _last(fullname: str) -> str:
    return fullname.rpartition(".")[2]
