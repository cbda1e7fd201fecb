"""Asking an agent so that no answer is ever lost or paid twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import Any, Callable, Mapping, Sequence, TypeVar

from orchestra.adapters.adapter import Adapter, AdapterInfo, CallObserver, Message, Request
from orchestra.adapters.fences import FENCE, without_marks
from orchestra.agents.follow_up import not_shown_yet, repair_request, with_more_files
from orchestra.agents.quoting import ShownFile
from orchestra.agents.replies import NeedFiles
from orchestra.clock import CancelToken, Deadline
from orchestra.engine.crew import out_of_time
from orchestra.engine.discretion import Discretion
from orchestra.engine.panel import Panel
from orchestra.engine.resume import generation
from orchestra.engine.showing import Excerpt, excerpt_for, within
from orchestra.errors import (
    LimitReached, NotRecorded, ProviderFault, RefusedPath, TooExpensive, Truncated, UnreadableReply,
)
from orchestra.observe.events import Events
from orchestra.observe.redaction import Redactor
from orchestra.records import Attempt, Reply, Step, Usage
from orchestra.regex import regex
from orchestra.state.manager import StateManager
from orchestra.turns import Turns

T = TypeVar("T")
FIXES_LINT = "fix-lint-"
"""What the keys of questions about the linter's findings begin with."""
_OF_SEVERAL = regex(r"architect/\d+/(areas|area\d+|merge)\b")
"""The key of a question to one of several architects."""
_FINISHING = ("auditor", "consultant")
"""Who finishes a file that is begun: of three files drafted for all that was left, none would be of use."""
MOST_FILE_ROUNDS = 3
MOST_FILE_TOKENS = 60_000
"""Of files that one conversation is shown because they were asked for."""
_FENCE = regex(FENCE)
_ABOUT = ("task", "remarks", "area", "order", "findings", "failures")
"""The parts of a prompt that say what is to be done."""

Show = Callable[[Sequence[str]], "tuple[list[ShownFile], list[tuple[str, str]]]"]
"""From paths asked for to the files that may be shown, and the others with the reason."""


