"""Notations: style sheets, queries, settings, build files, markup; and languages with a look of their own."""

from __future__ import annotations

from orchestra.workspace.languages.c_like import BLOCK_COMMENT, COMMENTS, LINE_COMMENT, STRING
from orchestra.workspace.languages.language import Blocks, Kind, Language, Rule, until

_SINGLE = Rule("'", "'", Kind.QUOTED, until("'", is_one_line=True))
_HASH_COMMENT = Rule("#", r"#[^\n]*", Kind.COMMENT)
_ESCAPE = Rule("\\", r"\\[\s\S]", Kind.PASS)
_ADDRESS = Rule("(", r"(?<=\burl)\([^()\"'\n{}]*\)", Kind.PASS)

_HCL_ESCAPE = r"\\[^\n]|\$\$|%%"

# A statement with an at-sign or a variable may end without a mark.
_STYLE_TAIL = r"\A(?![\s\S]*(?:@[\w-]+|[$]|--)[^;{}]*\Z)[\s\S]*[^;})]"
CSS = Language("CSS", (BLOCK_COMMENT, STRING, _SINGLE, _ADDRESS, _ESCAPE), tail=_STYLE_TAIL)
SCSS = Language(
    "SCSS",
    (
        BLOCK_COMMENT,
        LINE_COMMENT,
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"#\{", first='"#', is_one_line=True)),
        Rule("'", "'", Kind.QUOTED, until("'", hole=r"#\{", first="'#", is_one_line=True)),
        _ADDRESS,
        _ESCAPE,
    ),
    tail=_STYLE_TAIL,
)
LESS = Language(
    "Less", (*COMMENTS, STRING, _SINGLE, Rule("`", "`", Kind.FIXED, "`"), _ADDRESS, _ESCAPE), tail=_STYLE_TAIL
)
SQL = Language(
    "SQL",
    (
        Rule("-", r"--[^\n]*", Kind.COMMENT),
        Rule("#", r"(?<![^\n])#[^\n]*", Kind.COMMENT),
        BLOCK_COMMENT,
        Rule("'", "'", Kind.FIXED, "'"),
        Rule('"', '"', Kind.FIXED, '"'),
        Rule("`", "`", Kind.FIXED, "`"),
        Rule("$", r"(?<![\w$])\$((?:[^\W\d]\w*)?)\$", Kind.FIXED, "$%s$"),
    ),
    brackets="()",
    # A backslash is an escape to some servers and not to others; some clients' commands and data are no SQL.
    silent_when=r"\\['\"]|(?im:^[ \t]*(?:copy\b.*\bstdin|delimiter\b))|\[[^\]\[\n]{0,60}['\"(][^\]\[\n]{0,60}\]",
)
TOML = Language(
    "TOML",
    (
        _HASH_COMMENT,
        Rule('"', '"""', Kind.QUOTED, until('"""+')),
        Rule("'", "'''", Kind.QUOTED, until("'''+", escape="")),
        STRING,
        Rule("'", "'", Kind.QUOTED, until("'", is_one_line=True, escape="")),
    ),
    brackets="[]{}",
    tail=r"=|^[ \t]*[\w.-]+",
)
JSON_WITH_COMMENTS = Language("JSON with comments", (*COMMENTS, STRING, _SINGLE), brackets="[]{}")
HCL = Language(
    "HCL",
    (
        *COMMENTS,
        _HASH_COMMENT,
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"[$%]\{", first='"$%', is_one_line=True, escape=_HCL_ESCAPE)),
        Rule("<", r"<<(?P<indent>-?)(?P<tag>[^\W\d]\w*)(?=\r?\n)", Kind.HEREDOC),
    ),
)
GRAPHQL = Language("GraphQL", (_HASH_COMMENT, Rule('"', '"""', Kind.QUOTED, until('"""')), STRING))
HASKELL = Language(
    "Haskell",
    (
        Rule("{", r"\{-", Kind.NESTED, r"(?P<open>\{-)|-\}", "comment"),
        Rule("-", r"(?<![!#$%&*+./<=>?@\\^|~:-])--+(?![!#$%&*+./<=>?@\\^|~:-])[^\n]*", Kind.COMMENT),
        Rule('"', '"', Kind.QUOTED, until('"', is_one_line=True)),
        Rule("'", r"(?<![\w'])'(?:\\[^\n'\s]+|\\'|[^\\'\n])'", Kind.PASS),
    ),
    # Quoted foreign text, and lines for the C preprocessor.
    silent_when=r"\[[a-z]?[\w.']*\||(?m:^#\s*(?:if|define|include))",
)
CLOJURE = Language(
    "Clojure",
    (
        Rule(";", r";[^\n]*", Kind.COMMENT),
        Rule("\\", r"\\(?:\w+|[\s\S])", Kind.PASS),
        Rule('"', '"', Kind.QUOTED, until('"')),
    ),
)
R = Language(
    "R",
    (
        _HASH_COMMENT,
        Rule('"', r"(?<=\b[rR])\"(-*)\(", Kind.FIXED, ')%s"'),
        Rule("'", r"(?<=\b[rR])'(-*)\(", Kind.FIXED, ")%s'"),
        Rule('"', '"', Kind.QUOTED, until('"')),
        Rule("'", "'", Kind.QUOTED, until("'")),
        Rule("`", "`", Kind.QUOTED, until("`")),
        Rule("%", r"%[^%\s]*%", Kind.PASS),
    ),
)
CMAKE = Language(
    "CMake",
    (
        Rule("#", r"#\[(=*)\[", Kind.FIXED, "]%s]", "comment"),
        _HASH_COMMENT,
        Rule("[", r"\[(=*)\[", Kind.FIXED, "]%s]"),
        Rule('"', '"', Kind.QUOTED, until('"')),
        _ESCAPE,
    ),
    brackets="()",
    blocks=Blocks(
        tuple((word, "end" + word) for word in "if foreach while function macro block".split()),
        r"(?i:(?<![^\n\s)])(?:end)?(?:if|foreach|while|function|macro|block)(?=[ \t]*\())",
    ),
)
_MAKE_WORDS = r"(?:(?:override|export) )?define|endef|ifn?eq|ifn?def|endif"
# Brackets in a recipe are the shell's, or nobody's.
MAKE = Language(
    "Make",
    (_HASH_COMMENT,),
    brackets="",
    blocks=Blocks(
        (*((word, "endif") for word in ("ifeq", "ifneq", "ifdef", "ifndef")),
         *((word, "endef") for word in ("define", "override define", "export define"))),
        "(?:%s)(?:%s)(?=[ \t\r\n(\"'#]|\\Z)" % (
            "|".join([r"(?<![^\n])", *(r"(?<=\n%s)" % (" " * width) for width in range(1, 9))]), _MAKE_WORDS
        ),
    ),
    # What Automake reads first.
    silent_when=r"(?m)^if[ \t]+!?\w+[ \t]*$",
)
DOCKER = Language(
    "Dockerfile",
    (
        Rule("#", r"(?<![^\n])#[^\n]*", Kind.COMMENT),
        Rule("<", r"(?<!<)<<(?P<indent>-?)['\"]?(?P<tag>[^\W\d]\w*)['\"]?(?=[ \t]*(?:\r?\n|[|>&;/]))", Kind.HEREDOC),
    ),
    brackets="",
    tail=r"\\",
    # A heredoc whose lines are each continued is the shell's.
    silent_when=r"<<[^\n]*\\\r?\n",
)
MARKUP = Language(
    "markup",
    (
        Rule("<", "<!--", Kind.FIXED, "-->", "comment"),
        Rule("<", r"<(script|style)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*(?<!/)>", Kind.FIXED, "</%s", "element"),
    ),
    brackets="",
)
"""Only what a browser does not mend by itself."""
