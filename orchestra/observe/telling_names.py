"""Values that are secrets by the name they are given: `password = "..."`, `API_KEY=...`, `<secret>...</secret>`."""

from __future__ import annotations

import re
from typing import Iterator

from orchestra.observe.drawn_by_lot import has_both, is_random
from orchestra.regex import regex

_ABROAD = ("contraseña", "senha", "mot de passe", "пароль", "密码", "口令", "密钥", "パスワード", "비밀번호")
_STEMS = (
    "passw", "passphrase", "pass", "pwd", "pw", "secret", "credential", "token", "key", "auth", "salt", "pepper",
    *_ABROAD,
)
_PW = r"pw(?![0-9]*[+/;,])"
"""Two letters are many a time together in base64."""
_NAME = (
    rf"(?i:passw(?:or)?[dt]s?|passphrases?|pass|pwd|{_PW}|secrets?|credentials?|tokens?|keys?(?:_?base)?|auth|salt"
    rf"|pepper|{'|'.join(re.escape(name) for name in _ABROAD)})_?[0-9]{{0,2}}"
)
_NAME_END = regex(_NAME + r"(?:(?=[为是])|(?![\w-]))")
_REST = regex(
    _NAME + r"""
    (?:
        # name = value, "name": value, name: type = value
        (?:\\{0,3}["'\]]){0,2}[ \t]{0,20}(?:\??:[ \t]{0,4}(?:&'static[ ])?[\w.<>?\[\]|&*]{1,40}[ \t]{1,4}(?==))?
        (?P<sign>=>|:[=-]|\?\?=|\|\|=|[:=])[ \t]{0,20}
          (?:[|>][+-]?[ \t]{0,4}\r?\n[ \t>+]{1,60})?                     # name: |, and below it the value
        | ["'][ \t]{1,20}value=                                         # <add key="name" value="..."/>
        | ["']?[ \t]{0,20}\r?\n[ \t+>-]{1,60}value[ \t]{0,20}[:=][ \t]{0,20}   # - name: NAME, and below it the value
        # <name>value</name>, <x name="name">value</x>, <key>name</key><string>value</string>
        | (?P<tag></key>\s{0,80}<string>|["']?>(?:\s{0,80}<(?i:value)>)?)
        | (?P<flag>[ \t]{1,4})(?=["'\w])                                # --name value
        | (?P<pair>["'],)[ \t]{0,20}(?:\r?\n[ \t+>]{0,60})?(?=["'])      # ("name", "value")
        | (?P<below>["']?[ \t]{0,4}\r?\n[ \t+>]{0,60}-[ \t]{1,4})(?=["'\w])   # - --name, and below it - value
        | (?P<call>\()(?=["'])                                          # set_name("value")
        # env["name"] or "value", assert_equal(name, "value"), expect(name).to eq("value")
        | (?P<default>["']?[)\]]{0,2}[ \t]{1,3}(?:or|\|\||\?\?)[ \t]{1,3})(?=["'])
        | (?P<equal>,[ \t]{1,4}|\)\.to[\w.]{0,24}[ (]{1,2}(?:eq[ (])?)(?=["'])
    )
    (?:
        (?:[\w.]{1,40}(?:\([^()\n]{0,40}\))?[ \t]{1,3}(?:or|\|\||\?\?)[ \t]{1,3})?                  # other or "value"
        (?:(?:str|bytes|String|String::from|Some|SecretStr)?\([ \t]{0,4})?[rbufN@$]{0,2}
        (?P<quote>\\{0,3}(?:"{3}|'{3}|["'`]))
            (?:(?P<quoted>[^"'`\s]{8,300})|(?P<phrase>[^"'`\s]{1,40}(?:[ ][^"'`\s]{1,40}){1,11}))(?P=quote)
        | (?P<bare>[^\s"'`,;(){}\[\]<>&|]{8,300})(?P<after>[ \t]{0,20}(?:\r?$|[#<;&"'`,)\]}\\ \t]))
    )""",
    re.X | re.M,
)
_QUALIFIES_KEY = regex(
    r"(?i)(?:api|access|private|secret|encrypt(?:ion)?|decrypt(?:ion)?|signing|master|account|auth|client|shared"
    r"|storage|session|app|license|licence|deploy|service|admin|webhook|bot|jwt|hmac|cookie|crypto|data|root|user"
    r"|server|stripe|aws|azure|gcp|openai|anthropic|gemini|zai|moonshot|primary|secondary)[_. -]?\Z"
)
_LINE_HEAD = regex(
    r"[ \t+>#/*;-]{0,80}(?:(?:export|set|setenv|ENV|ARG)[ \t]{1,20}|(?i:API|access|secret|auth|private)[ ]"
    r"|name:[ \t]{0,20}[\"']?)?[\w.-]{0,80}\Z"
)
_FLAG_HEAD = regex(
    r"(?:\A[+-]?|[\s\"'`(=])(?:--?[\w.-]{0,60}|(?:set[ \t]{1,4}-[gUxl]{1,4}|setenv)[ \t]{1,4}\w{0,40}"
    r"|[\s{(]:[\w-]{0,40}|(?:ENV|ARG|\#[ \t]{0,4}define)[ \t]{1,4}\w{0,40}"
    r"|login[ \t]{1,4}[^\s=]{1,60}[ \t]{1,4})\Z"
)
_VARIABLE_HEAD = regex(r"(?:\A[+-]?|[\s\"'])[A-Z0-9_]{0,60}\Z")
_PART_HEAD = regex(r"(?:;| /)[ \t]{0,3}[\w ]{0,20}\Z")
_QUERY_HEAD = regex(r"[?&](?:amp;)?[\w.-]{0,40}\Z")
_SETTINGS_HEAD = regex(r"\w=[^\s=,;()\"']{1,60} \w{0,20}\Z")
_FLOW_HEAD = regex(r"[{,][ \t]{0,20}[\w.-]{0,40}\Z")
_SETTER_HEAD = regex(r"(?:[sS]et|[wW]ith)_?\w{0,20}\Z")
_QUOTE_HEAD = regex(r"[\"'][\w-]{0,40}\Z")
_OPTION_HEAD = regex(r"[\"']--?[\w-]{0,40}\Z")
_LISTED_HEAD = regex(r"[ \t+]{0,60}-[ \t]{1,4}[\"']?--?[\w-]{0,40}\Z")
_DECLARES = regex(r"(?i)(?:option|argument|param|flag|opt|add)\w{0,20}\(")
_ALONE_HEAD = regex(r"[ \t]{0,40}\w{0,40}")
_DEFAULT_HEAD = regex(r"\$\{[\w.-]{0,60}\Z")
_ENVIRONMENT_HEAD = regex(r"(?i)(?:env\w{0,8}[.(\[]+(?:\w{1,10}\()?|(?:property|\bput|config)\()[\"']?[\w.-]{0,40}\Z")
_EQUAL_HEAD = regex(r"(?i)(?:assert\w{0,20}|\bexpect\w{0,20})!?\([\w.@$]{0,60}\Z")
_DEFINES = regex(r"\bdefine\([ ]?[\"']\w{0,40}\Z")
_SIGN = regex(r"[!#%^&*+=?~]")
_MOST_HEAD = 70
_EXAMPLE = regex(
    r"(?i)example|placeholder|change[-_]?me|your[-_]|\byour|dummy|redacted|xxxx|\*\*\*|\.\.\.|ORCHESTRA_SECRET_"
    r"|[{}<>]|%[(sd]|(?-i:\$(?:\(|[A-Z_]{2}|[a-z_]+(?:\W|\Z)))|\A(?:https?:/|\.{0,2}/|~/|[$@#%&]|arn:|projects/|vault:"
    r"|env:|ENC\[)|\A(.)\1*\Z"
)
_SUM = regex(r"[A-Za-z_$][\w$.]*(?:[-+*/%&=?][A-Za-z_$][\w$.]*)+")
_NAME_LIKE = regex(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::|/|-|:)[A-Za-z_$][\w$]*)*(?:(?<![0-9])[?!]|:)?")
_WORDS = regex(r"[A-Za-z]+(?:[ _.:/-][A-Za-z]+)*")
PASSWORDS = ("passw", "passphrase", "pass", "pwd", "pw", "secret", *_ABROAD)
"""A password may be of words, and short."""
_PHRASE = regex(r"[a-z]{3,}(?: [a-z]{3,}){2,}")
_MIXED_WORD = regex(r"(?=[^ ]*[0-9])(?=[^ ]*[A-Za-z])[^ ]{6,}")
_PROSE = regex(
    r"(?i)pass|word|wort|senha|contra|secret|token|key|user|login|log in|sign|account|mail|field|value|string|text"
    r"|\b(?:the|an?|of|to|for|in|on|is|are|was|has|have|be|must|not|no|your?|new|old|and|or|with|at|by|from|this|that"
    r"|it|if|as|per|can|use[ds]?|should|will|would|please|invalid|required?|confirm|repeat|again|forgot|forget|change"
    r"|reset|set|show|hide|type|choose|default|test|some|any|all|only|but|when|where|which|than|then|there|here|does|do"
    r"|did|una?|les?|der|die|das|ein|est|sha[0-9]+|md5|utf-?8|base64)\b|[,.:;?!]( |\Z)|[=<>(){}\[\]|\\]"
)
"""What is said about a password, in place of one."""
_LONG_WORDS = 20
_MOST_BEFORE = 200
_LEAST_PHRASE = 16


