"""The history's tables, as the steps that made them. A step that was once released is never changed."""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # `id` grows with every request and is never used again, so that a view can ask for what is new.
        """CREATE TABLE requests (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            ended_at REAL NOT NULL,
            job TEXT NOT NULL,
            model TEXT NOT NULL,
            adapter TEXT NOT NULL,
            outcome TEXT NOT NULL,
            prompt_tokens INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL,
            first_token_ms INTEGER,
            duration_ms INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX requests_by_time ON requests (ended_at)",
    ),
    (
        """CREATE TABLE situations (
            run TEXT NOT NULL,
            number INTEGER NOT NULL,
            since REAL NOT NULL,
            until REAL NOT NULL,
            desired TEXT NOT NULL,
            actual TEXT NOT NULL,
            working INTEGER NOT NULL,
            reasons TEXT NOT NULL,
            fault TEXT NOT NULL,
            sentence TEXT NOT NULL,
            PRIMARY KEY (run, number)
        ) STRICT""",
        "CREATE INDEX situations_by_end ON situations (until)",
    ),
    (
        # A launcher that was restarted writes a second row for the same time; readers join them.
        """CREATE TABLE gpu_buckets (
            uuid TEXT NOT NULL,
            at REAL NOT NULL,
            seconds REAL NOT NULL,
            memory_mb REAL,
            utilisation REAL,
            temperature_c REAL,
            power_w REAL,
            energy_j REAL NOT NULL
        ) STRICT""",
        "CREATE INDEX gpu_buckets_by_time ON gpu_buckets (at)",
    ),
    ("ALTER TABLE gpu_buckets ADD COLUMN node_energy_j REAL",),
)
"""Each brings a file from the version that is its place to the next one (`PRAGMA user_version`)."""

VERSION = len(MIGRATIONS)
