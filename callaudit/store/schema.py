"""Which revision of the tables a database has, and bringing it to this program's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, inspect, text

from callaudit.errors import StoreError
from callaudit.store.connection import shown

HEAD = "0004"
"""The newest revision under `migrations/versions`, whose names grow; a test holds it to that."""
LOCK = 0x63616C6C  # "call": number of PostgreSQL's advisory lock while tables change


def revision_of(connection: Connection) -> str | None:
    """The revision of the database; None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def wanting(revision: str | None, url: URL) -> str | None:
    """Why a database of this revision cannot be worked with, and what is to be done; None where it can."""
    if revision == HEAD:
        return None
    if revision is not None and revision > HEAD:
        return f"{shown(url)}: of a newer callaudit (tables {revision}, this one knows {HEAD}); upgrade callaudit"
    return f"{shown(url)}: tables {revision or 'none'}, wanted {HEAD}; bring them up with `callaudit store upgrade`"


def bring_to_head(connection: Connection, url: URL) -> str | None:
    """Brings the tables to this program's revision, in the connection's transaction; what the revision was before.

    Two programs that open an empty database at once are let in one after the other.

    Raises
    ------
    StoreError
        The database was written by a newer version, or holds other tables than ours.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    before = revision_of(connection)
    if before == HEAD:
        return before
    if before is None and (others := inspect(connection).get_table_names()):
        raise StoreError(
            f"{shown(url)}: no store of callaudit, it holds the table {others[0]!r}; choose another --store"
        )

    if before is not None and before > HEAD:
        raise StoreError(wanting(before, url))

    from alembic import command  # 0.2 s that only a database of another revision needs to wait for

    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before


def migrations() -> Any:
    """Alembic's settings for the steps in this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    return config
