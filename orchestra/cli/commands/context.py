"""What would be sent to the architect for a task: each part, its tokens, and why it is there. No model is asked."""

from __future__ import annotations

import argparse
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Any, Iterator

from orchestra.adapters.tokens import estimate_tokens
from orchestra.agents.architect import architect_request
from orchestra.agents.quoting import ShownFile, show_files
from orchestra.cli import running
from orchestra.cli.configuration import configuration
from orchestra.cli.context import Context
from orchestra.cli.task import add_task, read_task
from orchestra.config.settings import Settings
from orchestra.dataclass import dataclass
from orchestra.engine.briefing import Room, Scout, fitting_files
from orchestra.engine.chains import plan_chains
from orchestra.engine.guidance import Guidance
from orchestra.engine.showing import Showing
from orchestra.engine.order import template_loader
from orchestra.engine.workplace import open_workplace
from orchestra.errors import ConfigError, ExitStatus, StateError, WorkspaceError
from orchestra.views.columns import aligned
from orchestra.workspace.instructions import own_skills
from orchestra.workspace.paths import check_root
from orchestra.workspace.repo_map.mapping import MapCache, NoCache, OnlyRead
from orchestra.workspace.tree import Tree

_WHY = {
    "instructions": "what AGENTS.md or its like says at the root",
    "skills": "the skills there are, and those that fit the task",
    "rules": "the architect's prompt, with the form of its answer",
    "listing": "every file that may be shown",
    "map": "names and signatures, the task's and the most referred to first",
    "task": "the task",
    "text": "the words in between",
}


@dataclass(frozen=True)
class Part:
    """A part of the prompt."""

    part: str
    """rules, instructions, skills, listing, map, file, task or text."""
    tokens: int
    path: str | None
    why: str


def failure_json(status: ExitStatus) -> dict[str, Any]:
    """What the result says where nothing would be sent."""
    return {"task": None, "total_tokens": None, "parts": [], "left_out": []}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_task(parser)
    parser.add_argument("--file", metavar="PATH", action="append", default=[], help="show this file to the architect")


def run(arguments: argparse.Namespace, context: Context) -> ExitStatus:
    """Print what the first question to the architect would be made of."""
    check_root(context.root)
    task = read_task(arguments, context).text
    given = tuple(running.relative_to_root(context, path) for path in arguments.file)
    settings = configuration(context, {}).settings
    parts, left_out = _parts(context, settings, task, given)
    total = sum(part.tokens for part in parts)
    document = {
        **context.output.head(ExitStatus.DONE), "task": task, "total_tokens": total,
        "parts": [asdict(part) for part in parts],
        "left_out": [{"path": path, "why": why} for path, why in left_out],
    }
    context.output.result(_table(parts, left_out, total), document)
    return ExitStatus.DONE


def _parts(
    context: Context, settings: Settings, task: str, given: tuple[str, ...]
) -> tuple[list[Part], list[tuple[str, str]]]:
    load_template = template_loader(settings)
    folder = running.folder_of(context)
    showing = Showing(context.root, context.git, Tree(context.root))
    listing = showing.listing()
    with _cache(context) as cache:
        scout = Scout(context.root, cache, Room.in_window(_window(context, settings)))
        briefing = scout.brief(task, listing, given, folder)
    paths = [path for path, _ in listing]
    links = showing.instruction_links(paths)
    guidance = Guidance.found(paths, showing.show, own_skills(context.env.variables), links)
    shown, left_out = fitting_files(
        showing.show_long, briefing.chosen, scout.room.files_tokens, known=guidance.whole_skills(task),
        excerpt=scout.excerpt(task),
    )
    request = architect_request(
        task=task, listing=listing, most_listed_tokens=scout.room.listing_tokens, folder=folder,
        repo_map=briefing.repo_map, shown=shown,
        custom_prompt=settings.custom_prompts.get("architect", ""), load_template=load_template,
        words=guidance.for_task(task), dividing_by=settings.planning.swarm if settings.planning.swarm > 1 else None,
    )
    parts = [Part("rules", estimate_tokens(request.system), None, _WHY["rules"])]
    reasons = {file.path: file.why for file in briefing.chosen}
    texts: dict[str, str] = {}
    for segment in request.messages[0].segments:
        texts[segment.name] = texts.get(segment.name, "") + segment.text
    for name, text in texts.items():
        if name == "files":
            parts += [
                Part("file", estimate_tokens(show_files([file])), file.path, reasons[file.path] + _in_part(file))
                for file in shown
            ]
        elif text:
            parts.append(Part(name, estimate_tokens(text), None, _why(name, guidance)))
    return parts, [*left_out, *guidance.left_out]


def _in_part(file: ShownFile) -> str:
    if file.is_cut:
        return "; parts of its lines, which are too long"
    return "; of its lines " + ", ".join("%d-%d" % span for span in file.lines) if file.lines else ""


def _why(name: str, guidance: Guidance) -> str:
    cut = [f"{path}: {why}" for path, why in guidance.left_out if "/" not in path] if name == "instructions" else []
    return "; ".join([_WHY.get(name, ""), *cut])


def _window(context: Context, settings: Settings) -> int | None:
    """Of the model that would be asked first; None where nobody can be asked."""
    try:
        chains = plan_chains(
            settings.agents, settings.providers, roles=("architect",), variables=context.env.variables
        )
    except ConfigError:
        return None
    model = chains.first_choice("architect")
    return None if model is None else model.context_window


@contextmanager
def _cache(context: Context) -> Iterator[MapCache]:
    """The journal's, read only where another run holds it; none where no journal can be opened."""
    with ExitStack() as stack:
        try:
            place = stack.enter_context(open_workplace(context.root, context.git, context.env))
            cache: MapCache = place.journal.map_cache
        except (StateError, WorkspaceError):
            cache = _found(context, stack)
        yield cache


def _found(context: Context, stack: ExitStack) -> MapCache:
    try:
        journal = stack.enter_context(context.journal_for_reading())
    except StateError:
        return NoCache()
    return NoCache() if journal is None else OnlyRead(journal.map_cache)


def _table(parts: list[Part], left_out: list[tuple[str, str]], total: int) -> str:
    rows = [[part.part, str(part.tokens), part.path or "", part.why] for part in parts]
    lines = aligned([["part", "tokens", "path", "why"], *rows, ["total", str(total), "", ""]], right={1})
    if left_out:
        lines += ["", "not shown:", *(f"  {path}: {why}" for path, why in left_out)]
    return "\n".join(lines)
