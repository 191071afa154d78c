"""The page of one call: drawn, heard and read beside what was found in it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from callaudit.desk import opening
from callaudit.desk.opening import Opened
from callaudit.desk.people import User
from callaudit.desk.sound import NoSound, Wanted, wanted
from callaudit.reports import Clip, ReportOptions, render
from callaudit.reports.wording import agent
from callaudit.waveforms import waveforms
from callaudit.web.calls import UNMUTED_FOR, CallId, audit_of, heard_by, remember, shelf_of, shown, sound_for, stream
from callaudit.web.desk import Desk, SignedIn, TheDesk, page
from callaudit.web.drawing import language_of
from callaudit.web.queueing import following
from callaudit.web.reviewing import catch_up, context

router = APIRouter()
Queue = Annotated[str, Query(max_length=2000)]


@router.get("/calls/{call_id}")
def call_page(
    request: Request, desk: TheDesk, user: SignedIn, call_id: CallId, queue: Queue = "", unmuted: bool = False
) -> Response:
    """The call; one that was heard again since is looked at as it was heard last."""
    call, may_hear = desk.store.transact(
        lambda session: _open(session, desk, user, call_id, unmuted),
        hasty=True,  # a line of the trail for each page
    )
    if call.newest_id != call_id:
        return RedirectResponse(_address(request, call.newest_id, queue, unmuted), 303)
    audit, language = audit_of(request, call), language_of(request, user)
    known = remember(request, call, audit.call)

    def work(session: Session) -> tuple[Wanted, int | None, dict[str, Any]]:
        sound = wanted(session, known, desk.config, unmuted=may_hear)
        after = following(session, user, call_id, queue)
        return sound, after, context(session, desk, user, call.recording_id, language)

    sound, after, judged = desk.store.transact(work, write=False)
    catch_up(desk, judged["case"])
    outline = shelf_of(request).outline_there(sound)
    if outline is None:
        shelf_of(request).prepare(sound)
    drawn = shown(audit, language, outline)
    return page(
        request, user, "call/page.html.j2", call_id=call_id, recording_id=call.recording_id, shown=drawn,
        s=drawn.section, told=drawn.told, queue=queue, query=urlencode({"queue": queue}) if queue else "",
        unmuted=may_hear, is_muted=bool(known.silent), after=after, agent_told=agent(audit.call.metadata),
        **drawn.words, **judged,
    )  # fmt: skip


def _open(session: Session, desk: Desk, user: User, call_id: int, unmuted: bool) -> tuple[Opened, bool]:
    call, now = opening.opened(session, user, call_id), desk.clock()
    if call.newest_id == call_id:
        opening.seen(session, user, call, now=now)
    return call, unmuted and opening.hears_unmuted(session, user, call, since=now - UNMUTED_FOR)


def _address(request: Request, call_id: int, queue: str, unmuted: bool) -> str:
    given = {"queue": queue, "unmuted": "1" if unmuted else ""}
    query = urlencode({key: value for key, value in given.items() if value})
    return f"{request.scope.get('root_path', '')}/calls/{call_id}" + (f"?{query}" if query else "")


@router.get("/calls/{call_id}/drawing")
def drawing(request: Request, desk: TheDesk, user: SignedIn, call_id: CallId, unmuted: bool = False) -> Response:
    """The drawing with the outline of the sound; of a call that cannot be heard, why."""
    call, sound = heard_by(request, user, call_id, unmuted=unmuted)
    audit = audit_of(request, call)
    outline, why = None, None
    try:
        outline = shelf_of(request).outline(sound)
    except NoSound as error:
        why = str(error)
    drawn = shown(audit, language_of(request, user), outline)
    return page(
        request, user, "call/drawn.html.j2", call_id=call_id, shown=drawn, s=drawn.section, told=drawn.told, why=why,
        unmuted=unmuted, **drawn.words,
    )  # fmt: skip


@router.api_route("/calls/{call_id}/sound", methods=["GET", "HEAD"])
def sound(request: Request, user: SignedIn, call_id: CallId, unmuted: bool = False) -> Response:
    """The sound, in ranges; personal data is silent in it unless somebody who may has asked for it."""
    try:
        return stream(shelf_of(request), sound_for(request, user, call_id, unmuted=unmuted))
    except NoSound as error:
        return Response(status_code=404, headers={"X-No-Sound": str(error), "Cache-Control": "no-store"})


@router.post("/calls/{call_id}/unmuted")
def unmute(
    request: Request, desk: TheDesk, user: SignedIn, call_id: CallId,
    queue: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Lets somebody hear the call with its personal data for a while; the trail says so."""

    def work(session: Session) -> None:
        opening.hear_unmuted(session, user, opening.opened(session, user, call_id), now=desk.clock())

    desk.store.transact(work)
    return RedirectResponse(_address(request, call_id, queue, unmuted=True), 303)


# ── to be taken away ─────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/calls/{call_id}/report.html")
def report(request: Request, desk: TheDesk, user: SignedIn, call_id: CallId) -> Response:
    """The offline page with its sound, in which personal data is silent."""
    call = _exported(desk, user, call_id, "html")
    audit = desk.store.audit(call.newest_id)
    options = ReportOptions()
    try:
        shelf, sound = shelf_of(request), sound_for(request, user, call_id, unmuted=False)
        clip = Clip("audio/mpeg", shelf.clip(sound))
        options = ReportOptions(waveform=waveforms(audit.call, shelf.outline(sound)), clip=clip)
    except NoSound:
        pass  # the page says that it has none
    return _file(render(audit, "html", options), "text/html; charset=utf-8", f"call-{call.newest_id}.html")


@router.get("/calls/{call_id}/audit.json")
def document(desk: TheDesk, user: SignedIn, call_id: CallId) -> Response:
    """The audit as the contract has it."""
    call = _exported(desk, user, call_id, "json")
    text = render(desk.store.audit(call.newest_id), "json")
    return _file(text, "application/json", f"call-{call.newest_id}.audit.json")


def _exported(desk: Desk, user: User, call_id: int, form: str) -> Opened:
    def work(session: Session) -> Opened:
        call = opening.opened(session, user, call_id)
        opening.exported(session, user, call, form, now=desk.clock())
        return call

    return desk.store.transact(work)


def _file(text: str, mime: str, name: str) -> Response:
    return Response(text, media_type=mime, headers={"Content-Disposition": f'attachment; filename="{name}"'})
