"""What each agent is shown of one planned file, taken from the session's images."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Mapping, Sequence

from orchestra.adapters.adapter import Request
from orchestra.agents.auditor import auditor_request, deletion_request
from orchestra.agents.consultant import consultant_request
from orchestra.agents.executor import executor_request
from orchestra.agents.outline import About, Outline
from orchestra.agents.quoting import ShownFile
from orchestra.agents.shrinking import Explanation, explanation_of
from orchestra.agents.templates import Loader
from orchestra.engine.asking import Show
from orchestra.engine.guidance import Guidance
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.errors import WorkspaceError
from orchestra.records import FileImage, Issue, Plan, PlannedFile
from orchestra.workspace.patch import FileChange, unified_patch
from orchestra.workspace.text import decode


@dataclass(frozen=True)
class FilePrompts:
    """Builds the requests that concern one planned file."""

    task: str
    plan: Plan
    files: JournalledTree
    show: Show
    """For what a planned file depends on and the plan leaves as it is."""
    custom_prompts: Mapping[str, str]
    load_template: Loader
    interfaces: Mapping[str, str] = field(default_factory=dict)
    """By path what the files near it declare, as the session found them."""
    guidance: Guidance = Guidance({})

    def for_executor(self, planned: PlannedFile) -> Request:
        return executor_request(
            self._about(planned), original=self.text(planned.path),
            dependencies=self._dependencies(planned), interfaces=self.interfaces.get(planned.path, ""),
            custom_prompt=self.custom_prompts.get("executor", ""), load_template=self.load_template,
        )

    def for_consultant(
        self, planned: PlannedFile, findings: Sequence[Issue], refused_reply: str, *, tried: Sequence[str] = (),
        wants_whole: bool = False,
    ) -> Request:
        return consultant_request(
            self._about(planned), findings=findings, current=self.text(planned.path),
            refused_reply=refused_reply, tried=tried, wants_whole=wants_whole, dependencies=self._dependencies(planned),
            custom_prompt=self.custom_prompts.get("consultant", ""), load_template=self.load_template,
        )

    def for_auditor(self, planned: PlannedFile, checks: Sequence[str] = ()) -> Request:
        before, now = self.files.before(planned.path), self.files.current(planned.path)
        custom_prompt = self.custom_prompts.get("auditor", "")
        dependencies = self._dependencies(planned)
        if now.content is None:
            return deletion_request(
                self._about(planned), old_text=_shown(before, planned.path), dependencies=dependencies,
                custom_prompt=custom_prompt, load_template=self.load_template,
            )
        return auditor_request(
            self._about(planned), new_text=_text_of(now, planned.path) or "",
            diff=_diff(planned, before, now), checks=checks, dependencies=dependencies,
            custom_prompt=custom_prompt, load_template=self.load_template,
        )

    @property
    def about_all(self) -> About:
        """For a prompt about the whole plan."""
        return About(self.task, self._outline, self.guidance.for_task(self.task))

    def _about(self, planned: PlannedFile) -> About:
        wanted = "\n".join((self.task, planned.path, planned.description, *planned.criteria))
        return About(self.task, self._outline, self.guidance.for_file(planned.path, wanted), planned)

    @cached_property
    def _outline(self) -> Outline:
        return Outline(self.plan)

    def explanation(self, planned: PlannedFile, findings: Sequence[Issue]) -> Explanation:
        """What may explain that a draft of the file is shorter than the file was."""
        said = [f"{issue.message}\n{issue.suggestion}" for issue in findings]
        return explanation_of(self.task, self.plan, planned, said)

    def text(self, path: str) -> str | None:
        """What the session last left there, as text; None for an absent file. Raises WorkspaceError for a binary."""
        return _text_of(self.files.current(path), path)

    def _dependencies(self, planned: PlannedFile) -> list[ShownFile]:
        """The files it depends on, as they are now; what may not be shown, or not as text, is left out."""
        others = [path for path in planned.depends_on if path != planned.path]
        texts = {file.path: file.text for file in self.show([path for path in others if not self.plan.file(path)])[0]}
        for path in others:
            if self.plan.file(path):
                with suppress(WorkspaceError):
                    text = self.text(path)
                    if text is not None:
                        texts[path] = text
        return [ShownFile(path, texts[path]) for path in others if path in texts]


def _diff(planned: PlannedFile, before: FileImage, now: FileImage) -> str:
    """Empty for a file that was to be created and was, since every line of it is shown."""
    is_plain = planned.action == "create" and before.content is None and (now.content or b"").endswith(b"\n")
    return "" if is_plain else unified_patch([FileChange(planned.path, before, now)])


def _shown(image: FileImage, path: str) -> str:
    """The text of a file that is to be deleted, or what it is instead of text."""
    try:
        return _text_of(image, path) or ""
    except WorkspaceError:
        return f"(a binary file of {len(image.content or b'')} bytes)"


def _text_of(image: FileImage, path: str) -> str | None:
    return None if image.content is None else decode(image.content, path=path).text
