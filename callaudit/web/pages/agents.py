"""The page of an agent, to talk about with the agent; and the agent's own, of calls that people have been through."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from callaudit.batch.figures import LEAST_CALLS
from callaudit.desk.coaching import TEAM_CALLS, Coaching, coaching
from callaudit.desk.people import User
from callaudit.errors import NotThere
from callaudit.reports.wording import clock, printable
from callaudit.web import figuring
from callaudit.web.desk import Desk, SignedIn, TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.figuring import Wanted, wanted_in
from callaudit.web.pages.figures import drawn_trend

router = APIRouter()
Seer: Final = needs("see figures")
AgentId = Annotated[str, Path(max_length=200)]


@router.get("/agents/{agent_id}")
def agent(request: Request, desk: TheDesk, agent_id: AgentId, user: User = Seer) -> Response:
    """What goes well, what to work on, with places to hear."""
    return _page(request, desk, user, agent_id, only_reviewed=False)


@router.get("/me/calls")
def own(request: Request, desk: TheDesk, user: SignedIn) -> Response:
    """The same for the agent: of own calls that people have been through."""
    if user.agent_id is None or user.may("see all calls"):
        raise NotThere("there is no such agent")
    return _page(request, desk, user, user.agent_id, only_reviewed=True)


def _page(request: Request, desk: Desk, user: User, agent_id: str, *, only_reviewed: bool) -> Response:
    def work(session: Session) -> tuple[Wanted, Coaching]:
        asked = wanted_in(request, session, usual="90")
        asked = replace(asked, filter=replace(asked.filter, agents=(agent_id,), teams=()))
        return asked, coaching(session, desk.store.vault, asked.filter, only_reviewed=only_reviewed)

    wanted, found = desk.store.transact(work, write=False)
    language = language_of(request, user)
    rules = [one.rule for one in (*found.strengths, *found.to_work_on)]
    return page(
        request, user, "figures/agent.html.j2", wanted=wanted, found=found, percent=figuring.percent,
        points=figuring.points, least=LEAST_CALLS, periods=figuring.PERIODS, teller=figuring.teller,
        titles=figuring.titles(desk, language, rules), printable=printable, clock=clock, printed=desk.clock(),
        trend=drawn_trend(language, "score.week", found.weeks, step_days=7), n_team=TEAM_CALLS,
        shares=figuring.SHARES,
    )  # fmt: skip
