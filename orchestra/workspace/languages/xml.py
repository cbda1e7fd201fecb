"""XML and what is written in it, read by expat: no entity is expanded far, nothing outside is fetched."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from orchestra.regex import regex
from orchestra.workspace.languages.defect import Defect

_SUFFIXES = frozenset(
    ".xml .svg .xsd .xsl .xslt .rng .wsdl .pom .plist .csproj .vbproj .fsproj .vcxproj .props .targets .resx .xaml"
    " .axml .nuspec .rss .atom .kml .gpx .xlf .xliff .storyboard .xib .iml .ui .qrc .xhtml .config".split()
)
_TEMPLATE = regex(r"\{\{|\{%|<%|<\?php|\$\{[^}]*<|^@[A-Z_]+@|#(?:if|set|foreach)\b", re.M)
_LONGEST_ENTITY = 100
"""In characters. Longer ones, or ones that hold others, may expand to more than anybody reads."""


class _Unsure(Exception):
    """The text cannot be judged."""


def is_xml(path: PurePosixPath, text: str) -> bool:
    """Whether a file of that name and content is XML that nobody fills in before it is read."""
    return path.suffix.lower() in _SUFFIXES and text.lstrip()[:1] == "<" and _TEMPLATE.search(text) is None


def check_xml(text: str) -> tuple[Defect, ...]:
    """The first place where the text is not well-formed."""
    from xml.parsers import expat

    parser = expat.ParserCreate("utf-8")
    # With a default handler no entity of a text is expanded; those of attributes are, within a limit.
    parser.DefaultHandler = _ignore
    parser.EntityDeclHandler = _look_at_entity
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return (Defect(error.lineno, expat.ErrorString(error.code)),)
    except _Unsure:
        return ()
    return ()


def _ignore(data: str) -> None:
    """Have nothing done with what is read."""


def _look_at_entity(name: str, is_parameter: bool, value: str | None, *_: object) -> None:
    if value is not None and (len(value) > _LONGEST_ENTITY or "&" in value or "%" in value):
        raise _Unsure
