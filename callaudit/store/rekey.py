"""A change of key: documents are written and customers named anew with the first key of the vault, a few at a time.

Until that is done, calls of one customer go by several names and are not found together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session, aliased

from callaudit.store.crypt import HASHED
from callaudit.store.database import Store
from callaudit.store.tables import AskedRow, AuditDocument, CallDocument, PastRow
from callaudit.store.writing import CUSTOMER, unpacked_past

CHUNK = 200
UNKNOWN = "renamed"
"""An answer that no question gets: whoever asked is judged again by the next pass over several calls."""


def rekey(store: Store) -> int:
    """The number of documents that were written anew; broken off, it goes on where it was when started again."""
    n_done = sum(_rekeyed(store, table, key) for table, key in ((CallDocument, "call_id"), (AuditDocument, "audit_id")))
    return n_done + rename_customers(store)


def rename_customers(store: Store) -> int:
    """Names every customer by the first key, in what calls know of others and what they asked; how many of the former
    were written anew."""
    known = select(PastRow.rulebook_sha256).distinct()
    books = store.transact(lambda session: session.scalars(known).all(), write=False)
    n_done = sum(_pasts(store, sha256) for sha256 in books)
    if store.vault.keys:
        while store.transact(partial(_other_questions, store)):
            pass
    return n_done


def is_renamed(store: Store) -> bool:
    """Whether every customer is named by the first key."""
    if not store.vault.keys:
        return True
    current = PastRow.customer.startswith(store.vault.alias_head, autoescape=True)
    calls = select(PastRow.call_id).where(PastRow.customer.is_not(None), ~current).limit(1)

    def work(session: Session) -> bool:
        return session.scalar(calls) is None and session.scalar(_others(store).limit(1)) is None

    return store.transact(work, write=False)


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────
def _rekeyed(store: Store, table: Any, key: str) -> int:
    column, n_done, after = getattr(table, key), 0, 0
    change = update(table.__table__).where(column == bindparam("of")).values(document=bindparam("anew"))

    def work(session: Session, after: int) -> tuple[int, int | None]:
        wanted = select(column, table.document).where(column > after).order_by(column).limit(CHUNK)
        rows = session.execute(wanted.with_for_update()).all()
        anew = [
            {"of": row[0], "anew": store.vault.sealed(store.vault.opened(row[1]))}
            for row in rows
            if not store.vault.is_current(row[1])
        ]
        if anew:
            session.connection().execute(change, anew)
        return len(anew), rows[-1][0] if rows else None

    while True:
        changed, last = store.transact(partial(work, after=after))
        n_done += changed
        if last is None:
            return n_done
        after = last


# ── customers ────────────────────────────────────────────────────────────────────────────────────────────────────
def _pasts(store: Store, sha256: str) -> int:
    """What calls know of others, by one rulebook."""
    n_done, after = 0, 0
    while True:
        changed, last = store.transact(partial(_past_page, store, sha256, after))
        n_done += changed
        if last is None:
            return n_done
        after = last


def _past_page(store: Store, sha256: str, after: int, session: Session) -> tuple[int, int | None]:
    wanted = select(PastRow).where(PastRow.rulebook_sha256 == sha256, PastRow.call_id > after)
    rows = session.scalars(wanted.order_by(PastRow.call_id).limit(CHUNK).with_for_update()).all()
    vault, customers = store.vault, set()
    for row in (old := [row for row in rows if not _is_current(store, row)]):
        plain = vault.opened(row.document)
        customer = unpacked_past(plain).customer
        row.document, row.customer = vault.sealed(plain), vault.alias(customer)
        customers.add(customer)
    for customer in sorted(filter(None, customers)):
        first, *others = vault.aliases(customer)
        for other in others:
            _rename(session, CUSTOMER + other, CUSTOMER + first)
    return len(old), rows[-1].call_id if rows else None


def _is_current(store: Store, row: PastRow) -> bool:
    named = row.customer is None or row.customer.startswith(store.vault.alias_head)
    return named and store.vault.is_current(row.document)


def _other_questions(store: Store, session: Session) -> int:
    """Questions about customers of whom no stored call is; of one that is known by its hash alone nobody can tell
    how the first key would name it."""
    found: Sequence[str] = session.scalars(_others(store).distinct().limit(CHUNK)).all()
    for key in found:
        name = key.removeprefix(CUSTOMER)
        answer = {"answer": UNKNOWN} if name.startswith(HASHED) else {}
        _rename(session, key, f"{CUSTOMER}{store.vault.alias(name)}", **answer)
    return len(found)


def _others(store: Store) -> Any:  # a SELECT of questions
    current = AskedRow.key.startswith(CUSTOMER + store.vault.alias_head, autoescape=True)
    return select(AskedRow.key).where(AskedRow.key.startswith(CUSTOMER, autoescape=True), ~current)


def _rename(session: Session, before: str, after: str, **values: str) -> None:
    """Renames a question; where a judgement asked by both names, what was asked by the newer one stands."""
    there = aliased(AskedRow)
    newer = select(there.audit_id).where(there.key == after, there.audit_id == AskedRow.audit_id).exists()
    plain = {"synchronize_session": False}
    session.execute(delete(AskedRow).where(AskedRow.key == before, newer), execution_options=plain)
    session.execute(update(AskedRow).where(AskedRow.key == before).values(key=after, **values), execution_options=plain)
