"""Calls are given evenly or by share, drawn by a lot that can be repeated, and never taken from somebody unawares."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.batch.sampling import Plan, plan_of
from callaudit.desk import accounts, assignment
from callaudit.desk.people import User
from callaudit.errors import DeskError, NotAllowed, Stale
from callaudit.store.database import Store
from callaudit.store.desk_tables import CaseRow
from callaudit.store.queries import Filter
from callaudit.store.tables import AccessRow
from tests.store.calls import entry, judged, recording
from tests.store.conftest import NOW

EVERY = Filter(verdicts=("fail", "review", "pass"))


@pytest.fixture
def people(store: Store) -> dict[str, User]:
    """Twelve calls of three agents, and a lead, two reviewers and an agent."""
    for number in range(12):
        store.save(entry(number, judged(score=float(number)), agent_id=f"a{number % 3}"), now=NOW)
    with store.session() as session:
        for name, role in (("lead", "lead"), ("one", "reviewer"), ("two", "reviewer"), ("agent", "agent")):
            own = {"agent_id": "a1"} if role == "agent" else {}
            accounts.make(
                session, "test", name, role, now=NOW, shown_name=name, password="four plain words suffice", **own
            )  # type: ignore[arg-type]
        return {name: accounts.named(session, name) for name in ("lead", "one", "two", "agent")}


def _held(session: Session) -> dict[str, int | None]:
    return {row.recording_id: row.assignee_id for row in session.scalars(select(CaseRow))}


def test_calls_are_shared_out_and_noted(store: Store, people: dict[str, User]) -> None:
    one, two = people["one"].id, people["two"].id
    with store.session() as session:
        chosen = assignment.worst(session, EVERY, 9)
        assert [recording_id for recording_id, _ in chosen] == [recording(number) for number in range(9)]
        given = assignment.assign(session, people["lead"], chosen, {one: 2, two: 1}, now=NOW)
    assert given.by_user == {one: 6, two: 3}
    with store.session(write=False) as session:
        held = _held(session)
        assert Counter(held.values()) == {one: 6, two: 3}
        assert {held[recording(number)] for number in range(2)} == {one, two}  # neither gets all of the worst
        noted = session.execute(select(AccessRow.who, AccessRow.what).where(AccessRow.act == assignment.ASSIGN)).all()
        assert {who for who, _ in noted} == {"lead"}
        assert Counter(what["to"] for _, what in noted) == {"one": 6, "two": 3}


def test_the_worst_are_those_that_nobody_has(store: Store, people: dict[str, User]) -> None:
    with store.session() as session:
        first = assignment.worst(session, EVERY, 5)
        assignment.assign(session, people["lead"], first, {people["one"].id: 1}, now=NOW)
        then = assignment.worst(session, EVERY, 5)
    assert [one for one, _ in then] == [recording(number) for number in range(5, 10)]


def test_nobody_loses_a_call_unawares(store: Store, people: dict[str, User]) -> None:
    one, two = people["one"].id, people["two"].id
    with store.session() as session:
        seen = assignment.worst(session, EVERY, 2)
        assignment.take(session, people["one"], seen[0][0], 0, now=NOW)
        given = assignment.assign(session, people["lead"], seen, {two: 1}, now=NOW)
        assert given.refused == (seen[0][0],)
        assert _held(session) == {seen[0][0]: one, seen[1][0]: two}
        again = assignment.assign(session, people["lead"], [(seen[0][0], 1)], {two: 1}, now=NOW)  # who saw it may
        assert again.by_user == {two: 1}
        back = assignment.assign(session, people["lead"], [(seen[0][0], 2)], {}, now=NOW)
        assert back.by_user == {0: 1}
        assert _held(session)[seen[0][0]] is None


def test_who_takes_a_call_gets_what_nobody_has(store: Store, people: dict[str, User]) -> None:
    of = recording(3)
    with store.session() as session:
        assignment.take(session, people["one"], of, 0, now=NOW)
        with pytest.raises(DeskError, match="somebody else"):
            assignment.take(session, people["two"], of, 1, now=NOW)
        with pytest.raises(Stale):
            assignment.take(session, people["one"], of, 0, now=NOW)
        assignment.take(session, people["one"], of, 1, now=NOW)
        assert _held(session) == {of: None}


def test_roles_are_held_to(store: Store, people: dict[str, User]) -> None:
    with store.session() as session:
        with pytest.raises(NotAllowed):
            assignment.assign(session, people["one"], [(recording(1), 0)], {people["one"].id: 1}, now=NOW)
        with pytest.raises(NotAllowed):
            assignment.take(session, people["agent"], recording(1), 0, now=NOW)
        for shares in ({people["agent"].id: 1}, {999: 1}, {people["one"].id: 0}):
            with pytest.raises(DeskError, match="reviewers"):
                assignment.assign(session, people["lead"], [(recording(1), 0)], shares, now=NOW)


def test_a_sample_hangs_on_the_seed_alone(store: Store, people: dict[str, User]) -> None:
    with store.session() as session:
        drawn = assignment.sample(session, EVERY, Plan(per_agent=2, seed="november"))
        assert assignment.sample(session, EVERY, Plan(per_agent=2, seed="november")) == drawn
        assert len(drawn) == 6
        agents = Counter(int(recording_id, 16) % 3 for recording_id, _ in drawn)
        assert agents == {0: 2, 1: 2, 2: 2}
        seeds = {tuple(assignment.sample(session, EVERY, Plan(per_agent=2, seed=str(n)))) for n in range(6)}
        assert len(seeds) > 1
        assert len(assignment.sample(session, EVERY, plan_of("100%"))) == 12
        third = assignment.sample(session, EVERY, plan_of("30%", "x"))
        assert set(third) <= set(assignment.sample(session, EVERY, plan_of("60%", "x")))
        assert assignment.sample(session, Filter(agents=("a1",), verdicts=EVERY.verdicts), Plan(per_agent=9))


def test_too_much_at_a_time_is_refused(store: Store, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignment, "MOST", 3)
    with store.session() as session:
        assert len(assignment.worst(session, EVERY, 10)) == 3
        with pytest.raises(DeskError, match="at a time"):
            assignment.sample(session, EVERY, plan_of("100%"))
        monkeypatch.setattr(assignment, "MOST_DRAWN", 5)
        with pytest.raises(DeskError, match="name the days"):
            assignment.sample(session, EVERY, plan_of("10%"))
