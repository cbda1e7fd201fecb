"""The names that a source file offers to others, found by small patterns for each language."""

from __future__ import annotations

import re
from collections import Counter
from typing import Callable, Iterable, Iterator, Mapping, Pattern

from orchestra.regex import regex
from orchestra.workspace.languages.interpreters import suffix_of

_LONGEST_LINE = 400
_WORD = regex(r"\w+")


def _compiled(*patterns: str) -> tuple[Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


_PYTHON = _compiled(
    r"\.?(?:async[ \t]+)?(?:def|class)[ \t]+([A-Za-z]\w*)", r"\.?([A-Z][A-Z0-9_]+)[ \t]*(?::[^=]+)?=(?!=)",
    r"\.(?!(?:else|try|finally)\b)([A-Za-z]\w*)[ \t]*(?::(?!=)[ \t]*[\w\"']|=(?!=))",
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
_METHODS = _compiled(
    r"(?:public|protected)[ \t]+(?:[^()=;{}\"]*[ \t>\]])?([A-Za-z]\w*)[ \t]*(?:<[^()]*>)?\(",
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
    r"([A-Za-z]\w*)[ \t]*\((?:[^;]*$|[^;{}]*\)[^;{}]*\{)",
)
_PROTOTYPE = _compiled(
    r"(?!static\b|typedef\b|return\b)(?:[A-Za-z_][\w:<>]*[ \t*&]+){1,4}([A-Za-z]\w*)[ \t]*\([^;{}]*\)[^;{}]*;",
)
_RUBY = _compiled(r"(?:class|module)[ \t]+([A-Z]\w*)", r"def[ \t]+(?:self\.)?([a-z]\w*)", r"([A-Z][A-Z0-9_]+)[ \t]*=")
_PHP = _compiled(
    r"(?:(?:abstract|final|readonly)[ \t]+)*(?:function|class|interface|trait|enum)[ \t]+&?([A-Za-z]\w*)",
    r"const[ \t]+([A-Z]\w*)",
)
_LUA = _compiled(
    r"function[ \t]+(?:[\w.]+[.:])?([A-Za-z]\w*)", r"[\w.]+\.([A-Za-z]\w*)[ \t]*=[ \t]*function\b",
)
_SQL = _compiled(
    r"(?i)create[ \t]+(?:or[ \t]+replace[ \t]+)?(?:materialized[ \t]+)?(?:table|view|function|procedure|type|trigger)"
    r"[ \t]+(?:if[ \t]+not[ \t]+exists[ \t]+)?(?:[\w\"`\[\]]+\.)?[\"`\[]?([A-Za-z]\w*)",
)
_SHELL = _compiled(r"(?:function[ \t]+)?([A-Za-z]\w*)[ \t]*\([ \t]*\)", r"function[ \t]+([A-Za-z]\w*)")

_BY_SUFFIX: Mapping[str, tuple[Pattern[str], ...]] = {
    **dict.fromkeys((".py", ".pyi"), _PYTHON),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte"), _SCRIPT),
    ".go": _GO,
    ".rs": _RUST,
    **dict.fromkeys((".java", ".cs"), _CURLY_TYPES + _METHODS),
    **dict.fromkeys((".kt", ".kts", ".swift", ".scala", ".dart"), _CURLY_TYPES),
    **dict.fromkeys((".c", ".cc", ".cpp", ".cxx"), _C),
    **dict.fromkeys((".h", ".hh", ".hpp"), _C + _PROTOTYPE),
    ".lua": _LUA,
    ".sql": _SQL,
    ".rb": _RUBY,
    ".php": _PHP,
    **dict.fromkeys((".sh", ".bash"), _SHELL),
}
_STATEMENTS = frozenset(("if", "for", "while", "switch", "return", "sizeof", "main", "catch", "else", "defined"))
_INDENTED = (".vue", ".svelte", ".php")
"""Where what is public may stand inside an element, a namespace, a class or a block."""
_PYTHON_VARIABLE = regex(r"([A-Za-z]\w*)[ \t]*(?::[^=]+)?=(?!=)")
_PYTHON_TEXT = regex(r"\"\"\"|'''")
_PYTHON_LISTED = regex(r"^__all__\b[^\[(]*[\[(]([^\])]*)", re.M)
_PYTHON_DECORATOR = regex(r"^[ \t]*@([A-Za-z]\w*)", re.M)
_PYTHON_BLOCK = regex(r"(?:if|elif|else|try|except|finally|with)\b(?!.*__main__)")
_PYTHON_DEFINED = regex(r"(?:async[ \t]+def|def|class)\b")
_PYTHON_CLASS = regex(r"class[ \t]+[A-Za-z]")
_RUBY_PRIVATE = regex(r"[ \t]*(?:private|protected)[ \t]*$")
_RUBY_PUBLIC = regex(r"[ \t]*(?:public[ \t]*$|(?:class|module)\b)")
_INTERFACE = regex(r"(?:(?:public|internal|protected|sealed|partial|static)[ \t]+)*interface[ \t]+\w")
_TRAIT = regex(r"pub\b[^={(]*\btrait[ \t]+\w")
_GO_BLOCK = regex(r"(var|const|type)[ \t]*\([ \t]*$")
_LIST_OF_EXPORTS = regex(r"\bexports[ \t]*=[ \t]*\{([^{}]*)|\bexport[ \t]+(?:type[ \t]+)?\{([^{}]*)")
_EXPORTED = regex(r"\s*(?:[\w$]+\s+as\s+)?(?!default\b)([A-Za-z$]\w*)\s*(?:[:(].*)?", re.S)
_LINE_REMARK = regex(r"//[^\n]*")
_ALL_OF_ANOTHER = regex(r"^export[ \t]*\*[ \t]*from\b", re.M)
_IMPORTED = r"(?:import|from|export|use|require|include|using|as)\b.*(?<!\w)%s(?!\w)"
_LISTED = r"[\"']?%s[\"']?(?:[ \t]+as[ \t]+\w+)?,?"
_DECLARED = (
    r"\b(?:def|class|function|func|fn|fun|type|const|let|var|val|static|struct|enum|interface|trait|module|define)\b"
    r"[^=(]*(?<!\w)%s(?!\w)"
    r"|^(?:self\.|cls\.)?\(?(?:[*\w.]+[ \t]*,[ \t]*)*\*?%s[ \t]*(?:,[^=]*|\)[ \t]*|:[^=]+)?=(?!=)"
    r"|^(?:async[ \t]+)?for\b[^=]*(?<!\w)%s(?!\w).*\bin\b"
)


def public_names(path: str, text: str) -> tuple[str, ...]:
    """The names in their order, each once; none for a language that is not known here."""
    suffix = suffix_of(path, text)
    patterns = _BY_SUFFIX.get(suffix, ())
    names: dict[str, None] = {}
    lines = (line for line in text.split("\n") if len(line) <= _LONGEST_LINE) if patterns else ()
    for bare in _READERS.get(suffix, _as_they_are)(lines):
        for pattern in patterns:
            found = pattern.match(bare)
            if found and found[1] not in _STATEMENTS:
                names[found[1]] = None
    if patterns is _PYTHON:
        names.update(dict.fromkeys(_python_variables(text)))
    elif patterns is _SCRIPT:
        names.update(dict.fromkeys(_listed_exports(text)))
    return tuple(names)


def _listed_exports(text: str) -> Iterator[str]:
    for found in _LIST_OF_EXPORTS.finditer(text):
        for item in _LINE_REMARK.sub("", found[1] or found[2] or "").split(","):
            name = _EXPORTED.fullmatch(item)
            if name:
                yield name[1]


def _python_variables(text: str) -> Iterator[str]:
    """Those of the module that are for others: listed as such, read nowhere else in it, or what decorates.

    A module's other variables are mostly steps on its way, and gone once it goes another.
    """
    uses = Counter(_WORD.findall(text))
    shown = set(_PYTHON_DECORATOR.findall(text))
    for found in _PYTHON_LISTED.finditer(text):
        shown.update(_WORD.findall(found[1]))
    for line in _python_lines(line for line in text.split("\n") if len(line) <= _LONGEST_LINE):
        variable = _PYTHON_VARIABLE.match(line)
        if variable and (variable[1] in shown or uses[variable[1]] == 1):
            yield variable[1]


def _as_they_are(lines: Iterable[str]) -> Iterator[str]:
    yield from lines


def _without_indent(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line.lstrip()


def _python_lines(lines: Iterable[str]) -> Iterator[str]:
    """The lines at the margin, and of a public class those of its own body behind a dot; none of a long text.

    What a top-level `if` or `try` defines stands at the margin, too.
    """
    indent: str | None = None
    in_class = in_block = False
    closer = ""
    for line in lines:
        was_text = bool(closer)
        for mark in _PYTHON_TEXT.findall(line):
            closer = mark if not closer else "" if mark == closer else closer
        if was_text:
            continue
        bare = line.lstrip()
        if bare and bare == line and bare[0] not in "#)@]}":
            in_class, indent = _PYTHON_CLASS.match(line) is not None, None
            in_block = _PYTHON_BLOCK.match(line) is not None
        elif bare and (in_class or in_block) and indent is None:
            indent = line[: len(line) - len(bare)]
        is_own = indent is not None and line == indent + bare
        is_defined = is_own and in_block and _PYTHON_DEFINED.match(bare)
        yield "." + bare if in_class and is_own else bare if is_defined else line


def _members(opening: Pattern[str], prefix: str) -> Callable[[Iterable[str]], Iterator[str]]:
    """A reader of lines without their indent, with the prefix before those that stand in such a block itself."""
    def read(lines: Iterable[str]) -> Iterator[str]:
        depth = 0
        for line in lines:
            bare = line.lstrip()
            if depth or opening.match(bare):
                yield prefix + bare if depth == 1 else bare
                depth = max(0, depth + bare.count("{") - bare.count("}"))
            else:
                yield bare
    return read


def _go_lines(lines: Iterable[str]) -> Iterator[str]:
    """With its keyword before each line of a block of declarations."""
    keyword = ""
    for line in lines:
        opening = _GO_BLOCK.match(line)
        keyword = opening[1] if opening else "" if line.startswith(")") else keyword
        is_own = keyword and line[:1] == "\t" and line[1:2].isalpha()
        yield "%s %s" % (keyword, line[1:]) if is_own else line


def _ruby_lines(lines: Iterable[str]) -> Iterator[str]:
    """Without those under a bare `private`."""
    is_private = False
    for line in lines:
        is_private = (is_private or _RUBY_PRIVATE.match(line) is not None) and _RUBY_PUBLIC.match(line) is None
        if not is_private:
            yield line.lstrip()


_READERS: Mapping[str, Callable[[Iterable[str]], Iterator[str]]] = {
    **dict.fromkeys(_INDENTED, _without_indent), ".rs": _members(_TRAIT, "pub "), ".go": _go_lines,
    **dict.fromkeys((".java", ".cs"), _members(_INTERFACE, "public ")), ".rb": _ruby_lines,
    **dict.fromkeys((".py", ".pyi"), _python_lines),
}


def lost_names(path: str, old: str, new: str) -> tuple[str, ...]:
    """The public names of the old text that the new one neither defines nor imports any more."""
    if suffix_of(path, old) != suffix_of(path, new):
        # A script in another language now.
        return ()
    kept = set(public_names(path, new))
    missing = [name for name in public_names(path, old) if name not in kept]
    is_script = _BY_SUFFIX.get(suffix_of(path, old)) is _SCRIPT
    if not missing or (is_script and len(_ALL_OF_ANOTHER.findall(new)) > len(_ALL_OF_ANOTHER.findall(old))):
        return ()
    lines: dict[str, list[str]] = {name: [] for name in missing}
    for line in new.split("\n"):
        line = line[:_LONGEST_LINE].strip()
        if is_script and "export" not in line:
            continue
        for word in set(_WORD.findall(line)) & lines.keys():
            lines[word].append(line)
    return tuple(name for name in missing if not any(_binds(line, name) for line in lines[name]))


def _binds(line: str, name: str) -> bool:
    """Whether a line gives the name a meaning: it imports, lists or declares it."""
    escaped = re.escape(name)
    if re.fullmatch(_LISTED % escaped, line) or re.search(_IMPORTED % escaped, line):
        return True
    return re.search(_DECLARED % (escaped, escaped, escaped), line) is not None
