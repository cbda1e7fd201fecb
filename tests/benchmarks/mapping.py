"""How long the map of a repository takes: `python -m tests.benchmarks.mapping [FOLDER ...]`, by hand.

Without a folder 10 MB of source in fourteen languages are made up. A folder is measured in a copy that is a git
repository. For each: files and megabytes that are mapped; seconds to read them, to map them with an empty cache, to do
so again (listing, stamps, drawing and choosing), and with one file changed; what the journal's table holds. The clock
is the processor's, with that of git: other work on the machine does not count.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator, TypeVar

from orchestra.clock import SystemClock
from orchestra.engine.briefing import Briefing, Scout
from orchestra.engine.showing import Showing
from orchestra.state.database import make_folder
from orchestra.state.manager import StateManager
from orchestra.workspace.git import Git
from orchestra.workspace.repo_map.grammar import grammar_of
from orchestra.workspace.tree import Tree

T = TypeVar("T")
BYTES = 10_000_000
TASK = "Let the cache of answers in the store forget what is older than a day, and say so in the report."
_FORMS = {
    ".py": (
        "def {name}({other}: int = 0) -> str:\n{body}    return {other}({user})\n\n\n"
        "class C{name}:\n    x = {user}\n"
    ),
    ".js": "export function {name}({other}) {{\n{body}  return {user}({other});\n}}\nimport x from './{user}';\n",
    ".ts": "export interface I{name} {{\n  {other}: {user};\n}}\nexport const {name} = ({other}: I{name}) => {user};\n",
    ".go": "func {name}({other} int) error {{\n{body}\treturn {user}({other})\n}}\n\ntype T{name} struct {{\n}}\n",
    ".rs": (
        "pub fn {name}({other}: u32) -> Result<u32, E> {{\n{body}"
        "    {user}({other})\n}}\npub struct S{name} {{\n}}\n"
    ),
    ".java": "    public static String {name}(int {other}) {{\n{body}        return {user}({other});\n    }}\n",
    ".c": "static int {name}(struct s *{other})\n{{\n{body}    return {user}({other});\n}}\n#define M_{name} {user}\n",
    ".cpp": (
        "std::string N::{name}(const T& {other}) {{\n{body}"
        "    return {user}({other});\n}}\nclass K{name} {{\n}};\n"
    ),
    ".rb": "  def {name}({other})\n{body}    {user}({other})\n  end\n",
    ".php": "    public function {name}(array ${other}): int {{\n{body}        return {user}(${other});\n    }}\n",
    ".sh": "{name}() {{\n{body}  {user} \"${other}\"\n}}\n",
    ".sql": "CREATE TABLE {name} (\n  {other} int REFERENCES {user}\n);\n",
    ".md": "## About {name}\n\nWhat {user} says of {other}, in a line of prose that goes on for a while.\n\n",
    ".h": "int {name}(const char *{other}, {user} *x);\nstruct h{name} {{\n    int {other};\n}};\n",
}


def make_up(root: Path) -> None:
    """Ten megabytes in files of about 8 kB, names used across them."""
    chance = random.Random(7)
    names = [f"{chance.choice(('read', 'keep', 'find', 'make'))}_thing_{number}" for number in range(20_000)]
    written = number = 0
    while written < BYTES:
        suffix = chance.choice([*_FORMS, ".py", ".ts"])
        text = "".join(
            _FORMS[suffix].format(
                name=chance.choice(names), other=chance.choice(names), user=chance.choice(names),
                body="".join(f"    value = {chance.choice(names)} + part[{line}]\n" for line in range(12)),
            )
            for _ in range(16)
        )
        path = root / f"part{number % 40}" / f"unit_{number}{suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written += len(text)
        number += 1


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of the processor's time, children's too."""
    before = os.times()
    value = work()
    after = os.times()
    return sum(after[:4]) - sum(before[:4]), value


def brief(root: Path, journal: StateManager) -> Briefing:
    """As a session does it that has just begun."""
    git = Git.find(root, dict(os.environ))
    listing = Showing(root, git, Tree(root)).listing()
    return Scout(root, journal.map_cache).brief(TASK, listing, ())


def read_all(root: Path) -> tuple[int, int]:
    files = [
        file for file in root.rglob("*") if file.is_file() and ".git" not in file.parts and grammar_of(file.name)
    ]
    return len(files), sum(len(file.read_bytes()) for file in files)


def measure(root: Path) -> Iterator[str]:
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    subprocess.run(["git", "add", "--all", "--force"], cwd=root, check=True)
    # What was changed right now is looked into again: these files have lain there for a while.
    for file in root.rglob("*"):
        if ".git" not in file.parts and file.is_file():
            os.utime(file, (1_700_000_000, 1_700_000_000))
    read_s, (files, size) = timed(lambda: read_all(root))
    listed = len(Showing(root, Git.find(root, dict(os.environ)), Tree(root)).listing())
    yield f"{listed} files listed, {files} to map, {size / 1e6:.1f} MB"
    yield f"  read            {read_s:6.2f} s"
    journal = StateManager.open(make_folder(root), SystemClock())
    cold_s, first = timed(lambda: brief(root, journal))
    shares = f"{cold_s * 1e7 / size:.2f} s for 10 MB, {cold_s / read_s:.0f} times reading"
    yield f"  cold            {cold_s:6.2f} s, {shares}"
    settle(root, journal)
    warm_s, again = timed(lambda: brief(root, journal))
    assert again == first
    yield f"  warm            {warm_s:6.2f} s"
    one = next(file for file in sorted(root.rglob("*.*")) if grammar_of(file.name) and ".git" not in file.parts)
    one.write_bytes(one.read_bytes() + b"\n")
    changed_s, _ = timed(lambda: brief(root, journal))
    yield f"  one file changed {changed_s:5.2f} s"
    rows = journal._store.rows("SELECT kind, count(*), sum(length(content)) FROM repo_map GROUP BY kind")
    yield "  kept            " + ", ".join(f"{row[0]} {row[1]} rows {row[2] / 1e6:.1f} MB" for row in rows)
    yield "  map begins      " + " / ".join(first.repo_map.split("\n")[:3])
    journal.close()


def settle(root: Path, journal: StateManager) -> None:
    """Two seconds later the stamps of a fresh checkout can be relied on."""
    time.sleep(2.1)
    brief(root, journal)


if __name__ == "__main__":
    for folder in sys.argv[1:] or [""]:
        with tempfile.TemporaryDirectory() as place:
            target = Path(place, "repository")
            if not folder:
                target.mkdir()
                make_up(target)
            else:
                shutil.copytree(folder, target, symlinks=True, ignore=shutil.ignore_patterns(".git", ".orchestra"))
            print(folder or "made up", flush=True)
            for line in measure(target):
                print(line, flush=True)
