"""What this copy of the program is: its version, its commit, and the packages that it runs on.

Asked for by `--version`, which must start fast: only modules that Python loads anyway are imported at the top
(`__future__` is not one of them).
"""

import os
import sys

from orchestra import __version__

PACKAGES = ("requests", "urllib3", "idna", "certifi", "charset_normalizer", "PyYAML")
UNKNOWN = "unknown"


def line() -> str:
    """Version, commit, Python and packages, for people."""
    named = ", ".join("%s %s" % item for item in packages().items())
    return "orchestra %s (commit %s, Python %s; %s)" % (__version__, commit(), python(), named)


def json_text() -> str:
    """The same as one JSON object."""
    import json

    return json.dumps({"schema": 1, "exit_status": 0, "error": None, **facts()})


def facts() -> dict[str, object]:
    """What the JSON object says of the program."""
    return {"version": __version__, "commit": commit(), "python": python(), "packages": packages()}


def python() -> str:
    """The running Python, such as 3.11.2."""
    return sys.version.split()[0]


def commit() -> str:
    """The commit that this copy was made from, shortened; `unknown` where nothing tells."""
    try:
        from orchestra._build import COMMIT
    except ImportError:
        return commit_of(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return str(COMMIT)


def packages() -> dict[str, str]:
    """Each package that the program needs, with its version."""
    try:
        from orchestra._build import VENDORED
    except ImportError:
        return installed(sys.path)
    return dict(VENDORED)


def commit_of(folder: str) -> str:
    """The commit checked out in a folder, shortened, read from git's own files; `unknown` outside git."""
    try:
        git = git_folder(folder)
        head = _read(git, "HEAD")
        if head.startswith("ref: "):
            head = resolve_ref(git, head[5:])
    except OSError:
        return UNKNOWN
    return head[:7] if len(head) >= 40 else UNKNOWN


def git_folder(folder: str) -> str:
    """Where git keeps a checkout's HEAD; in a linked worktree `.git` is a file that names it."""
    git = os.path.join(folder, ".git")
    if os.path.isfile(git):
        git = os.path.join(folder, _read(git)[len("gitdir: "):])
    return git


def resolve_ref(git: str, name: str) -> str:
    """The commit that a branch points to; empty where it has none yet. Branches are shared between worktrees."""
    if os.path.exists(os.path.join(git, "commondir")):
        git = os.path.join(git, _read(git, "commondir"))
    if os.path.exists(os.path.join(git, name)):
        return _read(git, name)
    if os.path.exists(os.path.join(git, "packed-refs")):
        for entry in _read(git, "packed-refs").splitlines():
            if entry.endswith(" " + name):
                return entry.split(" ")[0]
    return ""


def installed(folders: list[str]) -> dict[str, str]:
    """The versions of PACKAGES found in some folders, by the names of their metadata folders.

    importlib.metadata would say the same, but takes longer to load than the rest of the program.
    """
    found: dict[str, str] = {}
    for folder in folders:
        for name in _names(folder):
            stem, suffix = os.path.splitext(name)
            if suffix in (".dist-info", ".egg-info"):
                package, _, rest = stem.partition("-")
                found.setdefault(package.lower(), rest.partition("-")[0])
    return {package: found.get(package.lower(), UNKNOWN) for package in PACKAGES}


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder or os.curdir))
    except OSError:
        return []


def _read(*parts: str) -> str:
    with open(os.path.join(*parts), encoding="utf-8", errors="replace") as file:
        return file.read().strip()
