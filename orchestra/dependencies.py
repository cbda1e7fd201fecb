"""The packages that the program needs, and one clear error where an installation lacks them."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Sequence

from orchestra.errors import UsageError

NAMES = {"requests": "requests", "yaml": "PyYAML", "urllib3": "urllib3", "idna": "idna", "certifi": "certifi"}
"""Module to the name that pip knows. The last three are what requests cannot do without."""


class MissingDependencyFinder:
    """The last finder on `sys.meta_path`: it is asked only for what nobody found.

    So nothing is checked, and no time spent, until a command really needs the package.
    """

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name in NAMES:
            raise UsageError(
                "the package %s is not installed" % NAMES[name],
                where=sys.executable,
                hint="type: %s -m pip install requests PyYAML" % sys.executable,
            )


def explain_missing() -> None:
    """From now on, importing an absent dependency raises a UsageError that says what to install."""
    sys.meta_path.append(MissingDependencyFinder())
