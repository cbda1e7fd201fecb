"""The configuration of a run: all layers read, checked, merged and typed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Mapping

from orchestra.config.checking import check_layer
from orchestra.config.conversion import settings_of, values_of
from orchestra.config.files import ConfigFile, parse_file, read_file
from orchestra.config.key_path import dotted, split
from orchestra.config.layers import Layer, leaf_paths, merge_layers, nested
from orchestra.config.secrets import masked
from orchestra.config.settings import Settings
from orchestra.config.trust import LeftOut, admit, is_trusted
from orchestra.config.variables import variable_layers
from orchestra.dataclass import dataclass

REPOSITORY_FILE = ".orchestra.yaml"


@dataclass(frozen=True)
class Config:
    """What applies, and why."""

    settings: Settings
    origins: Mapping[str, str]
    """Of every dotted key: `default`, `flag --mode`, `variable ORCHESTRA_MODE` or `FILE:LINE`."""
    values: Mapping[str, object]
    """Every key as a plain value fit to be shown: headers' values are `***`."""
    left_out: tuple[LeftOut, ...] = ()
    """What an untrusted repository's file said in vain."""


def load_config(
    *,
    root: Path | None,
    cwd: Path,
    variables: Mapping[str, str],
    user_config: Path | None,
    trust_file: Path | None,
    config_flag: str | None,
    flags: Mapping[str, tuple[str, object]],
) -> Config:
    """The merged configuration. Raises ConfigError for the first thing that cannot be used.

    `flags` is dotted key to (flag, value), such as `{"budget.max_cost": ("--max-cost", Decimal("2"))}`.
    `variables` are the process's: ORCHESTRA_* and HOME count.
    """
    home = variables.get("HOME")
    named = _named_file(config_flag, variables, cwd)
    user_file = read_file(user_config) if user_config else None
    user = _layers(user_file, home)
    repository_file = _repository_file(root, named)
    repository = _layers(repository_file, home)
    given = _layers(named, home)
    trusts = repository_file is None or root is None or is_trusted(
        repository_file, root=root, trust_file=trust_file, variables=variables
    )
    known = merge_layers([_defaults(), *user, *(repository if trusts else ()), *given]).values
    above = [*given, *_checked(variable_layers(variables, known=known, base=cwd), home),
             *_checked(_flag_layers(flags, cwd), home)]
    left_out: tuple[LeftOut, ...] = ()
    if not trusts:
        others = settings_of(merge_layers([*user, *above]).values)
        admitted, left_out = admit(repository[0], max_cost=others.budget.max_cost)
        repository = (admitted,)
    return config_of_layers([*user, *repository, *above], left_out)


def config_of_layers(layers: list[Layer], left_out: tuple[LeftOut, ...] = ()) -> Config:
    """The configuration that checked layers make, over the defaults."""
    merged = merge_layers(layers)
    settings = settings_of(merged.values)
    values = values_of(settings)
    origins = {dotted(path): merged.origins.get(path, "default") for path in leaf_paths(values)}
    return Config(settings, origins, masked(values), left_out)


def _defaults() -> Layer:
    return Layer("default", values_of(Settings()), Path())


def _layers(file: ConfigFile | None, home: str | None) -> tuple[Layer, ...]:
    return () if file is None else _checked((parse_file(file),), home)


def _checked(layers: tuple[Layer, ...], home: str | None) -> tuple[Layer, ...]:
    return tuple(check_layer(layer, home=home) for layer in layers)


def _flag_layers(flags: Mapping[str, tuple[str, object]], cwd: Path) -> tuple[Layer, ...]:
    return tuple(Layer("flag " + flag, nested(split(key), value), cwd) for key, (flag, value) in flags.items())


def _named_file(config_flag: str | None, variables: Mapping[str, str], cwd: Path) -> ConfigFile | None:
    if config_flag is not None:
        return read_file(cwd / config_flag, named_by="flag --config")
    variable = variables.get("ORCHESTRA_CONFIG")
    return read_file(cwd / variable, named_by="variable ORCHESTRA_CONFIG") if variable else None


def _repository_file(root: Path | None, named: ConfigFile | None) -> ConfigFile | None:
    """The repository's own file; None where --config names the same one, which makes it a trusted one."""
    if root is None:
        return None
    path = root / REPOSITORY_FILE
    if named is not None and os.path.realpath(path) == os.path.realpath(named.path):
        return None
    return read_file(path)
