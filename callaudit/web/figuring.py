"""What pages, files and API share about dashboards: what is asked for, and each table in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Final, Literal, get_args
from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy.orm import Session

from callaudit.batch.figures import LEAST_CALLS
from callaudit.batch.summaries.workbook import Cell
from callaudit.desk import figures
from callaudit.desk.asked import Asked, asked_of
from callaudit.desk.figures import Distribution, Group, RuleFigure
from callaudit.desk.tables import Head, Table
from callaudit.reports.wording import number
from callaudit.store import sums
from callaudit.store.bins import BINS
from callaudit.store.queries import Filter
from callaudit.web.desk import Desk
from callaudit.web.reviewing import bench_of
from callaudit.web.words import say

What = Literal["overview", "teams", "agents", "rules", "days", "distributions"]
WHATS: Final[tuple[What, ...]] = get_args(What)
PERIODS: Final = ("7", "30", "90", "365", "all")
BY: Final[Mapping[str, sums.By]] = {"teams": "team", "agents": "agent", "days": "day"}
SHARES: Final = ("overlap_share", "agent_share")
"""Figures that are told in percent."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks of the dashboards; `period` is None where it names days itself."""

    filter: Filter
    period: str | None
    rule: str | None

    def query(self, **changes: str | None) -> str:
        """What follows the ? of an address that asks the same, but for the changes."""
        own = Asked(
            self.filter.since if self.period is None else None, self.filter.until if self.period is None else None,
            self.filter.agents, self.filter.teams, (self.rule,) if self.rule else (),
        ).pairs()  # fmt: skip
        period = [] if self.period is None else [("period", self.period)]
        pairs = [pair for pair in (*own, *period) if pair[0] not in changes]
        if "period" in changes:
            pairs = [pair for pair in pairs if pair[0] not in ("since", "until")]
        return urlencode([*pairs, *((name, value) for name, value in changes.items() if value)])

    def queue(self, **more: str) -> str:
        """What follows the ? of the queue's address for all of these calls."""
        own = Asked(self.filter.since, self.filter.until, self.filter.agents, self.filter.teams)
        return urlencode([*replace(own, verdict="all", reviewed="all").pairs(), *more.items()])


def wanted_in(request: Request, session: Session, usual: str = "30") -> Wanted:
    """What the address asks; without days, of the last ones of which there are calls."""
    asked = asked_of(request.query_params.multi_items())
    named = Filter(asked.since, asked.until, asked.agent, asked.team)
    rule = asked.rule[0] if asked.rule else None
    if named.since or named.until:
        return Wanted(named, None, rule)
    period = request.query_params.get("period", usual)
    period = period if period in PERIODS else usual
    last = sums.last_day(session)
    if period == "all" or last is None:
        return Wanted(named, period, rule)
    since = date.fromisoformat(last) - timedelta(int(period) - 1)
    return Wanted(replace(named, since=since.isoformat(), until=last), period, rule)


# ── values in words ──────────────────────────────────────────────────────────────────────────────────────────────
def percent(value: float) -> str:
    """A share of 0 to 1."""
    return f"{number(100 * value, 1)}%"


def points(value: float) -> str:
    """A score."""
    return number(value, 1)


def teller(name: str) -> Callable[[float], str]:
    """How values of a figure are told."""
    return percent if name in SHARES else partial(number, digits=1)


def titles(desk: Desk, language: str, rules: Sequence[str]) -> dict[str, str]:
    """The names of rules."""
    sheets = bench_of(desk).sheets
    return {rule: sheets.title(rule, language) for rule in rules}


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────
def table_of(desk: Desk, session: Session, what: What, wanted: Filter, language: str) -> Table:
    """A table of the dashboards in words."""
    told = partial(say, language)
    span = told("figures.range", since=wanted.since or "…", until=wanted.until or "…")
    title = told("figures.sheet", title=told(f"figures.tab.{what}"), range=span)
    if what == "rules":
        found = figures.rules(session, wanted)
        names = titles(desk, language, [one.rule for one in found])
        return Table(title, _rule_heads(language), [_rule_row(one, names, language) for one in found])
    if what == "distributions":
        distributions = figures.distributions(session, wanted)
        return Table(
            title, _bin_heads(language), [row for one in distributions.values() for row in _bins(one, language)]
        )
    groups = figures.groups(session, wanted, BY.get(what, "all"))
    mean = figures.total(session, wanted).mean_score
    ordered = groups if what == "days" else figures.worst_first(groups)
    return Table(title, _group_heads(what, language), [_group_row(one, what, mean, language) for one in ordered])


