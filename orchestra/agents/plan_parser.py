"""A plan read from its Markdown file; the form is described in `plan_file`."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from orchestra.agents import plan_text as form
from orchestra.errors import PlanError
from orchestra.records import ACTIONS, CommitIntent, Plan, PlannedFile
from orchestra.regex import regex

_HEADINGS = "`## create PATH`, `## modify PATH`, `## delete PATH`, `## Tests` or `## Commit`"
_ITEM = regex(r"^[ \t]*[-*][ \t]+(.*)$|^[ \t]*[-*]$")


class _Section(NamedTuple):
    """The lines under a heading; `first` is the file's line number of the first of them."""

    heading: str
    lines: Sequence[str]
    first: int


class PlanParser:
    """Reads one file's text; `source` names the file in errors."""

    def __init__(self, source: str) -> None:
        self._source = source

    def parse(self, text: str) -> tuple[Plan, dict[str, str]]:
        """The plan, and the header's values by their names in lower case. Raises PlanError."""
        preamble, *sections = self._sections(text.lstrip("\ufeff").replace("\r\n", "\n").split("\n"))
        if not preamble.heading.startswith("# "):
            raise self._error(preamble.first - 1, "expected the title `# Plan`")
        header, summary = self._preamble(preamble)
        if "task" not in header:
            raise self._error(preamble.first, "expected a line `Task: what is wanted`")
        files: list[PlannedFile] = []
        tests: tuple[str, ...] = ()
        commit = CommitIntent()
        for section in sections:
            words = section.heading.split(None, 2)[1:] if section.heading.startswith("##") else []
            name = words[0].lower() if words else ""
            if name in ACTIONS and len(words) == 2:
                files.append(self._file(name, form.read_path(words[1]), section))
            elif name == "tests" and len(words) == 1:
                tests += self._items(section.lines, section.first)
            elif name == "commit" and len(words) == 1:
                commit = self._commit(section)
            else:
                raise self._error(section.first - 1, "expected %s" % _HEADINGS)
        return Plan(summary, tuple(files), tests, commit), header

    def _sections(self, lines: Sequence[str]) -> list[_Section]:
        """The file cut at its headings, those inside fences left alone."""
        starts, number = [], 0
        while number < len(lines):
            if form.FENCE.match(lines[number]):
                end = form.end_of_fence(lines, number)
                if end is None:
                    raise self._error(number + 1, "expected a line that closes the fence opened here")
                number = end
            elif form.HEADING.match(lines[number]):
                starts.append(number)
            elif not starts and lines[number].strip():
                break
            number += 1
        if not starts:
            raise self._error(min(number + 1, len(lines)), "expected the title `# Plan`")
        ends = starts[1:] + [len(lines)]
        return [_Section(lines[start], lines[start + 1:end], start + 2) for start, end in zip(starts, ends)]

    def _preamble(self, section: _Section) -> tuple[dict[str, str], str]:
        header: dict[str, str] = {}
        number = 0
        while number < len(section.lines):
            match = form.HEADER.match(section.lines[number])
            if match:
                name = match[1].lower()
                if name in header:
                    raise self._error(section.first + number, "expected `%s:` only once" % match[1])
                header[name], number = self._header_value(section, number, match[2])
            elif section.lines[number].strip():
                break
            else:
                number += 1
        return header, form.read_block(section.lines[number:])

    def _header_value(self, section: _Section, number: int, inline: str) -> tuple[str, int]:
        """The value and the number of the line after it. A value goes on to the next blank line or header."""
        end = number + 1
        if not inline.strip() and end < len(section.lines) and form.FENCE.match(section.lines[end]):
            end = (form.end_of_fence(section.lines, end) or end) + 1
            return form.read_block(section.lines[number + 1:end]), end
        while end < len(section.lines) and section.lines[end].strip() and not form.HEADER.match(section.lines[end]):
            end += 1
        more = [line.strip() for line in section.lines[number + 1:end]]
        value = "\n".join([inline.strip()] + more).strip() if more else form.read_line(inline)
        if not value and not inline.strip():
            raise self._error(section.first + number, "expected a text behind the colon")
        return value, end

    def _file(self, action: str, path: str, section: _Section) -> PlannedFile:
        lists: dict[str, tuple[str, ...]] = {}
        labels = [number for number in _outside_fences(section.lines) if form.LIST_LABEL.match(section.lines[number])]
        ends = labels[1:] + [len(section.lines)]
        for number, end in zip(labels, ends):
            match = form.LIST_LABEL.match(section.lines[number])
            assert match is not None
            name = match[1].lower()
            if name in lists:
                raise self._error(section.first + number, "expected `%s:` only once for a file" % match[1])
            items = self._items(section.lines[number + 1:end], section.first + number + 1, paths=name != "criteria")
            lists[name] = _inline_items(name, match[2]) + items
        description = section.lines[:labels[0]] if labels else section.lines
        return PlannedFile(
            path, action, form.read_block(description), lists.get("depends on", ()), lists.get("criteria", ())
        )

    def _items(self, lines: Sequence[str], first: int, *, paths: bool = False) -> tuple[str, ...]:
        items: list[list[str]] = []
        for number, line in enumerate(lines):
            match = _ITEM.match(line)
            if match:
                items.append([match[1] or ""])
            elif items and line.strip() and line[0] in " \t":
                items[-1].append(line.strip())
            elif line.strip():
                raise self._error(first + number, "expected a list item `- ...` or a heading")
        read = form.read_path if paths else form.read_line
        return tuple(read("\n".join(item)) for item in items)

    def _commit(self, section: _Section) -> CommitIntent:
        values: dict[str, str] = {}
        number = 0
        while number < len(section.lines):
            match = form.COMMIT_LABEL.match(section.lines[number])
            conventional = form.CONVENTIONAL.match(section.lines[number])
            if match:
                values[match[1].lower()] = form.read_line(match[2])
            elif conventional and not values:
                names = ("type", "scope", "subject")
                values = {name: text or "" for name, text in zip(names, conventional.groups())}
            elif section.lines[number].strip():
                break
            number += 1
        return CommitIntent(
            values.get("type", ""), values.get("scope", ""), values.get("subject", ""),
            form.read_block(section.lines[number:]),
        )

    def _error(self, line: int, expected: str) -> PlanError:
        return PlanError(
            "the plan cannot be read: %s" % expected,
            where="%s, line %d" % (self._source, line),
            hint="mend that line, or plan again with `orchestra plan`",
        )


def _outside_fences(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines that no fence holds."""
    outside, number = [], 0
    while number < len(lines):
        if form.FENCE.match(lines[number]):
            number = (form.end_of_fence(lines, number) or number) + 1
        else:
            outside.append(number)
            number += 1
    return outside


def _inline_items(name: str, text: str) -> tuple[str, ...]:
    """What stands behind the label on its own line: paths between commas, or one criterion."""
    if not text.strip():
        return ()
    if name == "criteria":
        return (form.read_line(text),)
    return tuple(form.read_path(part) for part in text.split(",") if part.strip())
