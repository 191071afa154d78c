"""Measures of calls that an earlier version wrote: worked out from their documents, a few calls at a time."""

from __future__ import annotations

from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callaudit.store.counts import add, take_away
from callaudit.store.database import Store
from callaudit.store.entries import call_of, figures_of
from callaudit.store.tables import AuditRow, CallDocument, CallFigureRow, CallRow
from callaudit.store.writing import ADD_FIGURES, NO_FIGURES

CHUNK = 100
MISSING = ~select(CallFigureRow.call_id).where(CallFigureRow.call_id == CallRow.id).exists()


def fill_figures(store: Store) -> int:
    """How many calls were given their measures; broken off, it goes on where it was when it is started again."""
    n_done, after = 0, 0
    while True:
        n, last = store.transact(partial(_chunk, store, after))
        n_done += n
        if last is None:
            return n_done
        after = last


def n_without(session: Session) -> int:
    """How many calls have no measures yet."""
    return session.scalar(select(func.count()).select_from(CallRow).where(MISSING)) or 0


def _chunk(store: Store, after: int, session: Session) -> tuple[int, int | None]:
    wanted = select(CallRow.id).where(CallRow.id > after, MISSING).order_by(CallRow.id).limit(CHUNK)
    ids = list(session.scalars(wanted.with_for_update()))  # in order and locked, as who writes judgements does it
    if not ids:
        return 0, None
    documents = select(CallDocument.call_id, CallDocument.document).where(CallDocument.call_id.in_(ids))
    rows = [
        {**NO_FIGURES, **dict(figures_of(call_of(store.vault.opened(kept)))), "call_id": call_id}
        for call_id, kept in session.execute(documents)
    ]
    audits = list(session.scalars(select(AuditRow.id).where(AuditRow.call_id.in_(ids), AuditRow.latest)))
    take_away(session, audits)
    session.connection().execute(ADD_FIGURES, rows)
    add(session, audits)
    return len(ids), ids[-1]
