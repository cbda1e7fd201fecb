"""What declares a name in each language, and what brings another file in: one table of small patterns.

A pattern reads a text that begins with a line feed and whose lines are cut to MAX_LINE. Its last group that took part
is the name; an empty one is shown and not counted. No repetition holds another over the same characters, and each ends
at its line's end: the time is linear in the text, whatever it holds.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Mapping, Pattern

from orchestra.dataclass import dataclass
from orchestra.workspace.languages.interpreters import suffix_of

MAX_LINE = 300


@dataclass(frozen=True)
class Grammar:
    """One language's patterns, compiled by need: few repositories hold many languages."""

    language: str
    declaring: str
    importing: str | None = None
    holding: tuple[tuple[str, str], ...] = ()
    """What holds names that stand so only there, its last group being its lines, and the pattern of such a name."""
    is_prose: bool = False
    """Whether its words are no references to names."""
    flags: int = 0

    @cached_property
    def declares(self) -> Pattern[str]:
        return re.compile(self.declaring, self.flags)

    @cached_property
    def holds(self) -> tuple[tuple[Pattern[str], Pattern[str]], ...]:
        return tuple((re.compile(holder), re.compile(member)) for holder, member in self.holding)

    @cached_property
    def imports(self) -> Pattern[str] | None:
        return None if self.importing is None else re.compile(self.importing)


def _any_of(*lines: str) -> str:
    """A pattern for whole lines, each alternative without its line feed."""
    return "\n(?:%s)" % "|".join(lines)


