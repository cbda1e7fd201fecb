"""Secrets by what stands before them: in addresses, headers, calls, and commands that take a password."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Iterator

from orchestra.observe.drawn_by_lot import has_both, is_random
from orchestra.observe.telling_names import is_name_like, is_no_example

_TO = r"[^\n|;]{0,120}?(?<![\w-])"
"""Up to a flag, which begins no word's second half."""
_ANY = r"[\"']?(?P<secret>[^\s\"'$<-][^\s\"']{7,200})"
_WORD = r"[\w.@%+/\\-]{1,60}"
_FORMS = (
    ("://", r"[^\s/:@\"'<>`]{0,100}:(?P<secret>[^\s/@\"'<>`]{6,300})@(?=[\w\[.%-])"),
    ("://", r"(?P<secret>(?=[A-Za-z_-]{0,30}[0-9])[A-Za-z0-9_-]{20,300})@(?=[\w\[.%-])"),
    ("://", r"(?P<secret>[A-Za-z0-9_-]{20,300}):x-oauth-basic@"),
    ("oracle:thin:", r"[\w$]{1,60}/(?P<secret>[^\s@/\"'<>]{6,200})@"),
    ("uthorization", r"[\"']{0,2}[\]\s]{0,3}[:=,]\s{0,3}[\"'fb]{0,2}(?:[Tt]oken|[Aa]pi-?[Kk]ey|[Kk]ey) (?:token=)?\"?"
     r"(?P<secret>(?=[^\s\"']{0,30}[0-9])[A-Za-z0-9._~+/=-]{16,2000})"),
    ("ookie", r"[\"']?[ \t]{0,2}[:,][ \t]{0,3}[\"']?[^\n\"']{0,60}?(?i:sess|sid|auth|token|jwt|remember)[\w.-]{0,20}="
     r"(?P<secret>(?=[^\s;\"']{0,30}[0-9])[^\s;\"'<>,(){}$]{16,2000})"),
    ("sshpass ", r"-p ?[\"']?(?P<secret>[^\s\"'$]{8,200})"),
    ("mysql", r"(?:dump|admin)?(?: [^\n|;]{0,80}?)? -p(?! )" + _ANY),
    (" login ", _TO + r"-p ?[\"']?(?P<secret>[^\s\"'$]{8,200})"),
    ("redis-cli ", _TO + r"-a " + _ANY),
    ("ldap", r"(?:search|add|modify|delete|passwd|whoami|compare) " + _TO + "-w " + _ANY),
    ("7z", r"a? " + _TO + "-p(?! )" + _ANY), ("zip ", _TO + "-P ?" + _ANY),
    (" pass:", _ANY), ("openssl enc ", _TO + "-k " + _ANY),
    ("htpasswd ", _TO + rf"-\w{{0,4}}b\w{{0,4}} {_WORD} {_WORD} " + _ANY),
    ("rabbitmqctl ", rf"(?:add_user|change_password|authenticate_user) {_WORD} " + _ANY),
    ("-U ", r"[\w./\\-]{1,60}%(?P<secret>[^\s\"'$]{8,200})"),
    ("echo ", r"[\"'][\w-]{1,40}:(?P<secret>[^\s\"'$]{8,200})[\"'] ?\| ?(?:sudo )?chpasswd"),
    ("send ", r"(?:-- )?\"(?P<secret>[^\s\"$\\]{8,200})\\[rn]\""),
    ("useradd ", _TO + "-p " + _ANY), ("usermod ", _TO + "-p " + _ANY),
    ("net user ", rf"{_WORD} (?P<secret>[^\s\"'$/*]{{8,200}}) /add"),
    ("storepass ", _ANY), ("keypass ", _ANY), ("snmp-server community ", _ANY),
    ("psk=", _ANY), ("dockerconfigjson", r"[\"']?: ?[\"']?(?P<secret>[A-Za-z0-9+/]{40,20000}={0,2})"),
    ("earer ", r"(?P<secret>[A-Za-z0-9._~+/=-]{16,2000})"),
    ("asic ", r"(?P<secret>[A-Za-z0-9+/]{16,500}={0,2})(?![A-Za-z0-9+/])"),
    ("_authToken", r"[= ](?P<secret>[^\s\"'$]{8,300})"),
    ("-u ", r"[\w.@%+-]{1,100}:(?P<secret>[^\s\"'$:]{8,200})"),
    ("--user ", r"[\w.@%+-]{1,100}:(?P<secret>[^\s\"'$:]{8,200})"),
    ("dentified by '", r"(?P<secret>[^\s']{8,200})'"), ("DENTIFIED BY '", r"(?P<secret>[^\s']{8,200})'"),
    ("ASSWORD '", r"(?P<secret>[^\s']{8,200})'"), ("ASSWORD('", r"(?P<secret>[^\s']{8,200})'"),
    ("assword `", r"(?P<secret>[^\s`]{8,200})`"), ("_secret_access_key ", _ANY),
    ("assword |", r" {0,3}(?P<secret>[^\s|`]{8,200}) {0,20}\|"),
    ("AccountKey=", r"(?P<secret>[A-Za-z0-9+/]{40,120}={0,2})"),
    ("SharedAccessKey=", r"(?P<secret>[A-Za-z0-9+/%]{20,200}={0,2})"),
    ("sig=", r"(?P<secret>[A-Za-z0-9+/%]{30,200}={0,2})"),
    ("-Signature=", r"(?P<secret>[0-9a-f]{64})"),
)
"""What stands before a secret, and the secret's form."""
_NO_SCRIPT = r"(?!\S{1,60}\.(?:py|js|sh|txt|rb)\b)"
_AFTER_NAMES = (
    *((flag, rf"[\"']?{_NO_SCRIPT}(?!-){_WORD}[\"']? (?:{_TO} )?-[pP] (?![\w.-]{{0,60}}:\d)" + _ANY)
      for flag in ("-u ", "-U ", "--user ", "--username ")),
    ("assword ", r"[\"']?(?P<secret>[^\s\"'`]{8,200})"),
    ("oken is ", r"[\"'`]?(?P<secret>[A-Za-z0-9_-]{16,200})"),
)
"""Where names may stand as well: only what is no name counts."""
_CALL = re.compile(
    r"(?:login|BasicAuth|onnect|onnection|PDO|jwt\.(?:sign|encode|verify|decode)|hmac\.new|Fernet|createHmac"
    r"|auth ?= ?)\((?=([^\n]{0,200}))"
)
_LITERAL = re.compile(r"[\"']([^\s\"'\\]{8,200})[\"']")
_USUAL = re.compile(
    r"(?i)pass|pwd|secret|user|admin|root|guest|test|token|foo|bar|name|postgres|mysql|redis|rabbit|key"
)
_LONG = 20
_WORD_LONG = 8
_DIGIT = re.compile(r"[0-9]")
_SIGN = re.compile(r"[!#%^&*+=?~]")


