"""A stored call as somebody opens it: theirs to see, the newest hearing of its recording, noted in the trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from callaudit.desk.cases import sees
from callaudit.desk.people import User
from callaudit.desk.trail import note
from callaudit.errors import NotAllowed, NotThere
from callaudit.store.desk_tables import CaseRow, UserRow
from callaudit.store.tables import AccessRow, AuditRow, CallRow

SEE, HEAR, EXPORT = "see call", "hear unmuted", "export call"
"""How the trail calls them."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A call that somebody may see; `newest_id` is another one where its recording was heard again since.

    `heard_at`, `audit_id` and `judged_at` tell its audit from any that is made of it later.
    """

    call_id: int
    newest_id: int
    recording_id: str
    agent_id: str | None
    heard_at: datetime
    audit_id: int
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How far people are with a call; `reviewer` is None where nobody has reviewed it, or whoever asks may not know."""

    state: str
    at: datetime | None
    reviewer: str | None


def opened(session: Session, user: User, call_id: int) -> Opened:
    """The call of that id.

    Raises
    ------
    NotThere
        There is none, or it is not theirs to see: nobody learns which.
    """
    wanted = select(CallRow.recording_id, CallRow.agent_id, CaseRow.state).where(CallRow.id == call_id)
    row = session.execute(wanted.outerjoin(CaseRow, CaseRow.recording_id == CallRow.recording_id)).first()
    if row is None or not sees(user, row.agent_id, row.state or "open"):
        raise NotThere("call.nowhere")
    newest = (
        select(CallRow.id, CallRow.agent_id, CallRow.heard_at, AuditRow.id.label("audit_id"), AuditRow.judged_at)
        .join(AuditRow, AuditRow.call_id == CallRow.id)
        .where(CallRow.recording_id == row.recording_id, AuditRow.latest)
    )
    now = session.execute(newest.order_by(CallRow.id.desc()).limit(1)).first()
    if now is None or not user.sees(now.agent_id):
        raise NotThere("call.nowhere")
    return Opened(call_id, now.id, row.recording_id, now.agent_id, now.heard_at, now.audit_id, now.judged_at)


def seen(session: Session, user: User, call: Opened, *, now: datetime) -> None:
    """Notes that somebody looked at a call."""
    note(session, user, SEE, now=now, recording_id=call.recording_id, call_id=call.call_id)


def hear_unmuted(session: Session, user: User, call: Opened, *, now: datetime) -> None:
    """Lets somebody hear personal data of a call, and notes it; once for a sign-in is enough (`hears_unmuted`).

    Raises
    ------
    NotAllowed
    """
    if not user.may("hear unmuted"):
        raise NotAllowed("call.muted_for_you")
    note(session, user, HEAR, now=now, recording_id=call.recording_id, call_id=call.call_id)


def hears_unmuted(session: Session, user: User, call: Opened, *, since: datetime) -> bool:
    """Whether the trail says that they asked to hear this call unmuted since then, and they still may."""
    noted = select(
        exists().where(
            AccessRow.recording_id == call.recording_id, AccessRow.act == HEAR, AccessRow.who == user.name,
            AccessRow.at >= since,
        )
    )  # fmt: skip
    return user.may("hear unmuted") and bool(session.scalar(noted))


def exported(session: Session, user: User, call: Opened, form: str, *, now: datetime) -> None:
    """Notes that somebody took a call away in a form.

    Raises
    ------
    NotAllowed
    """
    if not user.may("export"):
        raise NotAllowed("call.no_export")
    note(session, user, EXPORT, now=now, recording_id=call.recording_id, call_id=call.call_id, form=form)


def reviewed(session: Session, user: User, call: Opened) -> Reviewed | None:
    """How far people are with it; None where nobody has begun. Agents learn no names."""
    row = session.execute(
        select(CaseRow.state, CaseRow.reviewed_at, UserRow.shown_name)
        .join(UserRow, UserRow.id == CaseRow.reviewer_id, isouter=True)
        .where(CaseRow.recording_id == call.recording_id)
    ).first()
    if row is None:
        return None
    return Reviewed(row.state, row.reviewed_at, row.shown_name if user.may("see all calls") else None)
