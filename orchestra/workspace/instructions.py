"""What a repository and its user say to models: AGENTS.md and its kin, and skills (https://agents.md,
https://agentskills.io).
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Iterable, Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.found_files import plain
from orchestra.regex import regex

NAMES = ("AGENTS.md", "CLAUDE.md", "GEMINI.md", ".cursorrules")
"""Of a folder the first of these that is there counts."""
SKILL_FOLDERS = (".agents/skills/", ".claude/skills/", "ai-core/SKILLS/")
SKILL_FILE = "SKILL.md"
OWN = "skill:"
"""Before the name of one of the user's own: where it lies is nobody's business."""
MOST_SKILLS = 200
MOST_BYTES = 64 * 1024
"""A longer file of the user's own is not read."""

_FRONT_MATTER = regex(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*$\r?\n?", re.DOTALL | re.MULTILINE)
_ENTRY = regex(
    r"^(\w+):[ \t]+(?:[>|][-+]?[ \t]*\r?\n[ \t]+)?([\"']?)(\w[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)", re.MULTILINE
)
_WORD = regex(r"[^\W_]{3,}")
_EMPTY_WORDS = frozenset(
    "and any are for from has have how into its not one only that the them then these they this use used user uses"
    " using was what when where which with work works you your skill file files code task add new make".split()
)
_LEAST_WORDS = 3
_FEWEST_WORDS = 2
"""Where a skill says no more of itself."""
_LONGEST_DESCRIPTION = 1024
"""As the format has it."""


@dataclass(frozen=True)
class Skill:
    """How to do one kind of work."""

    name: str
    description: str
    path: str
    """Of its SKILL.md, relative to the root; OWN and the name where it is the user's own."""
    text: str
    """What follows the front matter."""

    def fits(self, wanted: str) -> bool:
        """Whether it is about what is wanted: it is named there, or speaks of the same things."""
        words = words_of(wanted)
        name = words_of(self.name.replace("-", " ").replace("_", " "))
        if name and name <= words:
            return True
        own = name | words_of(self.description)
        return len(words & own) >= min(_LEAST_WORDS, max(_FEWEST_WORDS, len(own)))


def words_of(text: str) -> frozenset[str]:
    """The words that say what a text is about, without the ends of their inflections."""
    words = (word.casefold() for word in _WORD.findall(text))
    return frozenset(_stem(word) for word in words if word not in _EMPTY_WORDS)


def instruction_files(paths: Iterable[str]) -> Mapping[str, str]:
    """Folder (empty for the root) to the file that instructs models there; `paths` are the repository's files."""
    known = {path for path in paths if path.rpartition("/")[2] in NAMES}
    folders = {path.rpartition("/")[0] for path in known}
    found = {}
    for folder in sorted(folders):
        prefix = f"{folder}/" if folder else ""
        found[folder] = next(prefix + name for name in NAMES if prefix + name in known)
    return found


def instruction_links(root: Path, paths: Iterable[str]) -> Sequence[str]:
    """The links that stand where the instructions of a folder are looked for, and lead to no file that counts there."""
    known = frozenset(paths)
    chosen = {os.path.realpath(root / path) for path in instruction_files(known).values()}
    found = []
    for folder in sorted({"", *(path.rpartition("/")[0] for path in known)}):
        for path in (f"{folder}/{name}" if folder else name for name in NAMES):
            if path in known:
                break
            if os.path.islink(root / path) and os.path.realpath(root / path) not in chosen:
                found.append(path)
    return found


def folders_above(path: str) -> Sequence[str]:
    """The folders that a file lies in, from the root (empty) inwards."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(len(parts) + 1)]


def skill_files(paths: Iterable[str]) -> Sequence[str]:
    """The SKILL.md files of a repository, MOST_SKILLS at most; `paths` are its files."""
    found = (path for path in paths if path.endswith("/" + SKILL_FILE) and path.startswith(SKILL_FOLDERS))
    return sorted(found)[:MOST_SKILLS]


def read_skill(path: str, text: str) -> Skill:
    """A skill from its SKILL.md; without readable front matter it is named like its folder, and fits by that name."""
    match = _FRONT_MATTER.match(text)
    about: object = None
    if match:
        import yaml

        try:
            # Texts are wanted, whatever else a scalar might mean.
            about = yaml.load(match.group(1)[:MOST_BYTES], Loader=yaml.BaseLoader)
        except (yaml.YAMLError, ValueError, RecursionError):
            # Many a description holds a colon, which YAML takes for a second mapping.
            found = _ENTRY.findall(match.group(1))
            about = {key: value.rstrip(" \t" + quote) for key, quote, value in found}
    said = about if isinstance(about, dict) else {}
    folder = path.split("/")[-2] if "/" in path else path
    return Skill(
        name=_line_at(said, "name") or folder, description=_line_at(said, "description"), path=path,
        text=text[match.end():] if match else text,
    )


def own_skills(variables: Mapping[str, str]) -> Sequence[Skill]:
    """The user's own skills, for every repository; those that cannot be read are left out."""
    home = variables.get("HOME")
    config = variables.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else None)
    folders = [f"{config}/orchestra/skills"] if config else []
    folders += [f"{home}/.agents/skills", f"{home}/.claude/skills"] if home else []
    return without_repeats(skill for folder in folders for skill in _skills_below(Path(folder)))[:MOST_SKILLS]


def without_repeats(skills: Iterable[Skill]) -> Sequence[Skill]:
    """Of skills of one name the first."""
    found: dict[str, Skill] = {}
    for skill in skills:
        found.setdefault(skill.name, skill)
    return list(found.values())


def fitting(skills: Iterable[Skill], wanted: str) -> Sequence[Skill]:
    """The skills that fit."""
    return [skill for skill in skills if skill.fits(wanted)]


def _skills_below(folder: Path) -> list[Skill]:
    skills = []
    try:
        files = sorted(folder.glob("*/" + SKILL_FILE))
    except OSError:
        return []
    for file in files[:MOST_SKILLS]:
        try:
            with open(file, encoding="utf-8", opener=plain) as stream:
                if os.fstat(stream.fileno()).st_size <= MOST_BYTES:
                    skill = read_skill(str(file), stream.read())
                    skills.append(replace(skill, path=OWN + skill.name))
        except (OSError, UnicodeDecodeError):
            pass
    return skills


def _line_at(said: Mapping[object, object], key: str) -> str:
    value = said.get(key)
    return " ".join(value.split())[:_LONGEST_DESCRIPTION] if isinstance(value, str) else ""


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
