#!/usr/bin/env python3
"""Writes dist/orchestra.pyz: the whole program in one file that a bare Python runs, and its checksum beside it.

    python3 build_zipapp.py [--check] [--wheels DIR] [--python 3.9|3.10] [--output FILE]

The same commit, Python minor version and zlib give the same bytes; --check proves it.
"""

from __future__ import annotations

import argparse
import ast
import binascii
import hashlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tokenize
import zipapp
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping, Sequence

HERE = Path(__file__).resolve().parent
CACHE = HERE / "build" / "wheels"


class BuildError(Exception):
    """The archive cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Pin:
    """One wheel, exactly."""

    name: str
    version: str
    sha256: str
    file: str
    """The wheel's file name."""

    @property
    def tags(self) -> tuple[str, str, str]:
        """Python, ABI and the first platform that the wheel is for, as its name says (PEP 427)."""
        python, abi, platform = self.file[: -len(".whl")].split("-")[-3:]
        return python, abi, platform.split(".")[0]


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
    entries = {**vendored(wheels), **program(HERE, revision.files)}
    entries["orchestra/_build.py"] = build_facts(revision, wheels, oldest_python)
    entries = {name: without_remarks(name, content) for name, content in entries.items()}
    entries["certifi/cacert.der"] = without_letters(entries.pop("certifi/cacert.pem"))
    entries.update(bytecode(entries))
    write_archive(entries, target, time_s=revision.time_s)
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


UNKNOWN = "unknown"
SOURCES = ("orchestra", "build_zipapp.py", "LICENSE")
"""What the archive is made from."""
EPOCH_OF_ZIP_S = 315532800
"""1980-01-01, the oldest date that a zip can hold."""


@dataclass(frozen=True)
class Revision:
    """Which sources an archive is made of."""

    commit: str
    """Shortened, with `-dirty` where the folder differs from it; `unknown` outside git."""
    time_s: int
    """The date that every entry of the archive gets, in seconds since 1970."""
    files: tuple[str, ...] | None
    """What git tracks, and what is new and not ignored; None outside git."""


def revision_of(folder: Path) -> Revision:
    """The revision of a checkout. SOURCE_DATE_EPOCH, where set, is its time (reproducible-builds.org)."""
    wanted_time = os.environ.get("SOURCE_DATE_EPOCH")
    top = _git(folder, "rev-parse", "--show-toplevel")
    # A source folder unpacked inside another repository is not that repository's.
    if top is None or Path(top.strip()) != folder.resolve():
        return Revision(UNKNOWN, int(wanted_time or EPOCH_OF_ZIP_S), None)
    commit, _, committed = (_git(folder, "log", "-1", "--format=%H %ct") or UNKNOWN).strip().partition(" ")
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard") or ""
    changed = _git(folder, "status", "--porcelain", "--", *SOURCES)
    return Revision(
        commit[:7] + ("-dirty" if changed else ""),
        int(wanted_time or committed or EPOCH_OF_ZIP_S),
        tuple(sorted(set(listed.split("\0")) - {""})),
    )


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None where there is no git, or it refuses. Variables of a hook that runs us do not count."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError:
        return None
    return os.fsdecode(done.stdout) if done.returncode == 0 else None


def gather(pins: Sequence[Pin], cache: Path, *, given: Path | None) -> dict[Pin, bytes]:
    """The content of every wheel: from `given` alone where it is named, else from the cache, else by pip."""
    folder = given or cache
    missing = [pin for pin in pins if not (folder / pin.file).is_file()]
    if missing and given:
        raise BuildError(
            "%s lacks %s; build once where there is a network, and copy the folder build/wheels from there"
            % (given, ", ".join(pin.file for pin in missing))
        )
    if missing:
        download(missing, cache)
    return {pin: read_wheel(folder, pin) for pin in pins}


def read_wheel(folder: Path, pin: Pin) -> bytes:
    """A wheel's content, if it is the pinned one."""
    path = folder / pin.file
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != pin.sha256:
        raise BuildError("%s is not the wheel that is pinned (its sha256 differs); delete it and build again" % path)
    return content


