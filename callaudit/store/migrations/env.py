"""Run by Alembic: the connection is handed over by `callaudit.store.schema`, within its transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator


def _plain(kind: str, value: Any, autogen: object) -> str | Literal[False]:
    """Steps name SQL's own types: one of ours may change, a step that was released may not."""
    if kind == "type" and isinstance(value, TypeDecorator):
        return f"sa.{value.impl!r}"
    return False


given = getattr(context, "config", None)
if given is not None:  # None where somebody else than Alembic reads the file, as a search for doctests does
    context.configure(
        connection=given.attributes["connection"],
        target_metadata=given.attributes.get("tables"),
        render_as_batch=True,
        render_item=_plain,
    )
    with context.begin_transaction():
        context.run_migrations()
