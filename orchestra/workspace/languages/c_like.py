"""Languages that are written as C is."""

from __future__ import annotations

from orchestra.workspace.languages.directives import OPENER
from orchestra.workspace.languages.language import Kind, Language, Rule, until

LINE_COMMENT = Rule("/", r"//[^\n]*", Kind.COMMENT)
BLOCK_COMMENT = Rule("/", r"/\*", Kind.FIXED, "*/", "comment")
NESTED_COMMENT = Rule("/", r"/\*", Kind.NESTED, r"(?P<open>/\*)|\*/", "comment")
COMMENTS = (LINE_COMMENT, BLOCK_COMMENT)
NESTED_COMMENTS = (LINE_COMMENT, NESTED_COMMENT)
STRING = Rule('"', '"', Kind.QUOTED, until('"', is_one_line=True))
CHARACTER = Rule("'", "'", Kind.QUOTED, until("'", is_one_line=True), "character")
TRIPLE = Rule('"', '"""', Kind.QUOTED, until('"""'))
_DIRECTIVE = Rule("#", OPENER, Kind.DIRECTIVE)
_SPLICED_COMMENT = Rule("/", r"//(?:[^\n\\]|\\\r?\n|\\)*", Kind.COMMENT)
_DIGITS = Rule("'", r"(?<=[0-9a-fA-F])(?<!\bu8)(?<!\bcase)'(?=[0-9a-fA-F])", Kind.PASS)
_SHARP_TEXT = (
    Rule('"', r'(?<![$@"])("{3,})', Kind.FIXED, "%s"),
    Rule("$", r'(?<!\$)\$+("{3,})', Kind.FIXED, "%s"),
    Rule(
        "$@", r'(?:\$@|@\$)"', Kind.QUOTED,
        until('"', hole=r"\{", first='"{}', escape=r'""|\{\{|\}\}', escape_first=""),
    ),
    Rule("@", '@"', Kind.QUOTED, until('"', escape='""', escape_first="")),
    Rule(
        "$", r'\$"', Kind.QUOTED,
        until('"', hole=r"\{", first='"{}', is_one_line=True, escape=r"\\[^\n]|\{\{|\}\}"),
    ),
)

_ENDS_ITEM = "[^;}]"
_C_TAIL = r"[=.+*/|&<?:-]|(?<![@.\w])(?![A-Z_\d]+\Z)\w+"

