"""Elements of SVG and HTML as text, with everything foreign escaped."""

from __future__ import annotations

import re

from orchestra.regex import regex

# What XML 1.0 forbids even as a reference, and what turns the order of a line around (UAX #9).
_FORBIDDEN = regex(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028-\u202e\u2066-\u2069]"
)
_SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def escaped(text: str) -> str:
    """Text that is safe between tags and within quotes."""
    return re.sub("[&<>\"']", lambda sign: _SIGNS[sign[0]], _FORBIDDEN.sub("?", text))


def element(name: str, content: str = "", **attributes: object) -> str:
    """An element around `content`, which is markup already; an attribute `class_` or `font_size` loses its `_`.

    Names are ours; values are escaped. An attribute that is None is left out.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items() if value is not None
    )
    return f"<{name}{said}>{content}</{name}>"


def text(content: str, **attributes: object) -> str:
    """A `text` element of foreign content."""
    return element("text", escaped(content), **attributes)


def title(content: str) -> str:
    """What is shown under a resting pointer, and read aloud."""
    return element("title", escaped(content))


def shortened(content: str, characters: int) -> str:
    """The end, which tells paths apart, with `…` in place of what does not fit."""
    return content if len(content) <= characters else "…" + content[-(characters - 1):]


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escaped(str(value))
