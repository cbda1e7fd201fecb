"""The names that a source file offers to others, found by small patterns for each language."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Mapping, Pattern

_LONGEST_LINE = 400
_WORD = re.compile(r"\w+")


def _compiled(*patterns: str) -> tuple[Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


_PYTHON = _compiled(
    r"(?:async[ \t]+)?(?:def|class)[ \t]+([A-Za-z]\w*)", r"([A-Z][A-Z0-9_]+)[ \t]*(?::[^=]+)?=(?!=)",
)
_SCRIPT = _compiled(
    r"export[ \t]+(?:default[ \t]+)?(?:declare[ \t]+)?(?:abstract[ \t]+|async[ \t]+|const[ \t]+(?=enum))*"
    r"(?:function\b[ \t]*\*?|class|const|let|var|type|interface|enum|namespace)[ \t]*([A-Za-z$]\w*)",
    r"(?:module\.)?exports\.([A-Za-z$]\w*)[ \t]*=",
)
_GO = _compiled(r"func[ \t]+(?:\([^)]*\)[ \t]*)?([A-Z]\w*)", r"(?:type|var|const)[ \t]+([A-Z]\w*)")
_RUST = _compiled(
    r"pub(?:\([^)]*\))?[ \t]+(?:(?:async|unsafe|const|default|extern(?:[ \t]+\"[^\"]*\")?)[ \t]+)*"
    r"(?:fn|struct|enum|trait|type|const|static|mod|union)[ \t]+([A-Za-z]\w*)",
    r"macro_rules![ \t]*([A-Za-z]\w*)",
)
_CURLY_TYPES = _compiled(
    r"(?:(?:public|protected|internal|abstract|final|sealed|static|open|data|partial|export|inline)[ \t]+)*"
    r"(?:class|interface|enum(?:[ \t]+class)?|record|struct|trait|object|protocol|typealias)[ \t]+([A-Za-z]\w*)",
    r"(?:(?:public|internal|open|inline|suspend|final)[ \t]+)*(?:fun|func)[ \t]+(?:[\w.<>]+\.)?([A-Za-z]\w*)",
)
_C = _compiled(
    r"#[ \t]*define[ \t]+([A-Za-z]\w*)",
    r"(?:typedef[ \t]+)?(?:struct|enum|union|class|namespace)[ \t]+([A-Za-z]\w*)[^;()]*$",
    r"(?!static\b|typedef\b|return\b|else\b|if\b|for\b|while\b|switch\b)(?:[A-Za-z_][\w:<>]*[ \t*&]+){1,4}"
    r"([A-Za-z]\w*)[ \t]*\([^;]*$",
)
_RUBY = _compiled(r"(?:class|module)[ \t]+([A-Z]\w*)", r"def[ \t]+(?:self\.)?([a-z]\w*)", r"([A-Z][A-Z0-9_]+)[ \t]*=")
_PHP = _compiled(
    r"(?:(?:abstract|final|readonly)[ \t]+)*(?:function|class|interface|trait|enum)[ \t]+&?([A-Za-z]\w*)",
    r"const[ \t]+([A-Z]\w*)",
)
_SHELL = _compiled(r"(?:function[ \t]+)?([A-Za-z]\w*)[ \t]*\([ \t]*\)", r"function[ \t]+([A-Za-z]\w*)")

_BY_SUFFIX: Mapping[str, tuple[Pattern[str], ...]] = {
    **dict.fromkeys((".py", ".pyi"), _PYTHON),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte"), _SCRIPT),
    ".go": _GO,
    ".rs": _RUST,
    **dict.fromkeys((".java", ".kt", ".kts", ".cs", ".swift", ".scala", ".dart"), _CURLY_TYPES),
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp"), _C),
    ".rb": _RUBY,
    ".php": _PHP,
    **dict.fromkeys((".sh", ".bash"), _SHELL),
}
_STATEMENTS = frozenset(("if", "for", "while", "switch", "return", "sizeof", "main", "catch", "else", "defined"))
_INDENTED = (".vue", ".svelte", ".cs", ".php")
"""Where what is public may stand inside an element, a namespace or a block."""
_IMPORTED = r"(?:import|from|export|use|require|include|using|as)\b.*(?<!\w)%s(?!\w)"
_LISTED = r"[\"']?%s[\"']?(?:[ \t]+as[ \t]+\w+)?,?"
_DECLARED = (
    r"\b(?:def|class|function|func|fn|fun|type|const|let|var|val|static|struct|enum|interface|trait|module|define)\b"
    r"[^=(]*(?<!\w)%s(?!\w)|^%s[ \t]*(?::[^=]+)?=(?!=)"
)


def public_names(path: str, text: str) -> tuple[str, ...]:
    """The names in their order, each once; none for a language that is not known here."""
    suffix = PurePosixPath(path).suffix.lower()
    patterns = _BY_SUFFIX.get(suffix, ())
    names: dict[str, None] = {}
    for line in text.split("\n") if patterns else ():
        if len(line) > _LONGEST_LINE:
            continue
        bare = line.lstrip() if suffix in _INDENTED else line
        for pattern in patterns:
            found = pattern.match(bare)
            if found and found[1] not in _STATEMENTS:
                names[found[1]] = None
    return tuple(names)


def lost_names(path: str, old: str, new: str) -> tuple[str, ...]:
    """The public names of the old text that the new one neither defines nor imports any more."""
    kept = set(public_names(path, new))
    missing = [name for name in public_names(path, old) if name not in kept]
    if not missing:
        return ()
    lines: dict[str, list[str]] = {name: [] for name in missing}
    for line in new.split("\n"):
        line = line[:_LONGEST_LINE].strip()
        for word in set(_WORD.findall(line)) & lines.keys():
            lines[word].append(line)
    return tuple(name for name in missing if not any(_binds(line, name) for line in lines[name]))


def _binds(line: str, name: str) -> bool:
    """Whether a line gives the name a meaning: it imports, lists or declares it."""
    escaped = re.escape(name)
    if re.fullmatch(_LISTED % escaped, line) or re.search(_IMPORTED % escaped, line):
        return True
    return re.search(_DECLARED % (escaped, escaped), line) is not None
