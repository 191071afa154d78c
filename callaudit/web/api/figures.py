"""Figures for the company's own systems: the same numbers as on the dashboards."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from callaudit.desk import figures
from callaudit.desk.control import Control
from callaudit.desk.figures import Distribution, Group, RuleFigure
from callaudit.desk.people import User
from callaudit.records import Severity
from callaudit.store.bins import BINS
from callaudit.store.queries import Filter
from callaudit.web.desk import TheDesk, needs
from callaudit.web.figuring import BY, wanted_in

router = APIRouter(prefix="/api/figures", tags=["figures"])
Seer = needs("see figures")
Day = Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", description="ISO 8601")]
Names = Annotated[list[str], Query(max_length=50)]
Period = Annotated[
    Literal["7", "30", "90", "365", "all"], Query(description="days up to the newest call, where none are named")
]


class Range(BaseModel):
    """Of which calls the figures are."""

    since: str | None
    until: str | None
    team: list[str]
    agent: list[str]


class GroupOut(BaseModel):
    """Calls of one team, agent or day, or all; as people left them where they judged findings."""

    key: str = Field(description="empty where it is unknown, or of all")
    calls: int
    reviewed: int
    fail: int
    review: int
    pass_: int = Field(serialization_alias="pass")
    scored: int
    mean_score: float | None
    interval: tuple[float, float] | None = Field(description="95 % interval of the mean, Student's t")
    enough: bool = Field(description="enough calls to be held against others")
    not_assessable_per_call: float
    hours: float


class PointOut(BaseModel):
    """A day against its band."""

    day: str
    calls: int
    value: float
    low: float | None
    high: float | None
    outside: bool


class ControlOut(BaseModel):
    """A control chart; three sigma."""

    center: float
    points: list[PointOut]


class DistributionOut(BaseModel):
    """Calls by size; `bins` holds where each bin begins and how many calls lie in it."""

    name: str
    calls: int
    none: int = Field(description="calls with exactly none of it, of figures that many calls have none of")
    p10: float | None
    median: float | None
    p90: float | None
    bins: list[tuple[float, int]]


class RuleOut(BaseModel):
    """A rule: `broken` = `found` by the machine − `overturned` + `missed`."""

    rule: str
    severity: Severity
    broken: int
    share: float
    found: int
    judged: int
    overturned: int
    missed: int


class Overview(Range):
    """All in one."""

    total: GroupOut
    fail_share: ControlOut | None
    mean_score: ControlOut | None
    distributions: list[DistributionOut]


class Groups(Range):
    """Team by team, agent by agent, or day by day."""

    groups: list[GroupOut]


class Rules(Range):
    """Rule by rule, the most often broken first."""

    rules: list[RuleOut]


@router.get("")
def overview(
    request: Request, desk: TheDesk, since: Day = None, until: Day = None, team: Names = [], agent: Names = [],  # noqa: B006  # fastapi copies it
    period: Period = "30", user: User = Seer,
) -> Overview:  # fmt: skip
    """Totals, days with their control bands, and measures by size."""

    def work(session: Session) -> Overview:
        wanted = wanted_in(request, session).filter
        days = figures.groups(session, wanted, "day")
        return Overview(
            **_range(wanted), total=_group(figures.total(session, wanted)),
            fail_share=_control(figures.fail_chart(figures.fail_days(days))),
            mean_score=_control(figures.score_chart(figures.score_days(days))),
            distributions=[_distribution(one) for one in figures.distributions(session, wanted).values()],
        )  # fmt: skip

    return desk.store.transact(work, write=False)


@router.get("/rules")
def rules(
    request: Request, desk: TheDesk, since: Day = None, until: Day = None, team: Names = [], agent: Names = [],  # noqa: B006  # fastapi copies it
    period: Period = "30", user: User = Seer,
) -> Rules:  # fmt: skip
    """Rules by how many calls broke them."""

    def work(session: Session) -> Rules:
        wanted = wanted_in(request, session).filter
        return Rules(**_range(wanted), rules=[_rule(one) for one in figures.rules(session, wanted)])

    return desk.store.transact(work, write=False)


@router.get("/{by}")
def groups(
    request: Request, desk: TheDesk, by: Literal["teams", "agents", "days"], since: Day = None, until: Day = None,
    team: Names = [], agent: Names = [], period: Period = "30", user: User = Seer,  # noqa: B006  # fastapi copies it
) -> Groups:  # fmt: skip
    """Calls by team, agent or day."""

    def work(session: Session) -> Groups:
        wanted = wanted_in(request, session).filter
        return Groups(**_range(wanted), groups=[_group(one) for one in figures.groups(session, wanted, BY[by])])

    return desk.store.transact(work, write=False)


def _range(wanted: Filter) -> dict[str, Any]:
    return {
        "since": wanted.since, "until": wanted.until, "team": list(wanted.teams), "agent": list(wanted.agents)
    }  # fmt: skip


def _group(one: Group) -> GroupOut:
    return GroupOut(
        key=one.key, calls=one.n_calls, reviewed=one.n_reviewed, fail=one.verdicts["fail"],
        review=one.verdicts["review"], pass_=one.verdicts["pass"], scored=one.scores.n, mean_score=one.mean_score,
        interval=one.interval, enough=not one.is_few, not_assessable_per_call=one.not_assessable, hours=one.hours,
    )  # fmt: skip


def _rule(one: RuleFigure) -> RuleOut:
    return RuleOut(
        rule=one.rule, severity=one.severity, broken=one.n_broken, share=one.share, found=one.n_found,
        judged=one.n_judged, overturned=one.n_overturned, missed=one.n_missed,
    )  # fmt: skip


def _control(chart: Control | None) -> ControlOut | None:
    if chart is None:
        return None
    points = [
        PointOut(day=one.when, calls=one.n, value=one.value, low=one.low, high=one.high, outside=one.is_out)
        for one in chart.points
    ]
    return ControlOut(center=chart.center, points=points)


def _distribution(one: Distribution) -> DistributionOut:
    p10, median, p90 = (one.quantile(share) for share in figures.QUANTILES)
    bins = [(BINS[one.name].edge(number), n) for number, n in one.counted.items()]
    return DistributionOut(
        name=one.name, calls=one.n_calls, none=one.n_none, p10=p10, median=median, p90=p90, bins=bins
    )
