"""How a call and its judgement become rows, within a transaction of the caller's."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from callaudit.records import PastCall, Promise, Severity
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


def write_call(session: Session, entry: CallEntry, vault: Vault, now: datetime) -> int:
    """The id of the call, written unless it is there: a recording heard once more in the same way is the same."""
    known = select(CallRow.id).where(CallRow.recording_id == entry.recording_id, CallRow.hearing == entry.hearing)
    if (call_id := session.scalar(known)) is not None:
        return call_id
    columns = {
        key: getattr(entry, key)
        for key in (
            "recording_id", "hearing", "path", "duration_s", "direction", "started_at", "day", "agent_id", "agent_name",
            "team", "sector", "language",
        )
    }  # fmt: skip
    offset = None if entry.started_at is None else entry.started_at.utcoffset()
    columns |= {"masked": dict(entry.masked), "utc_offset_s": None if offset is None else round(offset.total_seconds())}
    row = insert(CallRow).values(heard_at=now, **columns)
    call_id = int(session.execute(row.returning(CallRow.id)).scalar_one())
    session.execute(insert(CallDocument).values(call_id=call_id, document=vault.sealed(entry.document)))
    return call_id


def write_judgement(session: Session, call_id: int, entry: JudgementEntry, vault: Vault, now: datetime) -> int:
    """The id of the judgement of a call; one made earlier in the same way is replaced.

    It becomes the one that lists show, unless the recording has been heard anew since.
    """
    call = session.execute(
        select(CallRow.recording_id, CallRow.day, CallRow.agent_id, CallRow.team).where(CallRow.id == call_id)
    ).one()
    judging_id = _judging(session, entry)
    hearings = select(CallRow.id).where(CallRow.recording_id == call.recording_id)
    newest = session.scalar(select(func.max(hearings.subquery().c.id))) == call_id
    if newest:
        session.execute(update(AuditRow).where(AuditRow.call_id.in_(hearings), AuditRow.latest).values(latest=False))
    columns = {
        key: getattr(entry, key)
        for key in ("verdict", "score", "low", "high", "sheet", "n_not_assessable", "n_failures")
    }
    columns |= {
        "judged_at": now, "latest": newest, "rank": rank_of(entry), "day": call.day, "agent_id": call.agent_id,
        "team": call.team, "n_violated": len(entry.breaches),
        "n_critical": sum(breach.severity == "critical" for breach in entry.breaches), **_surest(entry),
    }  # fmt: skip
    audit_id = _audit(session, call_id, judging_id, columns)
    session.execute(insert(AuditDocument).values(audit_id=audit_id, document=vault.sealed(entry.document)))
    kept = {"passed": " ".join(entry.passed), "unassessed": " ".join(entry.unassessed)}
    session.execute(insert(KeptRow).values(audit_id=audit_id, **kept))
    if entry.breaches:
        session.execute(insert(BreachRow), [{"audit_id": audit_id, **asdict(breach)} for breach in entry.breaches])
    if entry.asked:
        session.execute(insert(AskedRow), [{"audit_id": audit_id, "key": k, "answer": a} for k, a in entry.asked])
    _write_past(session, call_id, entry, vault)
    return audit_id


def _audit(session: Session, call_id: int, judging_id: int, columns: dict[str, Any]) -> int:
    """The id of the row; one that is there keeps its id and loses what hung on it."""
    known = select(AuditRow.id).where(AuditRow.call_id == call_id, AuditRow.judging_id == judging_id)
    if (audit_id := session.scalar(known)) is None:
        row = insert(AuditRow).values(call_id=call_id, judging_id=judging_id, **columns)
        return int(session.execute(row.returning(AuditRow.id)).scalar_one())
    session.execute(update(AuditRow).where(AuditRow.id == audit_id).values(**columns))
    for table in (AuditDocument, KeptRow, BreachRow, AskedRow):
        session.execute(delete(table).where(table.audit_id == audit_id))
    return audit_id


def _surest(entry: JudgementEntry) -> dict[str, float | None]:
    def surest(severity: Severity) -> float | None:
        return max((breach.confidence for breach in entry.breaches if breach.severity == severity), default=None)

    return {"sure_critical": surest("critical"), "sure_major": surest("major"), "sure_minor": surest("minor")}


def _judging(session: Session, entry: JudgementEntry) -> int:
    """The id of the way of judging; two writers may meet it new at the same time."""
    known = select(JudgingRow.id).where(JudgingRow.judging == entry.judging)
    if (found := session.scalar(known)) is not None:
        return found
    values = {"judging": entry.judging, "rulebook": entry.rulebook, "rulebook_sha256": entry.rulebook_sha256}
    session.execute(inserted_unless_there(session, JudgingRow, {**values, "digests": {}}, ["judging"]))
    return int(session.scalars(known).one())


def inserted_unless_there(
    session: Session, table: Any, values: dict[str, Any] | list[dict[str, Any]], unique: list[str]
) -> Any:
    """An INSERT of a row, or of several, that leaves alone what another writer has put there."""
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as dialect_insert
    else:
        from sqlalchemy.dialects.sqlite import insert as dialect_insert  # type: ignore[assignment]  # same shape
    return dialect_insert(table).values(values).on_conflict_do_nothing(index_elements=unique)


# ── what other calls need to know ────────────────────────────────────────────────────────────────────────────────
def _write_past(session: Session, call_id: int, entry: JudgementEntry, vault: Vault) -> None:
    past, sha256 = entry.past, entry.rulebook_sha256
    session.execute(delete(PastRow).where(PastRow.call_id == call_id, PastRow.rulebook_sha256 == sha256))
    if past is None:
        return
    due = [promise.due_at for promise in past.promises if promise.due_at is not None]
    row = insert(PastRow).values(
        call_id=call_id, rulebook_sha256=sha256, customer=vault.alias(past.customer), agent_id=past.agent_id,
        ended_at=past.ended_at, due_at=max(due, default=None), document=vault.sealed(packed_past(past)),
    )  # fmt: skip
    session.execute(row)


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
