"""Writes the next step of `callaudit/store/migrations` from what `tables.py` has and the last step has not.

    python tests/store/new_revision.py 0002 "what changes, and why"

Read it, mend it (triggers, values of new columns of old rows), and set `HEAD` in `callaudit/store/schema.py`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from callaudit.store import desk_tables, tables  # noqa: F401  # the first adds its tables to those of the second
from callaudit.store.schema import migrations


def write(revision: str, message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'empty.db'}")
        config = migrations()
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            config.attributes["tables"] = tables.Base.metadata
            command.upgrade(config, "head")
            command.revision(config, message, autogenerate=True, rev_id=revision)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2])
