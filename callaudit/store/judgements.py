"""How judgements of stored calls become rows: one or many by the same handful of statements.

These are made once and given values later: making them anew for every call took most of the time of a write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BindParameter, Table, and_, bindparam, delete, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from callaudit.records import Severity
from callaudit.store.counts import add, take_away, upsert
from callaudit.store.crypt import Vault
from callaudit.store.entries import Breach, JudgementEntry, rank_of
from callaudit.store.tables import (
    AskedRow,
    AuditDocument,
    AuditRow,
    BreachRow,
    CallRow,
    JudgingRow,
    KeptRow,
    PastRow,
)
from callaudit.store.writing import asked_key, packed_past

AUDITS, BREACHES, DOCUMENTS, KEPT, ASKED, PASTS, CALLS, JUDGINGS = (
    cast(Table, own.__table__)
    for own in (AuditRow, BreachRow, AuditDocument, KeptRow, AskedRow, PastRow, CallRow, JudgingRow)
)
BREACH = tuple(own.name for own in fields(Breach))
IDS: BindParameter[Any] = bindparam("ids", expanding=True)

NAMED = CALLS.alias()
HEARINGS = (
    select(CALLS.c.id, CALLS.c.recording_id, CALLS.c.day, CALLS.c.agent_id, CALLS.c.team)
    .where(CALLS.c.recording_id.in_(select(NAMED.c.recording_id).where(NAMED.c.id.in_(IDS))))
    .order_by(CALLS.c.id)
)
"""All calls of the recordings of some calls."""
WAIT = HEARINGS.with_for_update()
KNOWN = select(AUDITS.c.call_id, AUDITS.c.judging_id, AUDITS.c.id).where(
    AUDITS.c.call_id.in_(IDS), AUDITS.c.judging_id.in_(bindparam("judgings", expanding=True))
)
LATEST = select(AUDITS.c.id).where(AUDITS.c.latest, AUDITS.c.call_id.in_(IDS))
RETIRE = update(AUDITS).where(AUDITS.c.id.in_(IDS)).values(latest=False)
RETIRE_BREACHES = update(BREACHES).where(BREACHES.c.audit_id.in_(IDS)).values(rank=None)
STRIP = tuple(delete(own).where(own.c.audit_id.in_(IDS)) for own in (DOCUMENTS, KEPT, BREACHES, ASKED))
AGAIN = update(AUDITS).where(AUDITS.c.id == bindparam("of"))
ADD = insert(AUDITS).returning(AUDITS.c.id, sort_by_parameter_order=True)
HANG = {own: insert(own) for own in (DOCUMENTS, KEPT, BREACHES, ASKED, PASTS)}
FORGET = delete(PASTS).where(PASTS.c.call_id.in_(IDS), PASTS.c.rulebook_sha256 == bindparam("by"))
JUDGING = select(JUDGINGS.c.id, JUDGINGS.c.digests).where(JUDGINGS.c.judging == bindparam("judging"))


def write_judgements(
    session: Session, judgements: Mapping[int, JudgementEntry], vault: Vault, now: datetime, *, past: bool = True
) -> None:
    """Writes judgements, by call; one made earlier in the same way is replaced and keeps its id.

    Each becomes the one that lists show, unless its recording has been heard anew since. Calls purged are left out.

    Parameters
    ----------
    past : False leaves what other calls know of these as it is
    """
    calls = _hearings(session, judgements)
    newest = {call.recording_id: call_id for call_id, call in calls.items()}  # the last one
    entries = {call_id: judgements[call_id] for call_id in calls if call_id in judgements}
    judgings = {
        one.judging: judging_of(session, one.judging, one.rulebook, one.rulebook_sha256, {})
        for one in {entry.judging: entry for entry in entries.values()}.values()
    }
    known = _known(session, entries, judgings)
    _retire(session, [call_id for call_id, call in calls.items() if newest[call.recording_id] in entries])
    _forget(session, known.values())
    rows = {}
    for call_id, entry in entries.items():
        call = calls[call_id]
        rows[call_id] = {
            "call_id": call_id, "judging_id": judgings[entry.judging], "judged_at": now,
            "latest": newest[call.recording_id] == call_id,
            "day": call.day, "agent_id": call.agent_id, "team": call.team, **_figures(entry),
        }  # fmt: skip
    audits = known | _written(session, rows, known)
    _hang(session, audits, entries, rows, vault)
    if past:
        _write_past(session, entries, vault)
    if counted := [audits[call_id] for call_id, row in rows.items() if row["latest"]]:
        add(session, counted)


def judging_of(session: Session, judging: str, rulebook: str, sha256: str, digests: Mapping[str, str]) -> int:
    """The id of a way of judging, made known where it is not; two writers may meet it new at the same time.

    `digests`, one for each rule (`callaudit.rules.digests`), are noted where nobody has.
    """
    run, same = session.connection().execute, {"judging": judging}
    if (known := run(JUDGING, same).first()) is None:
        row = {**same, "rulebook": rulebook, "rulebook_sha256": sha256, "digests": {}}
        run(upsert(session)(JUDGINGS).on_conflict_do_nothing(index_elements=["judging"]), row)
        known = run(JUDGING, same).one()
    if digests and not known.digests:
        session.execute(update(JudgingRow).where(JudgingRow.id == known.id).values(digests=dict(digests)))
    return int(known.id)


def carry_asked(session: Session, audit_ids: Collection[int], judging_id: int) -> None:
    """What judgements asked of other calls, the ones that follow on them under another way of judging asked too."""
    follower, there = aliased(AuditRow), aliased(AskedRow)
    rows = (
        select(follower.id, AskedRow.key, AskedRow.answer)
        .join(AuditRow, AuditRow.id == AskedRow.audit_id)
        .join(follower, and_(follower.call_id == AuditRow.call_id, follower.judging_id == judging_id))
        .where(AskedRow.audit_id.in_(audit_ids))
        .where(~select(there.key).where(there.audit_id == follower.id, there.key == AskedRow.key).exists())
    )
    session.execute(insert(AskedRow).from_select(["audit_id", "key", "answer"], rows))


def carry_past(session: Session, call_ids: Collection[int], from_sha256: str, to_sha256: str) -> None:
    """What one rulebook remembers of calls holds for another that remembers the same."""
    if from_sha256 == to_sha256 or not call_ids:
        return
    there = aliased(PastRow)
    columns = [own.name for own in PastRow.__table__.columns if own.name != "rulebook_sha256"]
    rows = select(literal(to_sha256), *(getattr(PastRow, name) for name in columns)).where(
        PastRow.call_id.in_(call_ids), PastRow.rulebook_sha256 == from_sha256,
        ~select(there.call_id).where(there.call_id == PastRow.call_id, there.rulebook_sha256 == to_sha256).exists(),
    )  # fmt: skip
    session.execute(insert(PastRow).from_select(["rulebook_sha256", *columns], rows))


def _hearings(session: Session, call_ids: Collection[int]) -> dict[int, Any]:
    """All calls of the recordings of some calls, in order of ids; nobody else writes to them until the end."""
    run, ids = session.connection().execute, {"ids": sorted(call_ids)}
    if session.get_bind().dialect.name == "postgresql":
        run(WAIT, ids)  # what those wrote who were waited for shows in a statement that begins afterwards
    return {row.id: row for row in run(HEARINGS, ids)}


def _known(session: Session, entries: Mapping[int, JudgementEntry], judgings: Mapping[str, int]) -> dict[int, int]:
    """The judgements made earlier in the same way, by call."""
    wanted = {"ids": list(entries), "judgings": sorted(set(judgings.values()))}
    rows = session.connection().execute(KNOWN, wanted)
    return {row.call_id: row.id for row in rows if row.judging_id == judgings[entries[row.call_id].judging]}


def _retire(session: Session, call_ids: Collection[int]) -> None:
    """Takes the latest judgements of calls out of lists and counts."""
    run = session.connection().execute
    if known := list(run(LATEST, {"ids": list(call_ids)}).scalars()):
        take_away(session, known)
        for statement in (RETIRE, RETIRE_BREACHES):
            run(statement, {"ids": known})


def _forget(session: Session, audit_ids: Iterable[int]) -> None:
    if ids := list(audit_ids):
        for statement in STRIP:
            session.connection().execute(statement, {"ids": ids})


def _figures(entry: JudgementEntry) -> dict[str, Any]:
    def surest(severity: Severity) -> float | None:
        return max((breach.confidence for breach in entry.breaches if breach.severity == severity), default=None)

    return {
        **{key: getattr(entry, key)
           for key in ("verdict", "score", "low", "high", "sheet", "n_not_assessable", "n_failures")},
        "rank": rank_of(entry), "n_violated": len(entry.breaches),
        "n_critical": sum(breach.severity == "critical" for breach in entry.breaches),
        "sure_critical": surest("critical"), "sure_major": surest("major"), "sure_minor": surest("minor"),
    }  # fmt: skip


def _written(session: Session, rows: Mapping[int, dict[str, Any]], known: Mapping[int, int]) -> dict[int, int]:
    """Writes the rows; the ids of those that are new, by call."""
    run = session.connection().execute
    if again := [{"of": known[call_id], **row} for call_id, row in rows.items() if call_id in known]:
        run(AGAIN, again)
    new = {call_id: row for call_id, row in rows.items() if call_id not in known}
    if not new:
        return {}
    made = run(ADD, list(new.values())).scalars()
    return dict(zip(new, made.all(), strict=True))


def _hang(
    session: Session,
    audits: Mapping[int, int],
    entries: Mapping[int, JudgementEntry],
    rows: Mapping[int, dict[str, Any]],
    vault: Vault,
) -> None:
    """Writes what hangs on the rows."""
    documents, kept, breaches, asked = [], [], [], []
    for call_id, entry in entries.items():
        own, row = {"audit_id": audits[call_id]}, rows[call_id]
        documents.append({**own, "document": vault.sealed(entry.document)})
        kept.append({**own, "passed": " ".join(entry.passed), "unassessed": " ".join(entry.unassessed)})
        lists = {**own, "rank": row["rank"] if row["latest"] else None, "day": row["day"]}
        breaches += [{**lists, **{name: getattr(breach, name) for name in BREACH}} for breach in entry.breaches]
        asked += [{**own, "key": asked_key(key, vault), "answer": answer} for key, answer in entry.asked]
    for table, values in ((DOCUMENTS, documents), (KEPT, kept), (BREACHES, breaches), (ASKED, asked)):
        if values:
            session.connection().execute(HANG[table], values)


def _write_past(session: Session, entries: Mapping[int, JudgementEntry], vault: Vault) -> None:
    run = session.connection().execute
    for sha256 in {entry.rulebook_sha256 for entry in entries.values()}:
        own = [call_id for call_id, entry in entries.items() if entry.rulebook_sha256 == sha256]
        run(FORGET, {"ids": own, "by": sha256})
    rows = []
    for call_id, entry in entries.items():
        if (past := entry.past) is not None:
            due = [promise.due_at for promise in past.promises if promise.due_at is not None]
            rows.append({
                "call_id": call_id, "rulebook_sha256": entry.rulebook_sha256, "customer": vault.alias(past.customer),
                "agent_id": past.agent_id, "ended_at": past.ended_at, "due_at": max(due, default=None),
                "document": vault.sealed(packed_past(past)),
            })  # fmt: skip
    if rows:
        run(HANG[PASTS], rows)
