from __future__ import annotations

import importlib.util
import marshal
import subprocess
import sys
import zipfile
import zipimport
from pathlib import Path

import pytest

from orchestra.unpacking import PACK, PackImporter

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {"box/__init__.py": "", "box/inner/__init__.py": "name = 'inner'\n", "box/leaf.py": "name = 'leaf'\n"}
COUNTED = """
import sys, zipimport
sys.path.insert(0, {root!r})
if {once}:
    from orchestra.unpacking import unpack
    unpack()
unpacked = []
get_data = zipimport._get_data
zipimport._get_data = lambda archive, entry: unpacked.append(entry[0]) or get_data(archive, entry)
sys.path.insert(0, {archive!r})
import box.leaf, box.inner
print(box.leaf.name, box.inner.name, box.leaf.__file__, box.inner.__path__, len(unpacked))
"""


def pack(magic: bytes, **sources: str) -> bytes:
    return magic + marshal.dumps({
        name: marshal.dumps(compile(source, name, "exec")) for name, source in sources.items()
    })


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


def test_takes_from_the_pack_of_a_folder_what_is_in_it(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(f"box/{PACK}", pack(importlib.util.MAGIC_NUMBER, leaf="name = 'packed leaf'"))
    code = COUNTED.format(root=str(ROOT), archive=str(archive), once=True)
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"packed leaf inner {archive}/box/leaf.py ['{archive}/box/inner'] 3\n"


def test_gives_the_source_where_the_pack_has_been_read_from(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(f"box/{PACK}", pack(importlib.util.MAGIC_NUMBER, leaf="name = 'packed leaf'"))
    finder = PackImporter(f"{archive}/box")
    first, second = {}, {}  # type: dict[str, object], dict[str, object]
    exec(finder.get_code("box.leaf"), first)
    exec(finder.get_code("box.leaf"), second)
    assert (first["name"], second["name"]) == ("packed leaf", "leaf")
    assert finder.get_source("box.leaf") == "name = 'leaf'\n"


def test_passes_over_another_python_s_pack(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(f"box/{PACK}", pack(b"1234", leaf="name = 'packed leaf'"))
    code = COUNTED.format(root=str(ROOT), archive=str(archive), once=True)
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("leaf inner ")


def test_finds_no_more_than_python_itself(archive: Path) -> None:
    finder = PackImporter(str(archive))
    with pytest.raises(zipimport.ZipImportError):
        finder.get_filename("lid")
    with pytest.raises(zipimport.ZipImportError):
        PackImporter(__file__)
