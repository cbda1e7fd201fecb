"""Forms that a text must have. Each function says what was expected instead, or None when all is well."""

from __future__ import annotations

from string import Formatter
from urllib.parse import urlsplit

from orchestra.regex import regex

_PROVIDER_NAME = regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MODEL_NAME = regex(r"\S{1,200}")
"""It may begin with a slash: some servers name a model by the path of its file."""
_VARIABLE_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_WIRE_WORD = regex(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_HEADER_NAME = regex(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A token of RFC 9110, section 5.6.2."""
_PASTED_KEY = regex(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9]).{24,}")
COMMIT_PLACEHOLDERS = ("type", "scope", "subject", "body", "session")


def not_empty(value: str) -> str | None:
    return None if value.strip() else "text that is not empty"


def provider_name(value: str) -> str | None:
    if _PROVIDER_NAME.fullmatch(value):
        return None
    return "a provider's name of letters, digits, '.', '-' and '_'"


def model_name(value: str) -> str | None:
    return None if _MODEL_NAME.fullmatch(value) and value.isprintable() else "a model's name without blanks"


def wire_word(value: str) -> str | None:
    """For the name of a field of a request, or a value like one."""
    return None if _WIRE_WORD.fullmatch(value) else "one word of letters, digits, '_' and '-'"


def chain_entry(value: str) -> str | None:
    """For one member of a chain."""
    provider, slash, model = value.partition("/")
    if slash and provider_name(provider) is None and model_name(model) is None:
        return None
    return "PROVIDER/MODEL, such as moonshot/kimi-k2.6"


def variable_name(value: str) -> str | None:
    """For the name of an environment variable; a key pasted in its place is told apart."""
    if not _VARIABLE_NAME.fullmatch(value) or _PASTED_KEY.fullmatch(value):
        return "the name of an environment variable that holds the key"
    return None


def key_file(value: str) -> str | None:
    """For the path of a file; a key pasted in its place is told apart."""
    if not value.strip() or ("/" not in value and (_PASTED_KEY.fullmatch(value) or value.startswith("sk-"))):
        return "the path of a file that holds the key"
    return None


def header_name(value: str) -> str | None:
    return None if _HEADER_NAME.fullmatch(value) else "the name of an HTTP header"


def header_value(value: str) -> str | None:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return "a header's value in Latin-1"
    if value != value.strip() or any(ord(character) < 32 or ord(character) == 127 for character in value):
        return "a header's value of one line, without blanks around it"
    return None


def base_url(value: str) -> str | None:
    """For a provider's address, to which the program adds the rest of the path."""
    fault = proxy_url(value)
    if fault:
        return fault
    parts = urlsplit(value)
    if parts.username is not None or parts.password is not None:
        return "an address without user name and password"
    return "an address without '?' and '#'" if "?" in value or "#" in value else None


def proxy_url(value: str) -> str | None:
    expected = "an address that starts with http:// or https:// and names a host"
    if "\\" in value or not value.isprintable() or any(character.isspace() for character in value):
        return expected
    try:
        parts = urlsplit(value)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return expected
    return None if parts.scheme in ("http", "https") and has_host else expected


def commit_template(value: str) -> str | None:
    known = ", ".join("{%s}" % name for name in COMMIT_PLACEHOLDERS)
    expected = "a commit message with no other placeholders than " + known
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(value)]
    except ValueError:
        return expected
    for name, spec, conversion in fields:
        if name is not None and (name not in COMMIT_PLACEHOLDERS or spec or conversion):
            return expected
    return not_empty(value)
