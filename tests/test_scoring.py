"""Points, their range, and the verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.records import Failure, Finding, Score
from callaudit.rules import load_rulebook
from callaudit.rules.base import Points, Settings
from callaudit.rules.rule import Scoring
from callaudit.scoring import score

STATUSES = ("violated", "passed", "not_applicable", "not_assessable")


def finding(rule: str, status: Any, severity: Any = "major", confidence: float = 0.9) -> Finding:
    return Finding(rule, status, severity, f"《{rule}》", "", (), confidence)


def sheet(**more: Any) -> Scoring:
    settings = Settings(points=Points(critical=20, major=5, minor=2))
    own = {f"r{k}": 5.0 for k in range(40)}
    return replace(Scoring(settings, own, frozenset(), frozenset(), {}), **more)


def test_a_violated_rule_costs_its_points_once() -> None:
    got = score([finding("r1", "violated"), finding("r2", "violated", "minor"), finding("r3", "passed")], (), sheet())
    assert (got.value, got.low, got.high) == (93.0, 93.0, 93.0)
    assert (got.n_assessed, got.n_not_assessable, got.verdict) == (3, 0, "pass")


def test_what_could_not_be_judged_widens_the_range_and_is_no_pass() -> None:
    got = score([finding("r1", "passed"), finding("r2", "not_assessable")], [Failure("r3", "ValueError: x")], sheet())
    assert (got.value, got.low, got.high) == (100.0, 90.0, 100.0)
    assert (got.n_assessed, got.n_not_assessable) == (1, 2)
    assert got.verdict == "review"


def test_with_nothing_judged_there_is_no_score() -> None:
    got = score([finding("r1", "not_applicable"), finding("r2", "not_assessable")], (), sheet())
    assert got == Score(None, None, None, 0, 1, "review", "没有一条规则能够判断")


@pytest.mark.parametrize(("confidence", "verdict"), [(0.8, "fail"), (0.79, "review")])
def test_a_critical_violation_fails_the_call_only_if_sure(confidence: float, verdict: str) -> None:
    got = score([finding("r1", "violated", "critical", confidence)], (), sheet())
    assert got.value == 80.0
    assert got.verdict == verdict
    assert "《r1》" in (got.why or "")


@pytest.mark.parametrize(
    ("n", "value", "verdict"), [(3, 85.0, "pass"), (4, 80.0, "review"), (8, 60.0, "review"), (9, 55.0, "fail")]
)
def test_the_verdict_follows_the_score(n: int, value: float, verdict: str) -> None:
    got = score([finding(f"r{k}", "violated") for k in range(n)], (), sheet())
    assert (got.value, got.verdict) == (value, verdict)


def test_an_outranked_violation_is_free_while_its_superior_is_broken() -> None:
    ranked = sheet(outranked_by={"r1": ("r2",)})
    assert score([finding("r1", "violated", "minor"), finding("r2", "violated")], (), ranked).value == 95.0
    assert score([finding("r1", "violated", "minor"), finding("r2", "passed")], (), ranked).value == 98.0


def test_a_fatal_rule_leaves_nothing() -> None:
    got = score([finding("r1", "violated", "minor")], (), sheet(fatal=frozenset({"r1"})))
    assert (got.value, got.verdict) == (0.0, "fail")


def test_points_of_its_own_outrank_the_severity() -> None:
    own = sheet(points={"r1": 12.5}, own_points=frozenset({"r1"}))
    assert score([finding("r1", "violated", "critical")], (), own).value == 87.5


def test_a_raised_severity_costs_more() -> None:
    assert score([finding("r1", "violated", "critical")], (), sheet()).value == 80.0


def test_the_built_in_rulebook_says_what_its_rules_cost() -> None:
    scoring = load_rulebook("etiquette-zh").scoring
    assert scoring.points["closing-goodbye"] == 20
    assert scoring.points["polite-phrase-lexicon"] == 2


@given(
    st.lists(
        st.tuples(st.sampled_from(STATUSES), st.sampled_from(("critical", "major", "minor")), st.floats(0, 1)),
        max_size=30,
    )
)
def test_the_score_lies_in_its_range(outcomes: list[tuple[str, str, float]]) -> None:
    findings = [finding(f"r{k}", status, severity, sure) for k, (status, severity, sure) in enumerate(outcomes)]
    got = score(findings, (), sheet())
    if got.value is None:
        assert all(f.status in ("not_applicable", "not_assessable") for f in findings)
    else:
        assert got.low is not None
        assert 0 <= got.low <= got.value <= 100
