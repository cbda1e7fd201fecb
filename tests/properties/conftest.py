"""Laws are checked without a stopwatch and without a trace in the checkout."""

from __future__ import annotations

import tempfile

import pytest

try:
    from hypothesis import configuration, settings
except ImportError:
    pass
else:
    settings.register_profile("laws", deadline=None, database=None)
    settings.load_profile("laws")

    def pytest_configure(config: pytest.Config) -> None:
        """Has hypothesis keep what it notes of Unicode and of our constants in a temporary folder."""
        folder = tempfile.TemporaryDirectory(prefix="hypothesis-")
        config.add_cleanup(folder.cleanup)
        configuration.set_hypothesis_home_dir(folder.name)
