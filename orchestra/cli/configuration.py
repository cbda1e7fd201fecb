"""The configuration of one command: files, variables and flags, in their places."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

from orchestra.cli.context import Context
from orchestra.config.loading import Config, load_config

FILE = "config.yaml"
_DEFAULT = "default"
_WITHOUT_EFFECT = (
    "hook.timeout", "hook.on_error", "plugins",
)
"""Keys that files may hold already for what is still to come."""


def user_file(context: Context) -> Path | None:
    """Where the user's own configuration lies; None without a home."""
    folder = context.env.user_folder("XDG_CONFIG_HOME", ".config")
    return None if folder is None else folder / FILE


def configuration(context: Context, flags: Mapping[str, tuple[str, object]]) -> Config:
    """The merged configuration; what was left out of an untrusted file is said. Raises ConfigError."""
    state = context.env.user_folder("XDG_STATE_HOME", ".local/state")
    all_flags = dict(flags)
    if context.options.log_level is not None:
        all_flags["log.level"] = ("--log-level", context.options.log_level)
    config = load_config(
        root=context.root,
        cwd=context.env.cwd,
        variables=context.env.variables,
        user_config=user_file(context),
        trust_file=None if state is None else state / "trust.json",
        config_flag=context.options.config,
        flags=all_flags,
    )
    for left_out in config.left_out:
        context.output.warn(str(left_out))
    for key in _WITHOUT_EFFECT:
        if config.origins.get(key, _DEFAULT) != _DEFAULT:
            context.output.warn(f"{key} ({config.origins[key]}) has no effect in this version")
    return config