def named_values(text: str) -> Iterator[tuple[int, int]]:
    """Where such values begin and end, without their quotes."""
    for stem, position in _stems(text):
        match = _REST.match(text, position)
        if match is not None and _is_secret(text, position, stem, match):
            yield match.span(next(kind for kind in ("quoted", "phrase", "bare") if match[kind]))


def telling_names(text: str) -> Iterator[tuple[str, int]]:
    """What each telling name ends in, and where it ends."""
    for stem, position in _stems(text):
        match = _NAME_END.match(text, position)
        if match is not None and _is_telling(stem, _before(text, position), text[position:position + 1]):
            yield stem, match.end()


def _stems(text: str) -> Iterator[tuple[str, int]]:
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(character.lower() if character.isascii() else "." for character in text)
    for stem in _STEMS:
        position = lower.find(stem)
        while position >= 0:
            yield stem, position
            position = lower.find(stem, position + len(stem))


def _before(text: str, position: int) -> str:
    """What stands before it on its line."""
    first = max(0, position - _MOST_BEFORE)
    return text[max(first, text.rfind("\n", first, position) + 1):position]


def is_no_example(value: str) -> bool:
    """Whether the value stands for itself: it is no variable, no path, nothing to be filled in."""
    return _EXAMPLE.search(value) is None


