"""Languages of the web and of the command line."""

from __future__ import annotations

import re

from orchestra.workspace.languages.c_like import BLOCK_COMMENT, COMMENTS, STRING
from orchestra.workspace.languages.language import Blocks, Kind, Language, Rule, until

_SINGLE = Rule("'", "'", Kind.QUOTED, until("'", is_one_line=True))
_HASH_COMMENT = Rule("#", r"#[^\n]*", Kind.COMMENT)
_TEMPLATE = Rule("`", "`", Kind.QUOTED, until("`", hole=r"\$\{", first="`$"), "template")
_SCRIPT_PATTERN = Rule(
    "/", r"/(?![*/])(?:[^/\\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+/", Kind.PASS, what="pattern",
    needs_operand=True,
)
_SHEBANG = Rule("#", r"\A#!.*", Kind.COMMENT)
_SCRIPT = (*COMMENTS, STRING, _SINGLE, _TEMPLATE, _SCRIPT_PATTERN, _SHEBANG)
_TAG = Rule("<", r"(?<!<)<(?=[A-Za-z_$>])", Kind.TAG, what="element", needs_operand=True)
_SCRIPT_WORDS = (
    "return typeof instanceof in of new delete void throw case do else yield await default extends export"
)
_SCRIPT_TAIL = (
    r"[=.,*%&|^?:<~]|=>|(?<!\+)\+|(?<!-)-|\}\s*from|(?<![\w$.])(?<!\bas )(?:const|let|var|function|class|export|import"
    r"|new|typeof|extends|default|async|declare|interface|enum|namespace|instanceof"
    r"|(?:function\s*\*?|interface|enum|import|type)\s+[\w$]+|class\s+[\w$]+(?:\s+extends\s+[\w$.]+)?)"
)
JAVASCRIPT = Language(
    "JavaScript", (*_SCRIPT, _TAG, Rule("<", r"<!--[^\n]*", Kind.COMMENT)), operand_words=_SCRIPT_WORDS,
    tail=_SCRIPT_TAIL,
)
TYPESCRIPT = Language("TypeScript", _SCRIPT, operand_words=_SCRIPT_WORDS, tail=_SCRIPT_TAIL)
TSX = Language("TSX", (*_SCRIPT, _TAG), operand_words=_SCRIPT_WORDS, tail=_SCRIPT_TAIL)