def introduced(text: str) -> Iterator[tuple[int, int]]:
    """Where such secrets begin and end."""
    for begin, form in _FORMS:
        if begin in text:
            yield from _found(text, begin, form, _is_likely_address if begin == "://" else _is_likely)
    for begin, form in _AFTER_NAMES:
        if begin in text:
            yield from _found(text, begin, form, _is_no_name)
    yield from _arguments(text)


def _found(text: str, begin: str, form: str, is_one: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    for match in _compiled(re.escape(begin) + form).finditer(text):
        if is_no_example(match["secret"]) and is_one(match["secret"]):
            yield match.span("secret")


def _arguments(text: str) -> Iterator[tuple[int, int]]:
    """Of calls that take a password among other texts."""
    if "(" in text:
        for call in _CALL.finditer(text):
            for literal in _LITERAL.finditer(text, *call.span(1)):
                if is_no_example(literal[1]) and _is_no_name(literal[1]):
                    yield literal.span(1)


def _is_likely(secret: str) -> bool:
    return len(secret) >= _LONG or _DIGIT.search(secret) is not None or is_random(secret)


def _is_likely_address(secret: str) -> bool:
    """Between a user's name and a host a word counts, too, but not what documents write there."""
    is_word = secret.isalpha() and len(secret) >= _WORD_LONG and not _USUAL.search(secret)
    return is_word or _is_likely(secret)


def _is_no_name(secret: str) -> bool:
    if is_random(secret):
        return True
    return has_both(secret) and _SIGN.search(secret) is not None and not is_name_like(secret)


@lru_cache(maxsize=None)
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(form)
