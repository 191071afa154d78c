"""How a call and its judgement become rows, within a transaction of the caller's.

Statements are made once and given values later: making them anew for every call took most of the time of a write.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from callaudit.records import SEVERITIES, PastCall, Promise
from callaudit.store.counts import add, take_away, upsert
from callaudit.store.crypt import Vault
from callaudit.store.documents import packed, unpacked
from callaudit.store.entries import CallEntry, JudgementEntry, rank_of
from callaudit.store.tables import (
    AskedRow,
    AuditDocument,
    AuditRow,
    BreachRow,
    CallDocument,
    CallRow,
    JudgingRow,
    KeptRow,
    PastRow,
)

CALLS, AUDITS, BREACHES, JUDGINGS, PASTS, CALL_DOCUMENTS, AUDIT_DOCUMENTS, KEPT, ASKED = (
    cast(Table, own.__table__)
    for own in (CallRow, AuditRow, BreachRow, JudgingRow, PastRow, CallDocument, AuditDocument, KeptRow, AskedRow)
)

CALL_COLUMNS = (
    "recording_id", "hearing", "path", "duration_s", "direction", "started_at", "day", "agent_id", "agent_name", "team",
    "sector", "language",
)  # fmt: skip
AUDIT_COLUMNS = ("verdict", "score", "low", "high", "sheet", "n_not_assessable", "n_failures")

SAME_CALL = select(CALLS.c.id).where(
    CALLS.c.recording_id == bindparam("recording_id"), CALLS.c.hearing == bindparam("hearing")
)
CALL = select(CALLS.c.recording_id, CALLS.c.day, CALLS.c.agent_id, CALLS.c.team).where(CALLS.c.id == bindparam("id"))
NEWEST = select(func.max(CALLS.c.id)).where(CALLS.c.recording_id == bindparam("recording_id"))
LATEST = (
    select(AUDITS.c.id)
    .join(CALLS, CALLS.c.id == AUDITS.c.call_id)
    .where(CALLS.c.recording_id == bindparam("recording_id"), AUDITS.c.latest)
)
SAME_AUDIT = select(AUDITS.c.id).where(
    AUDITS.c.call_id == bindparam("call_id"), AUDITS.c.judging_id == bindparam("judging_id")
)
LATEST_OF_CALL = select(AUDITS.c.id).where(AUDITS.c.call_id == bindparam("of"), AUDITS.c.latest)
REMOVE = delete(CALLS).where(CALLS.c.id == bindparam("of"))
SAME_JUDGING = select(JUDGINGS.c.id).where(JUDGINGS.c.judging == bindparam("judging"))
RETIRE = update(AUDITS).where(AUDITS.c.id == bindparam("of")).values(latest=False)
RETIRE_BREACHES = update(BREACHES).where(BREACHES.c.audit_id == bindparam("of")).values(rank=None)
AGAIN = update(AUDITS).where(AUDITS.c.id == bindparam("of"))
STRIP = tuple(delete(own).where(own.c.audit_id == bindparam("of")) for own in (AUDIT_DOCUMENTS, KEPT, BREACHES, ASKED))
FORGET = delete(PASTS).where(PASTS.c.call_id == bindparam("of"), PASTS.c.rulebook_sha256 == bindparam("by"))


@cache
def _insert(table: Table, returning: bool = False) -> Any:
    return insert(table).returning(table.c.id) if returning else insert(table)


CUSTOMER = "customer:"
"""How a question about a customer's calls begins (`callaudit.rules.past`)."""


def write_call(session: Session, entry: CallEntry, vault: Vault, now: datetime, *, anew: bool = False) -> int:
    """The id of the call, written unless it is there: a recording heard once more in the same way is the same.

    `anew`: one that is there is removed with its judgements, because it was meant to be heard again (by a newer
    version, say).
    """
    run = session.connection().execute
    same = {"recording_id": entry.recording_id, "hearing": entry.hearing}
    if (known := run(SAME_CALL, same).scalar()) is not None:
        if not anew:
            return int(known)
        take_away(session, list(run(LATEST_OF_CALL, {"of": known}).scalars()))
        run(REMOVE, {"of": known})
    offset = None if entry.started_at is None else entry.started_at.utcoffset()
    row = {key: getattr(entry, key) for key in CALL_COLUMNS} | {
        "heard_at": now,
        "masked": dict(entry.masked),
        "utc_offset_s": None if offset is None else round(offset.total_seconds()),
    }
    call_id = int(run(_insert(CALLS, returning=True), row).scalar_one())
    run(_insert(CALL_DOCUMENTS), {"call_id": call_id, "document": vault.sealed(entry.document)})
    return call_id