def download(pins: Sequence[Pin], cache: Path) -> None:
    """Have pip put wheels into the cache, by the user's own settings of index, proxy and certificates."""
    if importlib.util.find_spec("pip") is None:
        raise BuildError(
            "%s has no pip; type: %s -m ensurepip --user (or install your system's python3-pip), or give the wheels "
            "by --wheels DIR: %s" % (sys.executable, sys.executable, ", ".join(pin.file for pin in pins))
        )
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        for tags in sorted({pin.tags for pin in pins}):
            _pip_download([pin for pin in pins if pin.tags == tags], tags, Path(folder))
        for pin in pins:
            if not (Path(folder) / pin.file).is_file():
                raise BuildError("pip fetched another file than %s" % pin.file)
            (Path(folder) / pin.file).replace(cache / pin.file)


def _pip_download(pins: Sequence[Pin], tags: tuple[str, str, str], folder: Path) -> None:
    """Fetch wheels of one kind. The kind is said in full, so that every building machine fetches the same."""
    python, abi, platform = tags
    # A pure wheel is fetched for the running Python, which is no older than the oldest that the set is for.
    version = ["--python-version", python[2:]] if python.startswith("cp") else []
    requirements = folder / "requirements.txt"
    requirements.write_text(
        "".join("%s==%s --hash=sha256:%s\n" % (pin.name, pin.version, pin.sha256) for pin in pins), encoding="ascii"
    )
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--require-hashes", "--no-deps", "--only-binary=:all:"),
        *("--implementation", python[:2], *version, "--abi", abi),
        *("--platform", platform, "--dest", str(folder), "--requirement", str(requirements)),
    ]
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        raise BuildError(
            "pip could not fetch %s (see above); where there is no network, give a folder that holds the wheels: "
            "--wheels DIR" % ", ".join(pin.file for pin in pins)
        )


CERTIFI = '''\
"""Where the trusted certificate authorities lie, in place of certifi's own module.

certifi unpacks its list into a temporary file each time requests is imported from a zip: it fails where there is no
temporary folder, and leaves the file behind when the process is killed. This module names files that are there.
"""

import os
import pkgutil

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def where():
    # type: () -> str
    """$SSL_CERT_FILE, else the first of the system's bundles; with neither, a path where nothing lies.

    Whoever wants certifi's own list then takes `contents()`.
    """
    chosen = os.environ.get("SSL_CERT_FILE")
    if chosen:
        return chosen
    return next((path for path in SYSTEM_BUNDLES if os.path.isfile(path)), SYSTEM_BUNDLES[-1])


def contents():
    # type: () -> str
    """certifi's own list, in PEM."""
    import ssl

    rest, certificates = pkgutil.get_data(__name__, "cacert.der"), []
    while rest:
        # The length of what follows stands behind the tag and its own length (X.690, 8.1.3.5).
        size = 4 + int.from_bytes(rest[2:4], "big")
        certificates.append(ssl.DER_cert_to_PEM_cert(rest[:size]))
        rest = rest[size:]
    return "".join(certificates)
'''
CHARSET_NORMALIZER = '''\
"""Stands in for charset_normalizer, by which requests guesses the encoding of a text that does not say its own.

The program decodes what it receives itself, and what it talks to speaks UTF-8; the real package would be a tenth of the
archive and of the time that importing requests takes. requests looks at the version only to see that it is a 2 or 3.
"""

__version__ = "3.0.0"


def detect(content):
    # type: (bytes) -> dict[str, object]
    """Always UTF-8, as requests itself assumes where no such package is installed."""
    return {"encoding": "utf-8", "language": "", "confidence": 1.0}
'''
REQUESTS_PACKAGES = '''\
"""Stands in for requests.packages, which lets old programs find other packages under names in requests.

It would load idna in every run, and that is needed for hosts alone that are not in ASCII.
"""
'''
YAML_DUMPER = '''\
"""Stands in for yaml.dumper: the program writes no YAML with this package, which would load half of it for that."""

__all__ = ["BaseDumper", "SafeDumper", "Dumper"]


class BaseDumper:
    pass


class SafeDumper(BaseDumper):
    pass


class Dumper(BaseDumper):
    pass
'''
SHIMS = {
    "certifi/__init__.py": CERTIFI, "charset_normalizer/__init__.py": CHARSET_NORMALIZER,
    "requests/packages.py": REQUESTS_PACKAGES, "yaml/dumper.py": YAML_DUMPER,
}
"""Modules of ours that stand in for a package; each says why."""
LEFT_OUT = re.compile(
    r"""certifi/.*\.py             # replaced: stock certifi writes a temporary file at import, see CERTIFI
    | urllib3/contrib/emscripten/  # for browsers
    | urllib3/contrib/(pyopenssl|socks)\.py | urllib3/http2/connection\.py  # need packages that are not here
    | yaml/(cyaml|emitter|representer|serializer)\.py  # see YAML_DUMPER
    | idna/uts46data\.py           # hosts are in ASCII before requests sees them
    | .*/__main__\.py | idna/cli\.py | requests/help\.py
    """,
    re.VERBOSE,
)
"""Entries of the wheels that nothing in the program can reach. Python reads the list of entries at every start."""


