"""Dashboards: how calls went, by team, agent, rule and day; every table to be taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from callaudit.batch.figures import LEAST_CALLS
from callaudit.desk import figures
from callaudit.desk.control import Control, Point
from callaudit.desk.figures import Distribution, RuleFigure
from callaudit.desk.people import User
from callaudit.desk.tables import MIMES, Form, written
from callaudit.desk.trail import note, seen
from callaudit.store import queries
from callaudit.store.bins import BINS
from callaudit.store.queries import Listed
from callaudit.store.sums import people
from callaudit.web import charts, figuring
from callaudit.web.desk import Desk, TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.figuring import WHATS, Wanted, What, table_of, wanted_in
from callaudit.web.words import say

router = APIRouter()
Seer: Final = needs("see figures")
Taker: Final = needs("export")
N_WORST: Final = 10


@dataclass(frozen=True, slots=True)
class DrawnTrend:
    """A control chart with its words; `drawn` is None where there are too few days."""

    key: str
    band: str
    drawn: charts.Trend | None
    summary: str


@dataclass(frozen=True, slots=True)
class DrawnBars:
    """A histogram with its words."""

    name: str
    drawn: charts.Bars
    median: str
    spread: str
    n_calls: int


@dataclass(frozen=True, slots=True)
class WorstRule:
    """A rule with calls to hear."""

    figure: RuleFigure
    title: str
    examples: tuple[Listed, ...]


@router.get("/figures")
def overview(request: Request, desk: TheDesk, user: User = Seer) -> Response:
    """How calls went, all in one."""
    language = language_of(request, user)

    def work(session: Session) -> dict[str, Any]:
        wanted = wanted_in(request, session)
        left = people(session, wanted.filter)
        days = figures.groups(session, wanted.filter, "day", left)
        worst = figures.rules(session, wanted.filter, left)[:N_WORST]
        return {
            **_shared(session, wanted), "whole": figures.total(session, wanted.filter, left),
            "trends": [
                drawn_trend(language, "fail", figures.fail_chart(figures.fail_days(days))),
                drawn_trend(language, "score", figures.score_chart(figures.score_days(days))),
            ],
            "spreads": spreads(language, figures.distributions(session, wanted.filter, left)),
            "worst": _with_examples(desk, session, wanted, worst, language),
            "teams": figures.worst_first(figures.groups(session, wanted.filter, "team", left)),
        }  # fmt: skip

    return _page(request, desk, user, "overview", work)


def _groups(what: What, request: Request, desk: Desk, user: User) -> Response:
    def work(session: Session) -> dict[str, Any]:
        wanted = wanted_in(request, session)
        left = people(session, wanted.filter)
        found = figures.groups(session, wanted.filter, figuring.BY[what], left)
        ordered = list(reversed(found)) if what == "days" else figures.worst_first(found)
        return {**_shared(session, wanted), "whole": figures.total(session, wanted.filter, left), "groups": ordered}

    return _page(request, desk, user, what, work)


@router.get("/figures/teams")
def teams(request: Request, desk: TheDesk, user: User = Seer) -> Response:
    """Team by team."""
    return _groups("teams", request, desk, user)


@router.get("/figures/agents")
def agents(request: Request, desk: TheDesk, user: User = Seer) -> Response:
    """Agent by agent."""
    return _groups("agents", request, desk, user)


@router.get("/figures/days")
def days(request: Request, desk: TheDesk, user: User = Seer) -> Response:
    """Day by day."""
    return _groups("days", request, desk, user)


@router.get("/figures/rules")
def rules(request: Request, desk: TheDesk, user: User = Seer) -> Response:
    """Rule by rule; of one that the address names, its days and worst calls."""
    language = language_of(request, user)

    def work(session: Session) -> dict[str, Any]:
        wanted = wanted_in(request, session)
        left = people(session, wanted.filter)
        found = figures.rules(session, wanted.filter, left)
        chosen = [one for one in found if one.rule == wanted.rule]
        return {
            **_shared(session, wanted), "whole": figures.total(session, wanted.filter, left), "found": found,
            "titles": figuring.titles(desk, language, [one.rule for one in found]),
            "chosen": _with_examples(desk, session, wanted, chosen, language, 12),
            "trends": [
                drawn_trend(language, "rule", figures.rule_chart(session, wanted.filter, one.rule, left))
                for one in chosen
            ],
        }  # fmt: skip

    return _page(request, desk, user, "rules", work)


@router.get("/figures/distributions")
def distributions(request: Request, desk: TheDesk, user: User = Seer) -> Response:
    """Measures by their size."""
    language = language_of(request, user)

    def work(session: Session) -> dict[str, Any]:
        wanted = wanted_in(request, session)
        return {
            **_shared(session, wanted),
            "whole": figures.total(session, wanted.filter),
            "spreads": spreads(language, figures.distributions(session, wanted.filter), width=480, height=200),
        }

    return _page(request, desk, user, "distributions", work)


def _page(request: Request, desk: Desk, user: User, what: What, work: Callable[[Session], dict[str, Any]]) -> Response:
    given = desk.store.transact(work, write=False)
    language = language_of(request, user)
    return page(
        request, user, f"figures/{'groups' if what in figuring.BY else what}.html.j2", what=what, whats=WHATS,
        periods=figuring.PERIODS, percent=figuring.percent, points=figuring.points, least=LEAST_CALLS,
        against=partial(figuring.against, language=language),
        team_choices=[("", say(language, "figures.any")), *((one, one) for one in given["known"].teams)], **given,
    )  # fmt: skip


def _shared(session: Session, wanted: Wanted) -> dict[str, Any]:
    return {"wanted": wanted, "known": queries.choices(session)}


def _with_examples(
    desk: Desk, session: Session, wanted: Wanted, found: Any, language: str, limit: int = figures.N_EXAMPLES
) -> list[WorstRule]:
    names = figuring.titles(desk, language, [one.rule for one in found])
    return [WorstRule(one, names[one.rule], figures.examples(session, wanted.filter, one.rule, limit)) for one in found]


# ── charts with their words ──────────────────────────────────────────────────────────────────────────────────────
def drawn_trend(language: str, key: str, chart: Control | None, *, step_days: int = 1) -> DrawnTrend:
    """A control chart to be drawn; of weeks where the key ends in ``.week``."""
    kind, _, unit = key.partition(".")
    each = f".{unit}" if unit else ""
    told = figuring.points if kind == "score" else figuring.percent
    band = say(language, f"figures.band.{'mean' if kind == 'score' else 'p'}{each}")
    if chart is None or len(chart.points) < 2:
        return DrawnTrend(key, band, None, say(language, f"figures.one_{unit or 'day'}"))

    def point(one: Point, between: str) -> str:
        words = say(language, f"figures.point{each}", when=one.when, value=told(one.value), n=one.n)
        words += say(language, "figures.point.band", band=between) if between else ""
        return words + (say(language, "figures.point.out") if one.is_out else "")

    summary = say(language, "figures.out", n=chart.n_out) if chart.n_out else say(language, "figures.in")
    if chart.points[0].low is None:
        summary = say(language, f"figures.no_band{each}")
    return DrawnTrend(key, band, charts.trend(chart, told, point, step_days=step_days), summary)


def spreads(language: str, found: dict[str, Distribution], width: int = 340, height: int = 150) -> list[DrawnBars]:
    """Histograms to be drawn, of figures that any call has."""
    drawn = []
    for name, one in found.items():
        told = figuring.teller(name)
        bars = charts.bars(one.counted, BINS[name], told, one.median, width=width, height=height, whole=name == "score")
        low, median, high = (one.quantile(share) for share in figures.QUANTILES)
        if bars is None or low is None or median is None or high is None:
            continue
        unit = "" if name in figuring.SHARES else f" {say(language, f'figures.unit.{name}')}"
        spread = say(language, "figures.p10_90", low=told(low), high=told(high))
        if n_none := one.n_none:
            share = figuring.percent(n_none / one.n_calls)
            spread += f" · {say(language, f'figures.none.{name}', n=n_none, share=share)}"
        drawn.append(
            DrawnBars(name, bars, say(language, "figures.median", value=told(median) + unit), spread, one.n_calls)
        )  # fmt: skip
    return drawn


# ── to be taken away ─────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/figures/{what}.csv")
def as_csv(request: Request, desk: TheDesk, what: What, user: User = Taker) -> Response:
    """The table as CSV."""
    return _file(request, desk, user, what, "csv")


@router.get("/figures/{what}.xlsx")
def as_xlsx(request: Request, desk: TheDesk, what: What, user: User = Taker) -> Response:
    """The table as an Excel workbook."""
    return _file(request, desk, user, what, "xlsx")


def _file(request: Request, desk: Desk, user: User, what: What, form: Form) -> Response:
    if not user.may("see figures"):
        raise HTTPException(403)
    language, now = language_of(request, user), desk.clock()

    def work(session: Session) -> bytes:
        wanted = wanted_in(request, session).filter
        note(
            session, user, "export figures", now=now, table=what, form=form,
            **seen({"since": wanted.since, "until": wanted.until, "agents": list(wanted.agents),
                    "teams": list(wanted.teams)}),
        )  # fmt: skip
        whats: tuple[What, ...] = tuple(one for one in WHATS if one != "days") if what == "overview" else (what,)
        return written([table_of(desk, session, one, wanted, language) for one in whats], form, made_at=now)

    content = desk.store.transact(work)
    headers = {"Content-Disposition": f'attachment; filename="figures-{what}.{form}"'}
    return Response(content, media_type=MIMES[form], headers=headers)