_PYTHON = Grammar(
    "python",
    _any_of(
        r"[ \t]{0,8}(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)",
        r"([A-Z][A-Z0-9_]{2,})[ \t]*(?::[^=\n]{1,80})?=(?!=)",
    ),
    _any_of(r"[ \t]{0,8}from[ \t]+[.\w]+[ \t]+import[ \t]+(?:\([^()]{0,2000}|[^\n]*)", r"[ \t]{0,8}import[ \t]+[^\n]*"),
)
_TO_CLOSING = r"(?:\n(?!%s)[^\n]*)*"
_NO_METHOD = (
    r"(?!(?:if|for|while|switch|catch|function|return|with|else|do|await|new|throw|typeof|case|super|try|in|yield|void"
    r"|and|or|not)\b)"
)
_METHOD_NAME = r"([\w$]+)\??[ \t]?(?:<[^<>()\n]{0,80}>)?\("
_METHOD = (
    r"[ \t]{1,8}(?:(?:public|private|protected|static|async|readonly|override|abstract|get|set)[ \t]+){0,5}\*?#?"
    + _NO_METHOD + _METHOD_NAME
)
_SCRIPT = Grammar(
    "javascript",
    _any_of(
        r"[ \t]{0,8}(?:export[ \t]+)?(?:default[ \t]+)?(?:declare[ \t]+)?(?:abstract[ \t]+)?"
        r"(?:(?:async[ \t]+)?function\b[ \t]*\*?[ \t]*([\w$]+)"
        r"|(?:class|interface|enum|namespace|const[ \t]+enum)[ \t]+([\w$]+)"
        r"|type[ \t]+([\w$]+)(?:[^=\n]{0,120}=|<(?=\n)))",
        r"export[ \t]+(?:default[ \t]+)?(?:const|let|var)[ \t]+([\w$]+)",
        r"(?:const|let|var)[ \t]+([\w$]+)[^=\n]{0,120}=[ \t]*(?:async\b[ \t]*)?"
        r"(?:function\b|class\b|\([^()\n]*\)[^=\n]{0,80}=>|[\w$]+[ \t]*=>)",
        r"(?:module\.)?exports\.([\w$]+)[ \t]*=(?!=)", r"(?:module\.)?exports[ \t]*=(?!=)()",
        r"[\w$.]{1,80}\.prototype\.([\w$]+)[ \t]*=(?!=)",
        r"[\w$]{1,40}\.([\w$]+)[ \t]*=[ \t]*(?:async\b[ \t]*)?(?:function\b|\([^()\n]*\)[ \t]*=>|[\w$]+[ \t]*=>)",
        r"export[ \t]+default\b()",
        _METHOD + r"[^()\n]*\)[^;=(){\n]{0,120}\{",
        # Without a body it is one by its types: a call may stand before a colon too.
        _METHOD + r"(?:[^():\n]*:[^()\n]*)?\):(?:[^=(){};\n]{1,120};|"
        r"[ \t]*(?:[^\s=(){};]|[ ](?=[|&])|(?<=[|&,])[ ](?![|&])){1,120}(?=\n))",
        # The star of a comment stands one to the right.
        r"(?:(?:[ ]{2}){1,4}|\t{1,4})(?:(?:static|async)[ \t]+){0,2}\*[ \t]" + _NO_METHOD + _METHOD_NAME
        + r"[^()\n]*\)[ \t]*\{",
        # Neither body nor types, but words that no call has before it.
        r"[ \t]{1,8}(?:(?:public|private|protected|static|override|abstract)[ \t]+){1,5}" + _METHOD_NAME
        + r"[^()\n]*\)[ \t]*(?:;|(?=\n|$))",
        # Its parameters go on: the lines up to the one that closes them are looked at, not taken.
        _METHOD + r"[^()\n]*(?=(?:\n[ \t][^\n;{}]*){0,12}\n[ \t][^\n;(){}]*\)[^;=(){\n]{0,120}\{)",
    ),
    r"(?:from|require|import)[ \t]*\(?[ \t]*[\"']([^\"'\n]+)[\"']",
    ((
        r"\n(?:module\.)?exports[ \t]*=[ \t]*\{[^\n}]*(" + _TO_CLOSING % r"\}" + ")",
        r"\n[ \t]+(?:async[ \t]+)?([\w$]+)[ \t]*(?=[,:(]|\n|$)",
    ),),
)
_INDENTED = r"((?:\n(?:[\t ][^\n]*)?)*)"
_GO = Grammar(
    "go",
    _any_of(
        r"func[ \t]+(?:\([^()\n]{0,120}\)[ \t]*)?(\w+)", r"(?:type|var|const)[ \t]+(\w+)",
    ),
    _any_of(r"(?:import[ \t]+|\t)(?:[\w.]+[ \t]+)?\"([\w./~-]+)\"[ \t]*(?=\n|$)"),
    (
        (r"\n(?:type|var|const)[ \t]*\(" + _INDENTED, r"\n[ \t]+([A-Za-z_]\w*)(?=[ \t,=\[]|\n|$)"),
        (r"\ntype[ \t][^\n]{1,120}\binterface[ \t]*\{" + _INDENTED, r"\n[ \t]+([A-Za-z_]\w*)\("),
    ),
)
_RUST = Grammar(
    "rust",
    _any_of(
        # What is public may stand in a macro within a macro.
        r"(?:[ \t]{0,8}|[ \t]{9,16}(?=pub\b))(?:pub(?:\([^()\n]{0,40}\))?[ \t]+)?"
        r"(?:(?:async|unsafe|const|default|extern(?:[ \t]+\"[^\"\n]{0,20}\")?)[ \t]+){0,4}"
        r"(?:fn|struct|enum|trait|type|const|static(?:[ \t]+mut)?|mod|union)[ \t]+(\w+)",
        r"[ \t]{0,8}(?:unsafe[ \t]+)?impl\b()", r"[ \t]{0,4}macro_rules![ \t]*(\w+)",
    ),
    _any_of(r"[ \t]{0,8}(?:pub(?:\([^()\n]{0,40}\))?[ \t]+)?(?:use|mod)[ \t]+([\w:]+)"),
)
_JAVA = Grammar(
    "java",
    _any_of(
        r"[ \t]{0,12}(?:(?:public|protected|private|abstract|final|static|sealed|non-sealed|strictfp)[ \t]+){0,6}"
        r"(?:class|interface|enum|record|@interface)[ \t]+(\w+)",
        r"[ \t]{1,12}(?:(?:public|protected|private|abstract|final|static|synchronized|native|default)[ \t]+){1,6}"
        r"(?:[\w.<>\[\],?&@]+[ \t]+){0,6}(\w+)[ \t]*\(",
        r"[ \t]{1,8}(?!(?:return|throw|new|else|assert|yield|case)\b)(?:<[^()\n]{1,80}>[ \t]+)?"
        r"[A-Za-z][\w.]*(?:<[^()\n]{0,80}>)?[\[\]]*[ \t]+(\w+)\([^()\n]*"
        r"(?:\)[^=();{\n]{0,80}(?:\{|(?=\n[ \t]*(?:\{|throws\b)))|(?=\n[ \t][^\n]*[){,]\n))",
        # Without a body it may be prose: it is none by its types.
        r"[ \t]{1,8}(?!new\b)(?:<[^()\n]{1,80}>[ \t]+)?(?:void|boolean|byte|char|short|int|long|float|double"
        r"|(?:[a-z]\w*\.)*[A-Z][\w.]*(?:<[^()\n]{0,80}>)?)[\[\]]*[ \t]+(\w+)\("
        r"(?:[^()\n]*[\w>\].][ \t]+\w+(?:\[\])?)?[ \t]*\)[^=();{\n]{0,80};",
    ),
    _any_of(r"import[ \t]+(?:static[ \t]+)?([\w.]+)"),
)
_NO_CALL = r"(?!(?:return|else|if|for|while|switch|case|goto|do|delete|throw|typedef|using|new)\b)"
_TEMPLATE = r"(?:template[^\n]{0,80}>[ \t]*)?"
_C_FUNCTION = (
    _TEMPLATE + _NO_CALL + r"(?:(?!operator\b)[A-Za-z_][\w:<>,]*(?:[ \t]+[*&]*|[*&]+[ \t]*)){%s}"
    r"((?:\w+::)*(?:operator\b(?:\(\)|[^\n(]{1,40})|~?\w+))[ \t]*\("
)
_TO_END = r"[^\n]*"
_C_LINES = (
    r"#[ \t]*define[ \t]+(\w+)",
    # Before its name may stand where it is exported to and how it lies in memory.
    r"[ \t]{0,4}(?:typedef[ \t]+)?" + _TEMPLATE + r"(?:(?:static|const|extern)[ \t]+){0,3}"
    r"(?:struct|enum(?:[ \t]+class)?|union|class|namespace)[ \t]+"
    r"(?:(?:(?:[A-Z_][A-Z0-9_]*|alignas|__\w+)(?:\({1,2}[^()\n]*\){1,2})?|\[\[[^\]\n]*\]\])[ \t]+){0,2}(?!final\b)"
    r"(\w+(?:::\w+)*)\b[ \t]*(?=\n|$|[{:<\\]|//|/\*|final\b|[A-Z][A-Z_]*[ \t]*[:{])(?:[^;\n]*(?=\n|$)|[^;()\n{=]*\{)",
    # What is made and unmade outside of its class has no type before it.
    _TEMPLATE + r"(?:\w+::)*"
    r"(?:(?P<of>\w+)(?:<[^<>\n]{0,80}>)?::(~?(?P=of))|(operator\b[^\n(]{1,40}))[ \t]*\([^\n]*",
    # A variable of such a type.
    r"(?:(?:static|const|extern)[ \t]+){0,3}(?:struct|enum|union)[ \t]+\w+[ \t*]+(\w+)(?:\[[^\]\n]*\]){0,3}[ \t]*=",
    r"typedef\b[^;(\n]{1,120}\([ \t]*\*[ \t]*(\w+)[ \t]*\)[ \t]*\(",
    # The type stands on the line above.
    _NO_CALL + r"((?:\w+::)*(?![A-Z0-9_]+[ \t]*\()~?\w+)[ \t]*\([^;{}=\n]*(?=(?:\n[ \t][^\n{}]*){0,12}\n\{)",
    r"(?:typedef\b[^;\n]{0,200}|\}[ \t]*)[ \t*](\w+)[ \t]*;", r"using[ \t]+(\w+)[ \t]*=", _C_FUNCTION % "1,6" + _TO_END,
)
_C_INCLUDES = _any_of(r"#[ \t]*include[ \t]*\"([^\"\n]+)\"")
_C_CLASSES = (
    r"\n([ \t]{0,8})" + _TEMPLATE + r"(?:class|struct)[ \t][^;()\n{]*(?:\n\1)?\{[^\n}]*("
    + _TO_CLOSING % r"\1\}" + ")",
    r"\n[ \t]{1,12}(?!static_assert\b|[A-Z0-9]*_[A-Z0-9_]*[ \t]*\()"
    + _C_FUNCTION % "0,6" + _TO_END,
)
_C = Grammar("c", _any_of(*_C_LINES), _C_INCLUDES, (_C_CLASSES,))
# A line that is indented may be one of prose: that ends otherwise.
_C_MEMBER = (
    r"[ \t]{1,8}" + _C_FUNCTION % "1,4"
    + r"(?:[^\n;{]*[;{]|[^\n]*(?:[},)(\\]|\*/|const|noexcept|override|(?=\n[ \t][^\n]*[,)];?(?=\n)))(?=\n|$))"
)
_C_HEADER = Grammar("c-header", _any_of(*_C_LINES, _C_MEMBER), _C_INCLUDES, (_C_CLASSES,))
_RUBY = Grammar(
    "ruby",
    _any_of(
        r"[ \t]{0,12}(?:class|module)[ \t]+([\w:]+)", r"[ \t]{0,8}([A-Z][A-Z0-9_]{2,})[ \t]*=(?!=)",
        r"[ \t]{0,12}(?:[a-z_]{4,30}[ \t]+)?def[ \t]+(?:[a-zA-Z]\w*\.)?(?:([\w?!]+=?)|[^\w\s.(]{1,3}())",
        r"[ \t]{0,12}(?:(?:attr_(?:accessor|reader|writer)|define_method|alias_method)[ \t(]+:|alias[ \t]+:?)"
        r"([a-zA-Z_]\w*[?!=]?)",
        r"[ \t]{1,8}(?:scope|has_many|has_one|belongs_to|has_and_belongs_to_many|delegate)[ \t(]+:()",
        r"[ \t]{0,8}([A-Z]\w+)[ \t]*=[ \t]*(?:Struct|Class|Module|Data)\.",
    ),
    _any_of(r"[ \t]{0,8}(?:require|require_relative|load)[ \t(]+[\"']([^\"'\n]+)"),
)
_PHP = Grammar(
    "php",
    _any_of(
        r"[ \t]{0,12}(?:(?:abstract|final|readonly|public|protected|private|static)[ \t]+){0,5}"
        r"(?:function|class|interface|trait|enum)[ \t]+&?(\w+)",
        r"[ \t]{0,8}(?:(?:public|protected|private|final)[ \t]+){0,2}const[ \t]+(?:\w+[ \t]+)?(\w+)[ \t]*=",
    ),
    r"\nuse[ \t]+(?:function[ \t]+|const[ \t]+)?([\w\\]+)"
    r"|(?:require|include)(?:_once)?\b[^\n'\"]{0,60}[\"']([^\"'\n]+)",
)
_PERL = Grammar(
    "perl", _any_of(r"[ \t]{0,8}sub[ \t]+([\w:']+)", r"[ \t]{0,4}package[ \t]+([\w:]+)"),
    _any_of(r"[ \t]{0,8}(?:use|require)[ \t]+([A-Z]\w*(?:::\w+)*)"),
)
_SHELL = Grammar(
    "shell",
    _any_of(r"[ \t]{0,4}function[ \t]+([\w:-]+)", r"[ \t]{0,4}([\w:-]+)[ \t]*\([ \t]*\)"),
    _any_of(r"[ \t]{0,8}(?:source|\.)[ \t]+[\"']?(?:[^/\"'\s]*\$[^/\"'\s]*/)?([\w./-]+)"),
)
_SQL = Grammar(
    "sql",
    _any_of(
        r"[ \t]{0,8}create[ \t]+(?:or[ \t]+replace[ \t]+)?"
        r"(?:(?:temp|temporary|unique|materialized|global|local|virtual|unlogged)[ \t]+){0,3}"
        r"(?:table|view|index|function|procedure|trigger|type|schema|sequence)[ \t]+"
        r"(?:if[ \t]+not[ \t]+exists[ \t]+)?([\w.\"`\[\]]+)",
    ),
    flags=re.I,
)
_MARKDOWN = Grammar(
    "markdown",
    # A fenced block is passed over as a whole: its lines with a # are no headings.
    _any_of(
        r"[ ]{0,3}```[^\n]*(?=\n)[\s\S]*?\n[ ]{0,3}```", r"#{1,4}[ \t]+(?=[^\n])()",
        # What stands first between such lines is no heading, but tells of the file.
        r"(?<=\A\n)---[ \t]*\n(?:(?!---)[^\n]*\n)*---",
        r"(?:(?<=\n\n)|(?<=\A\n))[ ]{0,3}(?![-*+>|#=`~\s]|\d+[.)])[^\n]+\n[ ]{0,3}(?:=+|-{2,})[ \t]*(?=\n|$)()",
    ),
    is_prose=True,
)

_BY_SUFFIX: Mapping[str, Grammar] = {
    **dict.fromkeys((".py", ".pyi"), _PYTHON),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte"), _SCRIPT),
    ".go": _GO,
    ".rs": _RUST,
    ".java": _JAVA,
    **dict.fromkeys((".c", ".cc", ".cpp", ".cxx"), _C),
    **dict.fromkeys((".h", ".hh", ".hpp", ".hxx"), _C_HEADER),
    **dict.fromkeys((".rb", ".rake"), _RUBY),
    ".php": _PHP,
    **dict.fromkeys((".pl", ".pm"), _PERL),
    **dict.fromkeys((".sh", ".bash", ".zsh"), _SHELL),
    ".sql": _SQL,
    **dict.fromkeys((".md", ".markdown"), _MARKDOWN),
}


def grammar_of(path: str, text: str = "") -> Grammar | None:
    """The language of a file by its name, for one without suffix by its first line; None where none of these."""
    return _BY_SUFFIX.get(suffix_of(path, text))
