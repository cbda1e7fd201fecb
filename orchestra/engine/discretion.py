"""What models never see: the secrets in what they are shown. Their drafts get them back, each in its own file."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import field, replace
from typing import Callable, Iterable, Iterator, Mapping, Sequence

from orchestra.adapters.adapter import Request
from orchestra.adapters.fences import keyed
from orchestra.agents.replies import NeedFiles
from orchestra.dataclass import dataclass
from orchestra.errors import OrchestraError, RefusedDraft
from orchestra.observe.placeholders import Placeholders
from orchestra.records import Draft, TestFailure, TestRun

_ONLY_THERE = (
    "stands for a secret of another file, which is put back in that file alone. Have the code read it from there or "
    "from the environment, or leave it out."
)
_NOT_KNOWN = (
    "is no placeholder that stands for a secret. Copy placeholders exactly as they are shown, and make up none."
)


@dataclass(frozen=True)
class Discretion:
    """Readies requests for sending, and reads what comes back. Any thread."""

    key: bytes
    """The secret of the repository's journal."""
    placeholders: Placeholders
    survey: Callable[[], Iterable[tuple[str, bool]]] = tuple
    """Every text of the repository, and whether it is one of secrets: tests may print what stands in any of them."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of the environment, which tests have and may print, too."""
    _surveyed: list[bool] = field(default_factory=list)
    _surveying: threading.Lock = field(default_factory=threading.Lock)

    def request(self, request: Request) -> Request:
        """The request as it may be journalled and sent: without secrets, its fences with the journal's marks."""
        # What a model said itself stands in no fence of ours.
        marked = request.with_texts(lambda segment: keyed(segment.text, self.key), leaving="assistant")
        known = self.placeholders.known
        hidden = self._hidden(marked)
        # What is found in one part is hidden in all.
        return hidden if self.placeholders.known == known else self._hidden(hidden)

    def test_run(self, run: TestRun) -> TestRun:
        """What tests printed, without the secrets of any file."""
        with self._surveying:
            if not self._surveyed:
                self._learn_all()
                self._surveyed.append(True)
        hide = self.placeholders.hide
        failures = tuple(TestFailure(hide(failure.id), hide(failure.message)) for failure in run.failures)
        return replace(run, output=hide(run.output), failures=failures)

    def _learn_all(self) -> None:
        from orchestra.observe.secret_files import telling_variables, values_in

        values = set(values_in(telling_variables(self.variables)))

        def texts() -> Iterator[str]:
            for text, is_secret in self.survey():
                if is_secret:
                    values.update(values_in(text))
                yield text

        self.placeholders.learn_all(texts())
        self.placeholders.learn_values(values)

    def draft(
        self, reply: str, path: str, base: str | None, *, original: str | None, words: Sequence[str]
    ) -> Draft | NeedFiles:
        """As `read_draft`, for an answer with placeholders, which is compared with the file as it is.

        The secrets put back are those of the file itself, now or originally, and of `words`: what the user said, and
        what the plan has move here.
        """
        from orchestra.agents.draft_reply import read_draft

        own = [text for text in (base, original) if text]
        with self.unspoken():
            text = self.placeholders.put_back(reply, [*own, *words])
            answer = read_draft(text, path, base, task="\n".join(words))
            if isinstance(answer, Draft):
                self._check(answer, own)
            return answer

    @contextmanager
    def unspoken(self) -> Iterator[None]:
        """Errors raised in the block tell no secret."""
        try:
            yield
        except OrchestraError as error:
            for name, value in vars(error).items():
                if isinstance(value, str):
                    setattr(error, name, self.placeholders.hide(value))
            raise

    def _hidden(self, request: Request) -> Request:
        hide = self.placeholders.hide
        rules = hide(request.rules)
        hidden = request.with_texts(lambda segment: hide(segment.text))
        return hidden if rules == request.rules else replace(hidden, rules=rules)

    def _check(self, draft: Draft, own: Sequence[str]) -> None:
        foreign, unknown = self.placeholders.strangers(draft.text, own)
        for names, why in ((foreign, _ONLY_THERE), (unknown, _NOT_KNOWN)):
            if names:
                raise RefusedDraft(f"`{names[0]}` {why}", where=draft.path)
