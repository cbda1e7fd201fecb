from __future__ import annotations

import subprocess
import sys
import zipfile
import zipimport
from pathlib import Path

import pytest

from orchestra.unpacking import OnceUnpacked

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {"box/__init__.py": "", "box/inner/__init__.py": "name = 'inner'\n", "box/leaf.py": "name = 'leaf'\n"}
COUNTED = """
import sys, zipimport
sys.path.insert(0, {root!r})
if {once}:
    from orchestra.unpacking import unpack_once
    unpack_once()
unpacked = []
get_data = zipimport._get_data
zipimport._get_data = lambda archive, entry: unpacked.append(entry[0]) or get_data(archive, entry)
sys.path.insert(0, {archive!r})
import box.leaf, box.inner
print(box.leaf.name, box.inner.name, box.leaf.__file__, box.inner.__path__, len(unpacked))
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "box.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, source in SOURCES.items():
            file.writestr(name, source)
    return path


@pytest.mark.parametrize(("once", "times"), [(False, 6), (True, 3)])
def test_unpacks_each_module_once(archive: Path, once: bool, times: int) -> None:
    code = COUNTED.format(root=str(ROOT), archive=str(archive), once=once)
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"leaf inner {archive}/box/leaf.py ['{archive}/box/inner'] {times}\n"


def test_finds_no_more_than_python_itself(archive: Path) -> None:
    finder = OnceUnpacked(str(archive))
    with pytest.raises(zipimport.ZipImportError):
        finder.get_filename("lid")
    with pytest.raises(zipimport.ZipImportError):
        OnceUnpacked(__file__)