_SHELL_HOLES = r"\$\(|\$\{|`"
_SHELL_RULES = (
    Rule("#", r"(?:(?<![^\s;&|()`])|\A)#[^\n]*", Kind.COMMENT),
    Rule("\\", r"\\[\s\S]", Kind.PASS),
    Rule("'", "'", Kind.FIXED, "'"),
    Rule("$", r"\$'", Kind.QUOTED, until("'")),
    Rule('"', '"', Kind.QUOTED, until('"', hole=_SHELL_HOLES, first='"$`')),
    Rule("`", "`", Kind.QUOTED, until("`"), "command"),
    Rule(
        "$",
        r"\$\{",
        Kind.QUOTED,
        until("}", hole=_SHELL_HOLES + "|\"", first='}$`"', escape=r"\\[\s\S]|'[^']*'", escape_first=r"\\'"),
        "expansion",
    ),
    Rule("", "", Kind.QUOTED, until("}", hole=_SHELL_HOLES + "|\"", first='}$`"'), "expansion in a string"),
    Rule("", "", Kind.QUOTED, until('"', hole=_SHELL_HOLES, first='"$`'), "string in an expansion"),
    Rule("$", r"\$[#$!?*@-]", Kind.PASS),
    Rule("<", "<<<", Kind.PASS),
    Rule(
        "<",
        r"<<(?P<indent>-?)[ \t]*['\"\\]?"
        r"(?P<tag>(?<=')[^'\n]+|(?<=\")[^\"\n]+|[^\s\d'\"\\;&|<>()`$#=][^\s'\"\\;&|<>()`]*)['\"]?",
        Kind.HEREDOC,
    ),
)
SHELL = Language(
    "shell",
    _SHELL_RULES,
    brackets="()",
    holes=(("${", "expansion in a string"), ("`", "command"), ('"', "string in an expansion")),
    blocks=Blocks(
        (("if", "fi"), ("case", "esac"), ("do", "done"), ("{", "}")),
        r"(?<![^\s;&|()`!])(?:(?:if|fi|case|esac|do|done|\})(?![^\s;&|()<>`])|\{(?=\s))",
        "shell",
    ),
    tail=r"\\|\||&&|^\s*[\w-]+\s*\(\)",
)
Z_SHELL = Language(
    "zsh", _SHELL_RULES, brackets="()", holes=SHELL.holes,
    # Brackets that close nothing, or are of patterns: of zsh's own functions a third would be called broken.
    silent_when=r"\bcase\b|\(#|\(\(|<\(|\[\[|\*\(",
)
_NESTED_TEXT = tuple(
    Rule(
        "%", "%[wWiIqQrxs]?" + re.escape(before), Kind.NESTED, r"(?P<skip>\\[\s\S])|(?P<open>{})|{}".format(
            re.escape(before), re.escape(after)
        ), needs_operand=True,
    ) for before, after in ("()", "[]", "{}", "<>")
)
_SYMMETRIC_TEXT = tuple(
    Rule(
        "%", ("%[wWiIqQrxs]?" if mark in "|!" else "%[wWiIqQrxs]") + re.escape(mark), Kind.QUOTED,
        until(re.escape(mark), hole=r"#\{", first=re.escape(mark) + "#"), needs_operand=True,
    ) for mark in "/|!,;:^~@.+*\"'-`&$%"
)
RUBY = Language(
    "Ruby",
    (
        Rule("=", r"(?<![^\n])=begin\b", Kind.FIXED, "\n=end", "comment"),
        _HASH_COMMENT,
        Rule("_", r"(?<![^\n])__END__(?=\r?\n|\Z)", Kind.STOP),
        Rule("$", r"\$(?:[^\w\s{]|\w+)", Kind.PASS),
        Rule(
            "?",
            r"(?<![\w)\]}\"'?!])\?(?:\\(?:[CM]-\S{1,5}|u\w{4}|u\{\w+\}|x\w{1,2}|[0-7]{1,3}|\S)|[^\s\w])(?!\w)",
            Kind.PASS,
        ),
        *_NESTED_TEXT,
        *_SYMMETRIC_TEXT,
        Rule(":", r":(?:\[\]=?|[/%<>*+!~`^&|-]+)", Kind.PASS),
        Rule("/", r"/", Kind.QUOTED, until("/", hole=r"#\{", first="/#"), "pattern", needs_operand=True),
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"#\{", first='"#')),
        Rule("'", "'", Kind.QUOTED, until("'")),
        Rule("`", r"(?<!def )(?<![.:])`", Kind.QUOTED, until("`", hole=r"#\{", first="`#"), "command"),
        Rule(
            "<",
            r"<<(?P<indent>[~-]?)['\"`]?(?P<tag>(?<=')[^'\n]+|(?<=\")[^\"\n]+|(?<=`)[^`\n]+"
            r"|(?:(?<=[~-])[^\W\d]|[A-Z_])\w*)['\"`]?",
            Kind.HEREDOC,
        ),
    ),
    blocks=Blocks(
        tuple((word, "end") for word in "class module def begin case for do if unless while until".split()),
        r"(?<![\w.:@$&])(?:class|module|def|begin|case|for(?!\()|do|if|unless|while|until|end)(?![\w?!]|:(?!:))",
        "ruby",
    ),
    operand_words=(
        "if unless while until elsif when and or not return in then else do puts yield raise rescue begin case"
    ),
)
PHP = Language(
    "PHP",
    (
        Rule("?", r"\?>[^<]*(?:<(?!\?(?:php\b|=))[^<]*)*(?:<\?(?:php\b|=)|\Z)", Kind.PASS),
        Rule("/", r"//[^\n?]*(?:\?(?!>)[^\n?]*)*", Kind.COMMENT),
        Rule("#", r"#(?!\[)[^\n?]*(?:\?(?!>)[^\n?]*)*", Kind.COMMENT),
        BLOCK_COMMENT,
        Rule("'", "'", Kind.QUOTED, until("'")),
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"\{(?=\$)|\$\{", first='"{$')),
        Rule("`", "`", Kind.QUOTED, until("`"), "command"),
        Rule(
            "<",
            r"<<<(?P<indent>)[ \t]*(?:'(?=\w+')|\"(?=\w+\"))?(?P<tag>[^\W\d]\w*)['\"]?(?=\r?\n)",
            Kind.HEREDOC,
        ),
    ),
    tail="[^;}:]",
    starts_after=r"(?i)<\?(?:php\b|=)",
)
LUA = Language(
    "Lua",
    (
        Rule("-", r"--\[(=*)\[", Kind.FIXED, "]%s]", "comment"),
        Rule("-", r"--[^\n]*", Kind.COMMENT),
        Rule("[", r"\[(=*)\[", Kind.FIXED, "]%s]"),
        Rule('"', '"', Kind.QUOTED, until('"', is_one_line=True, escape=r"\\z\s*|\\[\s\S]")),
        Rule("'", "'", Kind.QUOTED, until("'", is_one_line=True, escape=r"\\z\s*|\\[\s\S]")),
        _SHEBANG,
    ),
    blocks=Blocks(
        (("function", "end"), ("do", "end"), ("if", "end"), ("repeat", "until")),
        r"(?<![\w.:])(?:function|do|if|repeat|end|until)(?!\w)",
    ),
)
PYTHON = Language(
    "Python",
    (
        _HASH_COMMENT,
        Rule('"', '"""', Kind.QUOTED, until('"""')),
        Rule("'", "'''", Kind.QUOTED, until("'''")),
        STRING,
        _SINGLE,
    ),
)
POWER_SHELL = Language(
    "PowerShell",
    (
        Rule("<", "<#", Kind.FIXED, "#>", "comment"),
        Rule("#", r"(?<![\w$])#[^\n]*", Kind.COMMENT),
        Rule("@", r"@'[ \t]*\r?(?=\n)", Kind.FIXED, "\n'@"),
        Rule(
            "@", r'@"[ \t]*\r?(?=\n)', Kind.QUOTED,
            until(r'\n"@', hole=r"\$\(", first=r"\n$", escape=r"`[^\n]", escape_first="`"),
        ),
        Rule("'", "'", Kind.FIXED, "'"),
        Rule('"', '"', Kind.QUOTED, until('"', hole=r"\$\(", first='"$', escape=r"`[\s\S]", escape_first="`")),
        Rule("`", r"`[\s\S]", Kind.PASS),
    ),
)
