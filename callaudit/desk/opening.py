"""A stored call as somebody opens it: theirs to see, the newest hearing of its recording, noted in the trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from callaudit.desk.cases import sees
from callaudit.desk.people import User
from callaudit.desk.trail import note
from callaudit.errors import NotAllowed, NotThere
from callaudit.store.desk_tables import CaseRow
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


_CALL, _NEWEST = aliased(CallRow), aliased(CallRow)
_OPENED: Final = (
    select(
        _CALL.recording_id, _CALL.agent_id, CaseRow.state, _NEWEST.id.label("newest_id"),
        _NEWEST.agent_id.label("newest_agent_id"), _NEWEST.heard_at, AuditRow.id.label("audit_id"), AuditRow.judged_at,
    )
    .select_from(_CALL)
    .join(_NEWEST, _NEWEST.recording_id == _CALL.recording_id)
    .join(AuditRow, AuditRow.call_id == _NEWEST.id)
    .outerjoin(CaseRow, CaseRow.recording_id == _CALL.recording_id)
    .where(_CALL.id == bindparam("call_id"), AuditRow.latest)
    .order_by(_NEWEST.id.desc())
    .limit(1)
)  # fmt: skip


def opened(session: Session, user: User, call_id: int) -> Opened:
    """The call of that id.

    Raises
    ------
    NotThere
        There is none, or it is not theirs to see: nobody learns which.
    """
    row = session.execute(_OPENED, {"call_id": call_id}).first()
    if row is None or not (sees(user, row.agent_id, row.state or "open") and user.sees(row.newest_agent_id)):
        raise NotThere("call.nowhere")
    return Opened(
        call_id, row.newest_id, row.recording_id, row.newest_agent_id, row.heard_at, row.audit_id, row.judged_at
    )


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
