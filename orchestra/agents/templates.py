"""Prompt templates: text files of the package with `{{name}}` where a value goes.

A template is plain text. Its rules, which a user's own templates follow too:
- `{{name}}` (lower-case letters, digits, underscores) is replaced by the value of that name. Values are taken as
  they are: braces inside them mean nothing.
- A paragraph (lines between blank lines) with a placeholder whose value is empty is left out whole.
- Every value must be used and every placeholder must have a value; anything else is an error.
- One that begins with the line `File: {{path}}` must begin so, and none has another line like that.
"""

from __future__ import annotations

import pkgutil
import re
from functools import cached_property, lru_cache
from typing import AbstractSet, Callable, Collection, Mapping, Sequence

from orchestra.adapters.adapter import Message, Request, Segment, join
from orchestra.agents.quoting import quote
from orchestra.dataclass import dataclass
from orchestra.errors import ConfigError
from orchestra.regex import regex

_PLACEHOLDER = regex(r"\{\{([a-z][a-z0-9_]*)\}\}")
_FIRST_LINE = "File: {{path}}\n"
_FILE_LINE = regex("(?:^|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])[ \t]*File:")

_MOVED = "They stand, quoted, at the beginning of the question. Follow them as if they stood here."
_OWN_WORDS = "The user's own instructions for you, which you were told to follow:\n"
_GAP = Segment("text", "\n\n", True)


@dataclass(frozen=True)
class Template:
    """A text with placeholders."""

    name: str
    """Its file's name, such as `executor_user.txt`."""
    text: str

    @cached_property
    def names(self) -> frozenset[str]:
        """Of its placeholders."""
        return frozenset(_PLACEHOLDER.findall(self.text))

    @cached_property
    def paragraphs(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each with the names of the placeholders in it."""
        texts = re.split(r"\n(?:[ \t]*\n)+", self.text)
        return tuple((text, tuple(_PLACEHOLDER.findall(text))) for text in texts)


Loader = Callable[[str], Template]
"""From a name without suffix to the template; `load` is the one of the package."""


def load(name: str, *, override: Callable[[str], str | None] | None = None) -> Template:
    """The template `name`: from `override` where that knows it, else from the package.

    `override` is called with the file's name.
    """
    filename = name + ".txt"
    own = override(filename) if override else None
    if own is not None:
        return Template(filename, own.replace("\r\n", "\n").strip("\n"))
    return _of_package(filename)


@lru_cache(maxsize=None)
def _of_package(filename: str) -> Template:
    """Read once: out of the archive that takes 0.05 ms, and a planned file needs five."""
    try:
        content = pkgutil.get_data("orchestra.agents", "prompts/" + filename)
    except OSError:
        content = None
    if content is None:
        raise ConfigError("there is no prompt template %s" % filename, hint="templates have names like executor_user")
    return Template(filename, content.decode("utf-8").strip("\n"))


def segments(
    template: Template, values: Mapping[str, str], *, shortenable: Collection[str] = ()
) -> tuple[Segment, ...]:
    """The filled template in pieces: one per value, named like it, and one per stretch of own text, named `text`.

    Values named in `shortenable` are unprotected.
    """
    _check_names(template, values.keys())
    pieces = []
    for index, part in enumerate(_parts(template, frozenset(name for name, value in values.items() if value))):
        if index % 2:
            pieces.append(Segment(part, values[part], part not in shortenable))
        elif part:
            pieces.append(Segment("text", part, True))
    return tuple(pieces)


def render(template: Template, values: Mapping[str, str]) -> str:
    """The filled template."""
    return join(segments(template, values))


def rules_of(template: Template, values: Mapping[str, str]) -> tuple[str, tuple[Segment, ...]]:
    """The filled template of a role's rules, and what the question must begin with: mostly nothing.

    A user's own words are moved there, quoted, where a line of theirs could pass for the one that names the file.
    """
    words = values["custom_prompt"]
    if not _FILE_LINE.search(words):
        return render(template, values), ()
    return render(template, {**values, "custom_prompt": _MOVED}), (Segment("text", _OWN_WORDS + quote(words), True),)


def request_of(
    rules: str, user: Sequence[Segment], shared: Sequence[Segment] = (), moved: Sequence[Segment] = ()
) -> Request:
    """A first question; what is `shared` stands between the rules and its turn, what is `moved` begins the turn.

    Where a line of what is shared could pass for the one that names the file, it stands behind that one instead.
    """
    names_file = [piece.name for piece in user[:2]] == ["text", "path"]
    if names_file and _has_file_line(join(shared)):
        moved, shared = (*moved, *([_GAP] if moved else []), *shared), ()
    if moved:
        user = (*user[:2], _GAP, *moved, *user[2:]) if names_file else (*moved, _GAP, *user)
    return Request(rules, (Message("user", tuple(user)),), shared=tuple(shared))


@lru_cache(maxsize=16)
def _has_file_line(shared: str) -> bool:
    """Many prompts have the same."""
    return _FILE_LINE.search(shared) is not None


def check_own(name: str, own: Template) -> None:
    """Raises ConfigError where a user's own template cannot stand for the package's of that name."""
    package = _of_package(name + ".txt")
    _check_names(own, package.names)
    if package.text.startswith(_FIRST_LINE) and not own.text.startswith(_FIRST_LINE):
        raise ConfigError(
            "the template does not begin with the line `File: {{path}}`", where=own.name, hint="begin it with that line"
        )
    if _FILE_LINE.search(own.text[len(_FIRST_LINE):] if own.text.startswith(_FIRST_LINE) else own.text):
        raise ConfigError(
            "the template has a line of its own that begins with `File:`", where=own.name,
            hint="put that line in other words: it would pass for the one that names the file",
        )
    if "custom_prompt" in own.names and all("custom_prompt" in names for _, names in own.paragraphs):
        raise ConfigError(
            "nothing is left of the template where {{custom_prompt}} has no value", where=own.name,
            hint="put {{custom_prompt}} in a paragraph of its own, between blank lines",
        )


def _check_names(template: Template, values: AbstractSet[str]) -> None:
    wanted = template.names
    if wanted == values:
        return
    for name in sorted(wanted - values):
        raise ConfigError(
            "the template asks for {{%s}}, which does not exist" % name,
            where=template.name,
            hint="known here: %s" % (", ".join(sorted(values)) or "nothing"),
        )
    for name in sorted(values - wanted):
        raise ConfigError(
            "the template does not use {{%s}}" % name, where=template.name, hint="put {{%s}} where it belongs" % name
        )


@lru_cache(maxsize=128)
def _parts(template: Template, filled: frozenset[str]) -> tuple[str, ...]:
    """Own text and placeholders by turns, without the paragraphs of what is empty: the same for most files."""
    kept = "\n\n".join(text for text, names in template.paragraphs if filled.issuperset(names))
    return tuple(_PLACEHOLDER.split(kept))
