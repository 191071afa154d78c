"""Which calls people have, or have been through: conditions on the cases of the review desk.

A case knows the latest judgement of its call, with what lists and counts ask of that, so that they look at no call:
cases are few beside calls, but a desk that has been at work for years has many.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from callaudit.store.desk_tables import AppealRow, CaseRow
from callaudit.store.tables import AuditRow, CallRow

CHECKED = ("reviewed", "final")
"""States of a case that a person has been through."""


class Asked(Protocol):
    """What of a filter is about cases (`callaudit.store.queries.Filter`)."""

    @property
    def reviewed(self) -> bool | None: ...

    @property
    def assigned(self) -> bool | None: ...

    @property
    def assignees(self) -> tuple[int, ...]: ...

    @property
    def appealed(self) -> bool: ...


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────
def needs_case(wanted: Asked) -> bool:
    """Whether no call without a case is wanted."""
    return bool(wanted.reviewed or wanted.assigned or wanted.assignees or wanted.appealed)


def asks(wanted: Asked) -> list[Any]:
    """The conditions on the case of a call that needs one, all of which hold."""
    asked: list[Any] = []
    if wanted.reviewed is not None:
        asked.append(CaseRow.state.in_(CHECKED) if wanted.reviewed else CaseRow.state == "open")
    if wanted.assigned is not None:
        asked.append(CaseRow.assignee_id.is_not(None) if wanted.assigned else CaseRow.assignee_id.is_(None))
    if wanted.assignees:
        asked.append(CaseRow.assignee_id.in_(wanted.assignees))
    if wanted.appealed:
        asked.append(CaseRow.recording_id.in_(select(AppealRow.recording_id).where(AppealRow.state == "open")))
    return asked


def left_out(wanted: Asked) -> list[Any]:
    """The conditions on a case that leave its call out, of which no two hold; none where none is left out."""
    checked, held = CaseRow.state.in_(CHECKED), CaseRow.assignee_id.is_not(None)
    if wanted.reviewed is False:
        return [checked] if wanted.assigned is not False else [checked, and_(CaseRow.state == "open", held)]
    return [held] if wanted.assigned is False else []


def given(wanted: Asked) -> Any | None:
    """The ids of the judgements whose case is as wanted, as a SELECT; None where calls without one may be wanted."""
    return _judgements(*asks(wanted)) if needs_case(wanted) else None


def given_by_others(wanted: Asked) -> Any | None:
    """The ids of the judgements that `without` leaves out, as a SELECT; None where it leaves out none."""
    others = left_out(wanted)
    return _judgements(or_(*others)) if others else None


def without(wanted: Asked, audit_id: Any) -> list[Any]:
    """Conditions that leave out judgements whose case is not as wanted; those that have none stay.

    Parameters
    ----------
    audit_id : what gives the id of a judgement
    """
    others = left_out(wanted)
    case = select(CaseRow.recording_id).where(CaseRow.audit_id == audit_id)
    return [~case.where(or_(*others)).correlate_except(CaseRow).exists()] if others else []


def _judgements(*asked: Any) -> Any:  # a SELECT
    return select(CaseRow.audit_id).where(CaseRow.audit_id.is_not(None), *asked)


# ── the latest judgement ─────────────────────────────────────────────────────────────────────────────────────────
def point(session: Session, recording_ids: Collection[str]) -> None:
    """Tells cases which is the latest judgement of their calls; who makes a case calls it."""
    session.connection().execute(POINT, {"recordings": list(recording_ids)})


def follow(session: Session, audit_ids: Collection[int]) -> None:
    """The same, once some judgements have become the latest."""
    session.connection().execute(FOLLOW, {"ids": list(audit_ids)})


def leave(session: Session, audit_ids: Collection[int]) -> None:
    """Some judgements are no longer the latest."""
    session.connection().execute(LEAVE, {"ids": list(audit_ids)})


CASES: Any = CaseRow.__table__
FACTS = {name: getattr(AuditRow, name) for name in ("rank", "day", "agent_id", "team")}
_POINTED = (
    update(CASES)
    .values(audit_id=AuditRow.id, **FACTS)
    .where(CASES.c.recording_id == CallRow.recording_id, CallRow.id == AuditRow.call_id, AuditRow.latest)
)
POINT = _POINTED.where(CASES.c.recording_id.in_(bindparam("recordings", expanding=True)))
FOLLOW = _POINTED.where(AuditRow.id.in_(bindparam("ids", expanding=True)))
LEAVE = (
    update(CASES)
    .values(audit_id=None, **dict.fromkeys(FACTS))
    .where(CASES.c.audit_id.in_(bindparam("ids", expanding=True)))
)
