"""Files about the project, not its code: what a task means that speaks of versions, builds, checks or containers."""

from __future__ import annotations

from itertools import groupby
from typing import Iterable, Iterator

from orchestra.regex import regex

_MOST_OF_A_KIND = 3
_KINDS = (
    ("versions and dependencies", regex(
        r"(?i)\b(?:versions?|dependenc(?:y|ies)|bump|upgrade|downgrade|requirements|classifiers|engines|packaging"
        r"|abhängigkeit(?:en)?)\b|\b(?:update|raise) [\w.@/-]{1,60} to v?\d|依赖|版本"
    ), regex(
        r"(?:.*/)?(?:pyproject\.toml|setup\.cfg|setup\.py|package\.json|go\.mod|Cargo\.toml|pom\.xml|mix\.exs|Gemfile"
        r"|build\.gradle(?:\.kts)?|[\w-]+\.gemspec|composer\.json|requirements(?:[-_./]\w+)?\.(?:txt|in)|Package\.swift"
        r"|[\w.-]+\.csproj)"
    )),
    ("the build", regex(r"(?i)\b(?:builds?|compiler?|compiles|cmake|makefile|linker)\b|构建|编译"), regex(
        r"(?:.*/)?(?:CMakeLists\.txt|GNUmakefile|[Mm]akefile|meson\.build|configure\.ac|build\.rs"
        r"|build\.gradle(?:\.kts)?|BUILD\.bazel)"
    )),
    ("checks of each change", regex(
        r"\bCI\b|(?i:\b(?:workflows?|github actions|gitlab|jenkins|pipelines?)\b)"
    ), regex(
        r"\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml|azure-pipelines\.yml|Jenkinsfile"
        r"|\.travis\.yml|tox\.ini|noxfile\.py"
    )),
    ("containers", regex(r"(?i)\bdocker\w*\b|\bcontainers?\b|容器"), regex(
        r"(?:.*/)?(?:Dockerfile(?:\.\w+)?|Containerfile|(?:docker-)?compose(?:\.\w+)?\.ya?ml)"
    )),
    ("the changelog", regex(r"(?i)\bchange ?log\b|\brelease notes\b"), regex(
        r"(?i)(?:docs?/)?(?:changelog|changes|history|news)(?:\.\w+)?"
    )),
)


def project_files(paths: Iterable[str], text: str) -> Iterator[tuple[str, str]]:
    """The files, the nearest to the root, and what the text speaks of that they are for."""
    spoken_of = [(what, form) for what, words, form in _KINDS if words.search(text)]
    if not spoken_of:
        return
    paths = sorted(paths, key=_depth)
    for what, form in spoken_of:
        fitting = (path for path in paths if form.fullmatch(path))
        for _, nearest in groupby(fitting, _depth):
            found = list(nearest)
            if len(found) <= _MOST_OF_A_KIND:
                yield from ((path, what) for path in found)
            break


def _depth(path: str) -> int:
    return path.count("/")
