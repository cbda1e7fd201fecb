"""From a snapshot to the cells of a screen of any size: a function of its arguments alone."""

from __future__ import annotations

from datetime import datetime
from typing import List, Mapping, Tuple

from orchestra.views.figures import elapsed, money, tokens
from orchestra.views.screen.board import WAITING, Row, Snapshot
from orchestra.views.cell_text import clip, harmless, padded, told_apart, width_of
from orchestra.views.screen.look import Look, Sheet, index_of

Line = List[Tuple[str, str]]
"""Pieces of text with their attributes, one of ATTRIBUTES."""
ATTRIBUTES = ("", "bold", "dim", "good", "bad", "warn", "reverse")
PHASES = {
    "planning": "plan", "awaiting_approval": "approve", "executing": "execute", "testing": "test",
    "committing": "commit",
}
BLOCKS, PLAIN_BLOCKS = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
MOST_SPARK_CELLS = 40
RATE_OF_S = 10
"""Over how many seconds the throughput is averaged."""
_STATES = {
    "approved": "good", "unchanged": "good", "failed": "bad", "reverted": "bad", "skipped": "dim", WAITING: "dim",
}
_COLUMNS = (("agent", 11), ("time", 8), ("file", 0), ("tokens", 8), ("tries", 6), ("model", 0))
MOST_MODEL_CELLS = 28
_NARROW = {"time": 24, "tokens": 44, "tries": 50, "model": 72}
"""From which width of the screen on a column is there."""


def cells(shot: Snapshot, look: Look, width: int, height: int, now: datetime) -> list[Line]:
    """At most `height` lines of at most `width` cells."""
    foot = [_foot(look, width)] if height > 1 else []
    room = height - len(foot)
    if look.sheet is not None:
        lines = _sheet(look.sheet, width, room)
    else:
        lines = _work(shot, look, width, room, now)
    return [*lines, *([[]] * (room - len(lines))), *foot][:max(0, height)]


def list_room(shot: Snapshot, height: int, *, has_sheet: bool) -> int:
    """How many rows of the list, or of a sheet, a screen of this height shows."""
    room = height - (height > 1)
    return max(1, room - (room > 1)) if has_sheet else max(1, _division(shot, room)[1])


