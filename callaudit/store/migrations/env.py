"""Run by Alembic: the connection is handed over by `callaudit.store.schema`, within its transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator


def _plain(kind: str, value: Any, autogen: object) -> str | Literal[False]:
    """Steps name SQL's own types: one of ours may change, a step that was released may not."""
    if kind == "type" and isinstance(value, TypeDecorator):
        return f"sa.{value.impl!r}"
    return False


given = context.config.attributes
context.configure(
    connection=given["connection"], target_metadata=given.get("tables"), render_as_batch=True, render_item=_plain
)
with context.begin_transaction():
    context.run_migrations()
