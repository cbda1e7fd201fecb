"""What was sent to a provider in confidence, taken out of what it says: some have been seen to repeat it."""

from __future__ import annotations

from orchestra.adapters.rows import ProviderRow
from orchestra.errors import ProviderFault

SHORTEST_SECRET = 6
"""A header's value of fewer characters is no secret, and stands in many a text by chance."""


def silence(fault: ProviderFault, row: ProviderRow, key: str | None) -> None:
    """Put names in place of the key and of the configured headers' values in a fault of this provider."""
    if key:
        fault.what = fault.what.replace(key, "[key]")
    for name, value in row.headers.items():
        if len(value) >= SHORTEST_SECRET:
            fault.what = fault.what.replace(value, f"[{name}]")
