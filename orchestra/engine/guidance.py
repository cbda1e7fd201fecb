"""What the repository and its user say to every agent: instructions of folders, and skills that fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Callable, Iterable, Mapping, Sequence

from orchestra.agents.outline import Words
from orchestra.agents.quoting import ShownFile, bullets, quote, show_files
from orchestra.engine.asking import Show
from orchestra.workspace.instructions import (
    Skill,
    fitting,
    folders_above,
    instruction_files,
    read_skill,
    skill_files,
    without_repeats,
)

MOST_CHARACTERS = 24_000
"""Of instructions in one prompt, and the same of skills: a quarter of a small window."""
MOST_FOLDERS = 200
_CUT = "\n[the rest is left out]\n"


@dataclass(frozen=True)
class Guidance:
    """As a session found it, so that no prompt depends on what the session has written since."""

    instructions: Mapping[str, ShownFile]
    """By folder, empty for the root."""
    skills: Sequence[Skill] = ()

    @classmethod
    def found(cls, paths: Sequence[str], show: Show, own: Iterable[Skill]) -> Guidance:
        """Of the repository's files, then of the user's `own` skills."""
        by_folder = instruction_files(paths)
        shown = _shown(show, list(by_folder.values())[:MOST_FOLDERS])
        instructions = {folder: shown[path] for folder, path in by_folder.items() if path in shown}
        texts = _shown(show, skill_files(paths))
        skills = [read_skill(path, file.text) for path, file in texts.items()]
        return cls(instructions, without_repeats([*skills, *own]))

    def for_task(self, task: str) -> Words:
        """For an agent that sees to the whole task; all skills are offered by name."""
        offered = bullets([f"{skill.name}: {skill.description} ({skill.path})" for skill in self.skills])
        fit = self._fitting(task)
        offered = offered if len(offered) <= MOST_CHARACTERS else offered[:MOST_CHARACTERS] + _CUT
        return Words(show_files(self._of_folders([""])), "\n\n".join(part for part in (quote(offered), fit) if part))

    def for_file(self, path: str, wanted: str) -> Words:
        """For an agent that sees to one file; what is `wanted` of it decides which skills fit."""
        above = self._of_folders(folders_above(path))
        of_root = int("" in self.instructions)
        return Words(show_files(above[:of_root]), self._fitting(wanted), show_files(above[of_root:]))

    def changed(self, change: Callable[[str], str]) -> Guidance:
        """With every text changed."""
        return Guidance(
            {folder: ShownFile(file.path, change(file.text)) for folder, file in self.instructions.items()},
            [Skill(change(one.name), change(one.description), one.path, change(one.text)) for one in self.skills],
        )

    def to_json(self) -> Mapping[str, Any]:
        return {
            "instructions": [[folder, file.path, file.text] for folder, file in self.instructions.items()],
            "skills": [asdict(skill) for skill in self.skills],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Guidance:
        instructions = {folder: ShownFile(path, text) for folder, path, text in kept["instructions"]}
        return cls(instructions, [Skill(**skill) for skill in kept["skills"]])

    def _of_folders(self, folders: Sequence[str]) -> list[ShownFile]:
        return _cut([self.instructions[folder] for folder in folders if folder in self.instructions])

    def _fitting(self, wanted: str) -> str:
        return show_files(_cut([ShownFile(skill.path, skill.text) for skill in fitting(self.skills, wanted)]))


def _shown(show: Show, paths: Sequence[str]) -> dict[str, ShownFile]:
    """Asked for one by one, since only so many are shown at once."""
    return {file.path: file for path in paths for file in show([path])[0]}


def _cut(files: Sequence[ShownFile]) -> list[ShownFile]:
    """The files with MOST_CHARACTERS in all."""
    cut, left = [], MOST_CHARACTERS
    for file in files:
        text = file.text if len(file.text) <= left else file.text[:left] + _CUT
        if left > 0:
            cut.append(ShownFile(file.path, text))
        left -= len(file.text)
    return cut
