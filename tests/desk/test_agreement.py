"""Agreement beyond chance, held against other programs and tables worked out by hand.

The figures to 15 places were worked out once by scikit-learn 1.9.1 (`cohen_kappa_score`), statsmodels 0.15.0
(`fleiss_kappa`) and krippendorff 0.9.0 (`alpha`, nominal); on 2000 random tables ours differed from theirs by less than
1e-15. None of them is needed here.
"""

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
"""Diagnoses of 30 patients by 6 psychiatrists, after Fleiss (1971), table 1, where κ is 0.430."""
KRIPPENDORFF_2011 = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
"""Four observers of twelve units, after Krippendorff (2011), section C, where α is 0.743 for nominal words."""


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.4915254237288136),  # after Cohen (1960): 58 of 118
        ([[17, 3, 2, 0], [4, 9, 1, 5], [0, 2, 21, 3], [1, 0, 6, 8]], 0.5530884134033105),
        ([[1, 7], [6, 2]], -0.625),
    ],
)
def test_kappa_of_two_is_that_of_scikit_learn(table: list[list[float]], kappa: float) -> None:
    assert cohen(np.array(table, dtype=float)) == pytest.approx(kappa, abs=1e-12)


def test_kappa_of_two_by_hand() -> None:
    # of 10: agreed 4 + 3; said broken 6 and 5 times: by chance .6 * .5 + .4 * .5 = .5
    assert cohen(np.array([[4.0, 2], [1, 3]])) == pytest.approx((0.7 - 0.5) / (1 - 0.5))


@pytest.mark.parametrize(
    ("given", "n_words", "kappa"),
    [
        (FLEISS_1971, 5, 0.43024452006014074),
        ("1121 2030 0140 1301 2003 1040 2102 5000 2300 0041 0050 1400", 4, 0.32922127987663835),
        ("30 21 12 30 12 03 03 03 21 03 21 12 03 03 03 03", 2, 0.41818181818181815),
    ],
)
def test_kappa_of_many_is_that_of_statsmodels(given: str, n_words: int, kappa: float) -> None:
    counts = np.array(list("".join(given.split())), dtype=float).reshape(-1, n_words)
    assert fleiss(fleiss_sums(counts)) == pytest.approx(kappa, abs=1e-12)


@pytest.mark.parametrize(
    ("observers", "alpha"),
    [
        (KRIPPENDORFF_2011, 0.743421052631579),
        ((".332.3412...", "233...1.13.2", "13321...2.32", "4..2.3111331", "31.1.32.2332"), 0.4032051282051282),
        (("112122221212.2.2", "1121.22..212222.", "...11.22122..2.2"), 0.746031746031746),
    ],
)
def test_alpha_is_that_of_the_package_krippendorff(observers: tuple[str, ...], alpha: float) -> None:
    counts = np.zeros((len(observers[0]), 5))
    for row in observers:
        for unit, word in enumerate(row):
            if word != ".":
                counts[unit, int(word) - 1] += 1
    assert krippendorff(coincidence(counts)) == pytest.approx(alpha, abs=1e-12)


def test_what_one_alone_has_seen_adds_nothing() -> None:
    assert coincidence(np.array([[2.0, 0], [1, 1], [0, 1]])).sum() == pytest.approx(4)


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
