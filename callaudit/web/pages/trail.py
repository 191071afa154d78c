"""The audit trail, for leads: who did what, when, with which call."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.desk import trail
from callaudit.desk.people import User
from callaudit.desk.trail import Asked, Line
from callaudit.errors import NotThere
from callaudit.store.desk_tables import UserRow
from callaudit.store.tables import AuditRow, CallRow
from callaudit.web.acts import details
from callaudit.web.desk import TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.moments import moment, offset_at
from callaudit.web.reviewing import bench_of
from callaudit.web.words import words

router = APIRouter()
Lead = Annotated[User, needs("see trail")]
Name = Annotated[str, Query(max_length=200)]
Number = Annotated[str, Query(pattern=r"^\d{0,18}$")]
Day = Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")]


@router.get("/trail")
def trail_page(
    request: Request, desk: TheDesk, user: Lead, who: Name = "", act: Name = "", since: Day = "", until: Day = "",
    call: Number = "", before: Number = "",
) -> Response:  # fmt: skip
    """A page of the trail, the newest line first."""
    first, end = trail.days(_day(since), _day(until), offset_at(desk.clock()))
    with desk.store.session(write=False) as session:
        recording_id = _recording(session, int(call)) if call else None
        asked = Asked(who or None, act or None, first, end, recording_id)
        found = trail.lines(session, asked, before=int(before) if before else None)
        acts, names = trail.acts(session), trail.names(session)
        calls, people = _calls(session, found), _names(session, found)
    chosen = {"who": who, "act": act, "since": since, "until": until, "call": call}
    query = urlencode({key: value for key, value in chosen.items() if value})
    language, sheets = language_of(request, user), bench_of(desk).sheets
    return page(
        request, user, "trail/list.html.j2", lines=found, acts=acts, names=names, calls=calls, chosen=chosen,
        query=query, before=before, after=found[-1].id if len(found) == trail.PAGE else None, moment=moment,
        named=lambda one: words(language).get(f"trail.act.{one}", one),
        details=lambda line: details(line, language, lambda rule: sheets.title(rule, language), people.__getitem__),
    )  # fmt: skip


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        return None


def _recording(session: Session, call_id: int) -> str:
    found = session.scalar(select(CallRow.recording_id).where(CallRow.id == call_id))
    if found is None:
        raise NotThere("there is no such call, or it is not yours to see")
    return found


def _calls(session: Session, lines: tuple[Line, ...]) -> dict[str, int]:
    """The calls that lists show of these recordings."""
    ids = {line.recording_id for line in lines if line.recording_id}
    wanted = select(CallRow.recording_id, CallRow.id).join(AuditRow, AuditRow.call_id == CallRow.id)
    rows = session.execute(wanted.where(CallRow.recording_id.in_(ids), AuditRow.latest)) if ids else ()
    return {row.recording_id: row.id for row in rows}


def _names(session: Session, lines: tuple[Line, ...]) -> dict[int, str]:
    """The accounts that had these calls before; one that is gone is its number."""
    ids = {line.what["before"] for line in lines if isinstance(line.what.get("before"), int)}
    rows = session.execute(select(UserRow.id, UserRow.shown_name).where(UserRow.id.in_(ids))) if ids else ()
    return {one: str(one) for one in ids} | {row.id: row.shown_name for row in rows}