C = Language("C", (_SPLICED_COMMENT, BLOCK_COMMENT, STRING, CHARACTER, _DIRECTIVE), tail=_C_TAIL)
CPP = Language(
    "C++",
    (
        _SPLICED_COMMENT,
        BLOCK_COMMENT,
        Rule('"', r'(?:(?<=\bR)|(?<=\b[uUL]R)|(?<=\bu8R))"([^()\\\s"]{0,16})\(', Kind.FIXED, ')%s"'),
        STRING,
        _DIGITS,
        CHARACTER,
        _DIRECTIVE,
    ),
    tail=_C_TAIL,
)
JAVA = Language("Java", (*COMMENTS, TRIPLE, STRING, CHARACTER), tail=_ENDS_ITEM)
C_SHARP = Language("C#", (*COMMENTS, *_SHARP_TEXT, STRING, CHARACTER, _DIRECTIVE), tail=r"[^;}\]]")
GO = Language(
    "Go",
    (*COMMENTS, Rule("`", "`", Kind.FIXED, "`"), STRING, CHARACTER),
    tail=r"[=.,+*/|&<>^:!-]|\b(?:func|type|var|const|import|package|struct|interface|map|chan)|\b(?:func|type)\s+\w+",
)
RUST = Language(
    "Rust",
    (
        *NESTED_COMMENTS,
        Rule("#", r'(?:(?<=\br)|(?<=\b[bc]r))(#+)"', Kind.FIXED, '"%s'),
        Rule('"', r'(?:(?<=\br)|(?<=\b[bc]r))"', Kind.FIXED, '"'),
        Rule('"', '"', Kind.QUOTED, until('"')),
        Rule("'", r"'(?:\\(?:u\{[^}'\n]*\}|x\w\w|[^ux\n])|[^\\'\n])'", Kind.PASS),
        # A lifetime or a label.
        Rule("'", r"'(?=[^\W\d])", Kind.PASS),
    ),
    tail=r"[^;}\])]",
)
KOTLIN = Language(
    "Kotlin",
    (
        *NESTED_COMMENTS,
        Rule('"', '"""', Kind.QUOTED, until('"""+', hole=r"\$\{", first='"$', escape="")),
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"\$\{", first='"$', is_one_line=True)),
        CHARACTER,
        Rule("`", "`[^`\n]*`", Kind.PASS),
    ),
    tail=r"[=.,+/|&<:-]|\b(?:fun|val|var|class|interface|import|package|private|public|override|internal)|\bfun\s+\w+",
)
SCALA = Language(
    "Scala",
    (
        *NESTED_COMMENTS,
        Rule('"', r'(?<=\w)"""', Kind.QUOTED, until('"""+', hole=r"\$\{", first='"$', escape=r"\$\$", escape_first="")),
        Rule('"', '"""', Kind.QUOTED, until('"""+', escape="")),
        Rule(
            '"', r'(?<=\w)"', Kind.QUOTED,
            until('"', hole=r"\$\{", first='"$', is_one_line=True, escape=r'\\[\s\S]|\$\$|\$"'),
        ),
        STRING,
        Rule("'", r"'(?:\\u+\w{4}|\\[^u\n]|[^\\\n])'", Kind.PASS),
        # A symbol, or the quoting of a macro.
        Rule("'", r"'(?=[^\W\d]|[\[{])", Kind.PASS),
        Rule("`", "`[^`\n]*`", Kind.PASS),
    ),
    tail=r"[=.,]|\b(?:def|val|var|class|object|trait|import|package|extends|with|new|private|override)",
    # Text of XML needs no quotes around it.
    silent_when=r"[=({]\s*<[a-z]\w*(?:\s+\w+=[^>]{0,200})?>",
)
SWIFT = Language(
    "Swift",
    (
        *NESTED_COMMENTS,
        Rule("#", r'(#+)"""', Kind.FIXED, '"""%s'),
        Rule("#", r'(#+)"', Kind.FIXED, '"%s'),
        Rule("#", r"(#+)/", Kind.FIXED, "/%s", "pattern"),
        Rule('"', '"""', Kind.QUOTED, until('"""', hole=r"\\\(", first=r'"', escape=r"\\[^(]")),
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"\\\(", is_one_line=True, escape=r"\\[^(]")),
        Rule("`", "`[^`\n]*`", Kind.PASS),
        Rule("#", r"#(?P<name>if|elseif|else|endif|warning|error|sourceLocation)\b", Kind.DIRECTIVE),
    ),
    tail=(
        r"[=.,+/|&<:-]|\b(?:func|let|var|class|struct|enum|protocol|extension|import|public|private|static)"
        r"|\b(?:func|struct|enum|class|protocol|extension)\s+\w+"
    ),
    silent_when=r"(?m)[=(,][ \t]*/[^/*\s][^\n]{0,200}/[ \t]*[),.]?$",
)
DART = Language(
    "Dart",
    (
        *NESTED_COMMENTS,
        Rule("'", r"(?<=\br)'''", Kind.FIXED, "'''"),
        Rule('"', r'(?<=\br)"""', Kind.FIXED, '"""'),
        Rule("'", r"(?<=\br)'[^'\n]*'", Kind.PASS),
        Rule('"', r'(?<=\br)"[^"\n]*"', Kind.PASS),
        Rule("'", "'''", Kind.QUOTED, until("'''", hole=r"\$\{", first="'$")),
        Rule('"', '"""', Kind.QUOTED, until('"""', hole=r"\$\{", first='"$')),
        Rule("'", "'", Kind.QUOTED, until("'", hole=r"\$\{", first="'$", is_one_line=True)),
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"\$\{", first='"$', is_one_line=True)),
    ),
    tail=_ENDS_ITEM,
)
GROOVY = Language(
    "Groovy",
    (
        *COMMENTS,
        Rule("'", "'''", Kind.QUOTED, until("'''")),
        Rule('"', '"""', Kind.QUOTED, until('"""', hole=r"\$\{", first='"$')),
        Rule("'", "'", Kind.QUOTED, until("'", is_one_line=True)),
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"\$\{", first='"$', is_one_line=True)),
        Rule("$", r"\$/", Kind.FIXED, "/$"),
        Rule("/", r"/(?![*/ =])(?:[^/\\\n]|\\.)*/", Kind.PASS, what="pattern", needs_operand=True),
    ),
    operand_words="return in case assert",
)
_QUOTES = (STRING, Rule("'", "'", Kind.QUOTED, until("'", is_one_line=True)))
PROTOBUF = Language("Protocol Buffers", (*COMMENTS, *_QUOTES), tail=_ENDS_ITEM)
THRIFT = Language("Thrift", (*COMMENTS, Rule("#", r"#[^\n]*", Kind.COMMENT), *_QUOTES))
SOLIDITY = Language("Solidity", (*COMMENTS, *_QUOTES), tail=_ENDS_ITEM)
ZIG = Language("Zig", (LINE_COMMENT, Rule("\\", r"\\\\[^\n]*", Kind.PASS), STRING, CHARACTER), tail=_ENDS_ITEM)
