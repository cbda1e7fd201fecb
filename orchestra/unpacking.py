"""Modules unpacked from the archive once: Python's own importer does it twice, the first time to learn their names."""

from __future__ import annotations

import sys
import zipimport


class OnceUnpacked(zipimport.zipimporter):
    """Finds modules as its base does, and says where one lies without loading it."""

    def get_filename(self, fullname: str) -> str:
        """The source's, be it compiled or not. Raises ZipImportError where there is no such module."""
        ending = "/__init__.py" if self.is_package(fullname) else ".py"
        return f"{self.archive}/{self.prefix}{fullname.rpartition('.')[2]}{ending}"


def unpack_once() -> None:
    """Have this process import so what it imports from now on."""
    sys.path_hooks[:] = [OnceUnpacked if hook is zipimport.zipimporter else hook for hook in sys.path_hooks]
    for path, finder in list(sys.path_importer_cache.items()):
        if type(finder) is zipimport.zipimporter:
            sys.path_importer_cache[path] = OnceUnpacked(path)