def is_name_like(value: str) -> bool:
    """Whether it could be a name in code, or a path of such names."""
    return _NAME_LIKE.fullmatch(value) is not None


def is_no_name(value: str) -> bool:
    """Whether it can be no name: drawn by lot, or of letters, digits and signs as no code writes them."""
    return is_random(value) or has_both(value) and _SIGN.search(value) is not None and not is_name_like(value)


def _is_secret(text: str, position: int, stem: str, match: re.Match[str]) -> bool:
    value = match["quoted"] or match["phrase"] or match["bare"]
    before = _before(text, position)
    if not is_no_example(value) or not _is_telling(stem, before, text[position:position + 1]):
        return False
    head = before[-_MOST_HEAD:]
    if match["flag"] is not None and not _FLAG_HEAD.search(head) and not _is_whole_line(text, before, match):
        return False
    is_setting = _ENVIRONMENT_HEAD.search(head) is not None
    if match["default"] is not None or match["equal"] is not None:
        is_meant = is_setting if match["equal"] is None else _EQUAL_HEAD.search(head) is not None
        return is_meant and _is_value(stem, match)
    if match["below"] is not None and not _LISTED_HEAD.fullmatch(before):
        return False
    is_pair = match["pair"] is not None and not _is_option(before, value)
    if is_pair and is_setting and _is_value(stem, match):
        return True
    if is_pair and (stem in ("auth", "salt", "pass") and not _DEFINES.search(before) or "\n" in match[0]):
        # On lines of their own they are a list's.
        return False
    if match["call"] is not None and not _SETTER_HEAD.search(head):
        return False
    if match["phrase"] is not None:
        return not is_pair and match["tag"] is None and stem in PASSWORDS and _is_phrase(value)
    if stem in ("token", "auth", "salt", "pepper") or is_pair:
        return is_random(value) and (match["quoted"] is not None or _stands_alone(before, match))
    if match["quoted"] is not None:
        return _is_password(stem, value)
    return _is_bare_password(stem, before, match)


def _is_whole_line(text: str, before: str, match: re.Match[str]) -> bool:
    """Whether a name and a value in quotes are all of it, as in settings: `storePassword "value"`."""
    is_last = match.end() == len(text) or text[match.end()] in "\r\n"
    return match["quoted"] is not None and is_last and _ALONE_HEAD.fullmatch(before) is not None


