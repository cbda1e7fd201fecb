"""Every prompt template, and what the values are that go into them: for who writes templates of their own."""

from __future__ import annotations

from typing import Mapping

TEMPLATES: Mapping[str, str] = {
    "architect_system": "the architect's rules",
    "areas_system": "the rules of the first of several architects",
    "architect_user": "what an architect is asked",
    "shared": "what follows the rules of all who work on a plan, the same for many files",
    "executor_system": "the executor's rules",
    "executor_user": "the order to write a file",
    "auditor_system": "the auditor's rules for one file",
    "auditor_user": "a file to be judged",
    "auditor_delete": "a deletion to be judged",
    "change_system": "the auditor's rules for the whole change",
    "change_user": "the whole change to be judged",
    "consultant_system": "the consultant's rules for one file",
    "consultant_user": "a file to be mended",
    "tests_system": "the consultant's rules for tests or a linter that fail",
    "tests_user": "what fails",
    "draft_form": "how a file is answered with, for executor and consultant",
    "more_files": "the files that an agent asked for",
    "repair": "why an answer could not be used",
}
"""Name to use. All that name a file of the plan begin with the line `File: {{path}}`."""

PLACEHOLDERS: Mapping[str, str] = {
    "area": "the area that this architect plans, and those of the others",
    "checks": "what was found of the draft without a model",
    "count": "how many architects there are",
    "current": "the file as it is now",
    "custom_prompt": "your words from `custom_prompts`",
    "dependencies": "the files that this one depends on",
    "diff": "the change as a diff",
    "failures": "which tests fail, and how",
    "files": "whole files: the chosen, the planned, or those asked for",
    "findings": "what must be mended",
    "form": "the text of `draft_form.txt`",
    "happened": "that tests fail, or that the linter objects",
    "instructions": "what AGENTS.md or its like says: at the root, or in the folders of the file",
    "interfaces": "names and signatures near the file",
    "left_behind": "lines of other files with names that the change takes away",
    "linked": "of a plan of more than 200 files, those that this one is linked with and `plan` leaves out",
    "listing": "every path, with its size",
    "map": "names and signatures of the repository",
    "new": "which form of answer is wanted",
    "new_text": "the file as it would be",
    "not_shown": "files that cannot be shown, and why",
    "old_text": "the file that is to be deleted",
    "order": "what the plan says of the file",
    "original": "the file before the change",
    "output": "the end of what was printed",
    "path": "the file's path",
    "plan": "summary and files of the plan",
    "plans": "the plans of several architects, to be merged",
    "previous_plan": "the plan that you want revised",
    "refused_reply": "an answer that could not be used",
    "remarks": "what you said about the plan",
    "skills": "skills that fit; for an architect also what there is",
    "task": "the task",
    "tried": "what came of earlier drafts, and of earlier fixes",
    "why": "what is wrong with the answer",
}
"""Name to value; one that is empty takes its paragraph with it."""
