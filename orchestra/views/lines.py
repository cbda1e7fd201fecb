"""Progress as plain lines, one for each event worth one."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime
from typing import Any, Callable, Mapping, Sequence

from orchestra.records import Event
from orchestra.views.figures import elapsed, money, size, tokens
from orchestra.views.progress import Progress
from orchestra.views.spending import Spending

LABEL_WIDTH = 11
_COUNTED = ("session.started", "plan.ready", "phase.entered", "attempt.failed", "step.completed", "file.ended")
"""What progress and spending are counted by."""
_GIT_OVERLOOKS = "git ignores the changed files, or is to overlook changes in them, or sees none"


class LineView:
    """Turns events into lines and hands them to `write`. Any thread; one line at a time.

    Whoever comes while another one writes leaves the line to that one: a worker need not wait for a terminal.
    """

    def __init__(self, write: Callable[[str], None], *, started: datetime) -> None:
        self.names = _TEXTS.keys() | set(_COUNTED)
        self._write = write
        self._started = started
        self._spending = Spending()
        self._progress = Progress()
        self._events: deque[Event] = deque()
        self._writing = threading.Lock()

    def __call__(self, event: Event) -> None:
        if event.name not in self.names:
            return
        self._events.append(event)
        # Again where an event came between the last one's writing and the release.
        while self._events and self._writing.acquire(blocking=False):
            try:
                while self._events:
                    self._tell(self._events.popleft())
            finally:
                self._writing.release()

    def _tell(self, event: Event) -> None:
        """Called with the lock held."""
        self._progress = self._progress.after(event)
        self._spending = self._spending.after(event)
        said = line_of(event, spent=self._spending.cost_usd)
        if said is not None:
            label, text = said
            if event.name == "file.ended" and self._progress.began_at is not None:
                text += f" ({self._progress.text(event.time)})"
            self._write(whole_line(event, (label, text), started=self._started))


def whole_line(event: Event, said: tuple[str, str], *, started: datetime) -> str:
    """The time since `started`, the label, the text."""
    time = elapsed((event.time - started).total_seconds())
    return f"{time:>6}  {said[0]:<{LABEL_WIDTH}} {said[1]}"


def line_of(event: Event, *, spent: float | None) -> tuple[str, str] | None:
    """A label and a text; None for an event that deserves no line."""
    say = _TEXTS.get(event.name)
    return None if say is None else say(event.data, spent)


def _started(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    going_on = "" if data["phase"] == "init" else f", going on from {data['phase']}"
    return "session", f"{_cut(data['task'])} ({data['mode']}{going_on})"


def _replayed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "replay", f"{data['cassette']} answers; no model is asked, and the figures are those of the recording"


def _estimated(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    without = f", without the {' and the '.join(data['unpriced'])}" if data["unpriced"] else ""
    files = f"{data['files']} file{'' if data['files'] == 1 else 's'}"
    budget = "" if data["budget"] is None else f"; the budget is {money(data['budget'])}"
    return "cost", f"about {money(data['low'])} to {money(data['high'])} for {files}{without}{budget}"


def _broken(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "record", f"the recording ends here: {_cut(data['why'])}"


def _no_receipt(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "receipt", _cut(data["why"])


def _no_log(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "log", f"{data['file']} cannot be written: {data['why']}; the run goes on without a log"


def _log_lost(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "log", f"{data['file']} was removed and is begun anew: what it said is lost"


def _recovering(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    tries = f"{data['attempts']} more {'try' if data['attempts'] == 1 else 'tries'}"
    return "recovery", f"{data['path']}: up to {tries} within {data['limit_s']} s"


def _recovered(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    after = f"after {data['attempts']} {'try' if data['attempts'] == 1 else 'tries'}"
    return "recovery", f"{data['path']} {'recovered' if data['recovered'] else 'not recovered'} {after}"


def _asked(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return data["role"], f"{_subject(data)} asked"


def _answered(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    if data.get("from_cache"):
        return data["role"], f"{_subject(data)} {data['model']}, from the cache"
    figures = f"{tokens(data['input_tokens'])}+{tokens(data['output_tokens'])} tokens"
    seconds = f"{data['latency_ms'] / 1000:.1f} s"
    return data["role"], f"{_subject(data)} answered by {data['model']} in {seconds}, {figures}{_so_far(spent)}"


def _failed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    paid = _so_far(spent) if data.get("cost") else ""
    why = f"{data['error_code']}: {_cut(data['message'] or '')}"
    return data["role"], f"{_subject(data)} {data['model']} failed: {why}{paid}"


def _waiting(data: Mapping[str, Any], spent: float | None) -> tuple[str, str] | None:
    # A shorter pause is over before anybody has read of it.
    if data["seconds"] < 1:
        return None
    return data["role"], f"{_subject(data)} waits {data['seconds']:.0f} s for {data['model']}"


def _compacted(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    figures = f"{tokens(data['tokens_before'])} to {tokens(data['tokens_after'])} tokens"
    return data["role"], f"{_subject(data)} prompt compacted for {data['model']}, {figures}"


def _unreadable(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return data["role"], f"{_subject(data)} unreadable answer, asked again: {_cut(data['why'])}"


def _repeated(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return data["role"], f"{_subject(data)} {data['model']} says again what did not help"


def _planned(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    count = len(data["files"])
    return "plan", f"{count} file{'' if count == 1 else 's'}: {_cut(data['summary'])}"


def _divided(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "architect", f"divided into {len(data['areas'])} areas: {_cut(', '.join(data['areas']))}"


def _area_failed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "architect", f"the area {_cut(data['area'], 60)} failed: {_cut(data['why'])}"


def _reviewed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str] | None:
    if data["approved"]:
        return None  # the file's own line follows
    findings = "; ".join(issue["message"] for issue in data["issues"])
    return "review", f"{data['path']} needs work: {_cut(findings)}"


def _change_reviewed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    verdict = "approved" if data["approved"] else "needs work"
    findings = "; ".join(f"{issue['path']}: {issue['message']}" for issue in data["issues"])
    return "review", f"the whole change {verdict}" + (f": {_cut(findings)}" if findings else "")


def _change_not_reviewed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "review", f"the whole change could not be judged, so it is not approved: {_cut(data['why'])}"


def _read(data: Mapping[str, Any], spent: float | None) -> tuple[str, str] | None:
    loose = [f"{count} but for {how}" for how, count in data["matches"].items() if how != "exact"]
    # What fits exactly needs no word.
    return ("draft", f"{data['path']} edits fit the file, {' and '.join(loose)}") if loose else None


def _refused(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "draft", f"{data['path']} refused: {_cut(data['why'])}"


def _ended(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "file", f"{data['path']} {data['status']}" + (f": {_cut(data['error'])}" if data["error"] else "")


def _circle(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "note", f"{data['path']} does not wait for {data['other']}: they depend on each other"


def _unknown(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    path, name = data["names"][0]
    more = data["count"] - 1
    said = f"{path} is to depend on {_cut(name)}, which is neither planned nor there"
    return "note", said + (f" (and {more} more such {'names' if more > 1 else 'name'})" if more else "")


def _not_told(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    (path, why), *others = data["files"]
    return "note", f"{path}: {_cut(why)}" + (f" (and {len(others)} more files)" if others else "")


def _testing(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    if data.get("path"):
        return "tests", f"running after {data['path']} ..."
    return "tests", "running, to know what fails already ..." if data["baseline"] else "running ..."


def _not_started(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "tests", f"cannot start here: {_cut(data['lacks'])} ({_cut(' '.join(data['command']))})"


def _not_compared(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    why = "ran out of time (see tests.timeout)" if data.get("timed_out") else "says more than can be compared"
    return "lint", f"{why}: what it finds anew is not told from what it found before"


def _confined(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    if not data["enforced"]:
        why = "as tests.sandbox says" if data["asked"] == "off" else "this kernel has none that works here"
        return "sandbox", f"none, {why}: the tests run with your rights"
    missing = f"; not enforced here: {', '.join(data['missing'])}" if data["missing"] else ""
    return "sandbox", f"enforced for the tests: {', '.join(data['enforced'])}{missing}"


def _changed_by_tests(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "tests", f"changed what must be left alone: {_cut(', '.join(data['paths']))}"


def _touched_by_tests(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    who = "a run that was cut off " if data.get("cut_off") else ""
    lost = data.get("lost") or ()
    what = "the rest of what git has no copy of" if lost else "what git has no copy of"
    kept = f"; {what} lies as it was in {data['kept']}" if data.get("kept") else ""
    gone = f"; nothing has a copy of {_some(lost, data['count_lost'])}" if lost else ""
    paths = _some(data["paths"], data["count"])
    return "tests", f"{who}changed or removed files that the plan does not have: {paths}{gone}{kept}"


def _some(paths: Sequence[str], count: int) -> str:
    rest = count - len(paths)
    return _cut(", ".join(paths)) + (f" and {rest} more" if rest else "")


def _touched_by_linter(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "lint", _touched_by_tests(data, spent)[1]


def _changed_by_linter(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "lint", _changed_by_tests(data, spent)[1]


def _tested(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    if data["passed"]:
        return "tests", f"passed ({data['framework']})"
    if data.get("lacks"):
        return "tests", f"could not start: {_cut(data['lacks'])} ({data['framework']})"
    wanted = f", {data['wanted']} to be mended" if data.get("wanted") else ""
    return "tests", f"{data['failures']} failing, {data['new']} of them new{wanted} ({data['framework']})"


def _not_fixed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "tests", f"not fixed: {_cut(data['why'])}"


def _taken_back(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "tests", f"more fails after the fix, so it is taken back: {_cut(', '.join(data['paths']))}"


def _linting(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "lint", _testing(data, spent)[1]


def _linted(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    if data["passed"]:
        return "lint", "passed"
    if data.get("lacks"):
        return "lint", f"could not start: {_cut(data['lacks'])}"
    if data.get("timed_out"):
        return "lint", "ran out of time (see tests.timeout), " + ("as before" if not data["new"] else "not so before")
    return "lint", f"{data['failures']} {'finding' if data['failures'] == 1 else 'findings'}, {data['new']} of them new"


def _lint_not_fixed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "lint", _not_fixed(data, spent)[1]


def _lint_taken_back(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "lint", _taken_back(data, spent)[1]


def _committed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "commit", f"{data['sha'][:10]} {data['subject']}"


def _not_committed(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "commit", f"none was made: {_GIT_OVERLOOKS}"


def _left_out_of_commit(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "commit", f"without {_cut(', '.join(data['paths']))}: {_GIT_OVERLOOKS}"


def _changed_by_hook(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "commit", f"a hook of git changed {_cut(', '.join(data['paths']))}; no model, no test saw that"


def _committed_as_found(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    paths = _cut(", ".join(data["paths"]))
    return "commit", f"{paths} changed since the auditor approved what was there; committed as they are now"


def _touched_at_commit(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    paths = _cut(", ".join(data["paths"]))
    return "commit", f"a hook of git, or somebody, changed {paths} meanwhile; that stays, and is not the session's"


def _pruned(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    count = len(data["sessions"])
    return "state", f"{count} old session{'' if count == 1 else 's'} removed, {size(data['freed_bytes'])} freed"


def _not_pruned(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    return "state", f"old sessions stay: {_cut(data['why'])}"


def _too_large(data: Mapping[str, Any], spent: float | None) -> tuple[str, str]:
    what = f"{size(data['size_bytes'])} are kept, more than state.max_bytes ({size(data['max_bytes'])})"
    return "state", f"{what}: nothing more may be removed; the reply cache has a limit of its own"


def _so_far(spent: float | None) -> str:
    return "" if spent is None else f", {money(spent)} so far"


def _subject(data: Mapping[str, Any]) -> str:
    if data.get("is_lint"):
        return "lint findings:"
    if data.get("part"):
        return _PARTS.get(data["part"]) or f"the plan of area {data['part'][len('area'):]}:"
    return f"{data['path']}:" if data["path"] else _SUBJECTS[data["role"]]


_SUBJECTS = {"architect": "the plan:", "auditor": "the whole change:", "consultant": "failing tests:"}
"""Of questions that are not about one file."""
_PARTS = {"areas": "the areas:", "merge": "the merged plan:"}
"""Of several architects."""


def _cut(text: str, characters: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 3] + "..."


_TEXTS: Mapping[str, Callable[[Mapping[str, Any], "float | None"], "tuple[str, str] | None"]] = {
    "session.started": _started,
    "session.replayed": _replayed,
    "plan.estimated": _estimated,
    "recording.broken": _broken,
    "receipt.failed": _no_receipt,
    "log.failed": _no_log,
    "log.lost": _log_lost,
    "step.started": _asked,
    "recovery.started": _recovering,
    "recovery.ended": _recovered,
    "step.completed": _answered,
    "attempt.failed": _failed,
    "attempt.waiting": _waiting,
    "prompt.compacted": _compacted,
    "reply.unreadable": _unreadable,
    "reply.repeated": _repeated,
    "plan.ready": _planned,
    "plan.circle": _circle,
    "plan.unknown": _unknown,
    "guidance.left_out": _not_told,
    "swarm.divided": _divided,
    "swarm.area_failed": _area_failed,
    "file.reviewed": _reviewed,
    "change.reviewed": _change_reviewed,
    "change.not_reviewed": _change_not_reviewed,
    "draft.read": _read,
    "draft.refused": _refused,
    "file.ended": _ended,
    "tests.started": _testing,
    "tests.sandbox": _confined,
    "tests.not_started": _not_started,
    "tests.changed": _changed_by_tests,
    "tests.touched": _touched_by_tests,
    "tests.ended": _tested,
    "tests.not_fixed": _not_fixed,
    "tests.taken_back": _taken_back,
    "lint.started": _linting,
    "lint.too_long": _not_compared,
    "lint.ended": _linted,
    "lint.not_fixed": _lint_not_fixed,
    "lint.taken_back": _lint_taken_back,
    "lint.changed": _changed_by_linter,
    "lint.touched": _touched_by_linter,
    "commit.made": _committed,
    "commit.none": _not_committed,
    "commit.as_found": _committed_as_found,
    "commit.left_out": _left_out_of_commit,
    "commit.changed": _changed_by_hook,
    "commit.touched": _touched_at_commit,
    "state.pruned": _pruned,
    "state.not_pruned": _not_pruned,
    "state.too_large": _too_large,
}
