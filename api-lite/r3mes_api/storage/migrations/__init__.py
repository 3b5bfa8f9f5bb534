"""Alembic's folder. A migration is never changed once it is released; the next one builds on it."""
