"""The one JSON object of an answer, wherever the model put it."""

from __future__ import annotations

import json
import re
from typing import Callable, List, Mapping, NoReturn, Optional, Tuple, TypeVar

from orchestra.agents.blocks import Block, find_blocks
from orchestra.agents.quoting import one_line
from orchestra.agents.thinking import clean
from orchestra.errors import UnreadableReply
from orchestra.regex import regex

Found = TypeVar("Found")

_Candidates = Tuple[List[Mapping[str, object]], Optional[UnreadableReply]]
_JSON_INFO = regex(r"(?i)^(?:\{?\.?json[c5]?\b|$)")
_OBJECT_AT_LINE_START = regex(r"^[ \t]*\{", re.MULTILINE)
_END_OF_LINE = regex(r"[ \t]*(?:\n|\Z)")
_LOOKS_LIKE_JSON = regex(r"\s*\"")
_SLIP = regex(r'(?P<string>"(?:[^"\\]|\\.)*(?:"|\\?\Z))|,(?=\s*[}\]])', re.DOTALL)
"""A string, or a comma before a closing bracket. One that is cut off goes to the end: the search for it would begin
anew at each quote in it."""
_ESCAPE = regex(r"\\(?:([\"\\/bfnrt]|u[0-9a-fA-F]{4})|.)", re.DOTALL)
_CLOSING_BRACKET = regex(r"[,\s]*[}\]]")


def read_objects(text: str, convert: Callable[[Mapping[str, object]], Found]) -> tuple[Found, ...]:
    """What `convert` makes of the JSON objects that it accepts, in the order of the answer; at least one.

    Fenced blocks are looked at first, then bare objects that begin a line. `convert` raises UnreadableReply for an
    object of another shape. Raises UnreadableReply where nothing is left, with what is wrong with the last object.
    """
    answer = clean(text)
    if not answer.strip():
        raise UnreadableReply("The answer is empty; one fenced `json` block was expected.")
    candidates, failure = _in_blocks(answer)
    if not candidates and failure is None:
        candidates, failure = _bare(answer)
    found = []
    for members in candidates:
        try:
            found.append(convert(members))
        except UnreadableReply as error:
            failure = error
    if found:
        return tuple(found)
    raise failure or UnreadableReply("The answer holds no fenced `json` block.")


def parse_object(text: str) -> Mapping[str, object] | None:
    """The JSON object that is the whole text; None for other JSON. Raises UnreadableReply for what is not JSON."""
    try:
        value = _decoder().decode(text.strip().lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise UnreadableReply(_explain(error)) from None
    except (ValueError, RecursionError) as error:
        raise _readable(error) from None
    return value if isinstance(value, dict) else None


def _in_blocks(answer: str) -> _Candidates:
    """The objects in fenced blocks, and what is wrong with the last block that should have been one."""
    objects: list[Mapping[str, object]] = []
    failure = None
    for block in find_blocks(answer):
        try:
            members = _parse_generously(block.text)
        except UnreadableReply as error:
            failure = _failure_of(block, error) or failure
        else:
            if members is not None:
                objects.append(members)
            else:
                failure = UnreadableReply("The `json` block must hold one object in braces.")
    return objects, failure


def _parse_generously(text: str) -> Mapping[str, object] | None:
    """As `parse_object`; slips that can mean one thing alone are passed over."""
    try:
        return parse_object(text)
    except UnreadableReply:
        mended = _SLIP.sub(_without_slip, text)
        if mended == text:
            raise
        return parse_object(mended)


def _without_slip(match: re.Match[str]) -> str:
    """A string without escapes that JSON does not know, such as those of regular expressions; or nothing."""
    return _ESCAPE.sub(lambda escape: escape[0] if escape[1] else "\\" + escape[0], match["string"] or "")


def _failure_of(block: Block, error: UnreadableReply) -> UnreadableReply | None:
    if not block.is_closed:
        return UnreadableReply("The answer is cut off: its last fenced block is not closed.")
    is_meant = _JSON_INFO.match(block.info) is not None or block.text.lstrip().startswith("{")
    return error if is_meant else None


def _bare(answer: str) -> _Candidates:
    """The objects that begin a line, up to the first that is broken: what stands inside that is no answer."""
    objects: list[Mapping[str, object]] = []
    position = 0
    while True:
        start = _OBJECT_AT_LINE_START.search(answer, position)
        if start is None:
            return objects, None
        try:
            value, position = _decoder().raw_decode(answer, start.end() - 1)
        except json.JSONDecodeError as error:
            if _LOOKS_LIKE_JSON.match(answer, start.end()):
                return objects, UnreadableReply(_explain(error))
            position = start.end()
        except (ValueError, RecursionError, UnreadableReply) as error:
            return objects, _readable(error)
        else:
            # Prose behind an object on its line makes it a part of a sentence, not an answer.
            if _END_OF_LINE.match(answer, position):
                objects.append(value)


def _decoder() -> json.JSONDecoder:
    # strict=False takes line feeds inside strings, which models write and which cannot be misread.
    return json.JSONDecoder(strict=False, object_pairs_hook=_without_twins, parse_constant=_refuse_constant)


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise UnreadableReply("The key `%s` stands twice in one object." % one_line(key))
        members[key] = value
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise UnreadableReply("%s is not JSON." % name)


def _readable(error: Exception) -> UnreadableReply:
    if isinstance(error, UnreadableReply):
        return error
    if isinstance(error, RecursionError):
        return UnreadableReply("The JSON is nested too deeply.")
    return UnreadableReply("The JSON cannot be read: %s." % error)


def _explain(error: json.JSONDecodeError) -> str:
    # Which of the two characters the position names differs between Python versions.
    has_comma = error.doc[error.pos:error.pos + 1] == "," or error.doc[:error.pos].rstrip().endswith(",")
    if has_comma and _CLOSING_BRACKET.match(error.doc, error.pos):
        return "The JSON has a comma before a closing bracket, in line %d; JSON forbids that." % error.lineno
    return "The JSON is not valid: %s, in line %d, column %d." % (error.msg, error.lineno, error.colno)
