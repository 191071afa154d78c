"""Calls that people work on: which state each is in, who changed it, and that nobody overwrites what they did not see.

Every act carries the version of the case that its author had before their eyes. An act makes the next version, in the
transaction in which it is written and noted in the trail. Of two acts on one version the second is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, cast

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from callaudit.desk.outcome import Kind, Machine, Opinion, Outcome, Says, outcome_of
from callaudit.desk.people import Act, User
from callaudit.desk.sheets import Sheets
from callaudit.errors import NotAllowed, NotThere, Stale
from callaudit.records import Failure, Finding, Score, Status, Verdict
from callaudit.reports.stored import finding_from, score_from
from callaudit.spans import Span
from callaudit.store import caseload
from callaudit.store.counts import upsert
from callaudit.store.crypt import Vault
from callaudit.store.database import Store
from callaudit.store.desk_tables import CalibrationCallRow, CalibrationRow, CaseRow, OpinionRow
from callaudit.store.documents import unpacked
from callaudit.store.tables import AuditDocument, AuditRow, CallRow, JudgingRow

State = Literal["open", "reviewed", "final"]

CHECKED: Final[frozenset[State]] = frozenset({"reviewed", "final"})
"""A person has been through it."""
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Case:
    """A call that people work on; the fields are those of `callaudit.store.desk_tables.CaseRow`.

    One that nobody has touched yet has the version 0 and no `changed_at`.
    """

    recording_id: str
    version: int = 0
    state: State = "open"
    assignee_id: int | None = None
    assigned_at: datetime | None = None
    reviewer_id: int | None = None
    reviewed_at: datetime | None = None
    changed_at: datetime | None = None
    verdict: Verdict | None = None
    score: float | None = None
    low: float | None = None
    high: float | None = None
    judged_at: datetime | None = None

    @property
    def is_checked(self) -> bool:
        """Whether a person has been through all that was found."""
        return self.state in CHECKED


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, when, and which version of the case they had before their eyes."""

    user: User
    now: datetime
    seen: int

    def needs(self, act: Act) -> None:
        """Refuses whoever may not.

        Raises
        ------
        NotAllowed
        """
        if not (self.user.may(act) and self.user.may_write):
            raise NotAllowed(f"{self.user.role} may not: {act}")


@dataclass(frozen=True, slots=True)
class Bench:
    """What acts on calls work with: the store, and the sheets by which calls are scored."""

    store: Store
    sheets: Sheets


def sees(user: User, agent_id: str | None, state: State) -> bool:
    """Whether somebody may open a call: agents only own ones, and not before a person has been through them.

    What a machine found and nobody has checked is no verdict on anybody's work.
    """
    return user.sees(agent_id) and (user.may("see all calls") or state in CHECKED)


_OF: Final[Any] = bindparam("recording_id")
_MACHINE: Final = (
    select(
        CallRow.id, CallRow.duration_s, CallRow.sector, AuditRow.agent_id, AuditRow.judged_at, JudgingRow.judging,
        AuditDocument.document,
    )
    .join(AuditRow, AuditRow.call_id == CallRow.id)
    .join(JudgingRow, JudgingRow.id == AuditRow.judging_id)
    .join(AuditDocument, AuditDocument.audit_id == AuditRow.id)
    .where(CallRow.recording_id == _OF, AuditRow.latest)
)  # fmt: skip
_OPINIONS: Final = (
    select(
        OpinionRow.id, OpinionRow.rule, OpinionRow.user_id, OpinionRow.at, OpinionRow.kind, OpinionRow.says,
        OpinionRow.comment, OpinionRow.found, OpinionRow.confidence, OpinionRow.judging, OpinionRow.start_s,
        OpinionRow.end_s, OpinionRow.undone_at,
    )
    .where(OpinionRow.recording_id == _OF, OpinionRow.undone_at.is_(None), OpinionRow.kind != "blind")
    .order_by(OpinionRow.id)
)  # fmt: skip
_DUE: Final = (
    select(CalibrationCallRow.recording_id)
    .join(CalibrationRow, CalibrationRow.id == CalibrationCallRow.calibration_id)
    .where(CalibrationCallRow.user_id == bindparam("user_id"), CalibrationCallRow.recording_id == _OF)
    .where(CalibrationRow.closed_at.is_(None))
    .limit(1)
)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def case_of(session: Session, recording_id: str) -> Case:
    """The case of a recording, as it is."""
    row = session.get(CaseRow, recording_id)
    return Case(recording_id) if row is None else _case(row)


def machine_of(session: Session, vault: Vault, recording_id: str) -> Machine:
    """The judgement of a recording that lists show.

    Raises
    ------
    NotThere
        There is none; it may have been purged.
    """
    row = session.execute(_MACHINE, {"recording_id": recording_id}).first()
    if row is None:
        raise NotThere("there is no such call, or it is not yours to see")
    findings, failures, score = _judgement(vault.opened(row.document))
    return Machine(
        recording_id=recording_id,
        call_id=row.id,
        judging=row.judging,
        judged_at=row.judged_at,
        agent_id=row.agent_id,
        sector=row.sector,
        duration_s=row.duration_s,
        findings=findings,
        failures=failures,
        score=score,
    )


