"""Languages that set their blocks off as Python does, or look as if they did."""

from __future__ import annotations

from orchestra.workspace.languages.c_like import STRING
from orchestra.workspace.languages.language import Kind, Language, Rule, until
from orchestra.workspace.languages.scripts import PYTHON

_HASH_COMMENT = Rule("#", r"#[^\n]*", Kind.COMMENT)
STARLARK = Language("Starlark", PYTHON.rules)
NIM = Language(
    "Nim",
    (
        Rule("#", r"##\[", Kind.NESTED, r"(?P<open>##\[)|\]##", "comment"),
        Rule("#", r"#\[", Kind.NESTED, r"(?P<open>#\[)|\]#", "comment"),
        _HASH_COMMENT,
        Rule('"', '"""', Kind.QUOTED, until('"""+(?!")', escape="")),
        Rule('"', r'(?<=[^\W\d])"', Kind.QUOTED, until('"', is_one_line=True, escape='""', escape_first="")),
        STRING,
        Rule("'", r"(?<![\w'])'(?:\\[^\n']{1,5}|\\'|[^\\'\n])'", Kind.PASS),
        Rule("`", r"`[^`\n]*`", Kind.PASS),
    ),
    # A body may be all comment, so that `=` at the end is none.
    tail=r",|\b(?:proc|func|let|var|const|import|and|or|not|if|elif|while|for|in)",
)
# Words are not counted: `end` is also the last index, `for` and `if` stand in brackets without it.
JULIA = Language(
    "Julia",
    (
        Rule("#", "#=", Kind.NESTED, r"(?P<open>#=)|=#", "comment"),
        _HASH_COMMENT,
        Rule('"', r'(?<=[^\W\d])"""', Kind.QUOTED, until('"""')),
        Rule('"', r'(?<=[^\W\d])"', Kind.QUOTED, until('"')),
        Rule('"', '"""', Kind.QUOTED, until('"""', hole=r"\$\(", first='"$')),
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"\$\(", first='"$')),
        Rule("`", "`", Kind.QUOTED, until("`", hole=r"\$\(", first="`$"), "command"),
        Rule("'", r"(?<![\w)\]}'.])'(?:\\[^\n']{1,9}|\\'|[^\\'\n])'", Kind.PASS),
    ),
    tail=r"(?<![!$%&*+./:<=>?@^|~-])=|,|&&|\|\|",
)
