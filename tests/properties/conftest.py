"""Laws are checked without a stopwatch and without a folder of their own in the checkout."""

from __future__ import annotations

try:
    from hypothesis import settings
except ImportError:
    pass
else:
    settings.register_profile("laws", deadline=None, database=None)
    settings.load_profile("laws")