def _division(shot: Snapshot, room: int) -> tuple[int, int, int]:
    """How many lines are the head's, the list's and the faults'."""
    head = min(4, max(1, room // 2))
    faults = min(len(shot.faults), 3, max(0, room - head) // 4)
    space = room - head - faults
    return head, space - (space > 3), faults


def _work(shot: Snapshot, look: Look, width: int, room: int, now: datetime) -> list[Line]:
    head, listed, faults = _division(shot, room)
    lines = _head(shot, look, width, now)[4 - head:]
    if room - head - faults > 3:
        lines.append([(_columns({name: name for name, _ in _COLUMNS}, width), "dim")])
    chosen = index_of(shot.rows, look.selected)
    top = max(0, min(chosen - listed // 2, len(shot.rows) - listed))
    shown = shot.rows[top:top + listed]
    names = told_apart(map(_name, shown), _room(width)["file"] - 1)
    for index, row in enumerate(shown, top):
        text = _columns(_figures(row, now, names), width)
        lines.append([(text, "reverse" if index == chosen else _STATES.get(row.state, "warn" if row.note else ""))])
    lines += [[]] * (room - faults - len(lines))
    return lines + [[(clip(f"! {fault}", width), "warn")] for fault in shot.faults[len(shot.faults) - faults:]]


def _head(shot: Snapshot, look: Look, width: int, now: datetime) -> list[Line]:
    """Four lines, the least important one first."""
    time = "" if shot.started is None else elapsed((now - shot.started).total_seconds())
    task = padded(shot.task.replace("\n", " "), max(0, width - len(time) - 1))
    return [
        [(clip(f"{task} {time}", width), "bold")], _phases(shot, look, width), _totals(shot, look, width),
        _progress(shot, look, width, now),
    ]


def _phases(shot: Snapshot, look: Look, width: int) -> Line:
    pieces: Line = [(f"{shot.mode}  ", "dim")] if shot.mode else []
    for number, (phase, name) in enumerate(PHASES.items()):
        pieces.append((" > " if number else "", "dim"))
        pieces.append((name, "reverse" if phase == shot.phase else "dim"))
    return _fitting(pieces, width)


def _totals(shot: Snapshot, look: Look, width: int) -> Line:
    spending = shot.spending
    spent = spending.cost_usd or 0.0
    cost = money(spent) if spending.is_priced else money(spending.cost_usd)
    if not spending.is_priced and spending.cost_usd is not None:
        cost = f"at least {cost}"
    is_near = bool(shot.budget_usd) and spent >= 0.8 * (shot.budget_usd or 0)
    of = ", budget" if spending.cost_usd is None and not spending.is_priced else " of"
    budget = "" if shot.budget_usd is None else f"{of} {money(shot.budget_usd)}"
    recent = shot.rate[-RATE_OF_S - 1:-1]
    rate = f"{tokens(round(sum(recent) / max(1, len(recent))))}/s "
    pieces = [
        (f"{cost}{budget}", "warn" if is_near else "bold"),
        (f"  {tokens(spending.input_tokens)}+{tokens(spending.output_tokens)} tokens  {rate}", ""),
    ]
    left = width - sum(width_of(text) for text, _ in pieces)
    return _fitting([*pieces, (spark(shot.rate, max(0, left), is_utf8=look.is_utf8), "good")], width)


def _progress(shot: Snapshot, look: Look, width: int, now: datetime) -> Line:
    progress = shot.progress
    pieces: Line = [("PAUSED ", "warn")] if look.is_paused else []
    pieces.append((progress.text(now) or PHASES.get(shot.phase, shot.phase), "bold"))
    if progress.failed:
        pieces.append((f", {progress.failed} failed", "bad"))
    left = min(40, width - sum(width_of(text) for text, _ in pieces) - 3)
    if progress.planned and left >= 5:
        done = left * min(progress.ended, progress.planned) // progress.planned
        pieces.append((f" [{'#' * done}{'.' * (left - done)}]", ""))
    return _fitting(pieces, width)


def spark(rate: tuple[float, ...], width: int, *, is_utf8: bool) -> str:
    """One cell for each of the last seconds, the highest of them a full block."""
    shown = rate[len(rate) - min(width, MOST_SPARK_CELLS, len(rate)):]
    blocks = BLOCKS if is_utf8 else PLAIN_BLOCKS
    most = max(shown, default=0.0)
    return "".join(blocks[0 if value <= 0 else 1 + int(7 * value / most)] for value in shown)


def _name(row: Row) -> str:
    return row.path or ("the plan" if row.state == "architect" else "the project")


def _figures(row: Row, now: datetime, names: Mapping[str, str]) -> dict[str, str]:
    return {
        "agent": row.state, "time": elapsed(((row.until or now) - row.since).total_seconds()),
        "file": names[_name(row)], "tokens": tokens(row.tokens),
        "tries": str(row.attempts), "model": row.note or row.model.partition("/")[2] or row.model,
    }


def _room(width: int) -> dict[str, int]:
    """The columns of a screen this wide, each with the blank behind it."""
    room = {name: wanted for name, wanted in _COLUMNS if width >= _NARROW.get(name, 0)}
    if "model" in room:
        room["model"] = min(MOST_MODEL_CELLS, width // 5)
    room["file"] = max(1, width - sum(room.values()))
    return room


def _columns(figures: dict[str, str], width: int) -> str:
    texts = []
    for name, wide in _room(width).items():
        if name in ("time", "tokens", "tries"):
            texts.append(clip(figures[name], wide - 1).rjust(wide - 1) + " ")
        else:
            texts.append(padded(figures[name], wide - 1) + " ")
    return clip("".join(texts), width, mark="")


def _sheet(sheet: Sheet, width: int, room: int) -> list[Line]:
    head = [[(padded(sheet.title, width), "reverse")]] if room > 1 else []
    body = room - len(head)
    top = max(0, min(sheet.top, len(sheet.rows) - body))
    if head and len(sheet.rows) > body:
        place = f" {min(100, 100 * (top + body) // len(sheet.rows))}%"
        head = [[(padded(sheet.title, max(0, width - len(place))) + clip(place, width), "reverse")]]
    return head + [[(clip(text, width, mark=""), attribute)] for text, attribute in sheet.rows[top:top + body]]


def _foot(look: Look, width: int) -> Line:
    if look.entry is not None:
        # The end of what is typed stays in sight.
        asked = clip(look.notice, width // 2)
        typed = clip(harmless(look.entry), max(0, width - width_of(asked) - 2), keeps_end=True)
        return _fitting([(f"{asked} ", "bold"), (typed, ""), ("_", "reverse")], width)
    if look.notice:
        return [(clip(look.notice, width), "bold")]
    # The same key ends a pause.
    named = [(key, "go on" if word == "pause" and look.is_paused else word) for key, word in look.keys]
    keys = "  ".join(f"{key} {word}" for key, word in named)
    return [(keys if width_of(keys) <= width else clip(" ".join(key for key, _ in look.keys), width), "bold")]


def _fitting(pieces: Line, width: int) -> Line:
    """The pieces, cut where the screen ends."""
    line: Line = []
    for text, attribute in pieces:
        text = clip(text, width, mark="")
        width -= width_of(text)
        if text:
            line.append((text, attribute))
    return line