def vendored(wheels: Mapping[Pin, bytes]) -> dict[str, bytes]:
    """The packages' Python sources, certifi's list of authorities, and every licence; nothing compiled."""
    entries: dict[str, bytes] = {}
    for pin, content in wheels.items():
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            for name in wheel.namelist():
                target = _target(pin, name)
                if target:
                    entries[target] = wheel.read(name)
    return {**entries, **{name: source.encode("ascii") for name, source in SHIMS.items()}}


def _target(pin: Pin, name: str) -> str | None:
    """Where an entry of a wheel goes; None for nowhere."""
    licence = re.fullmatch(r"[^/]+\.dist-info/licenses/[^/]*(LICEN[CS]E|COPYING|NOTICE)[^/]*", name, re.IGNORECASE)
    if licence:
        return "licenses/%s.txt" % pin.name
    package = pin.name.lower().replace("pyyaml", "yaml")
    if not name.startswith(package + "/") or LEFT_OUT.match(name):
        return None
    return name if name.endswith((".py", ".pem")) else None


def program(folder: Path, files: tuple[str, ...] | None) -> dict[str, bytes]:
    """Our own package: what git lists, else everything that lies there, caches excepted."""
    names = files if files is not None else _walk(folder)
    entries = {
        name: (folder / name).read_bytes()
        for name in names
        if name.startswith("orchestra/") and not name.endswith(".pyc") and (folder / name).is_file()
    }
    entries["__main__.py"] = entries["orchestra/__main__.py"]
    entries["licenses/orchestra.txt"] = (folder / "LICENSE").read_bytes()
    return entries


def _walk(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(folder).as_posix() for path in (folder / "orchestra").rglob("*")))


def build_facts(revision: Revision, wheels: Mapping[Pin, bytes], oldest_python: tuple[int, int]) -> bytes:
    """The module `orchestra._build`: what the archive can say about itself. Any Python reads it."""
    lines = [
        '"""How this archive was built."""\n',
        "COMMIT = %r" % revision.commit,
        "OLDEST_PYTHON = %r" % (oldest_python,),
        "VENDORED = (",
        *("    (%r, %r)," % (pin.name, pin.version) for pin in wheels),
        ")\n",
    ]
    return "\n".join(lines).encode("ascii")


KEPT_DOCSTRINGS = re.compile(r"orchestra/cli/commands/|requests/status_codes")
"""Modules whose docstring is asked for at run time."""
CHANGED = b"# Without the comments, docstrings and hints of types of the original, for this archive's size.\n"


