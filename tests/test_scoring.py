"""Points by a scoring sheet, how they came about, their range, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.records import Failure, Finding, Place, Score
from callaudit.scoring import Limits, Price, Section, Sheet, score
from callaudit.spans import Span
from tests.books import built_in

STATUSES = ("violated", "passed", "not_applicable", "not_assessable")
HEARD = (Place(Span(1.0, 2.0), "agent"),)
PRICES = {"critical": Price(20), "major": Price(5, 15), "minor": Price(2, 6)}


def finding(rule: str, status: Any, severity: Any = "major", confidence: float = 0.9, **more: Any) -> Finding:
    return Finding(rule, status, severity, f"《{rule}》", "", (), confidence, **more)


def plain(**more: Any) -> Sheet:
    rules = tuple(f"r{k}" for k in range(40))
    return replace(Sheet("plain", "全部", (Section("全部", None, rules),), PRICES), **more)


def sections(*weights: float, **more: Any) -> Sheet:
    """Ten rules in every section: r0 to r9 in the first, r10 to r19 in the second …"""
    made = tuple(
        Section(f"第{k}节", points, tuple(f"r{10 * k + j}" for j in range(10))) for k, points in enumerate(weights)
    )
    return replace(Sheet("own", "自定", made, PRICES), **more)


def test_a_violation_costs_its_points() -> None:
    got = score([finding("r1", "violated"), finding("r2", "violated", "minor"), finding("r3", "passed")], (), plain())
    assert (got.value, got.low, got.high) == (93.0, 93.0, 93.0)
    assert (got.n_assessed, got.n_not_assessable, got.verdict) == (3, 0, "pass")


@pytest.mark.parametrize(("times", "value"), [(1, 95.0), (2, 90.0), (3, 85.0), (4, 85.0), (9, 85.0)])
def test_a_rule_broken_more_often_costs_more_up_to_its_cap(times: int, value: float) -> None:
    assert score([finding("r1", "violated", times=times)], (), plain()).value == value


def test_a_section_loses_no_more_than_it_is_worth() -> None:
    broken = [finding(f"r{k}", "violated") for k in (1, 2, 3, 11)]
    got = score(broken, (), sections(10, 90))
    assert [(s.title, s.points, s.lost) for s in got.sections] == [("第0节", 10, 10), ("第1节", 90, 5)]
    assert [d.points for d in got.sections[0].deductions] == [5, 5, 5]
    assert got.value == 85.0


def test_rules_of_no_section_count_for_nothing() -> None:
    got = score([finding("r1", "passed"), finding("elsewhere", "violated", "critical")], (), sections(100))
    assert (got.value, got.n_assessed, got.verdict) == (100.0, 1, "pass")


def test_the_score_adds_up_by_hand() -> None:
    broken = [
        finding("r1", "violated", times=2),
        finding("r3", "violated", "minor", 0.7),
        finding("r12", "violated", "critical", 0.7),
        finding("r13", "passed"),
        finding("r4", "not_assessable"),
    ]
    got = score(broken, (), sections(10, 15, 75))
    assert [(s.lost, s.n_assessed) for s in got.sections] == [(10, 2), (15, 2), (0, 0)]
    told = [(d.rule, d.times, d.each, d.most, d.points, d.sure) for s in got.sections for d in s.deductions]
    assert told == [
        ("r1", 2, 5, 15, 10, True), ("r3", 1, 2, 6, 2, False), ("r12", 1, 20, 20, 20, False),
    ]  # fmt: skip
    assert got.value == 100 - 10 - 15
    assert (got.high, got.low) == (90.0, 75.0)
    assert got.sheet == "自定"


# ── the range ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_only_what_was_heard_and_could_not_be_told_widens_the_range() -> None:
    open_ = [finding("r1", "passed"), finding("r2", "not_assessable"), finding("r3", "not_assessable", places=HEARD)]
    got = score(open_, (), plain())
    assert (got.value, got.low, got.high) == (100.0, 95.0, 100.0)
    assert (got.n_assessed, got.n_not_assessable, got.n_suspected) == (1, 2, 1)


def test_a_violation_that_is_not_sure_costs_points_but_not_at_the_upper_end() -> None:
    got = score([finding("r1", "violated", confidence=0.6), finding("r2", "violated")], (), plain())
    assert (got.value, got.low, got.high, got.verdict) == (90.0, 90.0, 95.0, "pass")


def test_a_doubt_that_would_change_the_verdict_is_for_a_person() -> None:
    got = score([finding(f"r{k}", "violated", confidence=0.6) for k in range(4)], (), plain())
    assert (got.value, got.high, got.verdict) == (80.0, 100.0, "review")
    assert "100" in (got.why or "")
    got = score([finding(f"r{k}", "violated", confidence=0.6) for k in range(9)], (), plain())
    assert (got.value, got.verdict) == (55.0, "review")
    got = score([finding(f"r{k}", "violated", confidence=0.6 if k == 0 else 0.9) for k in range(10)], (), plain())
    assert (got.value, got.high, got.verdict) == (50.0, 55.0, "fail")


def test_with_nothing_judged_there_is_no_score() -> None:
    got = score([finding("r1", "not_applicable"), finding("r2", "not_assessable")], (), plain())
    assert got == Score(None, None, None, 0, 1, "review", "没有一条规则能够判断", sheet="全部")


def test_a_crashed_rule_is_no_pass() -> None:
    got = score([finding("r1", "passed")], [Failure("r3", "ValueError: x")], plain())
    assert (got.value, got.n_not_assessable, got.verdict) == (100.0, 1, "review")


# ── the verdict ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("confidence", "verdict"), [(0.8, "fail"), (0.79, "review")])
def test_a_critical_violation_fails_the_call_only_if_sure(confidence: float, verdict: str) -> None:
    got = score([finding("r1", "violated", "critical", confidence)], (), plain())
    assert got.value == 80.0
    assert got.verdict == verdict
    assert "《r1》" in (got.why or "")


@pytest.mark.parametrize(
    ("n", "value", "verdict"), [(3, 85.0, "pass"), (4, 80.0, "review"), (8, 60.0, "review"), (9, 55.0, "fail")]
)
def test_the_verdict_follows_the_score(n: int, value: float, verdict: str) -> None:
    got = score([finding(f"r{k}", "violated") for k in range(n)], (), plain())
    assert (got.value, got.verdict) == (value, verdict)


def test_a_sheet_may_have_limits_of_its_own() -> None:
    strict = plain(limits=Limits(pass_from=96, fail_below=95.5))
    assert score([finding("r1", "violated")], (), strict).verdict == "fail"


def test_a_fatal_rule_surely_broken_leaves_nothing() -> None:
    fatal = plain(fatal=frozenset({"r1"}))
    got = score([finding("r1", "violated", "minor")], (), fatal)
    assert (got.value, got.high, got.verdict, got.zeroed_by) == (0.0, 0.0, "fail", ("《r1》",))
    got = score([finding("r1", "violated", "minor", 0.7)], (), fatal)
    assert (got.value, got.low, got.high, got.verdict) == (98.0, 0.0, 100.0, "review")
    got = score([finding("r1", "not_assessable", "minor", places=HEARD), finding("r2", "passed")], (), fatal)
    assert (got.value, got.low, got.verdict) == (100.0, 0.0, "review")


# ── prices ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_outranks_a_violation_pays_for_it() -> None:
    ranked = plain(outranked_by={"r1": ("r2",), "r3": ("r2",)})
    assert score([finding("r1", "violated", "minor"), finding("r2", "violated")], (), ranked).value == 95.0
    assert score([finding("r1", "violated", "minor"), finding("r2", "passed")], (), ranked).value == 98.0
    both = score([finding(r, "violated") for r in ("r1", "r2", "r3")], (), ranked)
    assert both.value == 90.0  # as without r2: one more breach raises no score
    assert [(d.rule, d.points, d.instead) for d in both.sections[0].deductions] == [
        ("r1", 0, "《r2》"), ("r2", 5, None), ("r3", 5, None),
    ]  # fmt: skip


def test_points_of_its_own_outrank_the_severity() -> None:
    own = plain(own={"r1": Price(12.5)})
    assert score([finding("r1", "violated", "critical")], (), own).value == 87.5


def test_a_bonus_is_for_what_was_surely_kept_and_never_beyond_100() -> None:
    kind = plain(bonus={"r1": 3.0, "r2": 3.0}, bonus_most=4.0)
    broken = finding("r9", "violated")
    got = score([broken, finding("r1", "passed"), finding("r2", "passed")], (), kind)
    assert (got.value, [b.points for b in got.bonus]) == (99.0, [3.0, 1.0])
    assert score([broken, finding("r1", "passed", confidence=0.5), finding("r2", "violated")], (), kind).value == 90.0
    assert score([finding("r1", "passed")], (), kind).value == 100.0


# ── what holds for every sheet ───────────────────────────────────────────────────────────────────────────────────
RULES = [f"r{k}" for k in range(30)]
outcomes = st.lists(
    st.builds(
        finding,
        st.sampled_from(RULES),
        st.sampled_from(STATUSES),
        st.sampled_from(("critical", "major", "minor")),
        st.floats(0, 1),
        times=st.integers(1, 5),
        places=st.sampled_from(((), HEARD)),
    ),
    max_size=25,
    unique_by=lambda one: one.rule,
)
ranks = st.dictionaries(st.sampled_from(RULES), st.lists(st.sampled_from(RULES), max_size=3).map(tuple), max_size=8)
sheets = st.builds(
    sections,
    st.just(10.0), st.just(30.0), st.just(60.0),
    outranked_by=ranks,
    fatal=st.sets(st.sampled_from(RULES), max_size=1).map(frozenset),
    bonus=st.dictionaries(st.sampled_from(RULES), st.floats(0.5, 5), max_size=3),
    bonus_most=st.floats(0, 10),
)  # fmt: skip


@given(outcomes, sheets)
def test_the_score_lies_in_its_range(findings: list[Finding], sheet: Sheet) -> None:
    got = score(findings, (), sheet)
    if got.value is None:
        assert all(f.status in ("not_applicable", "not_assessable") for f in findings)
    else:
        assert got.low is not None
        assert got.high is not None
        assert 0 <= got.low <= got.value <= got.high <= 100


@given(outcomes, sheets, st.randoms(use_true_random=False))
def test_the_order_of_findings_does_not_matter(findings: list[Finding], sheet: Sheet, random: Any) -> None:
    mixed = random.sample(findings, len(findings))
    one, other = score(findings, (), sheet), score(mixed, (), sheet)
    assert (one.value, one.low, one.high, one.verdict, one.sections) == (
        other.value, other.low, other.high, other.verdict, other.sections,
    )  # fmt: skip


def worse(findings: Sequence[Finding], k: int) -> list[Finding]:
    """One more breach: of a rule that was kept, or once more of one that was broken."""
    one = findings[k]
    once_more = replace(one, times=one.times + 1) if one.status == "violated" else replace(one, status="violated")
    return [*findings[:k], once_more, *findings[k + 1 :]]


@given(outcomes.filter(bool), sheets, st.integers(0, 24))
def test_one_more_breach_never_raises_the_score(findings: list[Finding], sheet: Sheet, k: int) -> None:
    before, after = score(findings, (), sheet), score(worse(findings, k % len(findings)), (), sheet)
    if before.value is not None and after.value is not None:
        assert after.value <= before.value
        assert after.low is not None
        assert before.low is not None
        assert after.low <= before.low


@given(outcomes, sheets)
def test_the_value_is_what_the_sections_say(findings: list[Finding], sheet: Sheet) -> None:
    got = score(findings, (), sheet)
    if got.value is None:
        return
    for section in got.sections:
        assert section.points is not None
        assert section.lost == pytest.approx(min(section.points, sum(d.points for d in section.deductions)))
    left = 100 - sum(section.lost for section in got.sections)
    by_hand = 0.0 if got.zeroed_by else min(100.0, max(0.0, left) + sum(one.points for one in got.bonus))
    assert got.value == pytest.approx(by_hand, abs=0.01)


# ── the built-in sheets ──────────────────────────────────────────────────────────────────────────────────────────
BOOK = built_in("etiquette-zh")


def test_there_is_a_sheet_for_each_of_these_trades() -> None:
    assert {"general", "bank", "courier", "property", "hotel", "e-commerce"} <= set(BOOK.sheets)
    assert BOOK.sheet(sector="hotel").name == "hotel"
    assert BOOK.sheet(sector="telecom").name == BOOK.sheet().name == "general"
    assert BOOK.sheet("courier", sector="hotel").name == "courier"


@pytest.mark.parametrize("name", list(BOOK.sheets))
def test_a_built_in_sheet_is_worth_100_and_counts_each_rule_once(name: str) -> None:
    sheet = BOOK.sheets[name]
    assert sum(section.points or 0 for section in sheet.sections) == 100
    counted = [rule for section in sheet.sections for rule in section.rules]
    assert len(counted) == len(set(counted))
    left_out = [rule for rule in BOOK.rules if rule.id not in sheet.rules]
    assert all(rule.sector for rule in left_out)
    assert name != "general" or left_out == []


def test_the_built_in_rulebook_says_what_its_rules_cost() -> None:
    sheet = BOOK.sheet()
    assert sheet.price(finding("closing-goodbye", "violated", BOOK.rule("closing-goodbye").severity)).each == 20
    assert sheet.price(finding("polite-phrase-lexicon", "violated", "minor")).each == 2
