"""Which lines of a source file say what it offers, in the languages that people write most."""

from __future__ import annotations

from orchestra.regex import regex


_NOT_A_SIGNATURE = (
    r"(?!(?:if|elif|else|for|foreach|while|until|switch|case|catch|except|with|try|do|return|throw|raise|assert|await"
    r"|yield|new|delete|print|echo|defer|select|match|when|unless)\b)"
)
_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|override|open|suspend|virtual"
    r"|inline|extern|async|unsafe|readonly|sealed|data|declare|local|pub(?:\([a-z ]+\))?)\s+)*"
)
_DEFINED = (
    r"(?:(?:def|class|func|function\*?|fn|fun|sub|interface|trait|protocol|extension|record|namespace|module|mod"
    r"|object|type|typedef|template|impl|defmodule|defp|message|service|rpc|resource)"
    r"(?:\s+[\w\"'*&<({$]|\s*<)|macro_rules!"
    r"|(?:struct|union|enum)\s(?![^{]*=))"
)
_IMPORTED = (
    r"(?:import|from|include|require|require_relative|use|using|package|#\s*include|#\s*define|@import|@use)"
    r"\b\s*[\w\"'<({*.@]|(?:const|let|var)\s+[^=\n]{1,80}=\s*require\("
)
# A member that says who may see it, method or field.
_MEMBER = r"(?:public|private|protected|internal|override|abstract)\s+[\w<]"
_SQL = (
    r"(?i:(?:CREATE|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:TABLE|VIEW|INDEX|UNIQUE|FUNCTION|PROCEDURE|TRIGGER|TYPE))"
    r"\s+[\w\"`\[]"
)
_DECORATOR = r"@[A-Za-z_][\w.]*(?:\(.*\)?)?$|#\[.*\]$"
_ARROW = r"(?:const|let|var)\s+\w[^=\n]*=\s*(?:async\b\s*)?(?:\([^)]*\)|\w)[^=\n]*=>"
_KEYWORD = regex(
    "[ \t]*" + _MODIFIERS + "(?:" + "|".join([_DEFINED, _IMPORTED, _MEMBER, _DECORATOR, _SQL, _ARROW]) + ")"
)
_CONSTANT = regex(
    r"(?:export\s+)?(?:(?:const|let|var|static|val)\s+)?[A-Z][A-Z0-9_]{2,}\b[^=:\n]{0,40}[:=]"
)
# Of C++, Java, JavaScript and shell: a name, arguments, and the brace that opens the body.
_METHOD = regex(
    r"[ \t]*(?=\S)" + _NOT_A_SIGNATURE + r"[\w$#~<>\[\],.:*&? \t]*[\w$>]\s*\([^;]*\)\s*"
    r"(?:(?:const|noexcept|override|final)\s*)*(?:throws [\w., ]+|->[^{;]+|:[^{;=]+)?\s*\{[^}]*$"
)
# Of C: a type, a name and arguments at the margin, and the brace in the next line.
_FUNCTION = regex(_NOT_A_SIGNATURE + r"[A-Za-z_][\w \t*&:<>,]*[\s*&][\w:~]+\([^;{}=]*[),(]$")
_PROTOTYPE = regex(r"[A-Za-z_][\w \t*&:<>,]*\s[\w*&:~]+\([^;{}=]*\)[^;{}=]*;$")
_BY_ENDING = {";": _PROTOTYPE, "{": _METHOD, ")": _FUNCTION, ",": _FUNCTION, "(": _FUNCTION}
_IMPORT = regex(r"[ \t]*(?:export\s*\{|%s)" % _IMPORTED)
_FIRST_LINE = regex(
    r"#!|//|/\*|\"\"\"|'''|<\?php|<!DOCTYPE|\{$|\[$|[ \t]*(?:%s|%s|%s|%s)" % (
        _MODIFIERS + _DEFINED, _IMPORTED, _DECORATOR, _SQL
    )
)
_LONGEST_LINE = 300


def is_signature(line: str) -> bool:
    """Whether the line defines, declares or imports something."""
    if len(line) > _LONGEST_LINE:
        return False
    if _KEYWORD.match(line) or _CONSTANT.match(line):
        return True
    pattern = _BY_ENDING.get(line[-1:])
    return pattern is not None and pattern.match(line) is not None


def is_import(line: str) -> bool:
    """Whether the line makes something known that another file offers."""
    return _IMPORT.match(line) is not None


def is_definition(line: str) -> bool:
    """Whether the line says the name of something that the file itself offers."""
    return is_signature(line) and not is_import(line)


def begins_like_code(text: str) -> bool:
    """Whether a text whose kind nobody names is a source file, going by its first line with words."""
    first = next((line for line in text.split("\n", 20) if line.strip()), "")
    return _FIRST_LINE.match(first) is not None
