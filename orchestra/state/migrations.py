"""The journal's schema, as an append-only list of steps.

Never edit an entry that was released: add one. `PRAGMA user_version` counts how many were applied.
Times are ISO 8601 in UTC with milliseconds, durations milliseconds.
"""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE sessions (
            session_id TEXT PRIMARY KEY, task TEXT NOT NULL, phase TEXT NOT NULL, iteration INTEGER NOT NULL,
            started_at TEXT NOT NULL, last_activity TEXT NOT NULL, can_resume INTEGER NOT NULL, last_error TEXT,
            mode TEXT NOT NULL, exit_status INTEGER,
            task_source TEXT NOT NULL, options TEXT NOT NULL, config TEXT NOT NULL)""",
        """CREATE TABLE plans (
            id INTEGER PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions, hash TEXT NOT NULL,
            content TEXT NOT NULL, created_at TEXT NOT NULL, approved_by TEXT, approved_at TEXT)""",
        """CREATE TABLE agents (
            session_id TEXT NOT NULL REFERENCES sessions, role TEXT NOT NULL, status TEXT NOT NULL, model_id TEXT,
            updated_at TEXT NOT NULL, PRIMARY KEY (session_id, role))""",
        """CREATE TABLE steps (
            id INTEGER PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions, step_key TEXT NOT NULL,
            agent_role TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed')),
            file_path TEXT, input_hash TEXT NOT NULL, output_hash TEXT, start_time TEXT, end_time TEXT,
            duration INTEGER,
            UNIQUE (session_id, step_key))""",
        """CREATE TABLE replies (
            step_id INTEGER PRIMARY KEY REFERENCES steps, text TEXT NOT NULL, provider TEXT NOT NULL,
            model_id TEXT NOT NULL, input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER,
            cost TEXT, latency_ms INTEGER NOT NULL)""",
        """CREATE TABLE attempts (
            id INTEGER PRIMARY KEY, step_id INTEGER NOT NULL REFERENCES steps, model_id TEXT NOT NULL,
            provider TEXT NOT NULL, tokens_used INTEGER, input_tokens INTEGER, output_tokens INTEGER,
            cached_tokens INTEGER, latency_ms INTEGER NOT NULL, success INTEGER NOT NULL, error_code TEXT,
            error_message TEXT, timestamp TEXT NOT NULL, estimated_cost REAL)""",
        """CREATE TABLE checkpoints (
            id INTEGER PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions, name TEXT NOT NULL,
            phase TEXT NOT NULL, created_at TEXT NOT NULL)""",
        """CREATE TABLE file_versions (
            id INTEGER PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions, path TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('before', 'after')), content BLOB, mode INTEGER, hash TEXT,
            created_at TEXT NOT NULL)""",
        """CREATE TABLE file_outcomes (
            session_id TEXT NOT NULL REFERENCES sessions, path TEXT NOT NULL, action TEXT NOT NULL,
            status TEXT NOT NULL, iterations INTEGER NOT NULL, recovered INTEGER NOT NULL, error_code TEXT,
            error TEXT, exit_status INTEGER NOT NULL, PRIMARY KEY (session_id, path))""",
        """CREATE TABLE facts (
            session_id TEXT NOT NULL REFERENCES sessions, name TEXT NOT NULL, content TEXT NOT NULL,
            created_at TEXT NOT NULL, PRIMARY KEY (session_id, name))""",
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY, session_id TEXT, time TEXT NOT NULL, level TEXT NOT NULL, name TEXT NOT NULL,
            step_id INTEGER, data TEXT NOT NULL)""",
        "CREATE INDEX attempts_by_step ON attempts (step_id)",
        "CREATE INDEX versions_by_path ON file_versions (session_id, path, id)",
        "CREATE INDEX events_by_session ON events (session_id, id)",
    ),
    (
        # The figures stand before the text, so that counting does not read it.
        """CREATE TABLE reply_cache (
            key TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, hits INTEGER NOT NULL, created_at TEXT NOT NULL,
            used_at TEXT NOT NULL, output_hash TEXT NOT NULL, provider TEXT NOT NULL, model_id TEXT NOT NULL,
            input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, cost TEXT,
            latency_ms INTEGER NOT NULL, text TEXT NOT NULL)""",
        "CREATE INDEX reply_cache_by_use ON reply_cache (used_at, size_bytes)",
        "CREATE INDEX reply_cache_by_age ON reply_cache (created_at)",
        "CREATE INDEX reply_cache_by_text ON reply_cache (output_hash)",
    ),
    (
        # With the model '' what is learned about the provider as a whole.
        """CREATE TABLE provider_health (
            provider TEXT NOT NULL, base_url TEXT NOT NULL, model TEXT NOT NULL, cooldown_until TEXT,
            max_concurrency INTEGER, updated_at TEXT NOT NULL, PRIMARY KEY (provider, base_url, model))""",
    ),
    (
        # A long session has thousands of steps and few that run.
        "CREATE INDEX steps_running ON steps (session_id, agent_role) WHERE status = 'running'",
    ),
    (
        """CREATE TABLE undone_files (
            session_id TEXT NOT NULL REFERENCES sessions, path TEXT NOT NULL,
            undone_by TEXT NOT NULL REFERENCES sessions, PRIMARY KEY (session_id, path))""",
        """CREATE TABLE made_folders (
            session_id TEXT NOT NULL REFERENCES sessions, path TEXT NOT NULL, PRIMARY KEY (session_id, path))""",
        "CREATE INDEX versions_by_hash ON file_versions (path, hash)",
    ),
    (
        # Most by the hash of a blob: what a file declares and uses is the same wherever that blob lies.
        """CREATE TABLE repo_map (
            kind TEXT NOT NULL, key TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (kind, key))""",
    ),
    (
        # One row at most, of random bytes.
        "CREATE TABLE journal_secret (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL)",
    ),
    (
        # One row at most: the first id of a step that no process has taken for itself.
        "CREATE TABLE step_ids (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL)",
    ),
)
