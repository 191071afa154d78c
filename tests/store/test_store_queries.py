"""Lists, counts and figures are those that going through every call by hand gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from sqlalchemy import select

from callaudit.records import Severity, Verdict
from callaudit.store import counts, queries
from callaudit.store.database import Store, open_store
from callaudit.store.entries import Entry, rank_of
from callaudit.store.queries import Filter
from callaudit.store.tables import AgentCount, DayCount, FigureCount, RuleCount
from tests.batch.postgres import Postgres
from tests.store.calls import entry, judged
from tests.store.conftest import NOW

SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor")
VERDICTS: tuple[Verdict, ...] = ("fail", "review", "pass")
N_CALLS = 90


def _made(chance: random.Random, number: int, judging: str = "j1") -> Entry:
    rules = chance.sample(range(6), chance.randrange(4))
    broken = [(f"r{rule}", SEVERITIES[rule % 3], round(chance.uniform(0.5, 1), 3)) for rule in rules]
    score = None if chance.random() < 0.1 else round(chance.uniform(0, 100), 1)
    agent = chance.choice(["a1", "a2", "a3", None])
    return entry(
        number, judged(*broken, verdict=chance.choice(VERDICTS), score=score, judging=judging),
        day=None if chance.random() < 0.1 else chance.randrange(75), agent_id=agent,
        team={"a1": "t1", "a2": "t1", "a3": "t2"}.get(agent or ""), duration_s=round(chance.uniform(10, 100), 3),
    )  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, dict[int, Entry]]]:
    """A store, and what should be in it, by call; a third of the calls have been judged twice."""
    if request.param == "sqlite":
        url = str(tmp_path_factory.mktemp("queries") / "calls.db")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database("queries")
    chance, calls = random.Random(3), {}
    with open_store(url) as store:
        for number in range(N_CALLS):
            made = _made(chance, number)
            call_id = store.save(made, now=NOW)
            if number % 3 == 0:
                made = Entry(made.call, _made(chance, number, "j2").judgement)
                store.save_judgement(call_id, made.judgement, now=NOW)
            calls[call_id] = made
        yield store, calls


FILTERS = [
    Filter(since, until, agents, teams, rules, severity, confidence, verdicts)
    for (since, until), (agents, teams), rules, (severity, confidence), verdicts in product(
        [(None, None), ("2026-01-10", "2026-03-05"), ("2026-02-01", None), (None, "2026-01-31"), ("2026-01-09",) * 2],
        [((), ()), (("a1",), ()), ((), ("t1",)), (("a1", "a3"), ("t2",))],
        [(), ("r1",), ("r0", "r4")],
        [(None, None), ("critical", None), ("major", 0.8), (None, 0.9)],
        [("fail", "review"), VERDICTS, ("fail", "pass"), ()],
    )
]


def _fits(made: Entry, wanted: Filter) -> bool:
    call, judgement = made.call, made.judgement
    day = call.day
    if (wanted.since or wanted.until) and day is None:
        return False
    broken = [
        one
        for one in judgement.breaches
        if (not wanted.rules or one.rule in wanted.rules)
        and (wanted.severity is None or one.severity == wanted.severity)
        and (wanted.least_confidence is None or one.confidence >= wanted.least_confidence)
    ]
    about_breaches = wanted.rules or wanted.severity is not None or wanted.least_confidence is not None
    return (
        judgement.verdict in wanted.verdicts
        and (wanted.since is None or (day or "") >= wanted.since)
        and (wanted.until is None or (day or "") <= wanted.until)
        and (not wanted.agents or call.agent_id in wanted.agents)
        and (not wanted.teams or call.team in wanted.teams)
        and (not about_breaches or bool(broken))
    )


def test_the_queue_and_its_count_are_right_for_every_filter(filled: tuple[Store, dict[int, Entry]]) -> None:
    store, calls = filled
    sizes = set()
    with store.session(write=False) as session:
        for wanted in FILTERS:
            right = sorted((rank_of(made.judgement), i) for i, made in calls.items() if _fits(made, wanted))
            listed = queries.queue(session, wanted, limit=1000)
            assert sorted((line.place.rank, line.call_id) for line in listed) == right, wanted
            assert [line.place for line in listed] == sorted(line.place for line in listed)
            assert queries.count(session, wanted) == len(right), wanted
            sizes.add(len(right))
    assert len(sizes) > 20


def test_pages_give_every_call_once_and_in_order(filled: tuple[Store, dict[int, Entry]]) -> None:
    store, _ = filled
    with store.session(write=False) as session:
        for wanted in (Filter(), Filter(verdicts=("fail", "pass")), Filter(rules=("r1", "r2")), Filter(agents=("a1",))):
            whole = queries.queue(session, wanted, limit=1000)
            paged: list[queries.Listed] = []
            while page := queries.queue(session, wanted, after=paged[-1].place if paged else None, limit=4):
                paged += page
            assert tuple(paged) == whole


def test_the_worst_come_first(filled: tuple[Store, dict[int, Entry]]) -> None:
    store, _ = filled
    with store.session(write=False) as session:
        lines = queries.queue(session, Filter(verdicts=VERDICTS), limit=1000)
    keys = [(VERDICTS.index(line.verdict), -line.n_critical, line.score or 0.0) for line in lines]
    assert keys == sorted(keys)
    assert len(lines) == N_CALLS


@pytest.mark.parametrize(
    ("figure", "key"),
    [
        (queries.by_day, lambda made: made.call.day or ""),
        (queries.by_agent, lambda made: made.call.agent_id or ""),
        (queries.by_team, lambda made: made.call.team or ""),
    ],
)
def test_figures_add_up(
    filled: tuple[Store, dict[int, Entry]],
    figure: Callable[..., tuple[queries.Figures, ...]],
    key: Callable[[Entry], str],
) -> None:
    store, calls = filled
    with store.session(write=False) as session:
        for wanted in {Filter(f.since, f.until, f.agents, f.teams, verdicts=VERDICTS) for f in FILTERS}:
            chosen = [made for made in calls.values() if _fits(made, wanted)]
            found = {one.key: one for one in figure(session, wanted)}
            assert set(found) == {key(made) for made in chosen}, wanted
            for name, one in found.items():
                own = [made for made in chosen if key(made) == name]
                scores = [made.judgement.score for made in own if made.judgement.score is not None]
                assert one.n_calls == len(own)
                assert one.n_failed == sum(made.judgement.verdict == "fail" for made in own)
                assert one.n_violated == sum(len(made.judgement.breaches) for made in own)
                assert one.hours * 3600 == pytest.approx(sum(made.call.duration_s for made in own), abs=0.01)
                assert one.mean_score == (pytest.approx(sum(scores) / len(scores)) if scores else None)


def test_rules_are_counted_right(filled: tuple[Store, dict[int, Entry]]) -> None:
    store, calls = filled
    with store.session(write=False) as session:
        for wanted in {Filter(f.since, f.until, f.agents, f.teams, verdicts=VERDICTS) for f in FILTERS}:
            right: dict[str, int] = {}
            for made in calls.values():
                for one in made.judgement.breaches if _fits(made, wanted) else ():
                    right[one.rule] = right.get(one.rule, 0) + 1
            found = queries.by_rule(session, wanted)
            assert {one.rule: one.n_calls for one in found} == right, wanted
            assert [one.n_calls for one in found] == sorted((one.n_calls for one in found), reverse=True)
        known = queries.choices(session)
    assert known == queries.Known(("a1", "a2", "a3"), ("t1", "t2"), ("r0", "r1", "r2", "r3", "r4", "r5"))


def test_counts_kept_are_those_made_anew(filled: tuple[Store, dict[int, Entry]]) -> None:
    store, _ = filled
    kept = _counts(store)
    with store.session() as session:
        counts.recount(session, ["2026-01", "2026-02"])
    assert _counts(store) == kept
    with store.session() as session:
        counts.recount(session)
    assert _counts(store) == kept
    assert all(kept)


def _counts(store: Store) -> list[list[tuple[object, ...]]]:
    with store.session(write=False) as session:
        return [
            [tuple(row) for row in session.execute(
                select(own.__table__).where(own.n_calls != 0).order_by(*own.__table__.primary_key.columns)
            )]
            for own in (DayCount, AgentCount, RuleCount, FigureCount)
        ]  # fmt: skip
