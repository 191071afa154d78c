"""One call, for programs: what was heard and found, and its sound."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse
from sqlalchemy.orm import Session

from callaudit.desk import opening
from callaudit.desk.opening import Opened
from callaudit.desk.people import User
from callaudit.desk.sound import NoSound
from callaudit.web.calls import UNMUTED_FOR, CallId, shelf_of, sound_for, stream
from callaudit.web.desk import TheDesk, needs
from callaudit.web.models import Fault, Model

router = APIRouter(prefix="/api", tags=["calls"])
SeesCalls = Annotated[User, needs("see calls")]
Exports = Annotated[User, needs("export")]
Lead = Annotated[User, needs("hear unmuted")]


class UnmutedOut(Model):
    """Until when the sound of a call can be had with its personal data."""

    call_id: int
    minutes: int


_READS: dict[int | str, dict[str, Any]] = {403: {"model": Fault}, 404: {"model": Fault}}
_SOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/wav": {}, "audio/flac": {}, "audio/ogg": {}}},
    206: {"description": "A range of it"},
    400: {"description": "The header Range is none"},
    416: {"description": "The range lies behind its end"},
    404: {"model": Fault},
}


@router.get("/calls/{call_id}/audit", responses=_READS)
def read_audit(desk: TheDesk, user: Exports, call_id: CallId) -> dict[str, Any]:
    """The audit document of a call, as it was heard last (`audit.schema.json` of callaudit.reports)."""

    def work(session: Session) -> Opened:
        call = opening.opened(session, user, call_id)
        opening.exported(session, user, call, "json", now=desk.clock())
        return call

    return desk.store.document(desk.store.transact(work).newest_id)


@router.get("/calls/{call_id}/sound", response_class=FileResponse, response_model=None, responses=_SOUND)
def read_sound(
    request: Request, user: SeesCalls, call_id: CallId, unmuted: Annotated[bool, Query()] = False
) -> FileResponse | JSONResponse:
    """The sound of a call; personal data is silent in it, unless `unmuted` was asked for before."""
    try:
        return stream(shelf_of(request), sound_for(request, user, call_id, unmuted=unmuted))
    except NoSound as error:
        return JSONResponse({"detail": str(error)}, 404)


@router.post("/calls/{call_id}/unmuted", responses=_READS)
def unmute(desk: TheDesk, user: Lead, call_id: CallId) -> UnmutedOut:
    """Lets one have the sound of a call with its personal data for a while; the trail says so."""

    def work(session: Session) -> int:
        call = opening.opened(session, user, call_id)
        opening.hear_unmuted(session, user, call, now=desk.clock())
        return call.newest_id

    return UnmutedOut(call_id=desk.store.transact(work), minutes=round(UNMUTED_FOR.total_seconds() / 60))
