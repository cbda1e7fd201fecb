"""What runs have learned about providers, for the next one."""

from __future__ import annotations

import sqlite3

from orchestra.clock import Clock, iso
from orchestra.records import ProviderHealth
from orchestra.state.cells import moment
from orchestra.state.store import Store


class ProviderHealths:
    """The table `provider_health`. Any thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def all(self) -> list[ProviderHealth]:
        """What is known, of every provider that was ever asked here."""
        return [_health(row) for row in self._store.rows("SELECT * FROM provider_health ORDER BY rowid")]

    def keep(self, learned: ProviderHealth) -> None:
        """In place of what was known before. Does not wait for the disk: it is no loss when it is lost."""
        until = None if learned.cooldown_until is None else iso(learned.cooldown_until)
        row = (
            learned.provider, learned.base_url, learned.model or "", until, learned.max_concurrency,
            iso(self._clock.now()),
        )
        self._store.write_later(
            lambda connection: connection.execute("INSERT OR REPLACE INTO provider_health VALUES (?,?,?,?,?,?)", row)
        )


def _health(row: sqlite3.Row) -> ProviderHealth:
    until = row["cooldown_until"]
    return ProviderHealth(
        row["provider"], row["base_url"], row["model"] or None, None if until is None else moment(until),
        row["max_concurrency"],
    )
