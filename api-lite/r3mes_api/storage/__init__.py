"""Where state is kept: SQLite or Postgres for what must last, memory or Redis for what may be forgotten."""
