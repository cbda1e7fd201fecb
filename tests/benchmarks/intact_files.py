"""What the syntax check says of real files, by language: `python -m tests.benchmarks.intact_files FOLDER...`, by hand.

Each file is read by the whole check, with the parsers that are installed, and by what is left where none is. A file
that either calls broken is shown to the language's own parser, if one is given (`--judge Ruby="ruby -c"`), and is left
out as not intact where that refuses it; so is what `--leave-out` names: fixtures of bad syntax. Then some intact files
are cut off in a line that is indented or before one, that is inside a structure, and the share found is told.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shlex
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from orchestra.clock import CancelToken, SystemClock
from orchestra.workspace.languages.installed import InstalledTools
from orchestra.workspace.languages.names import language_of
from orchestra.workspace.syntax import check_syntax

DATA = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".csv", ".xml", ".svg", ".xsd", ".pom")
FIXTURES = Path(__file__).with_name("bad_syntax_fixtures.txt")
"""Of the packages that were measured: texts that are wrong on purpose, and programs of Tcl that begin as shell ones."""
LARGEST_BYTES = 1_000_000


@dataclass
class Figures:
    """What was counted for one language."""

    files: int = 0
    characters: int = 0
    duration_s: float = 0.0
    not_intact: int = 0
    by_check: list[str] = field(default_factory=list)
    by_lexer: list[str] = field(default_factory=list)
    cut: int = 0
    cut_found_by_check: int = 0
    cut_found_by_lexer: int = 0


class Measurement:
    """Reads files and counts."""

    def __init__(self, tools: InstalledTools, judges: dict[str, list[str]], seed: int) -> None:
        self.figures: dict[str, Figures] = defaultdict(Figures)
        self.intact: dict[str, list[tuple[Path, str]]] = defaultdict(list)
        self._tools = tools
        self._judges = judges
        self._random = random.Random(seed)

    def read(self, path: Path, name: str, text: str) -> None:
        figures = self.figures[name]
        started = time.perf_counter()
        by_lexer = check_syntax(str(path), text).defects
        figures.duration_s += time.perf_counter() - started
        by_check = check_syntax(str(path), text, run_tool=self._tools).defects
        if (by_lexer or by_check) and self._refuses(name, path):
            figures.not_intact += 1
            return
        figures.files += 1
        figures.characters += len(text)
        for defects, flagged in ((by_check, figures.by_check), (by_lexer, figures.by_lexer)):
            flagged += ["%s:%s: %s" % (path, defect.line, defect.message) for defect in defects]
        if not by_lexer and not by_check:
            self.intact[name].append((path, text))

    def cut(self, name: str, most: int) -> None:
        figures = self.figures[name]
        self._random.shuffle(self.intact[name])
        for path, text in self.intact[name]:
            end = self._inside(text)
            if end is None:
                continue
            figures.cut += 1
            figures.cut_found_by_lexer += bool(check_syntax(str(path), text[:end]).defects)
            figures.cut_found_by_check += bool(check_syntax(str(path), text[:end], run_tool=self._tools).defects)
            if figures.cut == most:
                return

    def _inside(self, text: str) -> int | None:
        """A random place in a line that is indented, or before one that is."""
        if len(text) < 200:
            return None
        end = self._random.randrange(1, len(text))
        line = text[text.rfind("\n", 0, end) + 1:end]
        following = text[end:].split("\n")[1:2]
        is_inside = re.match(r"[ \t]+\S", line) or any(re.match(r"[ \t]+\S", after) for after in following)
        return end if is_inside else None

    def _refuses(self, name: str, path: Path) -> bool:
        judge = self._judges.get(name)
        return judge is not None and subprocess.run(
            [*judge, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        ).returncode != 0


def files_of(folders: list[Path], left_out: list[str], seed: int) -> Iterator[Path]:
    """Regular files in an order that is the same for the same seed."""
    found = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    random.Random(seed).shuffle(found)
    for path in found:
        if path.stat().st_size <= LARGEST_BYTES and not any(pattern in str(path) for pattern in left_out):
            yield path


def name_of(path: Path, text: str) -> str | None:
    """Under which name a file is counted; None where nothing is checked."""
    if path.suffix.lower() in DATA:
        return path.suffix.lower()[1:].replace("yml", "yaml")
    language = language_of(str(path), text)
    return None if language is None else language.name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--leave-out", type=Path, default=FIXTURES, help="a file with parts of paths, one a line")
    parser.add_argument("--judge", action="append", default=[], help='LANGUAGE="COMMAND", the path comes last')
    parser.add_argument("--most", type=int, default=2000, help="files of each language")
    parser.add_argument("--cuts", type=int, default=100, help="files of each language that are cut off")
    parser.add_argument("--only", help="one language")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tools = InstalledTools(Path.cwd(), dict(os.environ), clock=SystemClock(), cancel=CancelToken())
    judges = {name: shlex.split(command) for name, command in (judge.split("=", 1) for judge in options.judge)}
    left_out = options.leave_out.read_text(encoding="utf-8").split()
    measurement = Measurement(tools, judges, options.seed)
    for path in files_of(options.folders, left_out, options.seed):
        try:
            text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
        name = name_of(path, text)
        if name and options.only in (None, name) and measurement.figures[name].files < options.most:
            measurement.read(path, name, text)
    for name in sorted(measurement.figures):
        measurement.cut(name, options.cuts)
    show(measurement.figures)


def show(figures: dict[str, Figures]) -> None:
    print("%-20s %7s %7s %6s %6s %6s %13s %13s" % (
        "language", "intact", "others", "check", "lexer", "MB/s", "cuts: check", "lexer"
    ))
    for name, counted in sorted(figures.items()):
        print("%-20s %7d %7d %6d %6d %6.1f %8d/%-4d %8d/%-4d" % (
            name, counted.files, counted.not_intact, len(counted.by_check), len(counted.by_lexer),
            counted.characters / 1e6 / max(counted.duration_s, 1e-9), counted.cut_found_by_check, counted.cut,
            counted.cut_found_by_lexer, counted.cut,
        ))
    for counted in figures.values():
        for line in sorted({*counted.by_check, *counted.by_lexer}):
            print(line)


if __name__ == "__main__":
    main()
