"""The configuration as a session keeps it, and as it is when the session goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Mapping

from orchestra.config.checking import check_layer
from orchestra.config.conversion import settings_of, values_of
from orchestra.config.key_path import dotted
from orchestra.config.layers import Layer, leaf_paths, merge_values
from orchestra.config.loading import Config, config_of_layers
from orchestra.config.secrets import without_secrets
from orchestra.errors import ConfigError, StateError

_SOURCE = "session"


def dump_values(config: Config) -> dict[str, object]:
    """The configuration as JSON can carry it, to be kept with a session.

    Keys are never part of a configuration. A header whose name or value looks like a secret keeps its name
    only (its value is null), and a proxy with a user name is null: `resumed` takes both from the present files.
    """
    return without_secrets(values_of(config.settings))


def config_from_values(values: Mapping[str, object]) -> Config:
    """The configuration that `dump_values` wrote; what it left out is absent.

    Raises StateError for what this version does not know: no file of the user's could be mended.
    """
    layer = Layer(_SOURCE, _without_empty_headers(values), Path("/"))
    try:
        return config_of_layers([check_layer(layer, home=None)])
    except ConfigError as error:
        raise StateError(
            f"the session's configuration is another version's, or damaged: {error.what}", where=error.where,
            hint="use the version of orchestra that started the session, or start anew: `orchestra run TASK`",
        ) from error


def resumed(values: Mapping[str, object], current: Config) -> Config:
    """The kept configuration, with the present one's providers over it: their secrets were not kept."""
    kept = config_from_values(values)
    kept_providers = {"providers": values_of(kept.settings)["providers"]}
    present = {"providers": values_of(current.settings)["providers"]}
    providers = settings_of(merge_values(kept_providers, present)).providers
    config = config_of_layers([Layer(_SOURCE, values_of(replace(kept.settings, providers=providers)), Path("/"))])
    present_paths = {dotted(path) for path in leaf_paths(present)}
    origins = {key: current.origins[key] if key in present_paths else origin for key, origin in config.origins.items()}
    return replace(config, origins=origins)


def _without_empty_headers(values: Mapping[str, object]) -> dict[str, object]:
    providers = values.get("providers")
    if not isinstance(providers, Mapping):
        return dict(values)
    cleaned = {}
    for name, provider in providers.items():
        cleaned[name] = provider
        headers = provider.get("headers") if isinstance(provider, Mapping) else None
        if isinstance(headers, Mapping):
            present = {key: value for key, value in headers.items() if value is not None}
            cleaned[name] = {**provider, "headers": present}
    return {**values, "providers": cleaned}
