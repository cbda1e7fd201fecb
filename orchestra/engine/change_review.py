"""One review over the whole change, for what single files cannot show."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Mapping, Sequence

from orchestra.agents.auditor import change_request
from orchestra.agents.replies import read_change_review
from orchestra.agents.templates import Loader
from orchestra.engine.asking import Asker
from orchestra.engine.mending import DONE, Mending
from orchestra.errors import ExitStatus, ProviderFault, RefusedPath, UnreadableReply, WorkspaceError
from orchestra.records import FileOutcome, Issue, Review
from orchestra.state.forgetting import APPROVED_CHANGE
from orchestra.workspace.patch import FileChange, unified_patch
from orchestra.workspace.path_names import normalise

LEAST_FILES = 2
"""Of one changed file its own review has seen the whole change."""


@dataclass(frozen=True)
class ChangeReview:
    """Has the auditor judge all files together, and the consultant mend what it finds. Blocks: for a worker thread."""

    asker: Asker
    mending: Mending
    most_fixes: int
    generation: int
    """How often failed files were taken up again by a resume: reviews of before do not count any more."""
    custom_prompts: Mapping[str, str]
    load_template: Loader

    def judge(self, outcomes: dict[str, FileOutcome]) -> None:
        """Update the outcomes by what was mended; a file whose errors stand after the last round has failed.

        Files stay as they are: taking one out of a change breaks the others. Where a file has failed already the
        change is no whole, and is not judged.
        """
        if any(outcome.status not in DONE for outcome in outcomes.values()):
            return
        for round_ in range(1, self.most_fixes + 2):
            patch = self._patch(outcomes)
            digest = hashlib.sha256(patch.encode("utf-8", "surrogatepass")).hexdigest()
            if not patch or self._recall() == digest:
                return
            review = self._review(round_, patch)
            if review is None:
                return
            if review.approved:
                self._keep(digest)
                return
            findings = _by_path(review, [path for path in outcomes if outcomes[path].status == "approved"])
            prefix = f"whole{self.generation}.{round_}/"
            is_last = round_ > self.most_fixes
            mended = [] if is_last else [
                path for path, issues in findings.items() if self.mending.may_change(path, outcomes)
                and self.mending.mend(path, issues, outcomes, key_prefix=prefix) is None
            ]
            if not mended:
                _fail(findings, outcomes)
                return

    def _recall(self) -> object:
        """The change that was approved already, before the session went back to a checkpoint."""
        return self.mending.journal.recall(self.mending.session_id, APPROVED_CHANGE)

    def _keep(self, digest: str) -> None:
        self.mending.journal.keep(self.mending.session_id, APPROVED_CHANGE, digest)

    def _patch(self, outcomes: Mapping[str, FileOutcome]) -> str:
        """Empty where there is no change of several files."""
        files = self.mending.jobs.files
        paths = [file.path for file in self.mending.plan.files if outcomes[file.path].status == "approved"]
        if len(paths) < LEAST_FILES:
            return ""
        return unified_patch([FileChange(path, *files.ends(path)) for path in paths])

    def _review(self, round_: int, patch: str) -> Review | None:
        """None where nobody can be had to judge."""
        jobs = self.mending.jobs
        request = change_request(
            jobs.prompts.about_all, patch=patch, custom_prompt=self.custom_prompts.get("auditor", ""),
            load_template=self.load_template,
        )
        key = f"whole{self.generation}.{round_}/auditor"
        try:
            with jobs.activity.of("auditing"):
                review = self.asker.ask("auditor", key, request, path=None, read=read_change_review)
        except (ProviderFault, UnreadableReply, WorkspaceError) as error:
            jobs.events.emit("change.not_reviewed", level="warning", why=error.message)
            return None
        jobs.events.emit(
            "change.reviewed", level="info" if review.approved else "warning", approved=review.approved,
            issues=[
                {"path": issue.path, "severity": issue.severity, "line": issue.line, "message": issue.message}
                for issue in review.issues
            ],
        )
        return review


def _by_path(review: Review, changed: Sequence[str]) -> dict[str, list[Issue]]:
    """What must be mended in which of the changed files; all where the verdict was given for less than an error.

    What is said of a file that the change leaves alone is a finding about the change all the same: its first file
    answers for it.
    """
    errors = [issue for issue in review.issues if issue.severity == "error"]
    found: dict[str, list[Issue]] = defaultdict(list)
    for issue in errors or review.issues:
        path = _spelled_as_planned(issue.path or "", changed)
        if path is None:
            path, issue = changed[0], replace(issue, message=f"{issue.path}: {issue.message}")
        found[path].append(issue)
    return found


def _spelled_as_planned(path: str, changed: Sequence[str]) -> str | None:
    """Which of the changed files is meant, perhaps as a diff names it; None for none."""
    try:
        path = normalise(path)
    except RefusedPath:
        return None
    without_side = path.partition("/")[2] if path.startswith(("a/", "b/")) else path
    return next((each for each in (path, without_side) if each in changed), None)


def _fail(findings: Mapping[str, Sequence[Issue]], outcomes: dict[str, FileOutcome]) -> None:
    for path, issues in findings.items():
        if path in outcomes:
            outcomes[path] = replace(
                outcomes[path], status="failed", error_code="not-approved-by-auditor",
                error=f"the review of the whole change objects: {issues[0].message}",
                exit_status=int(ExitStatus.JUDGED_BAD),
            )
