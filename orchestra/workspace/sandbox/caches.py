"""Caches in a user's home: read by a suite as they are, written only in layers that are thrown away."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Mapping, NamedTuple, Sequence


class _Cache(NamedTuple):
    variable: str
    """What moves it; empty where nothing does."""
    place: str
    """Below the home, where the variable does not say otherwise."""
    replacement: str
    """The name of an empty one that does as well, only slower; empty where none does."""


_CACHES = (
    _Cache("GOCACHE", ".cache/go-build", "go-build"),
    _Cache("GOMODCACHE", "go/pkg/mod", ""),
    _Cache("npm_config_cache", ".npm", "npm"),
    _Cache("CARGO_HOME", ".cargo", ""),
    _Cache("GRADLE_USER_HOME", ".gradle", "gradle"),
    _Cache("", ".m2", ""),
    _Cache("NUGET_PACKAGES", ".nuget/packages", ""),
    _Cache("COMPOSER_CACHE_DIR", ".cache/composer", "composer"),
)


class Caches(NamedTuple):
    """What becomes of them for one run."""

    layered: tuple[tuple[str, str, Mapping[str, str]], ...]
    """A folder, one for what is written over it, and the variables to set where the kernel makes no layers there."""
    variables: Mapping[str, str]
    """To set whatever the kernel does."""


def caches_of(variables: Mapping[str, str], private: Path, root: Path, *, has_mounts: bool) -> Caches:
    """`private` is the run's own folder."""
    layered: list[tuple[str, str, Mapping[str, str]]] = []
    moved: dict[str, str] = {}
    own = os.path.realpath(private)
    for cache in _CACHES:
        folder = _folder_of(cache, variables)
        elsewhere = {cache.variable: os.path.join(own, cache.replacement)} if cache.replacement else {}
        if cache.variable == "GRADLE_USER_HOME" and folder is not None:
            # It starts nowhere that cannot be written, but reads what it has fetched from here.
            elsewhere["GRADLE_RO_DEP_CACHE"] = os.path.join(folder, "caches")
        if has_mounts and folder is not None and _can_be_layered(folder, [own, os.path.realpath(root)]):
            layered.append((folder, os.path.join(own, "layer-%d" % len(layered)), elsewhere))
        else:
            moved.update(elsewhere)
    return Caches(tuple(layered), moved)


def _folder_of(cache: _Cache, variables: Mapping[str, str]) -> str | None:
    named = variables.get(cache.variable) if cache.variable else None
    folder = named or os.path.join(variables.get("HOME", ""), cache.place)
    return os.path.realpath(folder) if os.path.isabs(folder) and os.path.isdir(folder) else None


def _can_be_layered(folder: str, inner: Sequence[str]) -> bool:
    """Not over what the run works in, and not with a name that would end an option of mount."""
    is_above = any(path == folder or path.startswith(folder + "/") for path in inner)
    is_below = any(folder.startswith(path + "/") for path in inner)
    return not is_above and not is_below and not any(character in folder for character in ",:\\")
