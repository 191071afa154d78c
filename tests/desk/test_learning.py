"""What judgements say of rules, in both databases: counts by hand, the interval from a table, what to listen to."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from callaudit.desk import judging, learning
from callaudit.desk.learning import Judged, Present
from callaudit.desk.people import User
from callaudit.store.database import Store
from callaudit.store.desk_tables import OpinionRow
from tests.desk.judged import FIRST, add_user, audit, bench, by, finding, save

SECOND, THIRD = "2" * 64, "3" * 64


@pytest.fixture
def mia(store: Store) -> User:
    save(store, audit(finding("greeting", confidence=0.55), finding("goodbye", confidence=0.97)))
    save(store, audit(finding("greeting", confidence=0.58), recording_id=SECOND))
    save(store, audit(finding("greeting", confidence=0.96), recording_id=THIRD))
    return add_user(store, "mia")


def overview(store: Store) -> dict[str, Judged]:
    with store.session(write=False) as session:
        return {one.rule: one for one in learning.overview(session)}


def test_rules_are_counted_by_what_counts_and_the_worst_comes_first(store: Store, mia: User) -> None:
    desk = bench(store)
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "overturned")
    judging.judge(desk, by(mia, 0), SECOND, "greeting", "upheld")
    judging.judge(desk, by(mia, 1), SECOND, "greeting", "overturned")  # changed her mind
    judging.judge(desk, by(mia, 0), THIRD, "greeting", "upheld")
    judging.judge(desk, by(mia, 1), FIRST, "goodbye", "upheld")
    judging.report_miss(desk, by(mia, 1), THIRD, "rebuke", 3.0)
    judging.report_miss(desk, by(mia, 2), THIRD, "abuse", 3.0)
    judging.judge(desk, by(mia, 3), THIRD, "abuse", "overturned")  # no miss after all: the machine was right
    found = overview(store)
    assert list(found) == ["greeting", "goodbye", "rebuke", "abuse"]
    assert found["greeting"] == Judged("greeting", upheld=1, overturned=2)
    assert found["greeting"].precision == pytest.approx(1 / 3)
    assert found["rebuke"] == Judged("rebuke", missed=1)
    assert found["rebuke"].precision is None
    assert found["abuse"] == Judged("abuse", confirmed=1)


def test_what_was_undone_does_not_count_and_what_was_before_counts_again(store: Store, mia: User) -> None:
    desk = bench(store)
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld")
    judging.judge(desk, by(mia, 1), FIRST, "greeting", "unsure")
    assert overview(store)["greeting"] == Judged("greeting", unsure=1)
    judging.undo(desk, by(mia, 2), FIRST)
    assert overview(store)["greeting"] == Judged("greeting", upheld=1)
    judging.undo(desk, by(mia, 3), FIRST)
    assert overview(store) == {}


def test_the_interval_is_that_of_wilson() -> None:
    low, high = Judged("r", upheld=9, overturned=1).interval or (0.0, 0.0)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)  # Brown, Cai & DasGupta 2001
    assert Judged("r").interval is None
    assert Judged("r", upheld=10, overturned=9).is_thin
    assert not Judged("r", upheld=10, overturned=10).is_thin


def test_confidence_is_held_against_what_people_say(store: Store, mia: User) -> None:
    desk = bench(store)
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "overturned")
    judging.judge(desk, by(mia, 0), SECOND, "greeting", "upheld")
    judging.judge(desk, by(mia, 0), THIRD, "greeting", "upheld")
    judging.judge(desk, by(mia, 1), FIRST, "goodbye", "unsure")
    with store.session(write=False) as session:
        low, high = learning.bands(session)
        assert learning.bands(session, "goodbye") == ()
    assert (low.start, low.end, low.n, low.n_right) == (0.5, 0.6, 2, 1)
    assert low.said == pytest.approx((0.55 + 0.58) / 2)
    assert (high.start, high.end, high.n, high.right) == (0.95, 1.0, 1, 1.0)
    assert learning.gap((low, high)) == pytest.approx((2 * (0.565 - 0.5) + (1 - 0.96)) / 3)


def test_false_alarms_misses_and_doubts_can_be_heard_page_by_page(store: Store, mia: User) -> None:
    desk = bench(store)
    for recording_id in (FIRST, SECOND, THIRD):
        judging.judge(desk, by(mia, 0), recording_id, "greeting", "overturned", "只是停顿")
    judging.report_miss(desk, by(mia, 1), SECOND, "rebuke", 7.5)
    with store.session(write=False) as session:
        first = learning.heard(session, "greeting", "false", limit=2)
        rest = learning.heard(session, "greeting", "false", before=first[-1].id, limit=2)
        (miss,) = learning.heard(session, "rebuke", "missed")
        assert learning.heard(session, "rebuke", "false") == ()
    assert [(one.call_id, one.who, one.comment, one.start_s) for one in (*first, *rest)] == [
        (3, "Mia", "只是停顿", 3.0), (2, "Mia", "只是停顿", 3.0), (1, "Mia", "只是停顿", 3.0)
    ]  # fmt: skip
    assert (miss.call_id, miss.start_s) == (2, 7.5)


def test_what_the_machine_says_by_now_is_told_apart(store: Store, mia: User) -> None:
    desk = bench(store)
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "overturned")
    judging.judge(desk, by(mia, 0), SECOND, "greeting", "upheld")
    save(store, audit(finding("goodbye", confidence=0.97)), judging="j2")  # the first finds it no more
    with store.session(write=False) as session:
        assert learning.present(session, "greeting") == Present(hits=1, false=0, missed=0)
        assert learning.of_rule(session, "greeting") == Judged("greeting", upheld=1, overturned=1)


def test_each_rule_and_call_has_one_opinion_that_counts(store: Store, mia: User) -> None:
    desk = bench(store)
    noor = add_user(store, "noor")
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld")
    judging.judge(desk, by(noor, 1), FIRST, "greeting", "overturned")
    with store.session(write=False) as session:
        rows = session.scalars(select(OpinionRow).where(OpinionRow.stands)).all()
    assert [(row.user_id, row.says) for row in rows] == [(noor.id, "overturned")]
