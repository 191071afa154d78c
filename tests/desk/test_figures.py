"""Dashboards add up: what SQL tells of generated calls is what going through them one by one tells, on both databases;
people's word stands in place of the machine's."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from callaudit.desk import figures
from callaudit.desk.control import Sample, by_week, mean_chart, mean_interval, p_chart
from callaudit.records import Severity, Verdict
from callaudit.store import caseload, counts
from callaudit.store.bins import BINS, Bins, quantile
from callaudit.store.database import Store, open_store
from callaudit.store.desk_tables import CaseRow, OpinionRow, UserRow
from callaudit.store.queries import Filter
from tests.store.calls import FIRST, entry, judged, recording
from tests.store.conftest import NOW, new_url, url  # noqa: F401  # fixtures

N_CALLS = 160
RULES: tuple[tuple[str, Severity], ...] = (("rude", "critical"), ("late", "major"), ("thanks", "minor"))
FILTERS = (
    Filter(),
    Filter(since="2026-01-20", until="2026-02-25"),
    Filter(since="2026-01-01", until="2026-01-31"),
    Filter(teams=("t1",)),
    Filter(since="2026-01-10", until="2026-03-05", teams=("t2",)),
    Filter(agents=("a1", "a3")),
    Filter(since="2026-02-01", agents=("a2",)),
)


@dataclass(frozen=True)
class Made:
    """A call as it was made up: what the machine found, and how people left it."""

    number: int
    day: str | None
    agent_id: str
    team: str
    verdict: Verdict
    score: float | None
    broken: frozenset[str]
    values: dict[str, float]
    is_checked: bool = False
    left_verdict: Verdict | None = None
    left_score: float | None = None
    says: tuple[tuple[str, str], ...] = ()

    def fits(self, wanted: Filter) -> bool:
        return (
            (wanted.since is None or (self.day or "") >= wanted.since)
            and (wanted.until is None or (self.day is not None and self.day <= wanted.until))
            and (not wanted.agents or self.agent_id in wanted.agents)
            and (not wanted.teams or self.team in wanted.teams)
        )

    @property
    def outcome(self) -> tuple[Verdict, float | None]:
        return (self.verdict, self.score) if self.left_verdict is None else (self.left_verdict, self.left_score)

    @property
    def left_broken(self) -> frozenset[str]:
        said = dict(self.says)
        overturned = {rule for rule, says in said.items() if says == "overturned"}
        return (self.broken - overturned) | {rule for rule, says in said.items() if says in ("upheld", "missed")}


def made_up() -> Iterator[Made]:
    chance = random.Random(3)
    for number in range(N_CALLS):
        day = None if number % 40 == 7 else (FIRST.date() + timedelta(chance.randrange(75))).isoformat()
        verdict: Verdict = chance.choice(("fail", "review", "pass"))
        score = None if number % 25 == 3 else round(chance.uniform(0, 100), 1)
        broken = frozenset(rule for rule, _ in RULES if chance.random() < 0.4)
        hold = chance.choice((0.0, 0.0, 5.0, round(chance.uniform(0, 700), 4)))
        values = {
            "ring_to_answer_s": round(chance.uniform(0, 70), 4), "hold_s": hold,
            "overlap_share": round(chance.choice((0.0, chance.uniform(0, 0.6))), 4),
            "agent_rate_cpm": round(chance.uniform(100, 700), 4), "agent_level_dbov": round(chance.uniform(-70, 0), 4),
        }  # fmt: skip
        if number % 3 == 0:
            del values["agent_rate_cpm"]
        agent = number % 5
        call = Made(number, day, f"a{agent}", f"t{agent % 2 + 1}", verdict, score, broken, values)
        yield _reviewed(call, chance) if number % 4 == 0 else call


def _reviewed(call: Made, chance: random.Random) -> Made:
    says = []
    for rule, _ in RULES:
        if rule in call.broken:
            says.append((rule, chance.choice(("upheld", "overturned", "unsure"))))
        elif chance.random() < 0.2:
            says.append((rule, "missed"))
    if not says:
        return replace(call, is_checked=True)
    score = None if call.score is None else round(chance.uniform(0, 100), 1)
    return replace(
        call, is_checked=call.number % 8 == 0, left_verdict=chance.choice(("fail", "review", "pass")),
        left_score=score, says=tuple(says),
    )  # fmt: skip


def _write(store: Store, call: Made) -> None:
    severities = dict(RULES)
    judgement = judged(
        *((rule, severities[rule], 0.9) for rule in sorted(call.broken)), verdict=call.verdict, score=call.score,
        n_not_assessable=call.number % 6,
    )  # fmt: skip
    day = None if call.day is None else (date.fromisoformat(call.day) - FIRST.date()).days
    values = tuple(call.values.items())
    given = entry(call.number, judgement, day=day, agent_id=call.agent_id, team=call.team, figures=values)
    store.save(given, now=NOW)


def _say(store: Store, call: Made) -> None:
    with store.session() as session:
        own = {"recording_id": recording(call.number), "judged_at": NOW}
        state = "reviewed" if call.is_checked else "open"
        session.add(CaseRow(
            **own, version=1, state=state, assignee_id=None, assigned_at=None, reviewer_id=None, reviewed_at=None,
            changed_at=NOW, verdict=call.left_verdict, score=call.left_score, low=None, high=None,
        ))  # fmt: skip
        session.flush()
        caseload.point(session, [recording(call.number)])
        for rule, says in call.says:
            for kind, what, undone in (
                ("review", "overturned" if says != "overturned" else "upheld", None),  # an earlier one, no longer so
                ("review", says, None),
                ("review", "upheld", NOW),  # taken back
                ("blind", "overturned", None),  # counts for nothing
            ):
                session.add(OpinionRow(
                    recording_id=recording(call.number), rule=rule, user_id=1, at=NOW, kind=kind, says=what, comment="",
                    found="violated", confidence=0.9, judging="j1", start_s=None, end_s=None, calibration_id=None,
                    undone_at=undone,
                ))  # fmt: skip
                session.flush()  # ids in this order


@pytest.fixture
def filled(url: str) -> Iterator[tuple[Store, list[Made]]]:  # noqa: F811  # the fixture
    calls = list(made_up())
    with open_store(url) as store:
        with store.session() as session:
            session.add(UserRow(
                id=1, name="r", shown_name="R", role="reviewer", agent_id=None, password=None, subject=None,
                language=None, made_at=NOW, disabled_at=None,
            ))  # fmt: skip
        for call in calls:
            _write(store, call)
            if call.is_checked or call.says:
                _say(store, call)
        yield store, calls


def test_groups_are_what_the_calls_add_up_to(filled: tuple[Store, list[Made]]) -> None:
    store, calls = filled
    with store.session(write=False) as session:
        for wanted in FILTERS:
            chosen = [call for call in calls if call.fits(wanted)]
            for by, key in (("team", "team"), ("agent", "agent_id"), ("day", "day")):
                found = {one.key: one for one in figures.groups(session, wanted, by)}  # type: ignore[arg-type]
                assert set(found) == {getattr(call, key) or "" for call in chosen}
                for name, group in found.items():
                    _is_same(group, [call for call in chosen if (getattr(call, key) or "") == name])
            _is_same(figures.total(session, wanted), chosen)


def _is_same(group: figures.Group, calls: list[Made]) -> None:
    outcomes = [call.outcome for call in calls]
    scores = [score for _, score in outcomes if score is not None]
    assert group.n_calls == len(calls)
    assert group.n_reviewed == sum(call.is_checked for call in calls)
    told = {verdict: n for verdict, n in group.verdicts.items() if n}
    assert told == Counter(verdict for verdict, _ in outcomes)
    assert group.scores.n == len(scores)
    assert group.mean_score == (pytest.approx(statistics.fmean(scores)) if scores else None)
    if len(scores) > 1 and group.interval is not None:
        spread = math.sqrt((group.scores.squares - group.scores.total**2 / len(scores)) / (len(scores) - 1))
        assert spread == pytest.approx(statistics.stdev(scores), abs=1e-6)
    assert group.n_not_assessable == sum(call.number % 6 for call in calls)


def test_rules_leave_out_what_people_overturned_and_count_what_they_added(filled: tuple[Store, list[Made]]) -> None:
    store, calls = filled
    with store.session(write=False) as session:
        for wanted in FILTERS:
            chosen = [call for call in calls if call.fits(wanted)]
            found = {one.rule: one for one in figures.rules(session, wanted)}
            for rule, severity in RULES:
                one = found[rule]
                assert one.severity == severity
                assert one.n_found == sum(rule in call.broken for call in chosen)
                assert one.n_broken == sum(rule in call.left_broken for call in chosen)
                overturned = [call for call in chosen if rule in call.broken and rule not in call.left_broken]
                assert one.n_overturned == len(overturned)
                assert one.share == pytest.approx(one.n_broken / len(chosen))
                days = Counter(call.day for call in chosen if call.day and rule in call.left_broken)
                chart = figures.rule_chart(session, wanted, rule)
                assert chart is not None
                assert {point.when: round(point.value * point.n) for point in chart.points if point.value} == days


def test_examples_are_no_calls_of_which_people_say_otherwise(filled: tuple[Store, list[Made]]) -> None:
    store, calls = filled
    kept = {recording(call.number) for call in calls if "rude" in call.broken and "rude" not in call.left_broken}
    assert kept
    with store.session(write=False) as session:
        found = figures.examples(session, Filter(), "rude", limit=N_CALLS)
    assert len(found) == sum("rude" in call.broken for call in calls) - len(kept)
    assert not kept & {one.recording_id for one in found}
    assert [one.place for one in found] == sorted(one.place for one in found)


def test_sizes_are_those_of_the_calls(filled: tuple[Store, list[Made]]) -> None:
    store, calls = filled
    with store.session(write=False) as session:
        for wanted in FILTERS:
            chosen = [call for call in calls if call.fits(wanted)]
            found = figures.distributions(session, wanted)
            for name, bins in BINS.items():
                known: list[Any] = [call.outcome[1] if name == "score" else call.values.get(name) for call in chosen]
                assert found[name].counted == Counter(bins.of(value) for value in known if value is not None), name


def test_counts_by_size_stay_right_when_calls_are_heard_and_judged_anew(filled: tuple[Store, list[Made]]) -> None:
    store, calls = filled
    for call in calls[:12]:
        _write(store, replace(call, score=50.0, values={"hold_s": 30.0}))  # the same hearing: only judged anew
        again = entry(call.number, judged(score=10.0), hearing="h2", figures=(("hold_s", 31.0),), agent_id="a9")
        store.save(again, now=NOW + timedelta(1))
    with store.session() as session:
        before = figures.distributions(session, Filter())
        counts.recount(session)
        assert figures.distributions(session, Filter()) == before
    assert before["hold_s"].counted[7] >= 12


def test_a_median_is_that_of_the_calls_to_within_a_bin() -> None:
    chance = random.Random(1)
    values = [chance.gammavariate(2, 3) for _ in range(999)]
    bins = BINS["ring_to_answer_s"]
    found = quantile(Counter(bins.of(value) for value in values), bins, 0.5)
    assert found == pytest.approx(statistics.median(values), abs=bins.width)
    assert quantile({}, bins, 0.5) is None
    assert quantile({0: 9, 3: 1}, Bins(5.0, 122, has_none=True), 0.5) == 0.0


# ── control charts, by hand ──────────────────────────────────────────────────────────────────────────────────────
def test_limits_of_shares_by_hand() -> None:
    """p̄ = 30/300 = 0.1; σ = √(0.1·0.9) = 0.3; n = 100: 0.1 ± 0.09, n = 36: 0.1 ± 0.15, cut at 0."""
    chart = p_chart(
        [Sample("2026-01-01", 100, 4, 4), Sample("2026-01-02", 36, 10, 10), Sample("2026-01-03", 164, 16, 16)]
    )
    assert chart is not None
    assert chart.center == pytest.approx(0.1)
    first, second, _ = chart.points
    assert (first.low, first.high) == (pytest.approx(0.01), pytest.approx(0.19))
    assert (second.low, second.high) == (0.0, pytest.approx(0.25))
    assert [point.is_out for point in chart.points] == [False, True, False]


def test_limits_of_means_by_hand() -> None:
    """Samples 70, 80, 90 and 60, 60 and 100: SS = 200 + 0, over 2 + 1 degrees of freedom: s = √(200/3) = 8.165.

    x̿ = 460/6 = 76.667. n = 3: ± 3·8.165/√3 = ± 14.142; n = 2: ± 17.321; n = 1: ± 24.495, cut at 100.
    """
    chart = mean_chart(
        [Sample("a", 3, 240, 19400), Sample("b", 2, 120, 7200), Sample("c", 1, 100, 10000)], least=0, most=100
    )
    assert chart is not None
    assert chart.center == pytest.approx(76.6667, abs=1e-4)
    assert [(point.low, point.high) for point in chart.points] == [
        (pytest.approx(62.5245, abs=1e-3), pytest.approx(90.8088, abs=1e-3)),
        (pytest.approx(59.3462, abs=1e-3), pytest.approx(93.9872, abs=1e-3)),
        (pytest.approx(52.1717, abs=1e-3), 100),
    ]
    assert [point.is_out for point in chart.points] == [False, False, False]


def test_no_band_where_no_day_has_two_calls() -> None:
    chart = mean_chart([Sample("a", 1, 50, 2500), Sample("b", 1, 70, 4900)])
    assert chart is not None
    assert [(point.low, point.high, point.is_out) for point in chart.points] == [(None, None, False)] * 2
    assert p_chart([]) is None


def test_an_interval_of_a_mean_by_hand() -> None:
    """70, 80, 90: mean 80, s = 10, t(0.975; 2) = 4.3027: ± 24.841."""
    low, high = mean_interval(Sample("", 3, 240, 19400)) or (0, 0)
    assert (low, high) == (pytest.approx(55.159, abs=1e-3), pytest.approx(104.841, abs=1e-3))
    assert mean_interval(Sample("", 3, 240, 19400), least=0, most=100) == (pytest.approx(55.159, abs=1e-3), 100)
    assert mean_interval(Sample("", 1, 70, 4900)) is None


def test_few_calls_are_held_against_nobody() -> None:
    def group(n: int) -> figures.Group:
        score = Sample("", n, 20.0 * n, 400.0 * n + n)
        return figures.Group("a", n, 0, {"fail": n, "review": 0, "pass": 0}, score, 0, 1.0)

    assert [group(n).against(80.0) for n in (1, 9, 10)] == [0, 0, -1]
    assert group(10).against(20.0) == 0
    assert [one.n_calls for one in figures.worst_first([group(3), group(12), group(9)])] == [12, 3, 9]


def test_weeks_begin_on_monday() -> None:
    days = [Sample("2026-11-22", 1, 5, 25), Sample("2026-11-23", 2, 6, 18), Sample("2026-11-16", 1, 1, 1)]
    assert [(one.when, one.n, one.total) for one in by_week(days)] == [("2026-11-16", 2, 6), ("2026-11-23", 2, 6)]
