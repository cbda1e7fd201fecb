"""Languages of expressions: those of the ML family, and those of Erlang's machine."""

from __future__ import annotations

from orchestra.workspace.languages.c_like import LINE_COMMENT
from orchestra.workspace.languages.language import Blocks, Kind, Language, Rule, until

_HASH_COMMENT = Rule("#", r"#[^\n]*", Kind.COMMENT)
_LONG_STRING = Rule('"', '"', Kind.QUOTED, until('"'))
# Texts in a comment count: a closer in one of them ends nothing.
_REMARK = (
    r"(?P<skip>\"[^\"\\]*(?:\\[\s\S][^\"\\]*)*(?:\"|\Z)|(?<![\w'])'(?:\\[^\n']{1,4}|\\'|[^\\'\n])'"
    r"|\{(?P<tag>[a-z_]*)\|[\s\S]*?(?:\|(?P=tag)\}|\Z))|(?P<open>\(\*(?!\)))|\*\)"
)
_QUOTED_CHARACTER = Rule("'", r"(?<![\w'])'(?:\\(?:[^\n\w]|\w{1,10})|[^\\'\n])'", Kind.PASS)
_ML_TAIL = (
    r"(?<![!$%&*+./:<=>?@^|~-])(?<!\bop )(?:=|->|<-|:=|::|&&|\|\|)|,"
    r"|\b(?:let|rec|and|in|type|val|open|module|match|with|function|if|then|else|of|fun)"
)
OCAML = Language(
    "OCaml",
    (
        Rule("(", r"\(\*(?!\))", Kind.NESTED, _REMARK, "comment"),
        _LONG_STRING,
        Rule("{", r"\{([a-z_]*)\|", Kind.FIXED, "|%s}"),
        _QUOTED_CHARACTER,
    ),
    blocks=Blocks(
        (("begin", "end"), ("struct", "end"), ("sig", "end"), ("object", "end"), ("do", "done")),
        r"(?<![\w'`~?.#])(?:begin|struct|sig|object|do|end|done)(?![\w'])",
    ),
    tail=_ML_TAIL,
    # Quotations of camlp4, texts with a name of their own, and lines for a preprocessor.
    silent_when=r"<:\w+<|\{%|(?m:^[ \t]*#[ \t]*(?:if|ifdef|else|define)\b)",
)
STANDARD_ML = Language(
    "Standard ML",
    (
        Rule("(", r"\(\*", Kind.NESTED, r"(?P<open>\(\*)|\*\)", "comment"),
        Rule('"', '"', Kind.QUOTED, until('"', is_one_line=True, escape=r"\\\s+\\|\\[^\n]")),
    ),
    tail=_ML_TAIL,
)
F_SHARP = Language(
    "F#",
    (
        LINE_COMMENT,
        Rule("(", r"\(\*(?!\))", Kind.NESTED, r"(?P<open>\(\*(?!\)))|\*\)", "comment"),
        Rule('"', '"""', Kind.FIXED, '"""'),
        Rule("@$", r'(?:@|\$@|@\$)"', Kind.QUOTED, until('"', escape='""', escape_first="")),
        _LONG_STRING,
        Rule("`", "``[^`\n]+``", Kind.PASS),
        _QUOTED_CHARACTER,
    ),
    tail=r"(?<![!$%&*+./:<=>?@^|~-])(?:=|->|<-|\|>)|,|\b(?:let|rec|and|type|val|open|module|match|with|if|then|of|fun)",
    silent_when=r"(?m:^[ \t]*#if\b)",
)

_TEXT_HOLE = r"#\{"
_SIGIL_ENDS = (("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("/", "/"), ("|", "|"), ('"', '"'), ("'", "'"))


def _sigils() -> tuple[Rule, ...]:
    """Those that hold code, by small letters, and those that do not."""
    rules = []
    for opener, closer in _SIGIL_ENDS:
        mark, end = "\\" + opener, "\\" + closer
        rules.append(Rule("~", "~[a-z]" + mark, Kind.QUOTED, until(end, hole=_TEXT_HOLE, first=end + "#")))
        rules.append(Rule("~", "~[A-Z][A-Z0-9]*" + mark, Kind.QUOTED, until(end, first=end)))
    return tuple(rules)


ELIXIR = Language(
    "Elixir",
    (
        _HASH_COMMENT,
        Rule("?", r"(?<![\w)\]}?])\?(?:\\[^\n]|[^\s\\])", Kind.PASS),
        Rule("~", r'~[a-z]"""', Kind.QUOTED, until('"""', hole=_TEXT_HOLE, first='"#')),
        Rule("~", r"~[a-z]'''", Kind.QUOTED, until("'''", hole=_TEXT_HOLE, first="'#")),
        Rule("~", r'~[A-Z][A-Z0-9]*"""', Kind.QUOTED, until('"""')),
        Rule("~", r"~[A-Z][A-Z0-9]*'''", Kind.QUOTED, until("'''")),
        *_sigils(),
        Rule('"', '"""', Kind.QUOTED, until('"""', hole=_TEXT_HOLE, first='"#')),
        Rule("'", "'''", Kind.QUOTED, until("'''", hole=_TEXT_HOLE, first="'#")),
        Rule('"', '"', Kind.QUOTED, until('"', hole=_TEXT_HOLE, first='"#')),
        Rule("'", "'", Kind.QUOTED, until("'", hole=_TEXT_HOLE, first="'#")),
    ),
    blocks=Blocks(
        (("do", "end"), ("fn", "end")), r"(?<![\w.:@])(?:do|fn|end)(?![\w?!]|:(?!:))",
    ),
    tail=r"(?<![=!<>:~|&*+-])=|,|\|>|->|<-|<>|&&|\|\||\b(?:and|or|not|in|when)",
)
ERLANG = Language(
    "Erlang",
    (
        Rule("%", r"%[^\n]*", Kind.COMMENT),
        Rule("$", r"\$(?:\\\^?[\s\S]|[^\\])", Kind.PASS),
        Rule('"', r'("{3,})[ \t]*(?=\r?\n)', Kind.FIXED, "%s"),
        _LONG_STRING,
        Rule("'", "'", Kind.QUOTED, until("'")),
        Rule("#", r"\A#![^\n]*", Kind.COMMENT),
    ),
    # A form ends with a full stop; `end` closes what a type may spell otherwise, so it is not counted.
    tail="[^.]",
)
