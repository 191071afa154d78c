"""The queue for programs: calls worst first with the filters of the page, and who has them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.desk import assignment, opening
from callaudit.desk.asked import LONGEST, LONGEST_TEXT, Asked, By, Chosen, Reviewed, asked_of, place_of, written
from callaudit.desk.people import User
from callaudit.desk.worklist import Line
from callaudit.errors import NotThere, Stale
from callaudit.records import Severity, Verdict
from callaudit.store import queries
from callaudit.store.desk_tables import UserRow
from callaudit.web.calls import CallId
from callaudit.web.desk import TheDesk, needs
from callaudit.web.models import Model
from callaudit.web.queueing import page_of

router = APIRouter(prefix="/api", tags=["calls"])
SeesCalls = Annotated[User, needs("see calls")]
Lead = Annotated[User, needs("assign")]
Name = Annotated[str, Field(max_length=LONGEST)]


class Filters(Model):
    """Which calls are wanted, and which page of them.

    `sure` is the least confidence of a violation in percent; `held`: me, somebody, nobody, or the name of an account;
    `q` was said in the call, `by` whether as written or as it sounds; `after` is `next` of the page before.
    """

    since: date | None = None
    until: date | None = None
    agent: list[Name] = []  # noqa: RUF012  # pydantic copies it
    team: list[Name] = []  # noqa: RUF012  # pydantic copies it
    rule: list[Name] = []  # noqa: RUF012  # pydantic copies it
    severity: Severity | None = None
    verdict: Chosen = "flagged"
    sure: Annotated[int | None, Field(ge=1, le=100)] = None
    reviewed: Reviewed = "no"
    held: Name | None = None
    appeal: bool = False
    q: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    by: By = "text"
    after: Annotated[str | None, Field(pattern=r"^\d{1,18}-\d{1,18}$")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = queries.PAGE

    def asked(self) -> Asked:
        """The same as pages have it."""
        values = self.model_dump(mode="json", exclude={"after", "limit", "appeal"}, exclude_none=True)
        pairs = [(key, one) for key, value in values.items() for one in (value if isinstance(value, list) else [value])]
        return asked_of([(key, str(one)) for key, one in pairs] + [("appeal", "1" if self.appeal else "")])


class WorstOut(Model):
    """The gravest violation of what was asked for; `start_s` is where it is heard."""

    rule: str
    severity: Severity
    confidence: float
    start_s: float | None
    times: int


class CallOut(Model):
    """A call; `verdict` and scores are people's where they have judged it (`is_judged`), else the machine's.

    `version` is what an act on the call must have seen. `assignee` and `reviewer`: null where names are not for you.
    """

    call_id: int
    recording_id: str
    started_at: datetime | None
    duration_s: float
    agent_id: str | None
    agent_name: str | None
    team: str | None
    verdict: Verdict
    score: float | None
    low: float | None
    high: float | None
    is_judged: bool
    n_violated: int
    n_critical: int
    worst: WorstOut | None
    version: int
    state: str | None
    assignee: str | None
    reviewer: str | None
    reviewed_at: datetime | None
    has_appeal: bool


class CallsOut(Model):
    """A page of calls, the worst first; `n` in all, or at least, where `is_more`. `next` is null on the last page."""

    calls: list[CallOut]
    n: int
    is_more: bool
    next: str | None


class AssigneeIn(Model):
    """Who gets a call (null: nobody), and the version of its case that was seen."""

    to: Name | None
    version: Annotated[int, Field(ge=0, le=2**31)]


class AssigneeOut(Model):
    """Who has a call now, and the version of its case."""

    call_id: int
    assignee: str | None
    version: int


@router.get("/calls")
def list_calls(desk: TheDesk, user: SeesCalls, filters: Annotated[Filters, Query()]) -> CallsOut:
    """Calls, the worst first; agents get own ones that were reviewed."""
    found = page_of(desk, user, filters.asked(), place_of(filters.after or ""), filters.limit)
    n = min(found.n, queries.MOST) if found.is_floor else found.n
    calls = [_call(line) for line in found.lines]
    return CallsOut(calls=calls, n=n, is_more=found.is_floor, next=written(found.after) if found.after else None)


@router.put("/calls/{call_id}/assignee")
def put_assignee(desk: TheDesk, user: Lead, call_id: CallId, given: AssigneeIn) -> AssigneeOut:
    """Gives a call to somebody, or takes it back."""

    def work(session: Session) -> None:
        call = opening.opened(session, user, call_id)
        shares = {}
        if given.to is not None:
            who = session.scalar(select(UserRow.id).where(UserRow.name == given.to))
            if who is None:
                raise NotThere("there is no such account")
            shares = {who: 1}
        done = assignment.assign(session, user, [(call.recording_id, given.version)], shares, now=desk.clock())
        if done.refused:
            raise Stale("somebody has changed this call since you looked")

    desk.store.transact(work)
    return AssigneeOut(call_id=call_id, assignee=given.to, version=given.version + 1)


def _call(line: Line) -> CallOut:
    one, worst = line.listed, line.worst
    return CallOut(
        call_id=one.call_id, recording_id=one.recording_id, started_at=one.started_at, duration_s=one.duration_s,
        agent_id=one.agent_id, agent_name=one.agent_name, team=one.team, verdict=line.verdict, score=line.score,
        low=line.low, high=line.high, is_judged=line.is_judged, n_violated=one.n_violated, n_critical=one.n_critical,
        worst=None if worst is None else WorstOut(
            rule=worst.rule, severity=worst.severity, confidence=worst.confidence, start_s=worst.start_s,
            times=worst.times,
        ),
        version=line.version, state=line.state, assignee=line.assignee, reviewer=line.reviewer,
        reviewed_at=line.reviewed_at, has_appeal=line.has_appeal,
    )  # fmt: skip
