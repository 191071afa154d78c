"""What reviewers say of a call, in both databases: the score it leaves, versions, undo, and two people at one time."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from callaudit.desk import judging
from callaudit.desk.cases import Bench, By, Case, behind, case_of, opinions_of, recompute
from callaudit.desk.people import User
from callaudit.desk.reviews import Review, review_of
from callaudit.errors import DeskError, NotAllowed, NotThere, Stale
from callaudit.spans import Span
from callaudit.store.database import Store, open_store
from callaudit.store.desk_tables import CalibrationCallRow, CalibrationRow, OpinionRow
from callaudit.store.tables import AccessRow
from tests.desk.judged import FIRST, NOW, add_user, audit, bench, by, finding, save


@pytest.fixture
def mia(store: Store) -> User:
    return add_user(store, "mia")


@pytest.fixture
def noor(store: Store) -> User:
    return add_user(store, "noor")


@pytest.fixture
def desk(store: Store) -> Bench:
    """A desk with one call: greeting 5, interrupting 10, goodbye 5: 80 points."""
    save(store, audit("greeting", "interrupting", "goodbye"))
    return bench(store)


def seen(desk: Bench) -> int:
    with desk.store.session(write=False) as session:
        return case_of(session, FIRST).version


def review(desk: Bench, user: User) -> Review:
    return review_of(desk, user, FIRST)


def trail(desk: Bench) -> list[tuple[str, str]]:
    with desk.store.session(write=False) as session:
        rows = session.execute(select(AccessRow.who, AccessRow.act).order_by(AccessRow.id))
        return [(row.who, row.act) for row in rows]


# ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_score_of_a_case_is_that_of_what_people_left(desk: Bench, mia: User) -> None:
    case = judging.judge(desk, by(mia, 0), FIRST, "interrupting", "overturned", " 客户先打断的 ")
    assert (case.version, case.verdict, case.score, case.low, case.high) == (1, "pass", 90.0, 90.0, 90.0)
    assert (case.state, case.judged_at) == ("open", NOW)
    got = review(desk, mia)
    assert got.case == case
    said = got.said("interrupting")
    assert said is not None
    assert (said.opinion.comment, said.who, said.is_mine) == ("客户先打断的", "Mia", True)
    assert (said.opinion.found, said.opinion.confidence, said.opinion.judging) == ("violated", 0.9, "j1")
    assert got.outcome.left == ("greeting", "goodbye")
    with desk.store.session(write=False) as session:
        line = session.scalars(select(AccessRow)).one()
    assert (line.who, line.act, line.recording_id) == ("mia", "judge finding", FIRST)
    assert line.what == {"rule": "interrupting", "says": "overturned", "call": 1, "version": 1}


def test_whoever_changes_their_mind_adds_a_row(desk: Bench, mia: User, noor: User) -> None:
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld")
    judging.judge(desk, by(noor, 1, 1), FIRST, "greeting", "overturned")
    case = judging.judge(desk, by(mia, 2, 2), FIRST, "greeting", "unsure")
    assert case.score == 80.0
    got = review(desk, mia)
    assert [(one.who, one.opinion.says, one.counts) for one in got.all_said("greeting")] == [
        ("Mia", "unsure", True), ("Noor", "overturned", False), ("Mia", "upheld", False),
    ]  # fmt: skip
    assert got.outcome.unsure == ("greeting",)


def test_what_the_machine_missed_is_a_violation_with_a_place(desk: Bench, mia: User) -> None:
    case = judging.report_miss(desk, by(mia, 0), FIRST, "rebuke", 12.0, 14.5, "怪客户")
    assert (case.score, case.verdict) == (40.0, "fail")  # 服务 loses 15 + 40
    got = review(desk, mia)
    assert [(one.rule, one.confidence, one.places[0].span) for one in got.missed] == [("rebuke", 1.0, Span(12.0, 14.5))]
    assert "rebuke" not in {one.rule for _, chapter in got.kept for one in chapter}
    assert {one.rule for _, chapter in got.kept for one in chapter}  # something is left to be missed
    case = judging.judge(desk, by(mia, 1, 1), FIRST, "rebuke", "overturned")  # another look at what was missed
    assert case.score == 80.0


def test_a_place_told_by_its_beginning_lasts_a_moment(desk: Bench, mia: User) -> None:
    judging.report_miss(desk, by(mia, 0), FIRST, "rebuke", 59.9999)
    judging.report_miss(desk, by(mia, 1), FIRST, "cut-off", 10.0)
    told = {one.rule: one.places[0].span for one in review(desk, mia).missed}
    assert told == {"rebuke": Span(60.0, 61.0), "cut-off": Span(10.0, 11.0)}


@pytest.mark.parametrize(
    ("rule", "start_s", "end_s", "why"),
    [
        ("rebuke", -1.0, 2.0, "not within the call"),
        ("rebuke", 5.0, 5.0, "not within the call"),
        ("rebuke", float("nan"), 5.0, "not within the call"),
        ("rebuke", 5.0, float("inf"), "not within the call"),
        ("rebuke", 60.1, None, "not within the call"),
        ("rebuke", 5.0, 5.0001, "not within the call"),
        ("greeting", 5.0, 6.0, "has found this one"),
        ("nonsense", 5.0, 6.0, "by such a rule"),
    ],
)
def test_nothing_can_be_missed_elsewhere(
    desk: Bench, mia: User, rule: str, start_s: float, end_s: float | None, why: str
) -> None:
    with pytest.raises(DeskError, match=why):
        judging.report_miss(desk, by(mia, 0), FIRST, rule, start_s, end_s)
    assert (seen(desk), trail(desk)) == (0, [])


def test_a_call_is_reviewed_once_each_finding_is_judged(desk: Bench, mia: User, noor: User) -> None:
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld")
    judging.judge(desk, by(mia, 1), FIRST, "interrupting", "unsure")
    with pytest.raises(DeskError, match="wait to be judged"):
        judging.mark_reviewed(desk, by(mia, 2), FIRST)
    judging.judge(desk, by(noor, 2), FIRST, "goodbye", "upheld")
    case = judging.mark_reviewed(desk, by(mia, 3, 7), FIRST)
    assert (case.state, case.reviewer_id, case.reviewed_at) == ("reviewed", mia.id, NOW + timedelta(minutes=7))
    with pytest.raises(DeskError, match="reviewed already"):
        judging.mark_reviewed(desk, by(noor, 4), FIRST)


def test_all_upheld_is_one_act_that_leaves_alone_what_was_judged(desk: Bench, mia: User, noor: User) -> None:
    judging.judge(desk, by(noor, 0), FIRST, "interrupting", "overturned")
    case = judging.uphold_all(desk, by(mia, 1), FIRST)
    assert (case.version, case.state, case.score) == (2, "reviewed", 90.0)
    assert {one.rule: one.says for one in review(desk, mia).outcome.standing.values()} == {
        "greeting": "upheld", "interrupting": "overturned", "goodbye": "upheld",
    }  # fmt: skip
    assert trail(desk) == [("noor", "judge finding"), ("mia", "uphold all")]
    case = judging.undo(desk, by(mia, 2), FIRST)
    assert (case.state, review(desk, mia).outcome.left) == ("open", ("greeting", "goodbye"))


def test_a_call_without_findings_is_reviewed_at_once_and_keeps_the_machines_score(store: Store) -> None:
    save(store, audit())
    case = judging.mark_reviewed(bench(store), by(add_user(store, "mia"), 0), FIRST)
    assert (case.state, case.score, case.judged_at) == ("reviewed", None, None)


# ── undo ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_undo_takes_back_ones_own_last_act_and_no_one_elses(desk: Bench, mia: User, noor: User) -> None:
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "overturned")
    judging.judge(desk, by(mia, 1), FIRST, "interrupting", "overturned")
    judging.judge(desk, by(noor, 2), FIRST, "goodbye", "overturned")
    case = judging.undo(desk, by(mia, 3), FIRST)
    assert (case.score, review(desk, mia).outcome.left) == (90.0, ("interrupting",))
    case = judging.undo(desk, by(mia, 4), FIRST)
    assert case.score == 85.0
    assert not review(desk, mia).undoable
    assert review(desk, noor).undoable
    with pytest.raises(DeskError, match="nothing of yours"):
        judging.undo(desk, by(mia, 5), FIRST)
    assert judging.undo(desk, by(noor, 5), FIRST).score is None
    assert trail(desk)[3:] == [("mia", "undo"), ("mia", "undo"), ("noor", "undo")]


def test_what_one_thought_before_counts_again(desk: Bench, mia: User) -> None:
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "overturned", "第一次")
    before = review(desk, mia)
    judging.judge(desk, by(mia, 1), FIRST, "greeting", "upheld", "第二次")
    judging.undo(desk, by(mia, 2), FIRST)
    after = review(desk, mia)
    assert (after.outcome, after.history) == (before.outcome, before.history)
    assert replace(after.case, version=1, changed_at=before.case.changed_at) == before.case


def test_a_review_is_taken_back_first_and_does_not_stand_without_its_judgements(
    desk: Bench, mia: User, noor: User
) -> None:
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld")
    judging.judge(desk, by(noor, 1), FIRST, "interrupting", "upheld")
    judging.judge(desk, by(noor, 2), FIRST, "goodbye", "upheld")
    judging.mark_reviewed(desk, by(noor, 3), FIRST)
    case = judging.undo(desk, by(mia, 4), FIRST)  # noor's review has lost a judgement that it rested on
    assert (case.state, case.reviewer_id, case.reviewed_at) == ("open", None, None)
    judging.judge(desk, by(mia, 5), FIRST, "greeting", "upheld")
    judging.mark_reviewed(desk, by(mia, 6), FIRST)
    case = judging.undo(desk, by(mia, 7), FIRST)
    assert (case.state, review(desk, mia).outcome.left) == ("open", ())


def test_a_change_of_mind_after_the_review_is_taken_back_alone(desk: Bench, mia: User) -> None:
    judging.uphold_all(desk, by(mia, 0), FIRST)
    judging.judge(desk, by(mia, 1), FIRST, "greeting", "overturned")
    case = judging.undo(desk, by(mia, 2), FIRST)
    assert (case.state, case.score) == ("reviewed", 80.0)


# ── who may, and what they saw ───────────────────────────────────────────────────────────────────────────────────
def test_agents_and_tokens_that_only_read_judge_nothing(desk: Bench, mia: User) -> None:
    agent = add_user(desk.store, "an", "agent", "a1")
    for user in (agent, replace(mia, may_write=False)):
        acts: list[Callable[[], Case]] = [
            lambda user=user: judging.judge(desk, by(user, 0), FIRST, "greeting", "upheld"),  # type: ignore[misc]
            lambda user=user: judging.report_miss(desk, by(user, 0), FIRST, "rebuke", 1.0),  # type: ignore[misc]
            lambda user=user: judging.mark_reviewed(desk, by(user, 0), FIRST),  # type: ignore[misc]
            lambda user=user: judging.uphold_all(desk, by(user, 0), FIRST),  # type: ignore[misc]
            lambda user=user: judging.undo(desk, by(user, 0), FIRST),  # type: ignore[misc]
        ]
        for act in acts:
            with pytest.raises(NotAllowed):
                act()
    assert trail(desk) == []


def test_an_act_on_an_older_version_is_refused_and_changes_nothing(desk: Bench, mia: User, noor: User) -> None:
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld", "听过了")
    with pytest.raises(Stale):
        judging.judge(desk, by(noor, 0), FIRST, "greeting", "overturned")
    with pytest.raises(Stale):
        judging.undo(desk, by(mia, 0), FIRST)
    assert (seen(desk), trail(desk)) == (1, [("mia", "judge finding")])
    said = review(desk, noor).said("greeting")
    assert said is not None
    assert (said.opinion.says, said.opinion.comment) == ("upheld", "听过了")


def test_of_two_at_one_moment_exactly_one_wins(desk: Bench, mia: User, noor: User) -> None:
    barrier, told = threading.Barrier(2), []

    def act(user: User, says: Any) -> None:
        barrier.wait()
        try:
            judging.judge(desk, by(user, 0), FIRST, "greeting", says)
            told.append(user.name)
        except Stale:
            told.append("stale")

    threads = [threading.Thread(target=act, args=one) for one in ((mia, "upheld"), (noor, "overturned"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("stale") == 1
    winner = next(name for name in told if name != "stale")
    assert (seen(desk), trail(desk)) == (1, [(winner, "judge finding")])


def test_acts_of_one_moment_have_their_order(desk: Bench, mia: User) -> None:
    for seen_, rule in enumerate(("greeting", "interrupting", "goodbye")):
        judging.judge(desk, by(mia, seen_), FIRST, rule, "upheld")
    assert [one.opinion.rule for one in review(desk, mia).history] == ["goodbye", "interrupting", "greeting"]
    judging.undo(desk, by(mia, 3), FIRST)
    assert review(desk, mia).outcome.left == ("goodbye",)


def test_a_recording_that_is_not_there_has_no_case(desk: Bench, mia: User) -> None:
    with pytest.raises(NotThere):
        judging.judge(desk, by(mia, 0), "f" * 64, "greeting", "upheld")
    with pytest.raises(NotThere):
        review_of(desk, mia, "f" * 64)


def test_a_comment_has_an_end(desk: Bench, mia: User) -> None:
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld", "字" * 2000)
    with pytest.raises(DeskError, match="too long"):
        judging.judge(desk, by(mia, 1), FIRST, "greeting", "upheld", "字" * 2001)


def test_words_that_are_none_are_refused(desk: Bench, mia: User) -> None:
    for says in ("missed", "maybe"):
        with pytest.raises(DeskError, match="upheld, overturned or unsure"):
            judging.judge(desk, by(mia, 0), FIRST, "greeting", says)  # type: ignore[arg-type]  # as a client may
    with pytest.raises(Stale, match="judged this rule anew"):
        judging.judge(desk, by(mia, 0), FIRST, "rebuke", "upheld")


# ── heard or judged anew ─────────────────────────────────────────────────────────────────────────────────────────
def test_after_a_rescore_opinions_stand_and_the_case_is_worked_out_anew(desk: Bench, mia: User) -> None:
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld")
    judging.judge(desk, by(mia, 1), FIRST, "interrupting", "overturned")
    assert _behind(desk) == ()
    later = NOW + timedelta(hours=1)
    save(desk.store, audit("interrupting", "rebuke"), judging="j2", now=later)  # greeting found no more
    assert _behind(desk) == (FIRST,)
    got = review(desk, mia)  # a page shows it at once
    assert (got.outcome.score.value, got.outcome.changed, got.outcome.left) == (55.0, ("greeting",), ("rebuke",))
    assert recompute(desk, [FIRST]) == 1
    with desk.store.session(write=False) as session:
        case = case_of(session, FIRST)
    assert (case.score, case.verdict, case.version, case.judged_at) == (55.0, "fail", 2, later)
    assert (_behind(desk), recompute(desk, [FIRST]), len(trail(desk))) == ((), 0, 2)


def test_a_case_is_worked_out_anew_when_it_is_touched(desk: Bench, mia: User) -> None:
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld")
    save(desk.store, audit("interrupting"), hearing="h2", now=NOW + timedelta(hours=1))  # heard by another model
    case = judging.judge(desk, by(mia, 1), FIRST, "interrupting", "overturned")
    assert (case.score, case.judged_at) == (95.0, NOW + timedelta(hours=1))


def _behind(desk: Bench) -> tuple[str, ...]:
    with desk.store.session(write=False) as session:
        return behind(session, [FIRST])


def test_blind_opinions_are_nobodys_business(desk: Bench, mia: User) -> None:
    with desk.store.session() as session:
        session.add(
            OpinionRow(
                recording_id=FIRST,
                rule="greeting",
                user_id=mia.id,
                at=NOW,
                kind="blind",
                says="overturned",
                comment="",
                found="violated",
                confidence=0.9,
                judging="j1",
            )
        )
    got = review(desk, mia)
    assert (got.history, got.undoable, got.outcome.score.value) == ((), False, 80.0)
    with desk.store.session(write=False) as session:
        assert opinions_of(session, FIRST) == ()


def test_who_has_yet_to_judge_blind_sees_and_says_nothing_here(desk: Bench, mia: User, noor: User) -> None:
    judging.judge(desk, by(noor, 0), FIRST, "greeting", "overturned")
    with desk.store.session() as session:
        session.add(CalibrationRow(id=1, name="十一月", user_id=noor.id, made_at=NOW))
        session.flush()
        session.add(CalibrationCallRow(calibration_id=1, recording_id=FIRST, user_id=mia.id))
    got = review(desk, mia)
    assert (got.is_blind, got.history, got.outcome.score.value, got.case.score) == (True, (), 80.0, None)
    with pytest.raises(DeskError, match="calibration of yours"):
        judging.judge(desk, by(mia, 1), FIRST, "greeting", "upheld")
    assert not review(desk, noor).is_blind
    with desk.store.session() as session:
        session.get_one(CalibrationRow, 1).closed_at = NOW
    assert review(desk, mia).history
    judging.judge(desk, by(mia, 1), FIRST, "greeting", "upheld")


# ── any sequence ─────────────────────────────────────────────────────────────────────────────────────────────────
ACTS = st.one_of(
    st.tuples(
        st.just("judge"), st.integers(0, 1), st.sampled_from(["greeting", "interrupting", "goodbye", "rebuke"]),
        st.sampled_from(["upheld", "overturned", "unsure"]),
    ),
    st.tuples(st.just("miss"), st.integers(0, 1), st.sampled_from(["rebuke", "cut-off"]), st.just("")),
    st.tuples(st.sampled_from(["review", "uphold", "undo"]), st.integers(0, 1), st.just(""), st.just("")),
)  # fmt: skip


@pytest.fixture(scope="module")
def two_at_a_call(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[User, User]]:
    """A store with a call and two reviewers, to be copied: making one takes longer than all that is done with it."""
    path = tmp_path_factory.mktemp("acts") / "one.db"
    with open_store(path) as store:
        save(store, audit("greeting", finding("interrupting", confidence=0.6), "goodbye"))
        return path, (add_user(store, "mia"), add_user(store, "noor"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTS, max_size=12))
def test_any_acts_and_undos(
    two_at_a_call: tuple[Path, tuple[User, User]], given_acts: list[tuple[str, int, str, Any]]
) -> None:
    path, people = two_at_a_call
    with TemporaryDirectory() as folder, open_store(shutil.copy(path, folder)) as store:
        desk = bench(store)
        version = 0
        for act in given_acts:
            version = _acted(desk, people[act[1]], version, act)
        for user in people:
            while review(desk, user).undoable:
                judging.undo(desk, By(user, NOW, version), FIRST)
                version += 1
        got = review(desk, people[0])
        assert got.outcome.score == got.machine.score
        assert (got.history, got.case.state, got.case.score, got.version) == ((), "open", None, version)
        with store.session(write=False) as session:
            assert session.scalar(select(func.count()).select_from(AccessRow)) == version
            versions = [line.what["version"] for line in session.scalars(select(AccessRow).order_by(AccessRow.id))]
        assert versions == list(range(1, version + 1))


def _acted(desk: Bench, user: User, version: int, act: tuple[str, int, str, Any]) -> int:
    """The version after the act; what is refused leaves everything as it was."""
    kind, _, rule, says = act
    who, before = By(user, NOW, version), review(desk, user)
    try:
        if kind == "judge":
            case = judging.judge(desk, who, FIRST, rule, says)
        elif kind == "miss":
            case = judging.report_miss(desk, who, FIRST, rule, 5.0)
        else:
            case = {"review": judging.mark_reviewed, "uphold": judging.uphold_all, "undo": judging.undo}[kind](
                desk, who, FIRST
            )
    except DeskError:
        assert review(desk, user) == before
        return version
    after = review(desk, user)
    assert (case.version, after.case) == (version + 1, case)
    assert not (case.is_checked and after.outcome.left)
    return case.version
