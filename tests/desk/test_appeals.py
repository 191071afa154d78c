"""Appeals: who may raise one, until when, and what a decision does to the score; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from callaudit.desk import appeals, judging
from callaudit.desk.appeals import Appeal
from callaudit.desk.cases import Bench, case_of
from callaudit.desk.people import User
from callaudit.desk.reviews import Review, review_of
from callaudit.errors import DeskError, NotAllowed, NotThere, Stale
from callaudit.store.database import Store
from callaudit.store.desk_tables import AppealRow, CaseRow, OpinionRow, UserRow
from callaudit.store.purge import purge
from callaudit.store.tables import AccessRow
from tests.desk.judged import FIRST, NOW, add_user, audit, bench, by, save

DAY = 24 * 60.0


@pytest.fixture
def people(store: Store) -> dict[str, User]:
    return {
        "mia": add_user(store, "mia"), "lead": add_user(store, "lead", "lead"),
        "an": add_user(store, "an", "agent", "a1"), "bo": add_user(store, "bo", "agent", "a2"),
    }  # fmt: skip


@pytest.fixture
def desk(store: Store, people: dict[str, User]) -> Bench:
    """A call of a1, 80 points, reviewed by mia: version 1."""
    save(store, audit("greeting", "interrupting", "goodbye"))
    made = bench(store)
    judging.uphold_all(made, by(people["mia"], 0), FIRST)
    return made


def listed(desk: Bench, user: User) -> tuple[Appeal, ...]:
    with desk.store.session(write=False) as session:
        return appeals.open_appeals(session, user) + appeals.closed_appeals(session, user)


def review(desk: Bench, user: User) -> Review:
    return review_of(desk, user, FIRST, now=NOW)


def test_an_appeal_that_is_granted_overturns_the_finding(desk: Bench, people: dict[str, User]) -> None:
    an, lead = people["an"], people["lead"]
    case = appeals.appeal(desk, by(an, 1, 1), FIRST, "interrupting", " 是客户先打断的 ")
    assert (case.version, case.state, case.score) == (2, "reviewed", 80.0)
    one = listed(desk, lead)[0]
    assert (one.agent, one.reason, one.state, one.version, one.call_id) == ("An", "是客户先打断的", "open", 2, 1)
    case = appeals.decide(desk, by(lead, 2, 2), one.id, granted=True, answer="属实，撤销扣分")
    assert (case.version, case.state, case.score, case.verdict) == (3, "final", 90.0, "pass")
    got = review(desk, people["mia"])
    said = got.said("interrupting")
    assert said is not None
    assert (said.opinion.kind, said.opinion.says, said.who) == ("final", "overturned", "Lead")
    one = listed(desk, an)[0]
    assert (one.state, one.answer, one.decided_at) == ("granted", "属实，撤销扣分", NOW + timedelta(minutes=2))
    assert (one.decider, listed(desk, lead)[0].decider) == (None, "Lead")  # an agent learns no names
    with desk.store.session(write=False) as session:
        lines = [(line.who, line.act, line.what["version"]) for line in session.scalars(select(AccessRow))]
    assert lines == [("mia", "uphold all", 1), ("an", "appeal", 2), ("lead", "decide appeal", 3)]


def test_an_appeal_that_is_refused_leaves_the_finding_for_good(desk: Bench, people: dict[str, User]) -> None:
    appeals.appeal(desk, by(people["an"], 1), FIRST, "greeting", "说过了")
    one = listed(desk, people["lead"])[0]
    case = appeals.decide(desk, by(people["lead"], 2), one.id, granted=False, answer="录音里没有")
    assert (case.state, case.score) == ("final", 80.0)
    for act in (judging.mark_reviewed, judging.uphold_all):
        with pytest.raises(DeskError, match="have been decided"):
            act(desk, by(people["mia"], 3), FIRST)
    with pytest.raises(DeskError, match="have been decided"):
        judging.judge(desk, by(people["mia"], 3), FIRST, "greeting", "overturned")
    with pytest.raises(DeskError, match="have been decided"):
        judging.undo(desk, by(people["mia"], 3), FIRST)


def test_what_was_missed_can_be_appealed_and_keeps_its_place(desk: Bench, people: dict[str, User]) -> None:
    judging.report_miss(desk, by(people["mia"], 1), FIRST, "cut-off", 7.0, 9.0)
    appeals.appeal(desk, by(people["an"], 2), FIRST, "cut-off", "不是我挂的")
    case = appeals.decide(desk, by(people["lead"], 3), listed(desk, people["lead"])[0].id, granted=False, answer="是")
    assert case.score == 70.0
    assert [place.span.start_s for place in review(desk, people["lead"]).missed[0].places] == [7.0]


def test_a_call_is_final_once_no_appeal_is_open(desk: Bench, people: dict[str, User]) -> None:
    an, lead = people["an"], people["lead"]
    appeals.appeal(desk, by(an, 1), FIRST, "greeting", "一")
    appeals.appeal(desk, by(an, 2, 1), FIRST, "goodbye", "二")
    first, second = listed(desk, lead)
    assert appeals.decide(desk, by(lead, 3), first.id, granted=True, answer="好").state == "reviewed"
    assert appeals.withdraw(desk, by(an, 4), second.id).state == "final"
    assert appeals.appeal(desk, by(an, 5), FIRST, "goodbye", "还是要申诉").state == "reviewed"


def test_a_decision_can_be_taken_back_by_who_made_it(desk: Bench, people: dict[str, User]) -> None:
    appeals.appeal(desk, by(people["an"], 1), FIRST, "interrupting", "理由")
    one = listed(desk, people["lead"])[0]
    before = review(desk, people["lead"])
    appeals.decide(desk, by(people["lead"], 2), one.id, granted=True, answer="好")
    other = add_user(desk.store, "other", "lead")
    with pytest.raises(DeskError, match="nothing of yours"):
        judging.undo(desk, by(other, 3), FIRST)
    case = judging.undo(desk, by(people["lead"], 3), FIRST)
    assert (case.state, case.score) == ("reviewed", 80.0)
    after = review(desk, people["lead"])
    assert (after.outcome, after.history) == (before.outcome, before.history)
    assert listed(desk, people["lead"]) == (replace(one, version=4),)


def test_a_review_that_was_appealed_is_not_taken_back(desk: Bench, people: dict[str, User]) -> None:
    appeals.appeal(desk, by(people["an"], 1), FIRST, "interrupting", "理由")
    with pytest.raises(DeskError, match="must be decided first"):
        judging.undo(desk, by(people["mia"], 2), FIRST)
    appeals.withdraw(desk, by(people["an"], 2), listed(desk, people["an"])[0].id)
    assert judging.undo(desk, by(people["mia"], 3), FIRST).state == "open"


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────
def test_an_agent_appeals_within_the_period_and_once(desk: Bench, people: dict[str, User]) -> None:
    an = people["an"]
    with pytest.raises(DeskError, match="over"):
        appeals.appeal(desk, by(an, 1, 7 * DAY + 1), FIRST, "greeting", "晚了")
    appeals.appeal(desk, by(an, 1, 7 * DAY), FIRST, "greeting", "刚好")
    with pytest.raises(DeskError, match="already"):
        appeals.appeal(desk, by(an, 2, 7 * DAY), FIRST, "greeting", "再来")
    with pytest.raises(DeskError, match="over"):
        appeals.appeal(desk, by(an, 2, 2 * DAY), FIRST, "goodbye", "期限一天", timedelta(days=1))


def test_only_what_was_held_against_oneself_can_be_appealed(desk: Bench, people: dict[str, User]) -> None:
    judging.judge(desk, by(people["mia"], 1), FIRST, "greeting", "overturned")
    for rule in ("greeting", "rebuke", "nonsense"):
        with pytest.raises(DeskError, match="nothing was held against you"):
            appeals.appeal(desk, by(people["an"], 2), FIRST, rule, "理由")
    for reason in ("", "  \n", "字" * 2001):
        with pytest.raises(DeskError):
            appeals.appeal(desk, by(people["an"], 2), FIRST, "goodbye", reason)


def test_others_calls_and_calls_not_reviewed_are_not_there(desk: Bench, people: dict[str, User]) -> None:
    with pytest.raises(NotThere):
        appeals.appeal(desk, by(people["bo"], 1), FIRST, "greeting", "理由")
    judging.undo(desk, by(people["mia"], 1), FIRST)
    with pytest.raises(NotThere):
        appeals.appeal(desk, by(people["an"], 2), FIRST, "greeting", "理由")
    with pytest.raises(NotThere):
        review(desk, people["an"])


def test_an_appeal_is_its_authors_to_withdraw_and_a_leads_to_decide(desk: Bench, people: dict[str, User]) -> None:
    appeals.appeal(desk, by(people["an"], 1), FIRST, "greeting", "理由")
    one = listed(desk, people["lead"])[0].id
    with pytest.raises(NotThere):
        appeals.withdraw(desk, by(people["bo"], 2), one)
    for name in ("mia", "an"):
        with pytest.raises(NotAllowed):
            appeals.decide(desk, by(people[name], 2), one, granted=True, answer="好")
    with pytest.raises(NotAllowed):
        appeals.appeal(desk, by(people["mia"], 2), FIRST, "goodbye", "理由")
    with pytest.raises(DeskError, match="say why"):
        appeals.decide(desk, by(people["lead"], 2), one, granted=True, answer=" ")
    with pytest.raises(Stale):
        appeals.decide(desk, by(people["lead"], 1), one, granted=True, answer="好")
    appeals.decide(desk, by(people["lead"], 2), one, granted=True, answer="好")
    for act in (lambda: appeals.withdraw(desk, by(people["an"], 3), one),
                lambda: appeals.decide(desk, by(people["lead"], 3), one, granted=False, answer="不")):  # fmt: skip
        with pytest.raises(DeskError, match="open no more"):
            act()


def test_agents_see_their_own_appeals_and_opinions_without_names(desk: Bench, people: dict[str, User]) -> None:
    judging.judge(desk, by(people["mia"], 1), FIRST, "greeting", "unsure", "先记着")
    appeals.appeal(desk, by(people["an"], 2), FIRST, "greeting", "理由")
    assert listed(desk, people["bo"]) == ()
    got = review(desk, people["an"])
    assert (got.reviewer, got.assignee, got.undoable, got.may_appeal) == (None, None, False, True)
    assert {one.who for one in got.history} == {None}
    assert [one.opinion.says for one in got.all_said("greeting")] == ["unsure"]  # of what was said before, nothing
    assert [one.who for one in review(desk, people["lead"]).all_said("greeting")] == ["Mia", "Mia"]


def test_who_judged_a_finding_does_not_decide_about_it_unless_nobody_else_may(
    desk: Bench, people: dict[str, User]
) -> None:
    lead = people["lead"]
    judging.undo(desk, by(people["mia"], 1), FIRST)
    judging.uphold_all(desk, by(lead, 2), FIRST)
    appeals.appeal(desk, by(people["an"], 3), FIRST, "greeting", "理由")
    one = listed(desk, lead)[0].id

    def stance(user: User, rule: str = "greeting") -> str:
        with desk.store.session(write=False) as session:
            return appeals.stance_of(session, user, FIRST, rule, case_of(session, FIRST).reviewer_id)

    assert stance(lead) == "alone"
    gone = add_user(desk.store, "gone", "lead")
    with desk.store.session() as session:
        session.get_one(UserRow, gone.id).disabled_at = NOW
    assert stance(lead) == "alone"  # the other account is shut
    other = add_user(desk.store, "other", "lead")
    assert (stance(lead), stance(other)) == ("barred", "apart")
    with pytest.raises(NotAllowed, match="somebody else decides"):
        appeals.decide(desk, by(lead, 4), one, granted=False, answer="不")
    assert appeals.decide(desk, by(other, 4), one, granted=False, answer="不").state == "final"
    closed = listed(desk, lead)[0]
    assert (closed.decider, closed.is_own) == ("Other", False)
    assert _last_what(desk)["own"] is False


def test_who_decides_alone_about_an_own_judgement_is_told_of(desk: Bench, people: dict[str, User]) -> None:
    lead = people["lead"]
    judging.judge(desk, by(lead, 1), FIRST, "greeting", "upheld")  # after mia, who reviewed the call
    appeals.appeal(desk, by(people["an"], 2), FIRST, "greeting", "理由")
    appeals.appeal(desk, by(people["an"], 3), FIRST, "goodbye", "理由")
    first, second = listed(desk, lead)
    appeals.decide(desk, by(lead, 4), first.id, granted=False, answer="不")
    assert _last_what(desk)["own"] is True
    appeals.decide(desk, by(lead, 5), second.id, granted=False, answer="不")  # of that one the lead had said nothing
    assert _last_what(desk)["own"] is False
    assert {one.rule: one.is_own for one in listed(desk, lead)} == {"greeting": True, "goodbye": False}


def test_two_leads_who_both_judged_a_finding_may_both_decide(desk: Bench, people: dict[str, User]) -> None:
    other = add_user(desk.store, "other", "lead")
    judging.judge(desk, by(people["lead"], 1), FIRST, "greeting", "upheld")
    judging.judge(desk, by(other, 2), FIRST, "greeting", "upheld")
    with desk.store.session(write=False) as session:
        both = (other, people["lead"])
        assert {appeals.stance_of(session, one, FIRST, "greeting", None) for one in both} == {"alone"}


def _last_what(desk: Bench) -> dict[str, Any]:
    with desk.store.session(write=False) as session:
        return dict(session.scalars(select(AccessRow.what).order_by(AccessRow.id.desc()).limit(1)).one())


def test_an_appeal_of_a_rule_that_is_no_more_can_be_closed(desk: Bench, people: dict[str, User]) -> None:
    appeals.appeal(desk, by(people["an"], 1), FIRST, "greeting", "理由")
    gone = audit("interrupting", "goodbye")
    left = replace(gone, findings=tuple(one for one in gone.findings if one.rule != "greeting"))
    save(desk.store, left, judging="j2", now=NOW + timedelta(hours=1))
    case = appeals.decide(desk, by(people["lead"], 2), listed(desk, people["lead"])[0].id, granted=True, answer="好")
    assert (case.state, case.score) == ("final", 85.0)


# ── lists, and what a purge takes along ──────────────────────────────────────────────────────────────────────────
def test_lists_have_those_that_wait_first_and_pages(desk: Bench, people: dict[str, User]) -> None:
    an, lead = people["an"], people["lead"]
    version = 1
    for number in range(3):
        appeals.appeal(desk, by(an, version, number), FIRST, "greeting", str(number))
        with desk.store.session(write=False) as session:
            one = appeals.open_appeals(session, an)[0]
        appeals.withdraw(desk, by(an, version + 1, number), one.id)
        version += 2
    appeals.appeal(desk, by(an, version, 9), FIRST, "goodbye", "later")
    appeals.appeal(desk, by(an, version + 1, 10), FIRST, "greeting", "latest")
    with desk.store.session(write=False) as session:
        assert [one.reason for one in appeals.open_appeals(session, lead)] == ["later", "latest"]
        assert appeals.n_open(session, lead) == 2
        page = appeals.closed_appeals(session, lead, limit=2)
        assert [one.reason for one in page] == ["2", "1"]
        assert [one.reason for one in appeals.closed_appeals(session, lead, before=page[-1].id)] == ["0"]


def test_a_purge_takes_along_what_people_said_and_leaves_the_trail(desk: Bench, people: dict[str, User]) -> None:
    appeals.appeal(desk, by(people["an"], 1), FIRST, "greeting", "理由")
    purge(desk.store, NOW + timedelta(days=400), who="test", now=NOW + timedelta(days=500))
    with desk.store.session(write=False) as session:
        for table in (CaseRow, OpinionRow, AppealRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        acts = list(session.scalars(select(AccessRow.act).order_by(AccessRow.id)))
        assert acts[:2] == ["uphold all", "appeal"]
        assert case_of(session, FIRST).version == 0
