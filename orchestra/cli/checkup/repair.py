"""Mending the state folder, where somebody asked for it."""

from __future__ import annotations

from dataclasses import asdict

from orchestra.cli.checkup.finding import OK, WARN, Finding
from orchestra.cli.context import Context
from orchestra.engine.workplace import open_beside, open_workplace
from orchestra.errors import StateDamaged
from orchestra.state.database import FILE, FOLDER, check_folder


def repair_state(context: Context) -> Finding:
    """Put a damaged journal aside for a new one with what could be saved of it. Raises StateError.

    It is looked at beside a run, but put aside only with the lock: a run would go on writing to what nobody finds.
    """
    check_folder(context.root)
    journal = context.root / FOLDER / FILE
    if not journal.exists():
        return Finding("state", OK, f"{journal.parent}, without a session yet", details={"salvaged": None})
    salvaged = None
    try:
        with open_beside(context.root, context.git, context.env) as open_journal:
            open_journal.check()
    except StateDamaged:
        with open_workplace(context.root, context.git, context.env, salvages=True, checks_all=True) as workplace:
            salvaged = workplace.salvaged
    if salvaged is None:
        return Finding("state", OK, f"{journal} is not damaged", details={"salvaged": None})
    details = {"salvaged": {**asdict(salvaged), "moved_to": str(salvaged.moved_to)}}
    return Finding("state", WARN, str(salvaged), "`orchestra sessions` lists what is left", details)