class Asker:
    """Puts questions to the chains of one session, through the journal. Any thread.

    A question is a conversation: the answer may ask for files, and one that cannot be read gets one
    repair round. Each turn is a step of its own, found again by its key after a restart.
    """

    def __init__(
        self,
        *,
        session_id: str,
        journal: StateManager,
        chains: Mapping[str, Adapter],
        events: Events,
        redactor: Redactor,
        discretion: Discretion,
        deadline: Deadline,
        cancel: CancelToken,
        show: Show,
        panel: Panel = Panel({}),
        turns: Turns | None = None,
    ) -> None:
        """Who waits for an answer gives its turn up."""
        self._session_id = session_id
        self._journal = journal
        self._chains = chains
        self._events = events
        self._redactor = redactor
        self._discretion = discretion
        self._deadline = deadline
        self._cancel = cancel
        self._show = show
        self._panel = panel
        self._turns = turns or Turns()
        self._said: dict[str | None, dict[bytes, str]] = {}
        """By path that is mended and hash of what a draft's answer says of it, the step that was first answered so."""

    def ask(
        self,
        role: str,
        key: str,
        request: Request,
        *,
        path: str | None,
        read: Callable[[str], T | NeedFiles],
        keeps_cut: bool = False,
        deadline: Deadline | None = None,
    ) -> T:
        """What `read` makes of the answer.

        With `keeps_cut` it is journalled that an answer was cut off, since the caller acts on that. A `deadline`
        comes before the run's own.
        Raises a ProviderFault when no model answered, what `read` raises when the repair round did not
        help either, LimitReached, Cancelled, StateError.
        """
        file_rounds, repaired, turn, room = 0, False, 1, MOST_FILE_TOKENS
        told: set[str] = set()
        while True:
            step_key = key if turn == 1 else f"{key}#{turn}"
            text = self._turn(role, step_key, request, path, keeps_cut, deadline or self._deadline)
            turn += 1
            try:
                answer = read(text)
                if not isinstance(answer, NeedFiles):
                    return answer
                if file_rounds == MOST_FILE_ROUNDS:
                    raise UnreadableReply("No more files can be shown; answer with what you have.")
                file_rounds += 1
                shown, not_shown = self._show(answer.paths)
                shown, above = not_shown_yet(request, shown, told=told)
                told.update(path for path, _ in above)
                shown, too_long, room = within(shown, room, self._excerpt(request), always=True)
                # Of a file that is too long the same parts may be asked for again.
                shown, again = not_shown_yet(request, shown, told=told)
                told.update(path for path, _ in again)
                above += again
                request = with_more_files(request, text, shown=shown, not_shown=[*not_shown, *above, *too_long])
            except (UnreadableReply, RefusedPath) as error:
                self._journal.reply_cache.forget(text)
                if repaired:
                    error.where = error.where or f"the {role} was asked twice"
                    raise
                repaired = True
                self._events.emit(
                    "reply.unreadable", level="warning", role=role, path=path, why=error.message, **_whose(key, path)
                )
                request = repair_request(request, text, error.message)

    def _excerpt(self, request: Request) -> Excerpt:
        said = [*request.shared, *(segment for message in request.messages for segment in message.segments)]
        about = "\n".join(segment.text for segment in said if segment.name in _ABOUT)
        return excerpt_for(_FENCE.sub("", about), self._discretion.placeholders.hide)

    def _turn(
        self, role: str, key: str, request: Request, path: str | None, keeps_cut: bool, deadline: Deadline
    ) -> str:
        if not keeps_cut:
            return self._step(role, key, request, path, deadline).text
        if key in self._cut_off:
            raise Truncated(self._cut_off[key])
        try:
            return self._draft(role, key, request, path, deadline)
        except Truncated as fault:
            self._journal.keep(self._session_id, self._cut_prefix + key, fault.what)
            self._cut_off[key] = fault.what
            raise

    @cached_property
    def _cut_prefix(self) -> str:
        # Of one generation: files that are taken up again are asked for again.
        return f"cut/{generation(self._journal, self._session_id)}/"

    @cached_property
    def _cut_off(self) -> dict[str, str]:
        """By the keys of drafts that were cut off, what was said of it."""
        return self._journal.recall_all(self._session_id, self._cut_prefix)

    def _draft(self, role: str, key: str, request: Request, path: str | None, deadline: Deadline) -> str:
        """As a step; a model that says again what did not help before is passed over for the next of its chain."""
        reply = self._step(role, key, request, path, deadline)
        if self._said_before(key, path, reply.text):
            name = f"{reply.provider}/{reply.model_id}"
            self._events.emit("reply.repeated", level="warning", role=role, path=path, model=name)
            in_vain = f"no-other/{generation(self._journal, self._session_id)}/{key}"
            if self._panel.has_others(role, name) and not self._journal.recall(self._session_id, in_vain):
                other = replace(request, passed_over=frozenset((name,)), cacheable=False)
                try:
                    said = self._step(role, f"{key}/other", other, path, deadline).text
                    self._said_before(f"{key}/other", path, said)
                    return said
                except (ProviderFault, NotRecorded):
                    # Nobody else is to be had: the repeated answer goes the way of any other, after a restart too.
                    self._journal.keep(self._session_id, in_vain, True)
        return reply.text

    def _said_before(self, key: str, path: str | None, text: str) -> bool:
        if key.startswith("executor/"):
            # The first of its file: whoever mends finds it in the journal, and most files are never mended.
            return False
        if path not in self._said:
            self._said[path] = {
                _digest(said, path): said_key
                for said_key, said in self._journal.steps.drafts(self._session_id, path, before=key)
            }
        return self._said[path].setdefault(_digest(text, path), key) != key

    def _step(self, role: str, key: str, request: Request, path: str | None, deadline: Deadline) -> Reply:
        steps = self._journal.steps
        request = self._discretion.request(request)
        step = steps.begin(self._session_id, key, role=role, path=path, input_text=_as_text(request))
        if step.reply is not None:
            self._events.emit("step.recalled", level="debug", step_id=step.id, role=role, path=path)
            return step.reply
        self._cancel.check()
        if self._deadline.is_over:
            raise out_of_time()
        watcher = _Watcher(self, step)
        with self._turns.aside(to_the_end=True):
            reply = self._call(step, request, deadline, watcher)
            # Before anybody's turn is waited for: it is paid for.
            steps.complete(step, reply)
        self._events.emit(
            "step.completed", step_id=step.id, role=role, path=path, attempt=watcher.attempts or None,
            **_figures(reply), **_consumed(watcher.answered or reply.usage), **_whose(step.key, step.file_path),
        )
        return reply

    def _call(self, step: Step, request: Request, deadline: Deadline, watcher: _Watcher) -> Reply:
        self._events.emit(
            "step.started", step_id=step.id, role=step.agent_role, path=step.file_path, parts=_parts(request),
            **_whose(step.key, step.file_path),
        )
        passed_over, goes_first = self._passed_over(step), step.agent_role in _FINISHING
        if passed_over or goes_first:
            request = replace(request, passed_over=request.passed_over | passed_over, goes_first=goes_first)
        try:
            reply = self._chains[step.agent_role].execute(
                request, deadline=deadline, cancel=self._cancel, observer=watcher
            )
        except BaseException as error:
            self._journal.steps.fail(step)
            if isinstance(error, TooExpensive):
                raise LimitReached(error.what, where=error.where, hint=error.hint) from None
            # With more time the fault's next try, or the next model, might have brought an answer.
            if isinstance(error, ProviderFault) and self._is_for_time(error):
                raise out_of_time() from None
            raise
        return reply

    def _is_for_time(self, fault: ProviderFault) -> bool:
        """Whether it is the run's deadline, not a nearer one, that stands against a next try."""
        left_s = self._deadline.remaining_s()
        return left_s is not None and (left_s == 0 or fault.next_try_s is not None and fault.next_try_s >= left_s)

    def _passed_over(self, step: Step) -> frozenset[str]:
        """Whom not to ask: an auditor of the vendor whose model wrote what is judged, where that is not wanted."""
        path = step.file_path
        if step.agent_role != "auditor" or not self._panel.other_vendor:
            return frozenset()
        if path is None:
            return self._panel.biased_as_a_whole(self._journal.steps.writers(self._session_id))
        prefix, _, turn = step.key.partition(f"auditor/{path}/")
        consulted = f"{prefix}consultant/{path}/{turn.partition('#')[0]}"
        # An executor is asked for the first draft of a file alone.
        keys = ([f"executor/{path}/1"], [consulted])
        executor, consultant = (self._journal.steps.answered_by(self._session_id, path, key) for key in keys)
        return self._panel.biased(executor, consultant)

    def attempt_started(self, step: Step, number: int, info: AdapterInfo) -> None:
        self._journal.steps.asked(step, info.model)
        self._events.emit(
            "attempt.started", level="debug", step_id=step.id, role=step.agent_role, path=step.file_path,
            attempt=number, model=info.name,
        )

    def attempt_ended(self, step: Step, number: int, attempt: Attempt) -> None:
        message = attempt.error_message
        attempt = replace(attempt, error_message=None if message is None else self._redactor.text(message))
        self._journal.steps.add_attempt(step, attempt)
        if not attempt.success:
            self._events.emit(
                "attempt.failed", level="warning", step_id=step.id, role=step.agent_role, path=step.file_path,
                attempt=number, model=f"{attempt.provider}/{attempt.model_id}", error_code=attempt.error_code,
                message=attempt.error_message, latency_ms=attempt.latency_ms, **_consumed(attempt.usage),
                **_whose(step.key, step.file_path),
            )

    def waiting(self, step: Step, info: AdapterInfo, seconds: float) -> None:
        self._events.emit(
            "attempt.waiting", step_id=step.id, role=step.agent_role, path=step.file_path, model=info.name,
            seconds=round(seconds, 3), **_whose(step.key, step.file_path),
        )

    def compacted(
        self, step: Step, info: AdapterInfo, tokens_before: int, tokens_after: int, strategies: Sequence[str]
    ) -> None:
        self._events.emit(
            "prompt.compacted", level="warning", step_id=step.id, role=step.agent_role, path=step.file_path,
            model=info.name, tokens_before=tokens_before, tokens_after=tokens_after,
            reduction_percent=round(100 * (1 - tokens_after / max(1, tokens_before)), 1), strategies=list(strategies),
            **_whose(step.key, step.file_path),
        )