def _group_heads(what: What, language: str) -> tuple[Head, ...]:
    key = {"teams": "figures.team", "agents": "figures.agent", "days": "figures.day"}.get(what, "figures.title")
    return (
        Head(say(language, key), "text", 18),
        *(Head(say(language, f"figures.{name}"), "whole", 9) for name in ("calls", "reviewed")),
        *(Head(say(language, f"figures.{name}"), "share", 9) for name in ("fail", "review", "pass")),
        Head(say(language, "figures.scored"), "whole", 9),
        *(Head(say(language, f"figures.{name}"), "points", 10) for name in ("mean", "low", "high")),
        Head(say(language, "figures.against"), "text", 18),
        Head(say(language, "figures.unscored"), "share", 10),
        Head(say(language, "figures.not_assessable"), "decimal", 10),
        Head(say(language, "figures.hours"), "decimal", 10),
    )


def _group_row(one: Group, what: What, mean: float | None, language: str) -> Sequence[Cell]:
    low, high = one.interval or (None, None)
    name = one.key or (say(language, "figures.any" if what == "overview" else "figures.unknown"))
    return (
        name, one.n_calls, one.n_reviewed, *(round(one.share(verdict), 4) for verdict in ("fail", "review", "pass")),
        one.scores.n, *(None if value is None else round(value, 2) for value in (one.mean_score, low, high)),
        against(one, mean, language), round(one.unscored_share, 4), round(one.not_assessable, 2), round(one.hours, 2),
    )  # fmt: skip


def against(one: Group, mean: float | None, language: str) -> str:
    """How a mean lies to that of all, in words."""
    if one.is_few:
        return say(language, "figures.few", n=LEAST_CALLS)
    return say(language, f"figures.{ {-1: 'below', 0: 'same', 1: 'above'}[one.against(mean)] }")


def _rule_heads(language: str) -> tuple[Head, ...]:
    return (
        Head(say(language, "figures.rule"), "text", 34),
        Head(say(language, "figures.severity"), "text", 9),
        Head(say(language, "figures.broken"), "whole", 10),
        Head(say(language, "figures.broken.share"), "share", 9),
        *(Head(say(language, f"figures.{name}"), "whole", 12) for name in ("found", "judged", "overturned", "missed")),
        Head("id", "text", 30),
    )


def _rule_row(one: RuleFigure, names: Mapping[str, str], language: str) -> Sequence[Cell]:
    return (
        names[one.rule], say(language, f"look.severity.{one.severity}"), one.n_broken, round(one.share, 4),
        one.n_found, one.n_judged, one.n_overturned, one.n_missed, one.rule,
    )  # fmt: skip


def _bin_heads(language: str) -> tuple[Head, ...]:
    return (
        Head(say(language, "figures.measure"), "text", 20),
        Head(say(language, "figures.unit"), "text", 10),
        *(Head(say(language, f"figures.{name}"), "decimal", 10) for name in ("from", "to")),
        Head(say(language, "figures.calls"), "whole", 10),
    )


def _bins(one: Distribution, language: str) -> list[Sequence[Cell]]:
    bins, scale = BINS[one.name], 100 if one.name in SHARES else 1
    name, unit = say(language, f"figures.of.{one.name}"), say(language, f"figures.unit.{one.name}")
    return [
        (
            name,
            unit,
            round(scale * bins.edge(at), 2),
            round(scale * bins.edge(at + 1), 2) if at < bins.n - 1 else None,
            n,
        )
        for at, n in one.counted.items()
    ]
