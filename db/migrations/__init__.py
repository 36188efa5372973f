"""Alembic migrations, configured from code; one history for SQLite and Postgres."""
