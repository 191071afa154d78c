"""What pages and API share about one call: its sound for whoever asks, and what is drawn of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, cast

from fastapi import Path as PathParameter
from fastapi import Request
from fastapi.responses import FileResponse
from platformdirs import user_cache_path

from callaudit.config import ReviewConfig
from callaudit.desk.opening import Opened, hears_unmuted, opened
from callaudit.desk.people import User
from callaudit.desk.shelf import Shelf
from callaudit.desk.sound import Kept, Wanted, kept, wanted
from callaudit.messages import Language
from callaudit.records import Audit, Call
from callaudit.reports import ReportOptions
from callaudit.reports.chart import DENSE, Box
from callaudit.reports.html import Section, section
from callaudit.reports.languages import WORDINGS
from callaudit.reports.page import TOLD, environment
from callaudit.reports.summary import LONG_SILENCE_S
from callaudit.reports.wording import printable
from callaudit.spans import Span, merge
from callaudit.waveforms import Outline, waveforms
from callaudit.web.desk import desk_of

CallId = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
UNMUTED_FOR: Final = timedelta(hours=1)
"""So long after asking for it somebody hears a call with its personal data."""
QUIET_S: Final = 1.0
"""A shorter pause belongs to how people talk, and is not skipped."""
GAP_S: Final = 0.3
MOST_KEPT: Final = 256
"""Calls of which is kept what their sound needs."""
MOST_READ: Final = 16
"""Audits that are kept as they were read: the drawing of a call is asked for right behind its page."""
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Shown:
    """A call to be drawn: `told` holds the pieces that the offline page is made of, in the user's language."""

    audit: Audit
    section: Section
    told: Any
    has_outline: bool
    language: Language

    @property
    def quiet(self) -> str:
        """The stretches in which nobody speaks, for the player: start-end and a blank between."""
        return " ".join(f"{span.start_s:.2f}-{span.end_s:.2f}" for span in quiet(self.audit.call))

    @property
    def stretches(self) -> tuple[Box, ...]:
        """What the lane of events draws, for those who do not see it: of silences the long ones."""
        drawn = self.section.chart
        least = 100 * LONG_SILENCE_S / drawn.duration_s
        return tuple(
            box
            for box in drawn.lanes[0].boxes
            if box.kind != "burst" and (box.kind != "silence" or float(box.width.removesuffix("%")) >= least)
        )

    @property
    def words(self) -> dict[str, Any]:
        """What templates say as the offline page does."""
        return {"wording": WORDINGS[self.language], "printable": printable} | {one.__name__: one for one in TOLD}


def shelf_of(request: Request) -> Shelf:
    """Sound that is ready to be played; one shelf for the application."""
    state = request.app.state
    with _LOCK:
        if not hasattr(state, "shelf"):
            state.shelf = _shelf(state.desk.config.review)
    return cast(Shelf, state.shelf)


def _shelf(config: ReviewConfig) -> Shelf:
    folder = Path(config.sound_cache) if config.sound_cache else user_cache_path("callaudit") / "sound"
    return Shelf(folder, round(config.sound_cache_gb * 1e9))


def sound_for(request: Request, user: User, call_id: int, *, unmuted: bool) -> Wanted:
    """What somebody hears of a call: unmuted only if they asked for it within `UNMUTED_FOR`, and still may.

    Raises
    ------
    NotThere
    """
    return heard_by(request, user, call_id, unmuted=unmuted)[1]


def heard_by(request: Request, user: User, call_id: int, *, unmuted: bool) -> tuple[Opened, Wanted]:
    """The call, and as `sound_for`."""
    desk = desk_of(request)
    with desk.store.session(write=False) as session:
        call = opened(session, user, call_id)
        return call, wanted(
            session, _kept(request, call), desk.config,
            unmuted=unmuted and hears_unmuted(session, user, call, since=desk.clock() - UNMUTED_FOR),
        )  # fmt: skip


def audit_of(request: Request, call: Opened) -> Audit:
    """The audit of a call that somebody may see, as it was read a moment ago or is read now."""
    state, key = request.app.state, (call.newest_id, call.heard_at, call.audit_id, call.judged_at)
    with _LOCK:
        if not hasattr(state, "read_audits"):
            state.read_audits = {}
        known = cast("dict[object, Audit]", state.read_audits)
        found = known.get(key)
    if found is None:
        found = desk_of(request).store.audit(call.newest_id)
        with _LOCK:
            while len(known) >= MOST_READ:
                del known[next(iter(known))]
            known[key] = found
    return found


def remember(request: Request, opened: Opened, call: Call) -> Kept:
    """Keeps what the sound of a call needs of it, so that a range of the sound reads no transcript."""
    known, key = _known(request), (opened.newest_id, opened.heard_at)
    if (found := known.get(key)) is None:
        found = kept(call, desk_of(request).config)
        with _LOCK:
            while len(known) >= MOST_KEPT:
                del known[next(iter(known))]
            known[key] = found
    return found


def _kept(request: Request, opened: Opened) -> Kept:
    found = _known(request).get((opened.newest_id, opened.heard_at))
    return found or remember(request, opened, desk_of(request).store.call(opened.newest_id))


def _known(request: Request) -> dict[tuple[int, datetime], Kept]:
    state = request.app.state
    with _LOCK:
        if not hasattr(state, "kept_calls"):
            state.kept_calls = {}
    return cast("dict[tuple[int, datetime], Kept]", state.kept_calls)


def stream(shelf: Shelf, sound: Wanted) -> FileResponse:
    """The sound, whole or in ranges; its headers tell nothing of the file.

    Raises
    ------
    NoSound
    """
    ready = shelf.sound(sound)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline", "ETag": f'"{ready.tag}"'}
    return FileResponse(ready.path, headers=headers, media_type=ready.mime, stat_result=ready.state)


def shown(audit: Audit, language: str, outline: Outline | None) -> Shown:
    """What is drawn of a call in a language."""
    known = cast(Language, language)
    options = ReportOptions(waveform=() if outline is None else waveforms(audit.call, outline))
    drawn = section(1, audit, options, WORDINGS[known], DENSE)
    return Shown(audit, drawn, _pieces(known), outline is not None, known)


@cache
def _pieces(language: Language) -> Any:
    given = {"wording": WORDINGS[language], "several": False}
    return environment().get_template("call.html.j2").make_module(given)


def quiet(call: Call) -> Sequence[Span]:
    """Stretches without speech: ringing, hold and silence."""
    timeline = call.timeline
    found = [*timeline.of("silence"), *timeline.of("hold")]
    if timeline.ring is not None:
        found.append(timeline.ring.span)
    return [span for span in merge(found, gap_s=GAP_S) if span.duration_s >= QUIET_S]
