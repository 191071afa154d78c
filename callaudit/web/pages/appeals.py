"""Appeals: raised by an agent on the page of a call, decided by a lead in a list of those that wait."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from callaudit.desk import appeals
from callaudit.desk.people import User
from callaudit.web.desk import TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.moments import moment
from callaudit.web.pages.judging import CallId, Rule, Version
from callaudit.web.reviewing import appeal_period, bench_of, by, recording

router = APIRouter()
AppealId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Text = Annotated[str, Form(max_length=10_000)]
Agent = Annotated[User, needs("appeal")]
Lead = Annotated[User, needs("decide appeals")]
SeesCalls = Annotated[User, needs("see calls")]


@router.get("/appeals")
def appeals_page(
    request: Request, desk: TheDesk, user: SeesCalls, before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None
) -> Response:
    """Appeals, those that wait first; an agent's own ones."""
    language = language_of(request, user)
    sheets = bench_of(desk).sheets
    with desk.store.session(write=False) as session:
        waiting = () if before else appeals.open_appeals(session, user)
        closed = appeals.closed_appeals(session, user, before=before)
        decides = waiting if user.may("decide appeals") else ()
        stances = {
            one.id: appeals.stance_of(session, user, one.recording_id, one.rule, one.reviewer_id) for one in decides
        }
        n_open = appeals.n_open(session, user)
    return page(
        request, user, "appeals/list.html.j2", waiting=waiting, closed=closed, stances=stances, n_open=n_open,
        before=before, older=closed[-1].id if len(closed) == appeals.PAGE else None, moment=moment,
        days=desk.config.review.appeal_days, title_of=lambda rule: sheets.title(rule, language),
    )  # fmt: skip


@router.post("/calls/{call_id}/appeal")
def appeal(
    request: Request, desk: TheDesk, user: Agent, call_id: CallId, rule: Rule, version: Version, reason: Text = ""
) -> Response:
    """An agent objects to a finding."""
    recording_id = recording(desk, user, call_id)
    appeals.appeal(bench_of(desk), by(desk, user, version), recording_id, rule, reason, appeal_period(desk))
    return _to(request, f"/calls/{call_id}#judged-{rule}")


@router.post("/appeals/{appeal_id}/withdrawal")
def withdraw(request: Request, desk: TheDesk, user: Agent, appeal_id: AppealId, version: Version) -> Response:
    """The agent takes it back."""
    appeals.withdraw(bench_of(desk), by(desk, user, version), appeal_id)
    return _to(request, "/appeals")


@router.post("/appeals/{appeal_id}/decision")
def decide(
    request: Request, desk: TheDesk, user: Lead, appeal_id: AppealId, version: Version,
    granted: Annotated[bool, Form()], answer: Text = "",
) -> Response:  # fmt: skip
    """A lead decides."""
    appeals.decide(bench_of(desk), by(desk, user, version), appeal_id, granted=granted, answer=answer)
    return _to(request, "/appeals")


def _to(request: Request, path: str) -> Response:
    return RedirectResponse(request.scope.get("root_path", "") + path, 303)
