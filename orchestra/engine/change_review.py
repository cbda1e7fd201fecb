"""One review over the whole change, for what single files cannot show."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from typing import Callable, Mapping, Sequence

from orchestra.agents.auditor import change_request
from orchestra.agents.replies import read_change_review
from orchestra.agents.templates import Loader
from orchestra.dataclass import dataclass
from orchestra.engine.asking import Asker
from orchestra.engine.mending import DONE, Mending, planned_paths
from orchestra.engine.resume import UNJUDGED_CHANGE
from orchestra.errors import ExitStatus, OrchestraError, ProviderFault, UnreadableReply, WorkspaceError
from orchestra.records import FileOutcome, Issue, Review
from orchestra.state.forgetting import APPROVED_CHANGE
from orchestra.workspace.patch import FileChange, readable_patches
from orchestra.workspace.path_names import quoted

LEAST_FILES = 2
"""Of one changed file its own review has seen the whole change."""


class ChangeNotApproved(OrchestraError):
    """The auditor objects to the change as a whole, and no file of it can be mended for that."""

    code = "not-approved-by-auditor"
    exit_status = ExitStatus.JUDGED_BAD


class ChangeNotJudged(ChangeNotApproved):
    """Nobody has judged the change as a whole; a resume has it judged."""

    code = "change-not-judged"


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
    left_behind: Callable[[str, Sequence[str]], Sequence[str]] = lambda key, changed: ()
    """The lines of other files that name what the change takes away, see LeftBehind."""

    def judge(self, outcomes: dict[str, FileOutcome]) -> ChangeNotApproved | None:
        """Update the outcomes by what was mended; a file whose errors stand after the last round has failed.

        Files stay as they are: taking one out of a change breaks the others. Where a file has failed already the
        change is no whole, and is not judged. What is returned is held against the change, and against none of its
        files.
        """
        if any(outcome.status not in DONE for outcome in outcomes.values()):
            return None
        judged = ""
        for round_ in range(1, self.most_fixes + 2):
            patches = self._patches(outcomes)
            digest = _digest(patches)
            if not patches or self._recall() == digest:
                return None
            digest = self._asked_about(round_, digest)
            if digest != judged:
                try:
                    review = self._review(round_, patches, outcomes)
                except (ProviderFault, UnreadableReply, WorkspaceError) as error:
                    return self._not_judged(error)
                if review.approved:
                    self._keep(digest)
                    return None
                findings, elsewhere = _by_path(review, list(outcomes), self.mending.jobs.files.lies_there)
            judged = digest
            if round_ > self.most_fixes or not self._mend(round_, findings, outcomes):
                break
        _fail(findings, outcomes)
        return _unplanned(elsewhere) if elsewhere else None

    def _mend(
        self, round_: int, findings: Mapping[str, Sequence[Issue]], outcomes: dict[str, FileOutcome]
    ) -> bool:
        """Whether any of the files may be mended; what was tried in vain is tried again in the next round."""
        mendable = [path for path in findings if self.mending.may_change(path, outcomes)]
        self.mending.mend_all(
            {path: findings[path] for path in mendable}, outcomes, key_prefix=f"whole{self.generation}.{round_}/"
        )
        return bool(mendable)

    def _not_judged(self, error: OrchestraError) -> ChangeNotJudged:
        """Noted, so that a resume asks anew."""
        session_id, journal = self.mending.session_id, self.mending.journal
        journal.keep(session_id, UNJUDGED_CHANGE, True)
        self.mending.jobs.events.emit("change.not_reviewed", level="warning", why=error.message)
        could_not = "be read" if isinstance(error, UnreadableReply) else "be had"
        return ChangeNotJudged(
            f"the review of the whole change could not {could_not}, so the change is not approved",
            where=error.message, hint=f"the files stay as they are; `orchestra resume {session_id}` asks for it again",
        )

    def _asked_about(self, round_: int, digest: str) -> str:
        """The change that a round's question was about: after a restart the files may be further than that."""
        name = f"whole-asked/{self.generation}.{round_}"
        return str(self.mending.journal.remember(self.mending.session_id, name, lambda: digest))

    def _recall(self) -> object:
        """The change that was approved already, before the session went back to a checkpoint."""
        return self.mending.journal.recall(self.mending.session_id, APPROVED_CHANGE)

    def _keep(self, digest: str) -> None:
        self.mending.journal.keep(self.mending.session_id, APPROVED_CHANGE, digest)

    def _patches(self, outcomes: Mapping[str, FileOutcome]) -> list[str]:
        """Empty where there is no change of several files."""
        files, paths = self.mending.jobs.files, self._changed(outcomes)
        if len(paths) < LEAST_FILES:
            return []
        # One by one: all contents of a large change need not be there at once.
        return [patch for path in sorted(paths) for patch in readable_patches([FileChange(path, *files.ends(path))])]

    def _changed(self, outcomes: Mapping[str, FileOutcome]) -> list[str]:
        return [file.path for file in self.mending.plan.files if outcomes[file.path].status == "approved"]

    def _review(self, round_: int, patches: Sequence[str], outcomes: Mapping[str, FileOutcome]) -> Review:
        self.mending.hands.sit_out_pause()
        jobs = self.mending.jobs
        key = f"whole{self.generation}.{round_}/auditor"
        request = change_request(
            jobs.prompts.about_all, patches=patches, left_behind=self.left_behind(key, self._changed(outcomes)),
            custom_prompt=self.custom_prompts.get("auditor", ""), load_template=self.load_template,
        )
        with jobs.activity.of("auditing"):
            review = self.asker.ask("auditor", key, request, path=None, read=read_change_review)
        jobs.events.emit(
            "change.reviewed", level="info" if review.approved else "warning", approved=review.approved,
            issues=[
                {"path": issue.path, "severity": issue.severity, "line": issue.line, "message": issue.message}
                for issue in review.issues
            ],
        )
        return review


def _digest(patches: Sequence[str]) -> str:
    """Of all of them in a row."""
    digest = hashlib.sha256()
    for patch in patches:
        digest.update(patch.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _by_path(
    review: Review, planned: Sequence[str], lies_there: Callable[[str], bool]
) -> tuple[dict[str, list[Issue]], list[Issue]]:
    """What must be mended in which of the planned files, and what is said of files that are not planned.

    Only errors count, and everything where the verdict was given for less than an error.
    """
    errors = [issue for issue in review.issues if issue.severity == "error"]
    found: dict[str, list[Issue]] = defaultdict(list)
    elsewhere = []
    for issue in errors or review.issues:
        paths = planned_paths(issue.path or "", planned, lies_there)
        if not paths:
            elsewhere.append(issue)
        for path in paths:
            found[path].append(issue)
    return found, elsewhere if errors or not found else []


def _unplanned(issues: Sequence[Issue]) -> ChangeNotApproved:
    named = quoted(issues[0].path or "")
    return ChangeNotApproved(
        f"the review of the whole change objects to a file that is not planned: {named}: {issues[0].message}",
        hint=f"the files stay as they are; run again with a task that has {named} planned too",
    )


def _fail(findings: Mapping[str, Sequence[Issue]], outcomes: dict[str, FileOutcome]) -> None:
    for path, issues in findings.items():
        if path in outcomes:
            outcomes[path] = replace(
                outcomes[path], status="failed", error_code="not-approved-by-auditor",
                error=f"the review of the whole change objects: {issues[0].message}",
                exit_status=int(ExitStatus.JUDGED_BAD),
            )