class _Watcher(CallObserver):
    """Ties what a call tells to its step, and counts its attempts."""

    def __init__(self, asker: Asker, step: Step) -> None:
        self._asker = asker
        self._step = step
        self.attempts = 0
        """Begun since this process took the step up."""
        self.answered: Usage | None = None
        """Of the last attempt, if it succeeded."""

    def attempt_started(self, info: AdapterInfo) -> None:
        self.attempts += 1
        self._asker.attempt_started(self._step, self.attempts, info)

    def received(self, characters: int) -> None:
        """The line view does not show it."""

    def attempt_ended(self, attempt: Attempt) -> None:
        self.answered = attempt.usage if attempt.success else None
        self._asker.attempt_ended(self._step, self.attempts, attempt)

    def waiting(self, info: AdapterInfo, seconds: float) -> None:
        self._asker.waiting(self._step, info, seconds)

    def compacted(
        self, info: AdapterInfo, tokens_before: int, tokens_after: int, strategies: Sequence[str]
    ) -> None:
        self._asker.compacted(self._step, info, tokens_before, tokens_after, strategies)


def _figures(reply: Reply) -> dict[str, Any]:
    return {
        "model": f"{reply.provider}/{reply.model_id}",
        "latency_ms": reply.latency_ms,
        "from_cache": reply.from_cache,
        **(_saved(reply.saved) if reply.from_cache else {}),
    }


