"""Moving a replacement to the depth of the lines that it replaces, in what their file indents with."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from orchestra.regex import regex

Lines = Sequence[str]

_TABS_FIRST = regex(r"(\t*)( *)")
_MIXED = regex(r"\t+ | +\t")


class _Depth(NamedTuple):
    """An indentation: tabs, then blanks."""

    tabs: int
    blanks: int


class _Rule(NamedTuple):
    """A tab is as deep as `step` blanks, and what is in blanks stands `shift` deeper."""

    step: int
    shift: int

    def holds(self, tabbed: _Depth, width: int) -> bool:
        return self.step * tabbed.tabs + tabbed.blanks + self.shift == width

    def in_blanks(self, depth: _Depth) -> str | None:
        width = self.step * depth.tabs + depth.blanks + self.shift
        return " " * width if width >= 0 else None

    def in_tabs(self, depth: _Depth, *, most_blanks: int) -> str | None:
        tabs, blanks = divmod(depth.blanks - self.shift, self.step)
        return "\t" * tabs + " " * blanks if tabs >= 0 and blanks <= most_blanks else None


def moved(there: Lines, search: Lines, replace: Lines, *, file_step: int | None) -> Lines | None:
    """The replacement, where one rule makes of the indentation of every searched line that of the file's line.

    The rule is the same blanks for all, else one number of blanks for each tab; None where neither holds, or where
    more than one number might. `file_step` is the smallest indentation that the file has in blanks.
    """
    pairs = [(indent_of(line), indent_of(wanted)) for line, wanted in zip(there, search) if line.strip()]
    shifted = _shifted(pairs, replace)
    if shifted is not None and (any(map(_MIXED.match, there)) or not any(map(_MIXED.match, shifted))):
        return shifted
    converted = _converted(pairs, replace, file_step)
    return shifted if converted is None else converted


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def smallest_step(lines: Lines) -> int | None:
    """The smallest indentation in blanks, more than one; None where no line has any."""
    widths = (len(indent) for indent in map(indent_of, lines) if not indent.strip(" "))
    return min((width for width in widths if width > 1), default=None)


def _shifted(pairs: Sequence[tuple[str, str]], replace: Lines) -> Lines | None:
    found, wanted = pairs[0]
    if len(found) > len(wanted):
        extra = found[: len(found) - len(wanted)]
        if any(one != extra + other for one, other in pairs):
            return None
        return [extra + line if line.strip() else line for line in replace]
    extra = wanted[: len(wanted) - len(found)]
    if any(extra + one != other for one, other in pairs):
        return None
    if any(line.strip() and not line.startswith(extra) for line in replace):
        return None
    return [line[len(extra):] if line.strip() else line for line in replace]


def _converted(pairs: Sequence[tuple[str, str]], replace: Lines, file_step: int | None) -> Lines | None:
    """From blanks to tabs where the file has tabs there, else from tabs to blanks."""
    if not len(set(pairs)) == len({found for found, _ in pairs}) == len({wanted for _, wanted in pairs}):
        return None
    depths = [(_depth(found), _depth(wanted)) for found, wanted in pairs]
    given = [_depth(indent_of(line)) for line in replace if line.strip()]
    to_tabs = any("\t" in found for found, _ in pairs)
    known = [(one, other) for one, other in depths if one is not None and other is not None]
    new = [depth for depth in given if depth is not None]
    if len(known) < len(depths) or len(new) < len(given):
        return None
    levels = [(one, other) if to_tabs else (other, one) for one, other in known]
    if any(spaced.tabs for _, spaced in levels) or (to_tabs and any(depth.tabs for depth in new)):
        return None
    rule = _rule(levels) or (
        _rule_to_tabs(levels, new) if to_tabs else _rule_to_blanks(*levels[0], new, file_step)
    )
    if rule is None or not all(rule.holds(tabbed, spaced.blanks) for tabbed, spaced in levels):
        return None
    most_blanks = max(tabbed.blanks for tabbed, _ in levels)
    made = [rule.in_tabs(depth, most_blanks=most_blanks) if to_tabs else rule.in_blanks(depth) for depth in new]
    if None in made:
        return None
    indents = iter(made)
    return [f"{next(indents)}{line.lstrip()}" if line.strip() else line for line in replace]


def _rule(levels: Sequence[tuple[_Depth, _Depth]]) -> _Rule | None:
    """What lines of more than one depth say."""
    first, width = levels[0][0], levels[0][1].blanks
    for other, spaced in levels:
        if other.tabs != first.tabs:
            step = (spaced.blanks - other.blanks - width + first.blanks) // (other.tabs - first.tabs)
            return _rule_of(step, first, width) if step > 0 else None
    return None


def _rule_to_tabs(levels: Sequence[tuple[_Depth, _Depth]], new: Sequence[_Depth]) -> _Rule | None:
    """What one depth says: the replacement must have steps of the same width."""
    tabbed, (_, width) = levels[0]
    others = {depth.blanks for depth in new} - {spaced.blanks for _, spaced in levels}
    if not others:
        return _rule_of(1 + max(depth.blanks for depth, _ in levels), tabbed, width)
    rule = _rule_of(min(abs(other - width) for other in others), tabbed, width)
    return rule if width == 0 or rule.shift == 0 else None


def _rule_to_blanks(tabbed: _Depth, spaced: _Depth, new: Sequence[_Depth], step: int | None) -> _Rule | None:
    """What one depth says: its file must have steps of the same width."""
    if all(depth.tabs == tabbed.tabs for depth in new):
        return _rule_of(1, tabbed, spaced.blanks)
    rule = None if step is None else _rule_of(step, tabbed, spaced.blanks)
    return rule if rule is None or tabbed.tabs == 0 or rule.shift == 0 else None


def _rule_of(step: int, tabbed: _Depth, width: int) -> _Rule:
    return _Rule(step, width - tabbed.blanks - step * tabbed.tabs)


def _depth(indent: str) -> _Depth | None:
    found = _TABS_FIRST.fullmatch(indent)
    return None if found is None else _Depth(len(found[1]), len(found[2]))