def write_judgement(session: Session, call_id: int, entry: JudgementEntry, vault: Vault, now: datetime) -> int:
    """The id of the judgement of a call; one made earlier in the same way is replaced and keeps its id.

    It becomes the one that lists show, unless the recording has been heard anew since.
    """
    connection = session.connection()
    call = connection.execute(CALL, {"id": call_id}).one()
    recording = {"recording_id": call.recording_id}
    newest = connection.execute(NEWEST, recording).scalar() == call_id
    if newest and (known := list(connection.execute(LATEST, recording).scalars())):
        take_away(session, known)
        for statement in (RETIRE, RETIRE_BREACHES):
            connection.execute(statement, [{"of": one} for one in known])
    rank = rank_of(entry)
    row = {key: getattr(entry, key) for key in AUDIT_COLUMNS} | {
        "judged_at": now, "latest": newest, "rank": rank, "day": call.day, "agent_id": call.agent_id, "team": call.team,
        "n_violated": len(entry.breaches), "n_critical": sum(one.severity == "critical" for one in entry.breaches),
        **_surest(entry),
    }  # fmt: skip
    audit_id = _audit(connection, {"call_id": call_id, "judging_id": _judging(session, entry)}, row)
    connection.execute(_insert(AUDIT_DOCUMENTS), {"audit_id": audit_id, "document": vault.sealed(entry.document)})
    kept = {"passed": " ".join(entry.passed), "unassessed": " ".join(entry.unassessed)}
    connection.execute(_insert(KEPT), {"audit_id": audit_id, **kept})
    if entry.breaches:
        shared = {"audit_id": audit_id, "rank": rank if newest else None, "day": call.day}
        connection.execute(_insert(BREACHES), [{**shared, **asdict(breach)} for breach in entry.breaches])
    if entry.asked:
        asked = [{"audit_id": audit_id, "key": asked_key(key, vault), "answer": answer} for key, answer in entry.asked]
        connection.execute(_insert(ASKED), asked)
    _write_past(connection, call_id, entry, vault)
    if newest:
        add(session, [audit_id])
    return audit_id


def _audit(connection: Connection, same: dict[str, int], row: dict[str, Any]) -> int:
    """The id of the row; one that is there keeps its id and loses what hung on it."""
    if (known := connection.execute(SAME_AUDIT, same).scalar()) is None:
        return int(connection.execute(_insert(AUDITS, returning=True), same | row).scalar_one())
    connection.execute(AGAIN, {"of": known, **row})
    for statement in STRIP:
        connection.execute(statement, {"of": known})
    return int(known)


def _surest(entry: JudgementEntry) -> dict[str, float | None]:
    """The greatest confidence of a violation of each severity."""
    return {
        f"sure_{severity}": max((one.confidence for one in entry.breaches if one.severity == severity), default=None)
        for severity in SEVERITIES
    }


def _judging(session: Session, entry: JudgementEntry) -> int:
    """The id of the way of judging; two writers may meet it new at the same time."""
    run, same = session.connection().execute, {"judging": entry.judging}
    if (known := run(SAME_JUDGING, same).scalar()) is None:
        row = {**same, "rulebook": entry.rulebook, "rulebook_sha256": entry.rulebook_sha256, "digests": {}}
        run(upsert(session)(JUDGINGS).on_conflict_do_nothing(index_elements=["judging"]), row)
        known = run(SAME_JUDGING, same).scalar_one()
    return int(known)


def asked_key(key: str, vault: Vault) -> str:
    """A question as the store keeps it: with a customer's number as it is kept beside calls."""
    return CUSTOMER + (vault.alias(key.removeprefix(CUSTOMER)) or "") if key.startswith(CUSTOMER) else key


# ── what other calls need to know ────────────────────────────────────────────────────────────────────────────────
def _write_past(connection: Connection, call_id: int, entry: JudgementEntry, vault: Vault) -> None:
    past, sha256 = entry.past, entry.rulebook_sha256
    connection.execute(FORGET, {"of": call_id, "by": sha256})
    if past is None:
        return
    due = [promise.due_at for promise in past.promises if promise.due_at is not None]
    row = {
        "call_id": call_id, "rulebook_sha256": sha256, "customer": vault.alias(past.customer),
        "agent_id": past.agent_id, "ended_at": past.ended_at, "due_at": max(due, default=None),
        "document": vault.sealed(packed_past(past)),
    }  # fmt: skip
    connection.execute(_insert(PASTS), row)


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