def _consumed(usage: Usage) -> dict[str, Any]:
    """By one attempt: of an answer in parts only by the last, since each part before it was told of as cut off."""
    cost = usage.cost_usd
    return {
        "input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens,
        "cost": None if cost is None else float(cost),
    }


def _saved(usage: Usage) -> dict[str, Any]:
    cost = usage.cost_usd
    known = [tokens for tokens in (usage.input_tokens, usage.output_tokens) if tokens is not None]
    return {"saved_tokens": sum(known) if known else None, "saved_cost": None if cost is None else float(cost)}


def _whose(key: str, path: str | None) -> dict[str, Any]:
    """Of a question about no single file: that it is about the linter's findings, not failing tests; and which of
    several architects is asked.
    """
    if path is not None:
        return {}
    part = _OF_SEVERAL.match(key)
    return {"is_lint": True} if key.startswith(FIXES_LINT) else {"part": part[1]} if part else {}


def _digest(text: str, path: str | None) -> bytes:
    # Loaded with the first draft, as what reads it is.
    from orchestra.agents.draft_reply import gist

    return hashlib.sha256(gist(text, path or "").encode("utf-8", "surrogatepass")).digest()


def _parts(request: Request) -> dict[str, int]:
    """Characters of each part of the prompt; `rules` are those of the role."""
    parts = Counter({"rules": len(request.rules)})
    for segment in request.segments:
        parts[segment.name] += len(segment.text)
    return {name: size for name, size in parts.items() if size}


def _as_text(request: Request) -> str:
    turns: tuple[Message, ...] = (Message.of("system", request.system), *request.messages)
    return without_marks("\0".join(f"{message.role}\0{message.text}" for message in turns))
