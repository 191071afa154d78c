"""How a call becomes a row, within a transaction of the caller's; `callaudit.store.judgements` writes what hangs on it.

Statements are made once and given values later: making them anew for every call took most of the time of a write.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from callaudit.records import PastCall, Promise
from callaudit.store import search
from callaudit.store.counts import take_away
from callaudit.store.crypt import Vault
from callaudit.store.documents import packed, unpacked
from callaudit.store.entries import CallEntry
from callaudit.store.tables import AuditRow, CallDocument, CallFigureRow, CallRow

CALLS, AUDITS, CALL_DOCUMENTS, CALL_FIGURES = (
    cast(Table, own.__table__) for own in (CallRow, AuditRow, CallDocument, CallFigureRow)
)

CALL_COLUMNS = (
    "recording_id", "hearing", "path", "duration_s", "direction", "started_at", "day", "agent_id", "agent_name", "team",
    "sector", "language",
)  # fmt: skip
SAME_CALL = (
    select(CALLS.c.id)
    .where(CALLS.c.recording_id == bindparam("recording_id"), CALLS.c.hearing == bindparam("hearing"))
    .with_for_update()
)
ALONE = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("recording_id"), 0)))
"""Lets one writer at a time make calls of a recording: PostgreSQL shows nobody the calls that others are making."""
LATEST_OF_CALL = select(AUDITS.c.id).where(AUDITS.c.call_id == bindparam("of"), AUDITS.c.latest)
REMOVE = delete(CALLS).where(CALLS.c.id == bindparam("of"))
ADD_CALL = insert(CALLS).returning(CALLS.c.id)
ADD_DOCUMENT = insert(CALL_DOCUMENTS)
ADD_FIGURES = insert(CALL_FIGURES)
NO_FIGURES = dict.fromkeys((own.name for own in CALL_FIGURES.columns), None)

CUSTOMER = "customer:"
"""How a question about a customer's calls begins (`callaudit.rules.past`)."""


def write_call(session: Session, entry: CallEntry, vault: Vault, now: datetime, *, anew: bool = False) -> int:
    """The id of the call, written unless it is there: a recording heard once more in the same way is the same.

    `anew`: one that is there is removed with its judgements, because it was meant to be heard again (by a newer
    version, say).
    """
    run = session.connection().execute
    same = {"recording_id": entry.recording_id, "hearing": entry.hearing}
    if session.get_bind().dialect.name == "postgresql":
        run(ALONE, {"recording_id": entry.recording_id})
    if (known := run(SAME_CALL, same).scalar()) is not None:
        if not anew:
            return int(known)
        take_away(session, list(run(LATEST_OF_CALL, {"of": known}).scalars()))
        search.take(session, [known])
        run(REMOVE, {"of": known})
    offset = None if entry.started_at is None else entry.started_at.utcoffset()
    row = {key: getattr(entry, key) for key in CALL_COLUMNS} | {
        "heard_at": now,
        "masked": dict(entry.masked),
        "utc_offset_s": None if offset is None else round(offset.total_seconds()),
    }
    call_id = int(run(ADD_CALL, row).scalar_one())
    run(ADD_DOCUMENT, {"call_id": call_id, "document": vault.sealed(entry.document)})
    run(ADD_FIGURES, {**NO_FIGURES, **dict(entry.figures), "call_id": call_id})
    search.put(session, call_id, entry.spoken, vault)
    return call_id


def asked_key(key: str, vault: Vault) -> str:
    """A question as the store keeps it: with a customer's number as it is kept beside calls."""
    return CUSTOMER + (vault.alias(key.removeprefix(CUSTOMER)) or "") if key.startswith(CUSTOMER) else key


def packed_past(past: PastCall) -> bytes:
    """The past call as a document."""
    return packed(json.loads(json.dumps(asdict(past), default=datetime.isoformat)))


def unpacked_past(kept: bytes) -> PastCall:
    """The past call that `packed_past` made the bytes of."""
    given = unpacked(kept)
    moment = datetime.fromisoformat
    promises = tuple(
        Promise(moment(one["made_at"]), moment(one["due_at"]) if one["due_at"] else None, one["said"])
        for one in given["promises"]
    )
    plain = {**given, "started_at": moment(given["started_at"]), "marks": tuple(given["marks"])}
    return replace(PastCall(**{**plain, "promises": ()}), promises=promises)
