"""The reply cache: answers of models, kept across sessions for a while and up to a size."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import timedelta
from decimal import Decimal

from orchestra.clock import Clock, iso
from orchestra.dataclass import dataclass
from orchestra.records import Reply, Usage
from orchestra.state.store import Store

ROW_BYTES = 512
"""What a row takes beside its text, roughly: hashes, figures, and its entries in the indexes."""


@dataclass(frozen=True)
class CacheFigures:
    """What the cache holds."""

    entries: int
    size_bytes: int
    hits: int
    """How often one of these entries was given."""
    saved_usd: Decimal | None
    """What those hits would have cost; None when none of them had a price."""
    oldest: str | None
    newest: str | None


class ReplyCache:
    """The table `reply_cache`, without a time to live of its own: see `limited`. Any thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def limited(self, *, ttl_s: float, max_bytes: int) -> LimitedCache:
        """The cache for a session: answers of at most that age, and that many bytes of them."""
        return LimitedCache(self._store, self._clock, ttl_s=ttl_s, max_bytes=max_bytes)

    def forget(self, text: str) -> None:
        """Never give this answer again: it turned out to be of no use."""
        self._store.change("DELETE FROM reply_cache WHERE output_hash = ?", (_hash(text),))

    def forget_session(self, session_id: str) -> None:
        """Never give again what this session was told."""
        self._store.change(
            "DELETE FROM reply_cache WHERE output_hash IN (SELECT output_hash FROM steps WHERE session_id = ?)",
            (session_id,),
        )

    def clear(self) -> CacheFigures:
        """Remove everything; what there was."""
        figures = self.figures()
        self._store.change("DELETE FROM reply_cache")
        return figures

    def figures(self) -> CacheFigures:
        """What the table holds now, answers that are too old included."""
        row = self._store.rows(
            "SELECT count(*) AS entries, coalesce(sum(size_bytes), 0) AS size_bytes, coalesce(sum(hits), 0) AS hits,"
            " min(created_at) AS oldest, max(created_at) AS newest FROM reply_cache"
        )[0]
        paid = self._store.rows("SELECT hits, cost FROM reply_cache WHERE hits > 0 AND cost IS NOT NULL")
        saved = sum((saving["hits"] * Decimal(saving["cost"]) for saving in paid), Decimal(0))
        return CacheFigures(
            row["entries"], row["size_bytes"], row["hits"], saved if paid else None, row["oldest"], row["newest"]
        )


class LimitedCache:
    """The table `reply_cache` under a session's limits. Any thread."""

    def __init__(self, store: Store, clock: Clock, *, ttl_s: float, max_bytes: int) -> None:
        self._store = store
        self._clock = clock
        self._ttl = timedelta(seconds=ttl_s)
        self._max_bytes = max_bytes
        self._at_most_bytes: int | None = None
        """No less than all of it; None while nobody has counted. For the writer's thread only."""

    def find(self, key: str) -> Reply | None:
        """The answer as it was kept; None for none, or one that is too old."""
        row = self._store.row("SELECT * FROM reply_cache WHERE key = ? AND created_at > ?", (key, self._limit()))
        if row is None:
            return None
        now = iso(self._clock.now())
        self._store.write_later(
            lambda connection: connection.execute(
                "UPDATE reply_cache SET hits = hits + 1, used_at = ? WHERE key = ?", (now, key)
            )
        )
        return _reply(row)

    def keep(self, key: str, reply: Reply) -> None:
        """Does not wait for the disk: the reply's own commit, which follows, covers it."""
        now, limit, usage = iso(self._clock.now()), self._limit(), reply.usage
        cost = None if usage.cost_usd is None else str(usage.cost_usd)
        row = (
            key, now, now, _hash(reply.text), reply.provider, reply.model_id, usage.input_tokens,
            usage.output_tokens, usage.cached_tokens, cost, reply.latency_ms, reply.text,
        )

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM reply_cache WHERE created_at <= ?", (limit,))
            size_bytes = ROW_BYTES + len(reply.text.encode("utf-8"))
            if size_bytes > self._max_bytes or now <= limit:
                return
            connection.execute(
                "INSERT OR REPLACE INTO reply_cache (size_bytes, hits, key, created_at, used_at, output_hash, provider,"
                " model_id, input_tokens, output_tokens, cached_tokens, cost, latency_ms, text)"
                " VALUES (?,0,?,?,?,?,?,?,?,?,?,?,?,?)",
                (size_bytes, *row),
            )
            self._make_room(connection, size_bytes)

        self._store.write_later(work)

    def _make_room(self, connection: sqlite3.Connection, added_bytes: int) -> None:
        """Count only where there may be too much: that takes the longer the more is kept."""
        if self._at_most_bytes is not None and self._at_most_bytes + added_bytes <= self._max_bytes:
            self._at_most_bytes += added_bytes
        else:
            self._at_most_bytes = _make_room(connection, self._max_bytes)

    def _limit(self) -> str:
        """What was kept then, or before, is too old."""
        return iso(self._clock.now() - self._ttl)


def _make_room(connection: sqlite3.Connection, max_bytes: int) -> int:
    """Remove what was used longest ago until the rest fits; how many bytes that is."""
    size_bytes = int(connection.execute("SELECT sum(size_bytes) FROM reply_cache").fetchone()[0])
    gone = []
    if size_bytes > max_bytes:
        for row in connection.execute("SELECT rowid, size_bytes FROM reply_cache ORDER BY used_at, rowid"):
            gone.append((row["rowid"],))
            size_bytes -= row["size_bytes"]
            if size_bytes <= max_bytes:
                break
        connection.executemany("DELETE FROM reply_cache WHERE rowid = ?", gone)
    return size_bytes


def _hash(text: str) -> str:
    """As the table `steps` has it in `output_hash`."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _reply(row: sqlite3.Row) -> Reply:
    cost = None if row["cost"] is None else Decimal(row["cost"])
    usage = Usage(row["input_tokens"], row["output_tokens"], row["cached_tokens"], cost)
    return Reply(row["text"], usage, row["provider"], row["model_id"], row["latency_ms"])
