"""What a session did, in one document that can be checked without a model, a key or a network."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Mapping, Sequence

from orchestra import __version__
from orchestra.agents.plan_json import plan_from_json, plan_hash
from orchestra.dataclass import dataclass
from orchestra.engine.command_runs import AFTER
from orchestra.errors import OrchestraError, StateError
from orchestra.found_files import own, read_json
from orchestra.records import FileImage, FileOutcome, Plan
from orchestra.state.images import content_hash
from orchestra.state.manager import StateManager
from orchestra.state.own_files import replace_file
from orchestra.state.session_ids import is_session_id
from orchestra.state.sessions import PlanRow, SessionRow
from orchestra.state.steps import AttemptRow

SCHEMA = 1
_PROGRAM = "program"
"""The name under which the journal keeps which program wrote the receipt."""
_NONE_ELSE = "put it back as it was written, or name another session: `orchestra sessions` lists them"


@dataclass(frozen=True)
class Contents:
    """The long parts of what the journal says of a session: whoever has read them hands them on."""

    plan_row: PlanRow | None
    plan: Plan | None
    """Of the row; None also where it cannot be read."""
    outcomes: Mapping[str, FileOutcome]
    attempts: Sequence[AttemptRow]

    @classmethod
    def read(cls, journal: StateManager, session_id: str) -> Contents:
        row = journal.sessions.plan(session_id)
        plan = None
        with suppress(OrchestraError):
            plan = None if row is None else plan_from_json(row.content)
        return cls(row, plan, journal.images.outcomes(session_id), journal.steps.attempts(session_id))


def receipt_path(folder: Path, session_id: str) -> Path:
    """Where the receipt lies below `.orchestra`."""
    return folder / "runs" / session_id / "receipt.json"


def sessions_with_receipt(folder: Path) -> list[str]:
    """Their ids, newest first, whether the journal knows them or not."""
    found = (path.parent.name for path in folder.glob("runs/*/receipt.json"))
    return sorted(filter(is_session_id, found), reverse=True)


def has_receipt(journal: StateManager, row: SessionRow) -> bool:
    """Whether a session has come so far that it gets one: its plan is approved, and its files are written for good."""
    plan = journal.sessions.plan(row.session_id)
    return plan is not None and plan.approved_by is not None and not row.options.get("dry_run")


def write_receipt(folder: Path, journal: StateManager, row: SessionRow, contents: Contents) -> None:
    """Put it there in one instant. Raises StateError where it cannot be written."""
    path = receipt_path(folder, row.session_id)
    journal.keep(row.session_id, _PROGRAM, f"orchestra {__version__}")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        replace_file(folder, path, receipt_text(receipt_of(journal, row, contents)))
    except OSError as error:
        raise StateError("the receipt cannot be written", where=f"{path}: {error.strerror}") from None


def receipt_text(document: Mapping[str, Any]) -> str:
    """As it is written."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def read_receipt(folder: Path, session_id: str) -> tuple[Mapping[str, Any], bytes] | None:
    """The document and its bytes; None where there is none. Raises StateError for what is no receipt."""
    path = receipt_path(folder, session_id)
    try:
        with open(path, "rb", opener=own) as file:
            content = file.read()
        document = read_json(content.decode("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StateError("the receipt cannot be read", where=f"{path}: {error}", hint=_NONE_ELSE) from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise StateError("the receipt is none, or of another version of orchestra", where=str(path), hint=_NONE_ELSE)
    return document, content


def receipt_of(journal: StateManager, row: SessionRow, contents: Contents) -> dict[str, Any]:
    """The receipt as the journal has it now: a function of the journal alone, so that it can be held against another.

    Hashes are SHA-256 of whole files, modes octal permission bits; an absent file is null.
    """
    return {
        "schema": SCHEMA,
        "program": journal.recall(row.session_id, _PROGRAM),
        "session_id": row.session_id,
        "task": row.task.text,
        "mode": row.mode,
        "exit_status": row.exit_status,
        "started_at": row.started_at,
        "plan": _plan(contents),
        "files": _files(journal, row.session_id, contents.outcomes),
        "models": _models(contents.attempts),
        "tests": _tests(journal, row.session_id),
        "commit": journal.recall(row.session_id, "commit") or None,
    }


def image_json(image: FileImage) -> dict[str, str] | None:
    """A file's hash and mode."""
    if image.content is None:
        return None
    hash_ = content_hash(image.content)
    assert hash_ is not None  # it has content
    return {"sha256": hash_, "mode": f"{image.mode or 0:04o}"}


def _plan(contents: Contents) -> dict[str, Any] | None:
    row, plan = contents.plan_row, contents.plan
    if row is None:
        return None
    # Not the hash that was noted: that of what the journal holds.
    hash_ = None if plan is None else plan_hash(plan)
    return {"hash": hash_, "approved_by": row.approved_by, "approved_at": row.approved_at}


def _files(
    journal: StateManager, session_id: str, outcomes: Mapping[str, FileOutcome]
) -> list[dict[str, Any]]:
    ends = {
        path: (image_json(before), image_json(after)) for path, before, after in journal.images.all_ends(session_id)
    }
    files = []
    for path, outcome in sorted(outcomes.items()):
        before, after = ends.get(path, (None, None))
        files.append({
            "path": path, "action": outcome.action, "status": outcome.status, "iterations": outcome.iterations,
            "recovered": outcome.recovered, "before": before, "after": after,
        })
    return files


def _models(attempts: Sequence[AttemptRow]) -> list[dict[str, Any]]:
    """Those that really answered, by role; a null among the figures is unknown."""
    groups: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in attempts:
        attempt, usage = row.attempt, row.attempt.usage
        if not attempt.success:
            continue
        key = (row.agent_role, attempt.provider, attempt.model_id)
        figures = groups.setdefault(key, {
            "role": key[0], "provider": key[1], "model_id": key[2], "answers": 0, "input_tokens": None,
            "output_tokens": None, "cached_tokens": None, "cost": None,
        })
        figures["answers"] += 1
        for name, value in (
            ("input_tokens", usage.input_tokens), ("output_tokens", usage.output_tokens),
            ("cached_tokens", usage.cached_tokens), ("cost", usage.cost_usd),
        ):
            if value is not None:
                figures[name] = value if figures[name] is None else figures[name] + value
    return [
        {**figures, "cost": None if figures["cost"] is None else str(Decimal(figures["cost"]).normalize())}
        for _, figures in sorted(groups.items())
    ]


def _tests(journal: StateManager, session_id: str) -> dict[str, Any] | None:
    kept = journal.newest_of(session_id, AFTER)
    if kept is None or "framework" not in kept[0]:
        return None
    run, ended_at = kept
    return {
        "framework": run["framework"], "command": run["command"], "exit_status": run["exit_status"],
        "passed": run["exit_status"] == 0, "ended_at": ended_at,
        "ran_after_last_write": journal.images.are_as_at(session_id, ended_at),
    }