@lru_cache(maxsize=64)
def _judgement(document: bytes) -> tuple[tuple[Finding, ...], tuple[Failure, ...], Score]:
    """What a stored judgement holds; an act reads the same one several times."""
    read = unpacked(document)
    return (
        tuple(finding_from(finding) for finding in read["findings"]),
        tuple(Failure(**failure) for failure in read["failures"]),
        score_from(read["score"]),
    )


def opinions_of(session: Session, recording_id: str) -> tuple[Opinion, ...]:
    """Whatever was said of a recording and not taken back, in the order in which it was said; nothing blind."""
    return tuple(_opinion(row) for row in session.execute(_OPINIONS, {"recording_id": recording_id}))


def is_blind(session: Session, user_id: int, recording_id: str) -> bool:
    """Whether somebody must not know what others say of a recording: it is theirs in a calibration that is open."""
    return session.scalar(_DUE, {"user_id": user_id, "recording_id": recording_id}) is not None


def behind(session: Session, recording_ids: Collection[str]) -> tuple[str, ...]:
    """Which of these recordings have been heard or judged anew since their case was worked out."""
    wanted = (
        select(CaseRow.recording_id)
        .join(CallRow, CallRow.recording_id == CaseRow.recording_id)
        .join(AuditRow, AuditRow.call_id == CallRow.id)
        .where(CaseRow.recording_id.in_(recording_ids), AuditRow.latest, CaseRow.judged_at.is_not(None))
        .where(CaseRow.judged_at != AuditRow.judged_at)
        .order_by(CaseRow.recording_id)
    )
    return tuple(session.scalars(wanted)) if recording_ids else ()


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
def taken(session: Session, recording_id: str, by: By) -> tuple[Case, datetime]:
    """The case, locked until the end of the transaction, and the moment of the act that follows.

    That moment is later than that of any act before, whatever the clocks of several servers say: it names the act.

    Raises
    ------
    Stale
        Somebody has changed the case since it was seen.
    """
    fresh = {"recording_id": recording_id, "version": 0, "state": "open", "changed_at": by.now - TICK}
    made = upsert(session)(CaseRow).values(fresh).on_conflict_do_nothing(index_elements=["recording_id"])
    if session.scalar(made.returning(CaseRow.recording_id)) is not None:
        caseload.point(session, [recording_id])
    wanted = select(CaseRow).where(CaseRow.recording_id == recording_id).with_for_update()
    row = session.scalars(wanted, execution_options={"populate_existing": True}).one()
    if row.version != by.seen:
        raise Stale("somebody has changed this call since you looked")
    return _case(row), max(by.now, row.changed_at + TICK)


def put(session: Session, case: Case, at: datetime, **changes: Any) -> Case:
    """The case with the changes, written as its next version; the caller has `taken` it and notes it in the trail."""
    after = replace(case, version=case.version + 1, changed_at=at, **changes)
    _write(session, after)
    return after


def left(case: Case, machine: Machine, outcome: Outcome) -> dict[str, Any]:
    """What the case says of the outcome: nothing where nobody has said anything of the call."""
    if not outcome.standing:
        return {"verdict": None, "score": None, "low": None, "high": None, "judged_at": None}
    scored = outcome.score
    own = {"verdict": scored.verdict, "score": scored.value, "low": scored.low, "high": scored.high}
    return {**own, "judged_at": machine.judged_at}


def recompute(bench: Bench, recording_ids: Collection[str]) -> int:
    """Works cases out anew that have been heard or judged anew; the number of those.

    No act of a person: versions stay, and nothing is noted.
    """

    def work(session: Session, recording_id: str) -> None:
        row = session.scalars(
            select(CaseRow).where(CaseRow.recording_id == recording_id).with_for_update()
        ).one_or_none()
        if row is None:
            return
        case, machine = _case(row), machine_of(session, bench.store.vault, recording_id)
        outcome = outcome_of(machine, opinions_of(session, recording_id), bench.sheets.of(machine))
        _write(session, replace(case, **left(case, machine, outcome)))

    late = bench.store.transact(lambda session: behind(session, recording_ids), write=False)
    for recording_id in late:
        bench.store.transact(lambda session, one=recording_id: work(session, one))  # type: ignore[misc]  # bound now
    return len(late)


def _write(session: Session, case: Case) -> None:
    values = asdict(case)
    session.execute(update(CaseRow).where(CaseRow.recording_id == values.pop("recording_id")).values(**values))


def _case(row: CaseRow) -> Case:
    return Case(**{own.name: getattr(row, own.name) for own in fields(Case)})


def _opinion(row: Any) -> Opinion:
    span = None if row.start_s is None or row.end_s is None else Span(row.start_s, row.end_s)
    return Opinion(
        row.id, row.rule, row.user_id, row.at, cast(Kind, row.kind), cast(Says, row.says), row.comment,
        cast(Status, row.found), row.confidence, row.judging, span, row.undone_at,
    )  # fmt: skip
