"""What each agent is shown of one planned file, taken from the session's images."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import field
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
from orchestra.dataclass import dataclass
from orchestra.engine.asking import Show
from orchestra.engine.guidance import Guidance
from orchestra.engine.journalled_tree import JournalledTree
from orchestra.errors import WorkspaceError
from orchestra.records import FileImage, Issue, Plan, PlannedFile
from orchestra.regex import regex
from orchestra.workspace.patch import FileChange, unified_patch
from orchestra.workspace.text import decode

_MOVES = regex(
    r"(?i)\b(?:mov(?:e|es|ed|ing)|renam\w*|new name|extract\w*|split\w*|cop(?:y|ied|ies)|relocat\w*"
    r"|taken (?:over|from|out)|versch[io]e?b\w*|umben[ae]nn\w*|ausgelagert|déplac\w*)\b|移动|移到|重命名|改名"
)
_MOST_SOURCES = 5
_LEFT_BEHIND = "lines of files that nobody changes, with names that this change takes away"


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

    def for_auditor(
        self, planned: PlannedFile, checks: Sequence[str] = (), left_behind: Sequence[str] = ()
    ) -> Request:
        """`left_behind` are lines of other files that name what this change takes away."""
        before, now = self.files.before(planned.path), self.files.current(planned.path)
        custom_prompt = self.custom_prompts.get("auditor", "")
        dependencies = self._dependencies(planned)
        if left_behind:
            dependencies.append(ShownFile(_LEFT_BEHIND, "\n".join(left_behind)))
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
        return [*(ShownFile(path, texts[path]) for path in others if path in texts), *self._sources(planned)]

    def _sources(self, planned: PlannedFile) -> list[ShownFile]:
        """What the file is to take over from planned files, in whose present text it may no longer stand."""
        if planned.action == "delete":
            return []
        said = "\n".join((planned.description, *planned.criteria))
        moves = _MOVES.search(said) is not None
        others = [file for file in self.plan.files if file.path != planned.path and file.action != "create"]
        gone = sum(file.action == "delete" for file in others)
        is_alone = gone == 1 and (moves or _MOVES.search(self.task) is not None)
        found: list[ShownFile] = []
        for file in others:
            is_named = file.path in planned.depends_on or _is_named(file.path, said)
            if file.action == "delete":
                is_wanted = is_named or is_alone or _name_of(file.path) == _name_of(planned.path)
            else:
                is_wanted = is_named and moves
            if is_wanted and len(found) < _MOST_SOURCES:
                found += [self._source(planned, before) for before in self.show([file.path])[0]]
        return [file for file in found if file.text]

    def _source(self, planned: PlannedFile, before: ShownFile) -> ShownFile:
        """Of what is written before this file only the lines that went away: its present text is shown, too.

        Of any other the text of before, whether it is written already or not: the same question after a restart.
        """
        if before.path in planned.depends_on and self.files.current(before.path).content is not None:
            change = FileChange(before.path, self.files.before(before.path), self.files.current(before.path))
            hunks = unified_patch([change]).partition("\n@@")[2].splitlines(keepends=True)
            lines = "".join(line[1:] for line in hunks if line.startswith("-"))
            return ShownFile(f"{before.path}, the lines that the change took out", lines)
        return ShownFile(f"{before.path}, as it was before the change", before.text)


def _is_named(path: str, text: str) -> bool:
    names = [name for name in (path, _name_of(path)) if name in text]
    return any(re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w/-])", text) for name in names)


def _name_of(path: str) -> str:
    return path.rpartition("/")[2]


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