def without_remarks(name: str, content: bytes) -> bytes:
    """A Python source without comments, docstrings and functions' hints of types, every line where it was.

    Other files as they are. What the archive is made from is there to be read elsewhere. Dataclasses keep their
    docstrings: they would put another one together, which takes time. Raises BuildError where that would be another
    program.
    """
    if not name.endswith(".py"):
        return content
    source = content.decode("utf-8")
    lines = source.splitlines(keepends=True)
    for kind, _, (row, column), _, _ in tokenize.generate_tokens(io.StringIO(source).readline) if "#" in source else ():
        if kind == tokenize.COMMENT:
            line = lines[row - 1]
            lines[row - 1] = line[:column].rstrip() + line[len(line.rstrip("\r\n")):]
    tree = ast.parse(source)
    for body, remark in _remarks(name, tree):
        first, last = remark.lineno - 1, (remark.end_lineno or remark.lineno) - 1
        if lines[first][: remark.col_offset].strip() or lines[last].encode()[remark.end_col_offset:].strip():
            continue  # something else stands on its lines
        lines[first] = lines[first][: remark.col_offset] + "pass\n" if len(body) == 1 else "\n"
        lines[first + 1: last + 1] = ["\n"] * (last - first)
    stripped = _without_hints("".join(lines))
    if _plain(name, ast.parse(stripped)) != _plain(name, tree):
        raise BuildError("%s is another program without its comments, docstrings and hints" % name)
    return stripped.encode("utf-8") + (b"" if name.startswith(("orchestra/", "__main__")) else CHANGED)


def _without_hints(source: str) -> str:
    """Without what functions say of the types of their arguments and results: nothing asks for it at run time."""
    lines = source.encode("utf-8").splitlines(keepends=True)
    for first, start, last, end in sorted(_hints(ast.parse(source), lines), reverse=True):
        rest = lines[last][end:]
        lines[first: last + 1] = [lines[first][:start] + (b"\n" * (last - first)) + rest]
        lines[first: first + 1] = lines[first].splitlines(keepends=True)
    return b"".join(lines).decode("utf-8")


def _hints(tree: ast.Module, lines: Sequence[bytes]) -> Iterator[tuple[int, int, int, int]]:
    """Line and byte of beginning and end of each."""
    for function in _functions(tree):
        for node in _arguments(function):
            if node.annotation is not None:
                hint, start = node.annotation, node.col_offset + len(node.arg.encode("utf-8"))
                # One in brackets of its own begins on a later line, or behind more than a colon: it stays.
                if hint.lineno == node.lineno and lines[node.lineno - 1][start:hint.col_offset].strip() == b":":
                    yield node.lineno - 1, start, (hint.end_lineno or 0) - 1, hint.end_col_offset or 0
        if function.returns is not None:
            first, last = function.returns.lineno - 1, (function.returns.end_lineno or 0) - 1
            start = lines[first].rfind(b"->", 0, function.returns.col_offset)
            if first == last and start >= 0:
                yield first, len(lines[first][:start].rstrip()), last, function.returns.end_col_offset or 0


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node, _ in _bodies(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.arg]:
    of = function.args
    yield from (*of.posonlyargs, *of.args, *of.kwonlyargs)
    yield from (each for each in (of.vararg, of.kwarg) if each is not None)