def _is_value(stem: str, match: re.Match[str]) -> bool:
    """Whether it can only be the value of what is named: of a password it may look like a name."""
    value = match["quoted"] or ""
    return stem in PASSWORDS and has_both(value) or is_random(value)


def _is_option(before: str, value: str) -> bool:
    """Whether a pair is two arguments of a command, not an option that is declared."""
    is_given = _OPTION_HEAD.search(before[-_MOST_HEAD:]) is not None
    return is_given and not value.startswith("-") and not _DECLARES.search(before)


def _is_phrase(value: str) -> bool:
    """Whether words with blanks between them are a password: three small ones, or one with digits, and nothing said."""
    if _PROSE.search(value):
        return False
    return len(value) >= _LEAST_PHRASE and bool(_PHRASE.fullmatch(value)) or bool(_MIXED_WORD.search(value))


def _is_telling(stem: str, before: str, first: str) -> bool:
    """Whether the name ends in the stem as a word, and says what it is the key to."""
    if stem == "key":
        return _QUALIFIES_KEY.search(before) is not None
    if stem in ("pass", "auth", "pwd", "pw", "salt", "pepper"):
        return not before[-1:].isalpha() or (first.isupper() and before[-1:].islower())
    return True


def _is_password(stem: str, value: str) -> bool:
    if _WORDS.fullmatch(value):
        # A name, or a phrase to be remembered.
        is_phrase = stem.startswith("pass") and len(value) >= _LONG_WORDS and "." not in value and "/" not in value
        return is_phrase or is_random(value)
    if stem in ("key", "credential"):
        return is_random(value)
    return has_both(value) or not _NAME_LIKE.fullmatch(value)


def _is_bare_password(stem: str, before: str, match: re.Match[str]) -> bool:
    """Without quotes it may be code: a name, a call, a type."""
    value = match["bare"]
    if not _stands_alone(before, match) or not (has_both(value) or is_random(value)):
        return False
    if not _NAME_LIKE.fullmatch(value) or is_random(value):
        return _is_password(stem, value)
    is_data = match["sign"] in (":", ":-", ":=", None) or _is_tight(match)
    return is_data and _is_password(stem, value)


def _stands_alone(before: str, match: re.Match[str]) -> bool:
    """Whether name and value are all of their line, their tag, their quotes, or a part of a command or an address."""
    after, head = match["after"].strip(), before[-_MOST_HEAD:]
    if _is_tight(match) and "/" not in match["bare"] and _is_no_code(match["bare"]):
        return True
    if after in (",", "}") and _FLOW_HEAD.search(head) and _is_no_code(match["bare"]):
        return True
    if match["below"] is not None:
        return after == ""
    if after == "}" and _DEFAULT_HEAD.search(head):
        return True
    if match["flag"] is not None:
        return True
    if after in ("`", ",", ")", "]"):
        return _FLAG_HEAD.search(head) is not None
    if match["tag"] is not None:
        return after == "<"
    if _is_tight(match) and (_QUERY_HEAD.search(head) or _SETTINGS_HEAD.search(head)):
        return True
    if after in ('"', "'"):
        return _QUOTE_HEAD.search(head) is not None or _PART_HEAD.search(head) is not None
    if _FLAG_HEAD.search(head) or _is_variable(before, match):
        return True
    if _PART_HEAD.search(head):
        return after in ("", ";")
    return bool(_LINE_HEAD.fullmatch(before)) and (after == "#" or match["after"].rstrip("\r") == "")


def _is_no_code(value: str) -> bool:
    """Whether it can be neither a name nor a sum of names, where nothing quotes it."""
    return is_random(value) or is_no_name(value) and not _SUM.fullmatch(value)


def _is_variable(before: str, match: re.Match[str]) -> bool:
    """Whether it is set as a shell does: NAME=value."""
    return _is_tight(match) and match[0].partition("=")[0].isupper() and bool(
        _VARIABLE_HEAD.search(before[-_MOST_HEAD:])
    )


def _is_tight(match: re.Match[str]) -> bool:
    """Whether no blank stands around the equals sign."""
    name, sign, value = match[0].partition("=")
    return bool(sign) and not name[-1:].isspace() and not value[:1].isspace()
