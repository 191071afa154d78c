"""How sure a figure is, and whether confidence is worth its name."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.evaluation.calibration import Claim, calibration, turn_claims, verdict_claims
from callaudit.evaluation.figures import f1
from callaudit.evaluation.hypothesis import HeardTurn, Hypothesis
from callaudit.evaluation.intervals import (
    f1_interval,
    kappa,
    mcnemar,
    percentiles,
    quantile,
    resampled_kappa,
    resampled_quantiles,
    resamples,
    wilson,
)
from callaudit.evaluation.judged import Judged
from callaudit.evaluation.truth import Truth, TruthTurn
from callaudit.spans import Span

Z = 1.959963984540054


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_its_formula(pair: tuple[int, int]) -> None:
    k, n = pair
    p = k / n
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    assert wilson(k, n) == pytest.approx((max(0.0, middle - half), min(1.0, middle + half)), abs=1e-9)


def test_nothing_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert f1_interval(0, 0, 0) is None
    assert resampled_kappa(np.zeros((3, 4), dtype=np.int64)) is None


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_interval_of_an_f1_holds_it(n_right: int, n_missed: int, n_false: int) -> None:
    n_truth, n_found = n_right + n_missed, n_right + n_false
    bounds = f1_interval(n_right, n_truth, n_found)
    if bounds is not None:
        assert bounds[0] - 1e-9 <= f1(n_right, n_truth, n_found) <= bounds[1] + 1e-9


@pytest.mark.parametrize(
    ("crossed", "expected"),
    [
        ((20, 10, 5, 15), 0.4),  # observed 0.7, chance 0.5
        ((45, 25, 15, 15), 0.13043478),  # observed 0.6, chance 0.54
        ((10, 0, 0, 10), 1.0),
        ((0, 10, 10, 0), -1.0),
        ((5, 5, 5, 5), 0.0),
        ((7, 0, 0, 0), None),  # both always say yes: chance alone agrees
        ((0, 0, 0, 0), None),
    ],
)
def test_kappa_by_hand(crossed: tuple[int, int, int, int], expected: float | None) -> None:
    assert kappa(*crossed) == (None if expected is None else pytest.approx(expected))


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_sign_test(n_worse: int, n_better: int) -> None:
    n = n_worse + n_better
    tail = sum(math.comb(n, k) for k in range(min(n_worse, n_better) + 1)) / 2**n
    assert mcnemar(n_worse, n_better) == pytest.approx(min(1.0, 2 * tail))


def test_resampling_is_the_same_every_time_and_of_as_many_calls() -> None:
    assert np.array_equal(resamples(7), resamples(7))
    assert (resamples(7).sum(axis=1) == 7).all()


@pytest.mark.parametrize("share", [None, 0.9, 0.95])
def test_a_resampled_quantile_is_that_of_the_resampled_calls(share: float | None) -> None:
    rows = [[3.0, 1.0], [], [2.0, 2.5, 9.0], [0.5], [4.0]]
    found = resampled_quantiles(rows, share)
    for weights, value in zip(resamples(len(rows)), found, strict=True):
        drawn = [x for row, times in zip(rows, weights, strict=True) for x in row * int(times)]
        expected = quantile(drawn, share)
        assert (expected is None and math.isnan(value)) or expected == pytest.approx(value)


def test_percentiles_leave_out_what_could_not_be_had() -> None:
    assert percentiles(np.array([np.nan, np.nan])) is None
    assert percentiles(np.array([2.0, np.nan, 2.0])) == (2.0, 2.0)


def test_confidence_that_is_right_nine_times_in_ten_has_no_gap() -> None:
    claims = [Claim(0.9, k % 10 != 0) for k in range(100)]
    found = calibration("violated", claims)
    (only,) = found.bins
    assert (only.from_, only.to, only.n, only.n_right) == (0.9, 0.95, 100, 90)
    assert found.gap == pytest.approx(0.0)
    assert found.brier == pytest.approx(0.09)
    assert only.low < 0.9 < only.high


def test_bins_hold_every_claim_once() -> None:
    edges = [0.0, 0.49, 0.5, 0.6, 0.7, 0.8, 0.9, 0.949, 0.95, 1.0]
    found = calibration("violated", [Claim(value, True) for value in edges])
    assert sum(row.n for row in found.bins) == len(edges)
    assert found.bins[-1].n == 2
    assert found.gap == pytest.approx(sum(1 - value for value in edges) / len(edges))


def test_no_claims_is_no_calibration() -> None:
    found = calibration("speaker_mono", [], n_unsure=3)
    assert (found.n, found.n_unsure, found.gap, found.bins) == (0, 3, None, ())


def test_a_turn_is_whose_voice_fills_most_of_its_speech() -> None:
    truth = Truth(
        "call", None, 20.0, "mono", False, None,
        (TruthTurn("agent", Span(1, 5), None), TruthTurn("customer", Span(6, 8), None)),
        None, (), None, None, None, (),
    )  # fmt: skip
    turns = (
        HeardTurn(1, 4, speaker="agent", speaker_confidence=0.9),
        HeardTurn(1, 4, speaker="customer", speaker_confidence=0.8),
        HeardTurn(4, 8, speaker="customer", speaker_confidence=0.7),  # a second of the agent, two of the customer
        HeardTurn(7, 19, speaker="customer", speaker_confidence=0.6),  # mostly silence, but nobody else speaks
        HeardTurn(10, 15, speaker="agent", speaker_confidence=0.5),  # nobody speaks
        HeardTurn(1, 2, speaker="unknown", speaker_confidence=0.4),
        HeardTurn(1, 2, speaker="agent"),  # says nothing of how sure it is
    )
    heard = Hypothesis(20.0, "mono", False, None, None, False, None, turns, None, None, None)
    claims, n_unsure = turn_claims(truth, heard)
    assert [(claim.confidence, claim.right) for claim in claims] == [
        (0.9, True),
        (0.8, False),
        (0.7, True),
        (0.6, True),
        (0.5, False),
    ]
    assert n_unsure == 1


def test_a_verdict_is_right_where_it_is_the_labelled_one() -> None:
    items = [
        Judged("c", "a", "violated", "violated", 0.9),
        Judged("c", "b", "passed", "violated", 0.8),
        Judged("c", "d", "passed", "not_applicable", 0.7),
        Judged("c", "e", "passed", "passed", 0.6),
        Judged("c", "f", "violated", "not_assessable", 0.5),
        Judged("c", "g", None, "violated", 0.4),
        Judged("c", "h", "not_applicable", None),
    ]
    assert verdict_claims(items, violated=True) == ((Claim(0.9, True), Claim(0.8, False)), 0)
    assert verdict_claims(items, violated=False) == ((Claim(0.7, False), Claim(0.6, True)), 1)
