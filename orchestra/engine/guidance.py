"""What the repository and its user say to every agent: instructions of folders, and skills that fit."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

from orchestra.agents.outline import Words
from orchestra.agents.quoting import ShownFile, bullets, quote, show_files
from orchestra.dataclass import dataclass
from orchestra.engine.asking import Show
from orchestra.workspace.instructions import (
    OWN,
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
    left_out: Sequence[tuple[str, str]] = ()
    """Files of instructions and skills that are not shown as a whole, with the reason."""

    @classmethod
    def found(cls, paths: Sequence[str], show: Show, own: Iterable[Skill], links: Sequence[str] = ()) -> Guidance:
        """Of the repository's files, then of the user's `own` skills; of `links` it is said why they are not shown."""
        by_folder = instruction_files(paths)
        shown, left_out = _shown(show, list(by_folder.values())[:MOST_FOLDERS])
        instructions = {folder: shown[path] for folder, path in by_folder.items() if path in shown}
        texts, others = _shown(show, skill_files(paths))
        others += _shown(show, links[:MOST_FOLDERS])[1]
        skills = [read_skill(path, file.text) for path, file in texts.items()]
        return cls(instructions, without_repeats([*skills, *own]), [*_shortened(instructions), *left_out, *others])

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
            self.left_out,
        )

    def showing(self, show: Show) -> Show:
        """As `show`; the user's own skills may be asked for as well, and those of the repository in the same way."""
        own = {skill.path: ShownFile(skill.path, skill.text) for skill in self.skills if skill.path.startswith(OWN)}
        named = {OWN + skill.name: skill.path for skill in self.skills}

        def shown(asked: Sequence[str]) -> tuple[list[ShownFile], list[tuple[str, str]]]:
            paths = [named.get(path, path) for path in asked]
            files, others = show([path for path in paths if path not in own])
            return [*(own[path] for path in dict.fromkeys(paths) if path in own), *files], others

        return shown

    def whole_skills(self, wanted: str) -> frozenset[str]:
        """The paths of those that fit and are shown to their end."""
        fit = fitting(self.skills, wanted)
        return frozenset(skill.path for skill, file in zip(fit, _cut(_files(fit))) if file.text == skill.text)

    def to_json(self) -> Mapping[str, Any]:
        return {
            "instructions": [[folder, file.path, file.text] for folder, file in self.instructions.items()],
            "skills": [asdict(skill) for skill in self.skills],
            "left_out": [[path, why] for path, why in self.left_out],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Guidance:
        instructions = {folder: ShownFile(path, text) for folder, path, text in kept["instructions"]}
        # Sessions of earlier versions did not say what was left out.
        left_out = [(path, why) for path, why in kept.get("left_out", ())]
        return cls(instructions, [Skill(**skill) for skill in kept["skills"]], left_out)

    def _of_folders(self, folders: Sequence[str]) -> list[ShownFile]:
        return _cut([self.instructions[folder] for folder in folders if folder in self.instructions])

    def _fitting(self, wanted: str) -> str:
        return show_files(_cut(_files(fitting(self.skills, wanted))))


def _files(skills: Sequence[Skill]) -> list[ShownFile]:
    return [ShownFile(skill.path, skill.text) for skill in skills]


def _shown(show: Show, paths: Sequence[str]) -> tuple[dict[str, ShownFile], list[tuple[str, str]]]:
    """Asked for one by one, since only so many are shown at once; and those that are not shown, with the reason."""
    answers = [show([path]) for path in paths]
    files = {file.path: file for shown, _ in answers for file in shown}
    return files, [other for _, not_shown in answers for other in not_shown]


def _shortened(instructions: Mapping[str, ShownFile]) -> Iterator[tuple[str, str]]:
    """Those that are cut where they are shown, and how."""
    for folder, file in instructions.items():
        above = [instructions[outer].text for outer in folders_above(file.path) if outer in instructions]
        left = max(0, MOST_CHARACTERS - sum(map(len, above[:-1])))
        if len(file.text) > left:
            said = f"of its {len(file.text)} characters only {left} are shown" if left else "it is not shown"
            yield file.path, f"{said}: agents see {MOST_CHARACTERS} of instructions at most"


def _cut(files: Sequence[ShownFile]) -> list[ShownFile]:
    """The files with MOST_CHARACTERS in all."""
    cut, left = [], MOST_CHARACTERS
    for file in files:
        text = file.text if len(file.text) <= left else file.text[:left] + _CUT
        if left > 0:
            cut.append(ShownFile(file.path, text))
        left -= len(file.text)
    return cut
