"""The files of a repository, and which of them a model may see."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple, Sequence

from orchestra.regex import regex
from orchestra.workspace.git import Git
from orchestra.workspace.ignore_rules import TreeRules
from orchestra.workspace.path_names import PRIVATE_FOLDERS

MAX_FILES = 20_000
SKIPPED_FOLDERS = frozenset((*PRIVATE_FOLDERS, "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox"))

_SECRET_NAMES = regex(
    r"""\.env.* | .*\.env
    | .*\.(pem|key|p8|p12|pfx|pk8|pkcs12|jks|jceks|bks|keystore|keytab|kdbx?|ppk|asc|gpg|age|agekey|ovpn|token)
    | id_(rsa|dsa|ecdsa|ed25519)(_sk)? | wallet\.dat
    | \.netrc | _netrc | \.npmrc | \.pypirc | \.pgpass | \.my(login)?\.cnf | \.?htpasswd | \.git-credentials
    | \.dockercfg | \.dockerconfigjson | \.s3cfg | \.boto | \.passwd-s3fs | rclone\.conf | \.vault-token
    | kubeconfig(\..*)? | .*\.kubeconfig | auth\.json | local\.settings\.json | \.terraformrc | terraform\.rc
    | (.*[._-])?(credentials?|secrets?)([._-].*)?\.(json|ya?ml|toml|ini|txt|csv|xml|properties|conf|cfg|env)
    | (chap|pap|ipsec)[-.]secrets | sasl_passwd | smbpasswd | g?shadow | \.(fetchmailrc|msmtprc|cvspass) | logins\.json
    | credentials | secrets? | service[-_]account.*\.json | .*\.tfstate(\..*)? | .*\.tfvars(\.json)?""",
    re.X | re.I,
)
_SOURCES = tuple(
    ".py .pyi .js .mjs .cjs .jsx .ts .tsx .vue .go .rs .java .c .cc .cpp .h .hpp .cs .rb .php .sh .swift .kt .scala"
    " .css .html .md .rst .sql .svg .png".split()
)
_EXAMPLES = regex(r".*\.(example|sample|template|dist)", re.I)
_SECRET_FOLDERS = frozenset((".ssh", ".aws", ".azure", ".gcloud", ".gnupg", ".kube", ".password-store"))


class ListedFile(NamedTuple):
    """A regular file of the repository."""

    path: str
    size_bytes: int


def list_files(root: Path, git: Git | None, *, only: Sequence[str] = ()) -> tuple[ListedFile, ...]:
    """The files that belong to the project, sorted by path, MAX_FILES at most.

    Inside git: tracked ones and untracked ones that are not ignored; elsewhere all but SKIPPED_FOLDERS. Without what
    an `.orchestraignore` names, symlinks, nested repositories, and names that cannot stand in a line of text. Where
    `only` names paths, those.
    """
    rules, top = TreeRules(root), os.fspath(root)
    paths = set(walk(root) if git is None else git.listed_paths(only))
    listed: list[ListedFile] = []
    for path in sorted(paths.intersection(only) if only else paths):
        if len(listed) == MAX_FILES:
            break
        is_own = path.isprintable() and path.partition("/")[0] not in PRIVATE_FOLDERS and not rules.fits(path)
        size_bytes = _size_of(f"{top}/{path}") if is_own else None
        if size_bytes is not None:
            listed.append(ListedFile(path, size_bytes))
    return tuple(listed)


def walk(root: Path) -> Iterator[str]:
    """The paths of all files below a folder but those in SKIPPED_FOLDERS, links, and what is others' by its mark."""
    for folder, names, files in os.walk(root):
        inner = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if inner == "." else inner + "/"
        names[:] = sorted(name for name in names if name not in SKIPPED_FOLDERS and not _is_others(folder, name))
        for name in sorted(files):
            yield prefix + name


def is_secret(path: str) -> bool:
    """Whether a file of this name usually holds keys or passwords; its content is never shown."""
    # Not pathlib, and most at a glance: every file of a repository is asked about.
    folded = path.casefold()
    if folded.endswith(_SOURCES) and folded[0] != "." and "/." not in folded:
        if "kubeconfig" not in folded and ".tfstate" not in folded:
            return False
    parts = [part for part in folded.split("/") if part not in ("", ".")]
    name = parts[-1] if parts else ""
    if _EXAMPLES.fullmatch(name):
        return False
    if parts[-2:] == [".docker", "config.json"] or not _SECRET_FOLDERS.isdisjoint(parts[:-1]):
        return True
    return bool(_SECRET_NAMES.fullmatch(name.rstrip("~")))


def secret_files(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """The files with names of secrets in the folders of these paths, ignored by git or not."""
    found = []
    for folder in sorted({path.rpartition("/")[0] for path in paths} | {""}):
        try:
            names = sorted(os.listdir(root / folder))
        except OSError:
            continue
        paths_there = (f"{folder}/{name}" if folder else name for name in names)
        found += [path for path in paths_there if is_secret(path) and _size_of(f"{root}/{path}") is not None]
    return tuple(found)


def may_be_shown(paths: Iterable[str], git: Git | None) -> tuple[str, ...]:
    """Those of the paths whose content a model may see: neither secret nor ignored by git."""
    harmless = tuple(path for path in paths if not is_secret(path))
    ignored = frozenset(git.ignored(harmless)) if git is not None else frozenset()
    return tuple(path for path in harmless if path not in ignored)


def ignored_paths(root: Path, git: Git | None, paths: Sequence[str]) -> frozenset[str]:
    """Those of the paths that git or an `.orchestraignore` leaves out; a file that git tracks is not ignored by git."""
    rules = TreeRules(root)
    by_git = git.ignored(paths) if git is not None and paths else ()
    return frozenset((*by_git, *filter(rules.fits, paths)))


def _is_others(folder: str, name: str) -> bool:
    """Whether it is a nested repository, or an environment of Python's."""
    return any(os.path.lexists(os.path.join(folder, name, mark)) for mark in (".git", "pyvenv.cfg"))


def _size_of(place: str) -> int | None:
    """None for what is not a regular file, or is gone."""
    try:
        status = os.lstat(place)
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
