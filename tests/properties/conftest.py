"""Laws are checked without a stopwatch and without a trace in the checkout."""

from __future__ import annotations

import pytest

try:
    from hypothesis import configuration, settings
except ImportError:
    pass
else:
    settings.register_profile("laws", deadline=None, database=None)
    settings.load_profile("laws")

    @pytest.fixture(scope="package", autouse=True)
    def folder_of_hypothesis(tmp_path_factory: pytest.TempPathFactory) -> None:
        """Has hypothesis keep what it notes of Unicode and of our constants outside the checkout."""
        configuration.set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