def without_letters(bundle: bytes) -> bytes:
    """The certificates of a PEM file one after the other in DER, without the lines that describe them.

    Raises BuildError for what CERTIFI could not take apart again.
    """
    certificates = [
        binascii.a2b_base64(body)
        for body in re.findall(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", bundle, re.DOTALL)
    ]
    for certificate in certificates:
        if certificate[:2] != b"\x30\x82" or 4 + int.from_bytes(certificate[2:4], "big") != len(certificate):
            raise BuildError("a certificate among certifi's is not as long as it says")
    return b"".join(certificates)


def _remarks(name: str, tree: ast.Module) -> Iterator[tuple[list[ast.stmt], ast.Expr]]:
    """Every text that stands as a statement, with the statements it stands among."""
    for node, body in _bodies(tree):
        keeps_first = isinstance(node, ast.Module) and KEPT_DOCSTRINGS.match(name) or _is_dataclass(node)
        for number, child in enumerate(body):
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and not (
                number == 0 and keeps_first
            ) and isinstance(child.value.value, str):
                yield body, child


def _is_dataclass(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any("dataclass" in ast.dump(each) for each in node.decorator_list)


def _plain(name: str, tree: ast.Module) -> str:
    """What a source does, without its remarks, which are taken out of the tree."""
    for body, remark in list(_remarks(name, tree)):
        body.remove(remark)
    for _, body in _bodies(tree):
        body[:] = [child for child in body if not isinstance(child, ast.Pass)]
    for function in _functions(tree):
        function.returns = None
        for argument in _arguments(function):
            argument.annotation = None
    return ast.dump(tree)


def _bodies(node: ast.AST) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    """The node and every statement below it that has statements below it, with them."""
    body = getattr(node, "body", None)
    if isinstance(body, list):
        yield node, body
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, name, ()):
            yield from _bodies(child)


COMPILE = """
import ast, importlib.util, json, marshal, os, sys
from importlib._bootstrap_external import _code_to_hash_pyc as to_pyc

def without_annotations(tree):
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return tree

def code_of(name):
    with open(name, "rb") as file:
        source = file.read()
    tree = without_annotations(ast.parse(source, name))
    return source, compile(tree, "orchestra.pyz/" + name, "exec", dont_inherit=True, optimize=0)

order = json.load(sys.stdin)
for name in order["alone"]:
    source, code = code_of(name)
    with open(name + "c", "wb") as file:
        file.write(to_pyc(code, importlib.util.source_hash(source), False))
for pack, modules in order["packs"].items():
    packed = {module: marshal.dumps(code_of(name)[1]) for module, name in modules.items()}
    with open(pack, "wb") as file:
        # Version 2: later ones tell what is held in two places, which is another matter in each process.
        file.write(importlib.util.MAGIC_NUMBER + marshal.dumps(packed, 2))
"""
"""Run by the building Python, in the folder with the sources.

The name given as the source's path shows in tracebacks, and lies nowhere, so that no other file is quoted there.
Nothing asks at run time for the annotations of functions; those of classes make dataclasses. `_code_to_hash_pyc` is
what py_compile itself calls (PEP 552).
"""
PACK = "bytecode.%s.bin" % sys.implementation.cache_tag
"""As orchestra/unpacking.py has it."""
LOADED_FIRST = tuple("orchestra/%s.py" % name for name in ("__init__", "_build", "version", "unpacking"))
"""What is loaded before packs can be read, by Python's own importer."""
SOURCE_ONLY = (
    "idna/", "urllib3/http2", "urllib3/contrib", "orchestra/__main__", "orchestra/demo/", "orchestra/views/screen/",
    "orchestra/views/svg/", "orchestra/views/report", "orchestra/views/overall_page", "orchestra/views/html_page",
    "orchestra/views/prometheus", "orchestra/views/prices", "orchestra/metrics/overall",
    "orchestra/metrics/session_figures", "orchestra/cli/checkup/", "orchestra/cli/commands/demo",
    "orchestra/cli/commands/doctor", "orchestra/cli/commands/models", "orchestra/cli/commands/report",
    "orchestra/cli/commands/watch", "orchestra/cli/commands/config", "orchestra/cli/commands/cache",
    "orchestra/cli/config_init", "orchestra/cli/model_rows", "orchestra/cli/reference", "orchestra/config/init",
    "orchestra/config/show", "orchestra/config/tables", "orchestra/engine/watch", "orchestra/workspace/inotify",
    "orchestra/workspace/watch", "orchestra/workspace/snapshot", "orchestra/workspace/ai_comments",
    "orchestra/workspace/sandbox/keeper", "orchestra/workspace/sandbox/namespaces",
    "orchestra/workspace/sandbox/seccomp", "orchestra/workspace/sandbox/landlock",
    "orchestra/workspace/sandbox/kernel", "orchestra/adapters/shortening/", "orchestra/adapters/compaction",
    "orchestra/adapters/served_models", "orchestra/adapters/local_servers", "orchestra/adapters/recording",
    "orchestra/adapters/replaying", "orchestra/adapters/cassette", "orchestra/adapters/numbering",
    "orchestra/state/salvage", "orchestra/state/torn", "orchestra/state/losses", "orchestra/state/raw_rows",
    "orchestra/state/rebuilt", "orchestra/state/row_checks", "orchestra/engine/swarm", "orchestra/engine/survey",
    "orchestra/engine/inquiry",
    "orchestra/agents/swarm", "orchestra/agents/template_list", "orchestra/workspace/failures/",
    "orchestra/workspace/languages/perl", "orchestra/workspace/languages/functional",
    "orchestra/workspace/languages/xml", "orchestra/workspace/languages/markup",
    "orchestra/workspace/languages/indented",
    "orchestra/workspace/languages/standalone_c", "orchestra/workspace/git_hooks", "orchestra/workspace/git_deciding",
    "orchestra/observe/secret_files", "orchestra/engine/after_file", "orchestra/engine/wanted_tests",
    "orchestra/adapters/anthropic_messages", "orchestra/adapters/gemini", "orchestra/adapters/openai_responses",
    "orchestra/cli/commands/undo", "orchestra/cli/commands/verify", "orchestra/cli/commands/log",
    "orchestra/cli/commands/context", "orchestra/cli/output_file", "orchestra/observe/log_reading",
    "orchestra/engine/undoing", "orchestra/engine/checking", "orchestra/engine/excerpts", "orchestra/engine/asked_for",
    "orchestra/engine/going_back", "orchestra/workspace/repo_map/excerpts", "orchestra/agents/plan_parser",
    "orchestra/agents/explained", "orchestra/agents/taking_", "orchestra/workspace/public_names",
    "orchestra/workspace/languages/data_formats", "orchestra/workspace/languages/scripts",
    "orchestra/workspace/languages/tools", "orchestra/workspace/languages/notations",
    "orchestra/workspace/languages/words", "orchestra/workspace/languages/jsx", "orchestra/cli/commands/diff",
    "orchestra/metrics/working_time", "orchestra/workspace/repo_map/windows", "orchestra/workspace/suite_",
    "orchestra/workspace/repo_map/python_outline", "orchestra/workspace/git_commit", "orchestra/cli/commands/plan",
    "orchestra/observe/manifests", "orchestra/workspace/languages/c_like", "orchestra/workspace/languages/directives",
)
"""Not compiled, for the size: what is needed seldom."""


def bytecode(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """A `.pyc` beside what is loaded first, and a pack for every folder. Other Pythons pass over them to the sources.

    Made in a process of its own with a fixed hash seed: the order of a set's members is part of the bytes. Without
    the columns of expressions, which Python 3.11 and later would keep for tracebacks, it is a quarter smaller.
    """
    for start in SOURCE_ONLY:
        if not any(name.startswith(start) for name in sources):
            raise BuildError("there is no source %s that need not be compiled" % start)
    names = sorted(name for name in sources if name.endswith(".py") and not name.startswith(SOURCE_ONLY))
    alone = [name for name in names if name == "__main__.py" or name in LOADED_FIRST]
    packs: dict[str, dict[str, str]] = {}
    for name in sorted(set(names) - set(alone)):
        folder, _, module = name[: -len(".py")].replace("/__init__", "").rpartition("/")
        packs.setdefault(folder + "/" + PACK if folder else PACK, {})[module] = name
    with tempfile.TemporaryDirectory() as place:
        for name in names:
            path = Path(place, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(sources[name])
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [sys.executable, "-sS", "-X", "no_debug_ranges", "-W", "ignore", "-c", COMPILE],
            cwd=place,
            env={**variables, "PYTHONHASHSEED": "0"},
            input=json.dumps({"alone": alone, "packs": packs}).encode(),
        )
        if done.returncode != 0:
            raise BuildError("a source cannot be compiled (see above); mend it and build again")
        return {name: Path(place, name).read_bytes() for name in [*(name + "c" for name in alone), *packs]}


def write_archive(entries: Mapping[str, bytes], target: Path, *, time_s: int) -> None:
    """Write the archive, executable, in one step: a build that fails leaves the old one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        raw, finished = Path(folder, "raw.zip"), Path(folder, target.name)
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            for name in sorted(entries):
                file.writestr(_entry(name, time_s), entries[name], zipfile.ZIP_DEFLATED, compresslevel=9)
        zipapp.create_archive(raw, finished, interpreter="/usr/bin/env python3")
        finished.chmod(0o755)
        finished.replace(target)


def _entry(name: str, time_s: int) -> zipfile.ZipInfo:
    date = time.gmtime(max(time_s, EPOCH_OF_ZIP_S))[:6]
    entry = zipfile.ZipInfo(name, (date[0], date[1], date[2], date[3], date[4], date[5]))
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry


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
