#!/usr/bin/env python3
"""Writes dist/orchestra.pyz: the whole program in one file that a bare Python runs, and its checksum beside it.

    python3 build_zipapp.py [--check] [--wheels DIR] [--python 3.9|3.10] [--output FILE]

The same commit, Python minor version and zlib give the same bytes; --check proves it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Sequence

from packing import archive, contents
from packing.revision import revision_of
from packing.wheels import BuildError, Pin, gather

HERE = Path(__file__).resolve().parent
CACHE = HERE / "build" / "wheels"

EVERYWHERE = (
    Pin(
        "idna", "3.20", "ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c",
        "idna-3.20-py3-none-any.whl",
    ),
    Pin(
        "certifi", "2026.10.18", "73191c47aaa79da394e8fee2dbc2ec827432cab56311122c9e47abf79e390f62",
        "certifi-2026.10.18-py3-none-any.whl",
    ),
    # There is no pure wheel of PyYAML; the Python sources are the same in all of them.
    Pin(
        "PyYAML", "6.0.3", "0150219816b6a1fa26fb4699fb7daa9caf09eb1999f3b70fb6e786805e80375a",
        "pyyaml-6.0.3-cp39-cp39-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
    ),
)
PINS = {
    (3, 9): (
        Pin(
            "requests", "2.32.5", "2462f94637a34fd532264295e186976db0f5d453d1cdd31473c85a6a161affb6",
            "requests-2.32.5-py3-none-any.whl",
        ),
        Pin(
            "urllib3", "2.6.3", "bf272323e553dfb2e87d9bfd225ca7b0f467b919d7bbd355436d3fd37cb0acd4",
            "urllib3-2.6.3-py3-none-any.whl",
        ),
        *EVERYWHERE,
    ),
    (3, 10): (
        Pin(
            "requests", "2.34.2", "2a0d60c172f83ac6ab31e4554906c0f3b3588d37b5cb939b1c061f4907e278e0",
            "requests-2.34.2-py3-none-any.whl",
        ),
        Pin(
            "urllib3", "2.8.0", "0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3",
            "urllib3-2.8.0-py3-none-any.whl",
        ),
        *EVERYWHERE,
    ),
}
"""The newest releases that run on that Python and every later one."""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line as options."""
    parser = argparse.ArgumentParser(description="Write the program as one file that a bare Python runs.")
    parser.add_argument("--check", action="store_true", help="build twice and compare the bytes")
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="take the pinned wheels from DIR, without a network")
    parser.add_argument(
        "--python", choices=["3.9", "3.10"], default="3.9", help="the oldest Python to run on (default: 3.9)"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", default=HERE / "dist" / "orchestra.pyz")
    return parser.parse_args(arguments)


def build(target: Path, *, oldest_python: tuple[int, int], wheels_folder: Path | None) -> str:
    """Write the archive and its checksum; a line that says what was written."""
    if sys.version_info < oldest_python:
        raise BuildError("build with Python %d.%d or newer: its bytecode goes into the file" % oldest_python)
    revision = revision_of(HERE)
    wheels = gather(PINS[oldest_python], CACHE, given=wheels_folder)
    entries = {**contents.vendored(wheels), **contents.program(HERE, revision.files)}
    entries["orchestra/_build.py"] = contents.build_facts(revision, wheels, oldest_python)
    entries.update(archive.bytecode(entries))
    archive.write(entries, target, time_s=revision.time_s)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    checksum = target.with_name(target.name + ".sha256")
    checksum.write_text("%s  %s\n" % (digest, target.name), encoding="utf-8")
    return "wrote %s: %d KB, commit %s, bytecode of Python %d.%d, sha256 %s" % (
        target, target.stat().st_size // 1000, revision.commit, *sys.version_info[:2], digest,
    )


def check(options: argparse.Namespace) -> str:
    """A line that says that two builds, in processes and places of their own, gave the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        built = []
        for seed in ("1", "2"):
            target = Path(folder, seed, "orchestra.pyz")
            command = [sys.executable, str(HERE / "build_zipapp.py"), "--python", options.python]
            command += ["--output", str(target)]
            command += ["--wheels", str(options.wheels.resolve())] if options.wheels else []
            variables = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "UTC-%s" % seed}
            if subprocess.run(command, env=variables, cwd=folder, stdout=subprocess.DEVNULL).returncode != 0:
                raise BuildError("a build failed (see above)")
            built.append(target.read_bytes())
    if built[0] != built[1]:
        raise BuildError("two builds differ: %d and %d bytes" % (len(built[0]), len(built[1])))
    return "two builds gave the same %d bytes, sha256 %s" % (len(built[0]), hashlib.sha256(built[0]).hexdigest())


def main(arguments: Sequence[str]) -> int:
    """Build, or check, as the command line says; the exit status."""
    options = parse_arguments(arguments)
    try:
        if options.check:
            print(check(options))
        else:
            major, _, minor = options.python.partition(".")
            target = options.output.absolute()
            print(build(target, oldest_python=(int(major), int(minor)), wheels_folder=options.wheels))
    except (BuildError, OSError) as error:
        print("build_zipapp: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
