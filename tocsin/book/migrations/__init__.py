"""The alarm book's tables in PostgreSQL, from version to version (Alembic)."""
