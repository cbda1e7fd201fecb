"""Whether what a receipt says still holds: of the files on the disk, and of the journal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, Mapping

from orchestra.dataclass import dataclass
from orchestra.engine.receipt import Contents, has_receipt, image_json, read_receipt, receipt_of, receipt_text
from orchestra.errors import UsageError, WorkspaceError
from orchestra.regex import regex
from orchestra.state.manager import StateManager
from orchestra.state.sessions import SessionRow
from orchestra.workspace.git import Git
from orchestra.workspace.path_names import normalise
from orchestra.workspace.tree import Tree

_SHA = regex(r"[0-9a-f]{40,64}")


@dataclass(frozen=True)
class Difference:
    """Something that does not hold any more."""

    subject: str
    """receipt, file, plan, models, tests or another part of the receipt."""
    path: str | None
    message: str


@dataclass(frozen=True)
class Checked:
    """What came of checking one receipt."""

    files: int
    """How many were held against the disk."""
    tests_passed: bool | None
    """None where none were run."""
    differences: tuple[Difference, ...]
    has_journal: bool = True
    """Whether there was one to compare with."""


def check_receipt(
    journal: StateManager, row: SessionRow, *, root: Path, folder: Path, git: Git | None
) -> Checked:
    """Hold the session's receipt against the journal, the tree and git's history. Reads only.

    Raises UsageError where the session has not come so far that it has one, StateError for one that cannot be read.
    """
    found = read_receipt(folder, row.session_id)
    if found is None and not has_receipt(journal, row):
        raise UsageError(
            f"session {row.session_id} has no receipt: no plan of it was carried out",
            hint="`orchestra sessions` lists all sessions",
        )
    if found is None and row.exit_status is None:
        raise UsageError(
            f"session {row.session_id} has no receipt yet: it has not ended",
            hint=f"`orchestra resume {row.session_id}` goes on with it",
        )
    if found is None:
        return Checked(0, None, (Difference("receipt", None, "it is gone"),))
    receipt, content = found
    known = receipt_of(journal, row, Contents.read(journal, row.session_id))
    if known["program"] is None:
        # Earlier versions did not note it.
        known["program"] = receipt.get("program")
    differences = tuple(_against_journal(receipt, known))
    if not differences and content != receipt_text(known).encode("utf-8"):
        differences = (Difference("receipt", None, _OTHER_TEXT),)
    false = journal.images.falsely_hashed(row.session_id)
    differences += (*(Difference("journal", path, _FALSE_HASH) for path in false), *_of_commit(known["commit"], git))
    return _checked(receipt, differences, root=root, undone=journal.images.undone_paths(row.session_id))


def check_alone(session_id: str, *, root: Path, folder: Path) -> Checked | None:
    """Hold a receipt of which the journal knows nothing against the tree; None where there is none. Reads only.

    Raises StateError for one that cannot be read.
    """
    found = read_receipt(folder, session_id)
    if found is None:
        return None
    alone = (Difference("journal", None, _NO_JOURNAL),)
    return replace(_checked(found[0], alone, root=root, undone=set()), has_journal=False)


_FALSE_HASH = "the content that the journal keeps of it does not have the hash that the journal notes"
_COMMIT_GONE = "no branch or tag has it in its history any more: it was amended, rebased or dropped"
_OTHER_TEXT = "it says what the journal says, but not in the bytes that were written"
_NO_JOURNAL = (
    "there is none of this session to compare with: the files alone were checked; the plan and its approval, the"
    " models, the tests and the commit are only what the receipt says"
)


def _checked(
    receipt: Mapping[str, Any], differences: tuple[Difference, ...], *, root: Path, undone: set[str]
) -> Checked:
    """What is to be said beside these differences."""
    files = [file for file in _list(receipt.get("files")) if file.get("after") != file.get("before")]
    of_tree = tuple(_against_tree(files, Tree(root), undone))
    tests = receipt.get("tests")
    if not isinstance(tests, dict):
        return Checked(len(files), None, differences + of_tree)
    return Checked(len(files), bool(tests.get("passed")), (*differences, *of_tree, *_of_tests(tests)))


def _against_journal(receipt: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Difference]:
    for part in {**known, **receipt}:
        if part == "files":
            continue
        for name, one, other in _unequal(part, receipt.get(part), known.get(part)):
            yield Difference(part, None, f"{name} is {_short(one)} in the receipt, {_short(other)} in the journal")
    files = {str(file["path"]): file for file in known["files"]}
    said_files = {str(file.get("path")): file for file in _list(receipt.get("files"))}
    for path in sorted(files.keys() | said_files.keys()):
        if files.get(path) != said_files.get(path):
            yield Difference("files", path, "the receipt says something else than the journal")


def _against_tree(files: list[Mapping[str, Any]], tree: Tree, undone: set[str]) -> Iterator[Difference]:
    for file in files:
        path = str(file.get("path"))
        try:
            found = image_json(tree.read(normalise(path)))
        except WorkspaceError as error:
            yield Difference("file", path, error.what)
            continue
        after = file.get("after")
        if found != after:
            by = "; it was put back by `undo`" if path in undone else ""
            yield Difference("file", path, _change(after, found) + by)


def _change(after: Any, found: Mapping[str, str] | None) -> str:
    if found is None:
        return "it is not there any more"
    if not isinstance(after, dict):
        return "it is there again"
    if found["sha256"] != after.get("sha256"):
        return "its content has changed"
    return f"its mode is {found['mode']}, it was {after.get('mode')}"


def _of_commit(commit: Mapping[str, Any] | None, git: Git | None) -> Iterator[Difference]:
    sha = "" if commit is None else str(commit["sha"])
    if git is not None and _SHA.fullmatch(sha) and not git.reaches(sha):
        yield Difference("commit", None, f"{sha[:10]}: {_COMMIT_GONE}")


def _of_tests(tests: Mapping[str, Any]) -> Iterator[Difference]:
    if not tests.get("ran_after_last_write"):
        yield Difference("tests", None, "a file was written after they ran")


def _unequal(name: str, said: Any, is_so: Any) -> Iterator[tuple[str, Any, Any]]:
    """The innermost differences: dotted name, what is said, what is so."""
    if isinstance(said, dict) and isinstance(is_so, dict):
        for key in {**is_so, **said}:
            yield from _unequal(f"{name}.{key}", said.get(key), is_so.get(key))
    elif type(said) is not type(is_so) or said != is_so:
        yield name, said, is_so


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 80 else text[:79] + "…"
