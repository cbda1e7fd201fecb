"""Which language a file is written in, by its name or by the interpreter that its first line calls."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Mapping

from orchestra.regex import regex
from orchestra.workspace.languages import c_like, functional, indented, notations, perl, scripts
from orchestra.workspace.languages.interpreters import USUAL_SUFFIXES, interpreter_of, suffix_of
from orchestra.workspace.languages.language import Language

# Visual Basic has none: its XML stands in code without quotes.
_SUFFIXES: tuple[tuple[Language, str], ...] = (
    (c_like.C, "c"),
    (c_like.CPP, "h cc cpp cxx c++ hh hpp hxx h++ ipp inl tpp ino cu cuh m mm"),
    (c_like.JAVA, "java"),
    (c_like.C_SHARP, "cs csx"),
    (c_like.GO, "go"),
    (c_like.RUST, "rs"),
    (c_like.KOTLIN, "kt kts"),
    (c_like.SCALA, "scala sc"),
    (c_like.SWIFT, "swift"),
    (c_like.DART, "dart"),
    (c_like.GROOVY, "groovy gradle gvy"),
    (c_like.PROTOBUF, "proto"),
    (c_like.THRIFT, "thrift"),
    (c_like.SOLIDITY, "sol"),
    (c_like.ZIG, "zig"),
    (scripts.JAVASCRIPT, "js mjs cjs jsx"),
    (scripts.TYPESCRIPT, "ts mts cts"),
    (scripts.TSX, "tsx"),
    (scripts.SHELL, "sh bash bats ksh"),
    (scripts.Z_SHELL, "zsh"),
    (scripts.RUBY, "rb rake gemspec ru"),
    (scripts.PHP, "php"),
    (perl.PERL, "pl pm t"),
    (scripts.LUA, "lua"),
    (scripts.PYTHON, "py pyi"),
    (scripts.POWER_SHELL, "ps1 psm1 psd1"),
    (notations.CSS, "css"),
    (notations.SCSS, "scss"),
    (notations.LESS, "less"),
    (notations.SQL, "sql"),
    (notations.TOML, "toml"),
    (notations.JSON_WITH_COMMENTS, "jsonc json5 code-workspace"),
    (notations.HCL, "tf tfvars hcl"),
    (notations.GRAPHQL, "graphql gql"),
    (notations.HASKELL, "hs"),
    (notations.CLOJURE, "clj cljs cljc edn"),
    (notations.R, "r"),
    (notations.CMAKE, "cmake"),
    (notations.MAKE, "mk mak"),
    (notations.DOCKER, "dockerfile"),
    (functional.OCAML, "ml mli"),
    (functional.STANDARD_ML, "sml sig fun"),
    (functional.F_SHARP, "fs fsi fsx"),
    (functional.ELIXIR, "ex exs"),
    (functional.ERLANG, "erl hrl"),
    (indented.NIM, "nim nims"),
    (indented.JULIA, "jl"),
    (indented.STARLARK, "bzl bazel star"),
    (notations.MARKUP, "html htm vue svelte"),
)
_NAMES: Mapping[str, Language] = {
    "Gemfile": scripts.RUBY, "Rakefile": scripts.RUBY, "Vagrantfile": scripts.RUBY, "Podfile": scripts.RUBY,
    "Guardfile": scripts.RUBY, "Jenkinsfile": c_like.GROOVY, "CMakeLists.txt": notations.CMAKE,
    "Makefile": notations.MAKE, "makefile": notations.MAKE, "GNUmakefile": notations.MAKE,
    "Dockerfile": notations.DOCKER, "Containerfile": notations.DOCKER,
    "Cargo.lock": notations.TOML, "poetry.lock": notations.TOML, "Pipfile": notations.TOML,
}
_OBJECTIVE_C = regex(r"^[ \t]*(?:#[ \t]*(?:import|include|define)|@(?:import|interface|implementation))\b", re.M)
_PERL = regex(r"^#!.*perl|^[ \t]*(?:use|no|package|require|sub|my|our|local|BEGIN)\b[^\n]*[;{]", re.M)
_KNOWN_BY_FIRST_LINE = frozenset((scripts.SHELL.name, scripts.Z_SHELL.name))
_OTHER_SHELLS = frozenset(("fish", "csh", "tcsh", "expect", "osh", "nu", "elvish", "xonsh", "perl", "awk", "tclsh"))


def language_of(path: str, text: str) -> Language | None:
    """None for one that is not known."""
    name = path.rpartition("/")[2]
    language = _NAMES.get(name) or _by_suffix().get(suffix_of(path, text)[1:])
    if name.endswith(".m") and not _OBJECTIVE_C.search(text):
        # MATLAB's.
        return None
    if language is perl.PERL and not _PERL.search(text):
        # Prolog's, or a test of a shell session.
        return None
    if language is not None and language.name in _KNOWN_BY_FIRST_LINE:
        interpreter = interpreter_of(text)
        if interpreter in _OTHER_SHELLS:
            return None
        return _by_suffix().get(USUAL_SUFFIXES.get(interpreter, "")[1:], language)
    return language


@lru_cache(maxsize=1)
def _by_suffix() -> dict[str, Language]:
    return {suffix: language for language, suffixes in _SUFFIXES for suffix in suffixes.split()}
