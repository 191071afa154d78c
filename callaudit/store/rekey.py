"""A change of key: every document is written anew with the first key of the vault, a few at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from callaudit.store.database import Store
from callaudit.store.tables import AskedRow, AuditDocument, CallDocument, PastRow
from callaudit.store.writing import CUSTOMER, asked_key, unpacked_past

CHUNK = 200


def rekey(store: Store) -> int:
    """The number of documents that were written anew; broken off, it goes on where it was when started again."""
    return sum(
        _rekeyed(store, table, key) for table, key in ((CallDocument, "call_id"), (AuditDocument, "audit_id"))
    ) + (_pasts(store))


def _rekeyed(store: Store, table: Any, key: str) -> int:
    column, n_done, after = getattr(table, key), 0, 0
    change = update(table.__table__).where(column == bindparam("of")).values(document=bindparam("anew"))

    def work(session: Session, wanted: Select[Any]) -> tuple[int, int | None]:
        rows = session.execute(wanted).all()
        anew = [
            {"of": row[0], "anew": store.vault.sealed(store.vault.opened(row[1]))}
            for row in rows
            if not store.vault.is_current(row[1])
        ]
        if anew:
            session.connection().execute(change, anew)
        return len(anew), rows[-1][0] if rows else None

    while True:
        wanted: Any = select(column, table.document).where(column > after).order_by(column).limit(CHUNK)
        changed, last = store.transact(lambda session, page=wanted: work(session, page))  # type: ignore[misc]
        n_done += changed
        if last is None:
            return n_done
        after = last


def _pasts(store: Store) -> int:
    """What calls know of others, with the customers' names as the first key hashes them."""
    n_done = 0
    books = store.transact(lambda session: session.scalars(select(PastRow.rulebook_sha256).distinct()).all())
    for sha256 in books:
        after: int | None = 0
        while after is not None:
            changed, after = store.transact(lambda session, of=sha256, last=after: _past_page(store, session, of, last))  # type: ignore[misc]
            n_done += changed
    return n_done


def _past_page(store: Store, session: Session, sha256: str, after: int) -> tuple[int, int | None]:
    own = (PastRow.rulebook_sha256 == sha256, PastRow.call_id > after)
    rows = session.scalars(select(PastRow).where(*own).order_by(PastRow.call_id).limit(CHUNK)).all()
    changed = 0
    for row in rows:
        if not store.vault.is_current(row.document):
            plain = store.vault.opened(row.document)
            row.document = store.vault.sealed(plain)
            customer = unpacked_past(plain).customer
            row.customer = store.vault.alias(customer)
            if customer is not None:
                _questions(store, session, customer)
            changed += 1
    return changed, rows[-1].call_id if rows else None


def _questions(store: Store, session: Session, customer: str) -> None:
    """What judgements asked about the customer's calls, by the same name as those calls have now."""
    before = [CUSTOMER + alias for alias in store.vault.aliases(customer)]
    now = asked_key(CUSTOMER + customer, store.vault)
    session.execute(update(AskedRow).where(AskedRow.key.in_(before), AskedRow.key != now).values(key=now))
