"""What a call comes to when people's opinions are laid over the machine's findings: added up by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.config import JudgeConfig
from callaudit.desk.cases import sees
from callaudit.desk.outcome import Machine, Opinion, Says, outcome_of, standing
from callaudit.desk.people import User
from callaudit.desk.sheets import Sheets
from callaudit.records import Audit
from callaudit.spans import Span
from tests.desk.judged import CLOSING, NOW, SERVICE, SHEET, finding, machine, points


def opinion(rule: str, says: Says, number: int = 1, **more: Any) -> Opinion:
    given: dict[str, Any] = {
        "user_id": 1, "at": NOW + timedelta(minutes=number), "kind": "review", "comment": "", "found": "violated",
        "confidence": 0.9, "judging": "j1",
    }  # fmt: skip
    return Opinion(id=number, rule=rule, says=says, **given | more)


def test_without_opinions_the_score_is_the_machines() -> None:
    told = machine("greeting", "interrupting", finding("rebuke", confidence=0.5))
    assert outcome_of(told, (), SHEET).score is told.score
    assert outcome_of(told, (), None).score is told.score


@pytest.mark.parametrize(
    ("says", "value", "low", "high", "verdict"),
    [
        # greeting 5 + interrupting 10 of 服务, goodbye 5 of 收尾: 100 − 15 − 5
        ({}, 80.0, 80.0, 80.0, "review"),
        # without the 10 of interrupting: 100 − 5 − 5
        ({"interrupting": "overturned"}, 90.0, 90.0, 90.0, "pass"),
        ({"interrupting": "overturned", "greeting": "overturned"}, 95.0, 95.0, 95.0, "pass"),
        (
            {"interrupting": "overturned", "greeting": "overturned", "goodbye": "overturned"},
            100.0,
            100.0,
            100.0,
            "pass",
        ),
        ({"interrupting": "upheld", "greeting": "unsure"}, 80.0, 80.0, 80.0, "review"),
        # a major one missed: 10 more
        ({"cut-off": "missed"}, 70.0, 70.0, 70.0, "review"),
        # a critical one missed: 服务 loses 15 + 40, and a sure critical violation fails the call
        ({"rebuke": "missed"}, 40.0, 40.0, 40.0, "fail"),
        # a fatal one missed leaves nothing
        ({"abuse": "missed"}, 0.0, 0.0, 0.0, "fail"),
        # thanks, surely kept, is worth 3: it was found broken by nobody, and a person says that it was kept
        ({"anything-else": "missed"}, 75.0, 75.0, 75.0, "review"),
    ],
)
def test_points_by_hand(says: dict[str, Says], value: float, low: float, high: float, verdict: str) -> None:
    opinions = [opinion(rule, one, number) for number, (rule, one) in enumerate(says.items(), 1)]
    got = outcome_of(machine("greeting", "interrupting", "goodbye"), opinions, SHEET)
    assert points(got.score) == (value, low, high, verdict)


def test_a_doubt_upheld_is_one_no_more() -> None:
    # rebuke at 0.5: 100 − 40, or 100 if it is none; a critical one in doubt is for people to look at
    told = machine(finding("rebuke", confidence=0.5))
    assert points(told.score) == (60.0, 60.0, 100.0, "review")
    assert points(outcome_of(told, [opinion("rebuke", "upheld")], SHEET).score) == (60.0, 60.0, 60.0, "fail")
    assert points(outcome_of(told, [opinion("rebuke", "overturned")], SHEET).score) == (100.0, 100.0, 100.0, "pass")
    left = outcome_of(told, [opinion("rebuke", "unsure")], SHEET)
    assert left.score is told.score
    assert (left.unsure, left.left) == (("rebuke",), ())


def test_what_another_rule_paid_for_is_due_when_that_one_is_overturned() -> None:
    # cut-off costs nothing beside abuse-customer: 100 − 10; alone it costs its own 10
    told = machine("abuse-customer", "cut-off")
    assert told.score.value == 90.0
    got = outcome_of(told, [opinion("abuse-customer", "overturned")], SHEET)
    assert got.score.value == 90.0
    assert [(one.rule, one.points) for one in got.score.sections[0].deductions] == [("cut-off", 10.0)]


def test_a_rule_kept_after_all_earns_its_bonus() -> None:
    # thanks broken: 100 − 5; kept: 100 − 10 of interrupting + 3
    told = machine("thanks", "interrupting")
    assert told.score.value == 85.0
    assert outcome_of(told, [opinion("thanks", "overturned")], SHEET).score.value == 93.0


def test_a_section_still_loses_no_more_than_it_is_worth() -> None:
    # rebuke 40 + interrupting 10 + abuse-customer 10 + greeting 5 > 60
    told = machine("rebuke", "interrupting", "abuse-customer", "greeting")
    assert told.score.value == 40.0
    assert outcome_of(told, [opinion("greeting", "overturned")], SHEET).score.value == 40.0
    assert outcome_of(told, [opinion("interrupting", "overturned")], SHEET).score.value == 45.0


def test_a_violation_found_more_often_is_overturned_whole_and_a_missed_one_counts_once() -> None:
    told = machine(finding("greeting", times=3))
    assert told.score.value == 90.0
    assert outcome_of(told, [opinion("greeting", "overturned")], SHEET).score.value == 100.0
    kept = machine(finding("greeting", "passed", times=3))
    got = outcome_of(kept, [opinion("greeting", "missed", span=Span(7.0, 8.0), found="passed")], SHEET)
    assert got.score.value == 95.0
    assert [place.span for place in got.broken[0].places] == [Span(7.0, 8.0)]


# ── which opinion counts ─────────────────────────────────────────────────────────────────────────────────────────
def test_the_newest_review_counts_a_final_one_before_it_and_a_blind_one_never() -> None:
    said = [
        opinion("greeting", "upheld", 1),
        opinion("greeting", "overturned", 2),
        opinion("greeting", "unsure", 9, kind="blind"),
    ]
    assert standing(said)["greeting"].says == "overturned"
    final = opinion("greeting", "upheld", 3, kind="final")
    later = opinion("greeting", "overturned", 4)
    assert standing([later, final, *said])["greeting"] is final
    assert standing([opinion("greeting", "upheld", 5, undone_at=NOW)]) == {}


def test_of_two_opinions_at_one_moment_the_one_written_later_counts() -> None:
    one, other = opinion("greeting", "upheld", 1, at=NOW), opinion("greeting", "unsure", 2, at=NOW)
    assert standing([other, one])["greeting"] is other


def test_opinions_stand_when_the_machine_changes_its_mind() -> None:
    kept = machine("interrupting")
    upheld = outcome_of(kept, [opinion("greeting", "upheld")], SHEET)
    assert (upheld.score.value, upheld.changed) == (85.0, ("greeting",))
    missed = outcome_of(kept, [opinion("interrupting", "missed", found="passed")], SHEET)
    assert (missed.score.value, missed.changed, missed.left) == (90.0, ("interrupting",), ())
    gone = outcome_of(kept, [opinion("no-longer-a-rule", "upheld")], SHEET)
    assert (gone.score, gone.changed) == (kept.score, ("no-longer-a-rule",))


def test_without_its_sheet_a_score_stays_and_says_so() -> None:
    told = machine("greeting")
    got = outcome_of(told, [opinion("greeting", "overturned")], None)
    assert got.score is told.score
    assert not got.is_scored
    assert outcome_of(told, [opinion("greeting", "unsure")], None).is_scored  # nothing to work out


RULES = [*SERVICE, *CLOSING]


@given(
    st.lists(st.sampled_from(RULES), unique=True),
    st.lists(st.tuples(st.sampled_from(RULES), st.sampled_from(["upheld", "overturned", "unsure", "missed"]))),
)
def test_any_opinions_leave_a_score_between_its_bounds_and_all_overturned_no_deductions(
    broken: list[str], says: list[tuple[str, Says]]
) -> None:
    told = machine(*broken)
    said = [opinion(rule, one, number) for number, (rule, one) in enumerate(says)]
    got = outcome_of(told, said, SHEET).score
    assert None not in (got.low, got.value, got.high)
    assert 0 <= (got.low or 0) <= (got.value or 0) <= (got.high or 0) <= 100
    clean = outcome_of(told, [*said, *(opinion(rule, "overturned", 1000) for rule in RULES)], SHEET).score
    assert (clean.value, clean.verdict) == (100.0, "pass")
    assert not any(section.deductions for section in clean.sections)


# ── by which sheet ───────────────────────────────────────────────────────────────────────────────────────────────
def _stored(audit: Audit) -> Machine:
    metadata = audit.call.metadata
    return Machine("1" * 64, 1, "j", NOW, None, metadata.sector, 60.0, audit.findings, audit.failures, audit.score)


def test_the_sheet_of_a_stored_call_is_found_again(audits: list[Audit]) -> None:
    sheets = Sheets(JudgeConfig())
    for one in audits:
        sheet = sheets.of(_stored(one))
        assert sheet is not None
        assert sheet.title == one.score.sheet


def test_a_sheet_by_which_the_call_was_not_scored_is_not_taken_for_it(audits: list[Audit]) -> None:
    told = _stored(next(one for one in audits if any(finding.status == "violated" for finding in one.findings)))
    other = replace(told, findings=tuple(replace(finding, status="passed") for finding in told.findings))
    assert Sheets(JudgeConfig()).of(other) is None
    assert Sheets(JudgeConfig(rulebook="/nowhere")).of(told) is None


def test_a_sheet_that_is_remembered_is_that_of_one_judgement_alone(audits: list[Audit]) -> None:
    told = _stored(next(one for one in audits if any(finding.status == "violated" for finding in one.findings)))
    sheets = Sheets(JudgeConfig())
    assert sheets.of(told) is sheets.of(replace(told, call_id=2))  # the same judgement, read once more
    kept = tuple(replace(finding, status="passed") for finding in told.findings)
    assert sheets.of(replace(told, findings=kept)) is None
    assert sheets.of(replace(told, score=replace(told.score, value=-1.0))) is None
    assert sheets.of(told) is not None


def test_rules_have_names_in_both_languages() -> None:
    sheets = Sheets(JudgeConfig())
    assert sheets.title("closing-goodbye", "zh") != sheets.title("closing-goodbye", "en")
    assert sheets.title("no-such-rule", "zh") == "no-such-rule"


# ── who sees what ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("role", "agent_id", "state", "seen"),
    [
        ("reviewer", None, "open", True),
        ("lead", None, "open", True),
        ("agent", "a1", "open", False),
        ("agent", "a1", "reviewed", True),
        ("agent", "a1", "final", True),
        ("agent", "a2", "final", False),
        ("agent", None, "reviewed", False),
    ],
)
def test_an_agent_sees_own_calls_once_a_person_has_been_through_them(
    role: Any, agent_id: str | None, state: Any, seen: bool
) -> None:
    assert sees(User(1, "x", "X", role, agent_id), "a1", state) is seen
