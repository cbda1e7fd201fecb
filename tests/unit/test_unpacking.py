from __future__ import annotations

import importlib.util
import marshal
import subprocess
import sys
import zipfile
import zipimport
from pathlib import Path

import pytest

from orchestra import unpacking
from orchestra.unpacking import PACK, Archive

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    "box/__init__.py": "", "box/inner/__init__.py": "name = 'inner'\n", "box/inner/text.txt": "a text",
    "box/leaf.py": "name = 'leaf'\r\n",
}
IN_A_PROCESS = """
import os, pkgutil, sys, zipimport
sys.path.insert(0, {root!r})
from orchestra.unpacking import unpack
unpack(zipimport.zipimporter({archive!r}))
{then}
import box.leaf, box.inner
print(box.leaf.name, box.inner.name, box.leaf.__file__, box.inner.__path__, pkgutil.get_data("box.inner", "text.txt"))
"""


def pack(magic: bytes, **sources: str) -> bytes:
    return magic + marshal.dumps({
        name: marshal.dumps(compile(source, name, "exec")) for name, source in sources.items()
    })


def add(archive: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, content)


def name_in(module: str, archive: Archive) -> object:
    found: dict[str, object] = {}
    exec(archive.get_code(module), found)
    return found["name"]


@pytest.fixture(params=[zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def archive(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "box.zip"
    path.write_bytes(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(path, "a", request.param) as file:
        for name, source in SOURCES.items():
            file.writestr(name, source)
    return path


@pytest.mark.parametrize("then", ["", "os.unlink({!r})", "os.truncate({!r}, 40)", "open({!r}, 'wb').write(bytes(9))"])
def test_imports_what_the_archive_held_whatever_becomes_of_it(archive: Path, then: str) -> None:
    code = IN_A_PROCESS.format(root=str(ROOT), archive=str(archive), then=then.format(str(archive)))
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert done.stdout == f"leaf inner {archive}/box/leaf.py ['{archive}/box/inner'] b'a text'\n", done.stderr


def test_takes_from_the_pack_of_a_folder_what_is_in_it(archive: Path) -> None:
    add(archive, f"box/{PACK}", pack(importlib.util.MAGIC_NUMBER, leaf="name = 'packed leaf'"))
    read = Archive(str(archive))
    assert (name_in("box.leaf", read), name_in("box.inner", read)) == ("packed leaf", "inner")


def test_gives_the_source_where_the_pack_has_been_read_from(archive: Path) -> None:
    add(archive, f"box/{PACK}", pack(importlib.util.MAGIC_NUMBER, leaf="name = 'packed leaf'"))
    read = Archive(str(archive))
    assert (name_in("box.leaf", read), name_in("box.leaf", read)) == ("packed leaf", "leaf")
    assert read.get_source("box.leaf") == "name = 'leaf'\n"


def test_passes_over_another_python_s_pack(archive: Path) -> None:
    add(archive, f"box/{PACK}", pack(b"1234", leaf="name = 'packed leaf'"))
    assert name_in("box.leaf", Archive(str(archive))) == "leaf"


def test_finds_no_more_than_the_archive_holds(archive: Path) -> None:
    read = Archive(str(archive))
    assert read.find_spec("box.lid") is None
    with pytest.raises(ImportError):
        read.get_filename("box.lid")
    for path in (f"{archive}/box/lid.txt", "box/leaf.py", f"{archive}box/leaf.py"):
        with pytest.raises(FileNotFoundError):
            read.get_data(path)


def test_says_of_a_module_what_python_itself_would(archive: Path) -> None:
    for module in ("box", "box.inner", "box.leaf"):
        spec = Archive(str(archive)).find_spec(module)
        own = zipimport.zipimporter(f"{archive}/box" if "." in module else str(archive))
        like = importlib.util.spec_from_loader(module, own)
        assert like and (spec.origin, spec.submodule_search_locations) == (like.origin, like.submodule_search_locations)


def test_leaves_alone_what_was_loaded_from_no_archive() -> None:
    before = list(sys.meta_path)
    unpacking.unpack(unpacking.__loader__)
    assert sys.meta_path == before
