"""Agreement beyond chance, held against published examples and tables worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from callaudit.desk.agreement import (
    Agreement,
    Words,
    cohen,
    coincidence,
    fleiss,
    fleiss_sums,
    krippendorff,
    of_all,
    of_any,
    of_pair,
)

TWO = ("broken", "kept")
FLEISS_1971 = """
    0 0 0 6 0  0 3 0 0 3  0 1 4 0 1  0 0 0 0 6  0 3 0 3 0  2 0 4 0 0  0 0 4 0 2  2 0 3 1 0  2 0 0 4 0  0 0 0 0 6
    1 0 0 5 0  1 1 0 4 0  0 3 3 0 0  1 0 0 5 0  0 2 0 3 1  0 0 5 0 1  3 0 0 1 2  5 1 0 0 0  0 2 0 4 0  1 0 2 0 3
    0 0 0 0 6  0 1 0 5 0  0 2 0 1 3  2 0 0 4 0  1 0 0 4 1  0 5 0 1 0  4 0 0 0 2  0 2 0 4 0  1 0 5 0 0  0 0 0 0 6
"""
"""Diagnoses of 30 patients by 6 psychiatrists (Fleiss 1971, table 1); κ is 0.430 there."""
KRIPPENDORFF_2011 = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Four observers of twelve units, section C there: α is 0.743 for nominal words."""


def test_kappa_of_two_is_that_of_cohen_1960() -> None:
    assert cohen(np.array([[88.0, 14, 18], [10, 40, 10], [2, 6, 12]])) == pytest.approx((140 - 82) / (200 - 82))


def test_kappa_of_two_by_hand() -> None:
    # of 10: agreed 4 + 3; said broken 6 and 5 times: by chance .6 * .5 + .4 * .5 = .5
    assert cohen(np.array([[4.0, 2], [1, 3]])) == pytest.approx((0.7 - 0.5) / (1 - 0.5))


def test_kappa_of_many_is_that_of_fleiss_1971() -> None:
    counts = np.array(FLEISS_1971.split(), dtype=float).reshape(30, 5)
    assert (counts.sum(axis=0) / 180).round(3).tolist() == [0.144, 0.144, 0.167, 0.306, 0.239]
    assert fleiss(fleiss_sums(counts)) == pytest.approx(0.430, abs=5e-4)


def test_alpha_is_that_of_krippendorff_2011() -> None:
    counts = np.zeros((12, 5))
    for row in KRIPPENDORFF_2011:
        for unit, word in enumerate(row.split()):
            if word != ".":
                counts[unit, int(word) - 1] += 1
    pairs = coincidence(counts)
    assert pairs.sum() == pytest.approx(40)  # the last unit was seen by one alone
    assert krippendorff(pairs) == pytest.approx(0.743, abs=5e-4)


def said(*words: str) -> Words:
    """What a, b and c said: b(roken), k(ept), u(nsure), or nothing."""
    told = {"b": "broken", "k": "kept", "u": "unsure"}
    return {who: told[word] for who, word in zip("abc", words[0], strict=False) if word in told}


@pytest.mark.parametrize("row", [["bb", "bb"], ["kk"], [], ["b.", ".k"], ["bu", "ub"]])
def test_where_chance_alone_agrees_there_is_no_kappa(row: list[str]) -> None:
    calls = [[said(one)] for one in row]
    found = of_pair(calls, "a", "b", TWO, 1)
    assert found.beyond is None
    assert found.interval is None
    assert of_any(calls, "ab", TWO, 1).beyond is None
    assert of_all(calls, "ab", TWO, 1).beyond is None


def test_who_is_unsure_has_given_no_word() -> None:
    calls = [[said("bb"), said("kk"), said("bu"), said("u.")]]
    assert of_pair(calls, "a", "b", TWO, 1) == Agreement(2, 1.0, 1.0, None)


def test_all_count_where_all_spoke_and_any_where_two_did() -> None:
    calls = [[said("bbb"), said("kkk"), said("bk."), said("b..")]]
    assert of_all(calls, "abc", TWO, 1).n == 2
    assert of_all(calls, "abc", TWO, 1).beyond == pytest.approx(1.0)
    partly = of_any(calls, "abc", TWO, 1)
    # 8 words, 4 of each; 6 coincidences agree, 2 do not: 1 - 7 * 2 / (8 * 8 - 16 - 16)
    assert partly.n == 3
    assert partly.share == pytest.approx(6 / 8)
    assert partly.beyond == pytest.approx(1 - 7 * 2 / (64 - 32))


def test_an_interval_is_the_same_at_every_run_and_holds_the_value() -> None:
    calls = [[said("bb"), said("bk"), *[said("kk")] * n, *[said("kb")] * (n % 3)] for n in range(9)]
    one, again, other = (of_pair(calls, "a", "b", TWO, seed) for seed in (7, 7, 8))
    assert one == again
    assert one.interval != other.interval
    assert one.interval is not None
    assert one.beyond is not None
    assert one.interval[0] < one.beyond < one.interval[1]


def test_of_few_calls_there_is_no_interval() -> None:
    calls = [[said("bb"), said("bk"), said("kk")] for _ in range(4)]
    assert of_pair(calls, "a", "b", TWO, 1).interval is None
