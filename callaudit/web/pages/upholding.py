"""Many calls at once: whatever nobody has judged in them is upheld, after a look at what that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import Field

from callaudit.desk import judging
from callaudit.desk.people import User
from callaudit.desk.reviews import Review
from callaudit.errors import DeskError
from callaudit.web.desk import Desk, TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.reviewing import bench_of, by, recording, reviewed
from callaudit.web.words import translated

router = APIRouter()
MOST = 100
CallId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Judge = Annotated[User, needs("judge")]


@dataclass(frozen=True, slots=True)
class Line:
    """A call that was chosen; `why` it is not done, empty where it is or can be."""

    call_id: int
    review: Review | None
    why: str = ""


@router.post("/uphold")
def uphold(
    request: Request, desk: TheDesk, user: Judge, call: Annotated[list[CallId], Form(max_length=MOST)],
    version: Annotated[list[int] | None, Form(max_length=MOST)] = None, sure: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Asks first, and tells what would be upheld; then does it, call by call, where nobody has changed it meanwhile."""
    language = language_of(request, user)
    is_sure = sure and version is not None and len(call) == len(version)
    if is_sure:
        done = [_upheld(desk, user, one, seen, language) for one, seen in zip(call, version or (), strict=True)]
    else:
        done = [_looked(desk, user, one, language) for one in dict.fromkeys(call)]
    return page(request, user, "judging/many.html.j2", lines=done, sure=is_sure)


def _looked(desk: Desk, user: User, call_id: int, language: str) -> Line:
    try:
        found = reviewed(desk, user, recording(desk, user, call_id))
    except DeskError as error:
        return Line(call_id, None, translated(language, str(error)))
    if found.case.is_checked:
        return Line(call_id, found, translated(language, "this call has been reviewed already"))
    return Line(call_id, found)


def _upheld(desk: Desk, user: User, call_id: int, seen: int, language: str) -> Line:
    try:
        recording_id = recording(desk, user, call_id)
        judging.uphold_all(bench_of(desk), by(desk, user, seen), recording_id)
        return Line(call_id, reviewed(desk, user, recording_id))
    except DeskError as error:
        return Line(call_id, None, translated(language, str(error)))
