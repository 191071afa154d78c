"""Dashboards: how calls went, by team, agent, rule and day, as people left them where they have been through them.

Where people judged findings of a call, their outcome stands in place of the machine's; each figure says of how many
calls it is, and how many of them people have been through. Ten calls are the fewest that are held against others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from sqlalchemy.orm import Session

from callaudit.batch.figures import LEAST_CALLS
from callaudit.desk.control import Control, Sample, mean_chart, mean_interval, p_chart
from callaudit.records import Severity, Verdict
from callaudit.store import queries, sums
from callaudit.store.bins import BINS, quantile
from callaudit.store.entries import VERDICTS
from callaudit.store.queries import Filter, Listed
from callaudit.store.sums import By, Left, Sums

USUAL_DAYS: Final = 30
"""What is shown where nobody chose days."""
QUANTILES: Final = (0.1, 0.5, 0.9)
N_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Calls of one day, agent or team, or all; `key` is empty where it is unknown.

    `scores` are points of those that could be scored; `n_reviewed` of the calls people have been through;
    `n_not_assessable` rules could not be told, over all calls.
    """

    key: str
    n_calls: int
    n_reviewed: int
    verdicts: Mapping[Verdict, int]
    scores: Sample
    n_not_assessable: int
    hours: float

    def share(self, verdict: Verdict) -> float:
        """Share of a verdict, in [0, 1]."""
        return self.verdicts[verdict] / self.n_calls if self.n_calls else 0.0

    @property
    def mean_score(self) -> float | None:
        """Mean of the scores; None where there are none."""
        return self.scores.mean if self.scores.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the mean (Student's t); None for fewer than two scores."""
        return mean_interval(self.scores, least=0.0, most=100.0)

    @property
    def unscored_share(self) -> float:
        """Share of the calls that could not be scored."""
        return 1 - self.scores.n / self.n_calls if self.n_calls else 0.0

    @property
    def not_assessable(self) -> float:
        """Rules that could not be told, a call."""
        return self.n_not_assessable / self.n_calls if self.n_calls else 0.0

    @property
    def is_few(self) -> bool:
        """Whether they are too few to be held against others."""
        return self.n_calls < LEAST_CALLS

    def against(self, mean: float | None) -> int:
        """-1 where it is surely below a mean, 1 surely above, 0 where nobody can tell."""
        if mean is None or self.is_few or self.interval is None:
            return 0
        low, high = self.interval
        return -1 if high < mean else 1 if low > mean else 0


@dataclass(frozen=True, slots=True)
class RuleFigure:
    """A rule: calls that broke it as the machine has it, and as people left it (`n_broken`).

    `n_judged` of the machine's findings people judged, of which they overturned some; `n_missed` they added.
    """

    rule: str
    severity: Severity
    n_found: int
    n_judged: int
    n_overturned: int
    n_missed: int
    n_calls: int

    @property
    def n_broken(self) -> int:
        return self.n_found - self.n_overturned + self.n_missed

    @property
    def share(self) -> float:
        """Share of all calls that broke it, in [0, 1]."""
        return self.n_broken / self.n_calls if self.n_calls else 0.0


@dataclass(frozen=True, slots=True)
class Distribution:
    """Calls by the size of a figure: its bins (`callaudit.store.bins`) and how many calls lie in each."""

    name: str
    counted: Mapping[int, int]

    @property
    def n_calls(self) -> int:
        return sum(self.counted.values())

    @property
    def n_none(self) -> int:
        """Calls with none of it, of figures that many calls have none of."""
        return self.counted.get(0, 0) if BINS[self.name].has_none else 0

    def quantile(self, share: float) -> float | None:
        """The value below which that share of the calls lies; None where there are none."""
        return quantile(self.counted, BINS[self.name], share)

    @property
    def median(self) -> float | None:
        return self.quantile(0.5)


People = Sequence[Left] | None
"""How people left calls of a filter (`callaudit.store.sums.people`), where somebody has asked already."""


def _people(session: Session, wanted: Filter, left: People) -> Sequence[Left]:
    return sums.people(session, wanted) if left is None else left


# ── sums ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def usual(session: Session) -> Filter:
    """The last thirty days of which there are calls."""
    last = sums.last_day(session)
    if last is None:
        return Filter()
    return Filter((date.fromisoformat(last) - timedelta(USUAL_DAYS - 1)).isoformat(), last)


def total(session: Session, wanted: Filter, left: People = None) -> Group:
    """All calls together."""
    found = groups(session, wanted, "all", left)
    return found[0] if found else nothing()


def seen_groups(session: Session, wanted: Filter, by: By) -> tuple[Group, ...]:
    """As `groups`, of the calls that people have been through and no others."""
    rows: dict[str, list[Sums]] = {}
    for row in sums.seen(session, wanted, by):
        rows.setdefault(row.key, []).append(row)
    return tuple(_group(key, own, sum(row.n_calls for row in own)) for key, own in sorted(rows.items()))


def groups(session: Session, wanted: Filter, by: By, left: People = None) -> tuple[Group, ...]:
    """Calls by day, agent or team, in the order of the keys."""
    changes, n_checked = sums.changes(_people(session, wanted, left), by)
    rows: dict[str, list[Sums]] = {}
    for row in (*sums.machine(session, wanted, by), *changes):
        rows.setdefault(row.key, []).append(row)
    found = (_group(key, own, n_checked.get(key, 0)) for key, own in sorted(rows.items()))
    return tuple(group for group in found if group.n_calls)


def _group(key: str, rows: Iterable[Sums], n_reviewed: int) -> Group:
    rows = tuple(rows)
    verdicts = {verdict: sum(row.n_calls for row in rows if row.verdict == verdict) for verdict in VERDICTS}
    scores = Sample(
        key, sum(row.n_scored for row in rows), sum(row.tenths for row in rows) / 10,
        sum(row.squares for row in rows) / 100,
    )  # fmt: skip
    return Group(
        key, sum(verdicts.values()), n_reviewed, verdicts, scores, sum(row.n_not_assessable for row in rows),
        sum(row.duration_ms for row in rows) / 3_600_000,
    )  # fmt: skip


def worst_first(found: Iterable[Group]) -> list[Group]:
    """Those with enough calls by their mean score, the lowest first; then the others by their key."""
    return sorted(
        found,
        key=lambda one: (one.is_few, 0.0 if one.is_few or one.mean_score is None else one.mean_score, one.key),
    )


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────
def rules(session: Session, wanted: Filter, left: People = None) -> tuple[RuleFigure, ...]:
    """Every rule that was broken, or found broken, the most often broken first, each with its gravest severity."""
    words = sums.rule_words(session, _people(session, wanted, left))
    n_calls = sum(row.n_calls for row in sums.machine(session, wanted, "all"))
    found: list[RuleFigure] = []
    for row in sorted(queries.by_rule(session, wanted), key=lambda one: (one.rule, SEVERITY_ORDER[one.severity])):
        word = words.pop(row.rule, None) or sums.RuleWord(row.rule)
        if found and found[-1].rule == row.rule:
            found[-1] = replace(found[-1], n_found=found[-1].n_found + row.n_calls)
            continue
        found.append(
            RuleFigure(row.rule, row.severity, row.n_calls, word.n_judged, word.n_overturned, word.n_missed, n_calls)
        )
    missed = (word for word in words.values() if word.n_missed)
    found += [RuleFigure(word.rule, "minor", 0, 0, 0, word.n_missed, n_calls) for word in missed]
    return tuple(sorted(found, key=lambda one: (-one.n_broken, SEVERITY_ORDER[one.severity], one.rule)))


SEVERITY_ORDER: Final[Mapping[Severity, int]] = {"critical": 0, "major": 1, "minor": 2}


def examples(session: Session, wanted: Filter, rule: str, limit: int = N_EXAMPLES) -> tuple[Listed, ...]:
    """The worst calls that broke a rule, without those of which people say otherwise."""
    asked = replace(wanted, rules=(rule,), verdicts=VERDICTS)
    found = queries.queue(session, asked, limit=4 * limit)
    kept = sums.overturned(session, [one.recording_id for one in found], rule)
    return tuple(one for one in found if one.recording_id not in kept)[:limit]


# ── day by day ───────────────────────────────────────────────────────────────────────────────────────────────────
def fail_days(days: Iterable[Group]) -> list[Sample]:
    """Failed calls of each day that is known."""
    return [Sample(one.key, one.n_calls, one.verdicts["fail"], one.verdicts["fail"]) for one in days if one.key]


def score_days(days: Iterable[Group]) -> list[Sample]:
    """Scores of each day that is known."""
    return [one.scores for one in days if one.key]


def fail_chart(samples: Iterable[Sample]) -> Control | None:
    """Shares of failed calls: a p-chart."""
    return p_chart(samples)


def score_chart(samples: Iterable[Sample]) -> Control | None:
    """Mean scores: an x̄-chart."""
    return mean_chart(samples, least=0.0, most=100.0)


def rule_chart(session: Session, wanted: Filter, rule: str, left: People = None) -> Control | None:
    """Shares of calls that broke a rule, by day: a p-chart."""
    broken = sums.rule_days(session, wanted, rule, _people(session, wanted, left))
    calls: dict[str, int] = {}
    for row in sums.machine(session, wanted, "day"):
        calls[row.key] = calls.get(row.key, 0) + row.n_calls
    return p_chart(Sample(day, n, broken.get(day, 0), broken.get(day, 0)) for day, n in sorted(calls.items()) if day)


def distributions(session: Session, wanted: Filter, left: People = None) -> dict[str, Distribution]:
    """Calls by the size of each figure."""
    found = sums.sizes(session, wanted, _people(session, wanted, left))
    return {name: Distribution(name, counted) for name, counted in found.items()}


def nothing() -> Group:
    """No calls at all."""
    return _group("", (), 0)
