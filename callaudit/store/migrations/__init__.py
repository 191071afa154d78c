"""The steps that bring a database to `callaudit.store.tables`, by Alembic; each is kept for ever once released."""
