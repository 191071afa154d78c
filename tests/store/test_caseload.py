"""Lists and counts by who has a call and who has been through it are those that going through every call gives."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from callaudit.store import caseload, counts, queries
from callaudit.store.database import Store, open_store
from callaudit.store.desk_tables import AppealRow, CaseRow, UserRow
from callaudit.store.entries import Entry, rank_of
from callaudit.store.queries import Filter
from callaudit.store.spoken import said, spoken
from callaudit.store.tables import AuditRow
from tests.batch.postgres import Postgres
from tests.store.calls import entry, judged
from tests.store.conftest import NOW

N_CALLS = 120


@dataclass(frozen=True)
class Made:
    """A call, and what people did with it."""

    entry: Entry
    state: str | None
    assignee: int | None
    appealed: bool
    words: str


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, dict[int, Made]]]:
    if request.param == "sqlite":
        url = str(tmp_path_factory.mktemp("caseload") / "calls.db")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database("caseload")
    chance, calls = random.Random(4), {}
    with open_store(url) as store:
        with store.session() as session:
            account = {"role": "reviewer", "must_change": False, "made_at": NOW}
            people = [{"id": one, "name": f"u{one}", "shown_name": f"U{one}", **account} for one in (1, 2)]
            session.execute(insert(UserRow), people)
        for number in range(N_CALLS):
            made = _made(chance, number)
            calls[store.save(made.entry, now=NOW)] = made
            if made.state is None:
                continue
            recording_id = made.entry.call.recording_id
            with store.session() as session:
                row = {"recording_id": recording_id, "version": 1, "changed_at": NOW}
                session.add(CaseRow(**row, state=made.state, assignee_id=made.assignee))
                session.flush()
                caseload.point(session, [recording_id])
                if made.appealed:
                    own = {"rule": "r1", "user_id": 1, "at": NOW, "reason": "x", "state": "open", "answer": ""}
                    session.add(AppealRow(recording_id=recording_id, **own))
        yield store, calls


def _made(chance: random.Random, number: int) -> Made:
    broken = [(f"r{rule}", "major", round(chance.uniform(0.5, 1), 3)) for rule in chance.sample(range(3), 2)]
    words = "".join(chance.choices("退款你好", k=4))
    made = entry(
        number,
        judged(*broken, verdict=chance.choice(("fail", "review", "pass")), score=float(chance.randrange(100))),
        day=None if chance.random() < 0.1 else chance.randrange(60), agent_id=chance.choice(("a1", "a2", None)),
        spoken=spoken([(0.0, "agent", words)]),
    )  # fmt: skip
    state = chance.choice((None, None, "open", "reviewed", "final"))
    assignee = None if state is None else chance.choice((None, 1, 2))
    return Made(made, state, assignee, state == "reviewed" and chance.random() < 0.4, words)


FILTERS = [
    Filter(*days, agents=agents, rules=rules, verdicts=verdicts, reviewed=reviewed, assigned=assigned,
           assignees=assignees, appealed=appealed, said=words)
    for days, agents, rules, verdicts, reviewed, (assigned, assignees), appealed, words in product(
        [(None, None), ("2026-01-10", "2026-02-05")], [(), ("a1",)], [(), ("r1",), ("r0", "r2")],
        [("fail", "review"), ("fail", "pass")], [None, True, False],
        [(None, ()), (True, ()), (False, ()), (None, (1,)), (None, (1, 2))], [False, True], [None, said("退款")],
    )
]  # fmt: skip

BARE = [one for one in FILTERS if not (one.agents or one.rules or one.said)]


def _fits(made: Made, wanted: Filter) -> bool:
    call, day = made.entry.call, made.entry.call.day or ""
    checked = made.state in ("reviewed", "final")
    return (
        made.entry.judgement.verdict in wanted.verdicts
        and (wanted.since is None or (wanted.since <= day <= (wanted.until or "")))
        and (not wanted.agents or call.agent_id in wanted.agents)
        and (not wanted.rules or any(one.rule in wanted.rules for one in made.entry.judgement.breaches))
        and wanted.reviewed in (None, checked)
        and wanted.assigned in (None, made.assignee is not None)
        and (not wanted.assignees or made.assignee in wanted.assignees)
        and (not wanted.appealed or made.appealed)
        and (wanted.said is None or "退款" in made.words)
    )


@pytest.mark.parametrize("few", [20_000, 5])
def test_the_queue_and_its_count_are_right(
    filled: tuple[Store, dict[int, Made]], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callaudit.store.search.FEW", few)
    store, calls = filled
    sizes = set()
    with store.session(write=False) as session:
        for wanted in FILTERS[:: 3 if few > 5 else 7]:
            right = sorted((rank_of(made.entry.judgement), i) for i, made in calls.items() if _fits(made, wanted))
            listed = queries.queue(session, wanted, limit=1000)
            assert sorted((line.place.rank, line.call_id) for line in listed) == right, wanted
            assert [line.place for line in listed] == sorted(line.place for line in listed)
            assert queries.count(session, wanted) == len(right), wanted
            if len(right) > 3:
                page = queries.queue(session, wanted, after=listed[1].place, limit=2)
                assert page == listed[2:4]
            sizes.add(len(right))
    assert len(sizes) > 8


def test_several_filters_are_counted_at_once(filled: tuple[Store, dict[int, Made]]) -> None:
    store, calls = filled
    chance = random.Random(5)
    with store.session(write=False) as session:
        for _ in range(60):
            several = chance.choices([*FILTERS, *BARE], [1] * len(FILTERS) + [10] * len(BARE), k=chance.randrange(1, 7))
            right = tuple(sum(_fits(made, wanted) for made in calls.values()) for wanted in several)
            assert queries.counts(session, several) == right, several
        assert queries.counts(session, []) == ()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_case_follows_the_latest_judgement_of_its_call(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = str(tmp_path / "calls.db")
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").database("follows")
    first = entry(1, judged(verdict="fail", score=10.0), agent_id="a1", day=3)
    with open_store(url) as store:
        store.save(first, now=NOW)
        with store.session() as session:
            recording_id = first.call.recording_id
            session.add(CaseRow(recording_id=recording_id, version=1, state="reviewed", changed_at=NOW))
            session.flush()
            caseload.point(session, [recording_id])
        assert _case(store) == ("fail", "a1")
        again = replace(first, judgement=replace(first.judgement, judging="j2", verdict="pass"))
        store.save(again, now=NOW + timedelta(hours=1))
        assert _case(store) == ("pass", "a1")
        heard = replace(again, call=replace(again.call, hearing="other", agent_id="a2"))
        store.save(heard, now=NOW + timedelta(hours=2))
        assert _case(store) == ("pass", "a2")
        with store.session() as session:
            counts.take_away(session, list(session.scalars(select(AuditRow.id).where(AuditRow.latest))))
        assert _case(store) is None


def _case(store: Store) -> tuple[str, str | None] | None:
    with store.session(write=False) as session:
        row = session.scalars(select(CaseRow)).one()
        if row.audit_id is None:
            assert (row.rank, row.day, row.agent_id, row.team) == (None, None, None, None)
            return None
        audit = session.get_one(AuditRow, row.audit_id)
        assert audit.latest
        assert (row.rank, row.day, row.agent_id, row.team) == (audit.rank, audit.day, audit.agent_id, audit.team)
        return audit.verdict, row.agent_id
