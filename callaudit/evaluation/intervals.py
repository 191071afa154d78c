"""How sure a figure is: 95 % intervals, chance-corrected agreement, and whether two runs differ.

Shares get Wilson's interval [1]_, which holds at 0, at 1 and for small n. The F1 of events is a monotone function of
the share J of right ones among all that were true or found (F1 = 2J / (1 + J)), so its interval is that of J, mapped.
Medians and errors per character are resampled by call [2]_, since what is said in one call is not independent.

References
----------
.. [1] Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16:101.
.. [2] Efron & Tibshirani (1993), An introduction to the bootstrap, ch. 13 (percentile interval).
.. [3] Cohen (1960), A coefficient of agreement for nominal scales, Educ. Psychol. Meas. 20:37.
.. [4] McNemar (1947), Psychometrika 12:153; exact form: a sign test on the items that changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

CONFIDENCE: Final = 0.95
N_RESAMPLES: Final = 1000
SEED: Final = 20_260_101
LEAST_CALLS: Final = 5
"""Of fewer calls than this a resampled interval says nothing."""

Interval = tuple[float, float]


def wilson(n_right: int, n: int) -> Interval | None:
    """Interval of the share n_right / n, in [0, 1]; None where n is 0.

    >>> low, high = wilson(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    if n == 0:
        return None
    from scipy.stats import binomtest  # slow to import; no audit needs it

    found = binomtest(n_right, n).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def f1_interval(n_right: int, n_truth: int, n_found: int) -> Interval | None:
    """Interval of the F1 of events, in [0, 1]; None where there is nothing, true or found.

    >>> low, high = f1_interval(12, 12, 12)
    >>> round(low, 3), round(high, 3)
    (0.862, 1.0)
    """
    found = wilson(n_right, n_truth + n_found - n_right)
    return None if found is None else (2 * found[0] / (1 + found[0]), 2 * found[1] / (1 + found[1]))


def resamples(n_calls: int) -> NDArray[np.int64]:
    """How often each resample holds each call, int64 [shape=(N_RESAMPLES, n_calls)]; the same at every run."""
    return np.random.default_rng(SEED).multinomial(n_calls, np.full(n_calls, 1 / n_calls), size=N_RESAMPLES)


def percentiles(values: NDArray[np.float64]) -> Interval | None:
    """The middle 95 % of resampled values, those that could not be had left out; None where none could."""
    kept = values[np.isfinite(values)]
    if kept.size == 0:
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(kept, [tail, 1 - tail])
    return float(low), float(high)


def resampled_quantiles(rows: Sequence[Sequence[float]], share: float | None) -> NDArray[np.float64]:
    """The quantile of every resample of the calls, float64 [shape=(N_RESAMPLES,)]; NaN where it holds no value.

    Parameters
    ----------
    rows : values of each call
    share : as in `quantile`
    """
    owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    values = np.array([value for row in rows for value in row], dtype=np.float64)
    order = np.argsort(values, kind="stable")
    values, owners = values[order], owners[order]
    found = np.full(N_RESAMPLES, np.nan)
    for k, weights in enumerate(resamples(len(rows))):
        upto = np.cumsum(weights[owners])
        n = int(upto[-1]) if upto.size else 0
        if n:
            places = np.searchsorted(upto, _ranks(n, share), side="right")
            found[k] = values[places].mean()
    return found


def quantile(values: Sequence[float], share: float | None) -> float | None:
    """The median (share None), or the value at place ⌊share·n⌋ of the sorted ones; None where there is none.

    >>> quantile([4.0, 1.0, 2.0, 3.0], None), quantile([4.0, 1.0, 2.0, 3.0], 0.95)
    (2.5, 4.0)
    """
    if not values:
        return None
    row = sorted(values)
    ranks = _ranks(len(row), share)
    return sum(row[rank] for rank in ranks) / len(ranks)


def _ranks(n: int, share: float | None) -> list[int]:
    if share is None:
        return sorted({(n - 1) // 2, n // 2})
    return [min(n - 1, int(share * n))]


def kappa(n_both: int, n_machine_only: int, n_label_only: int, n_neither: int) -> float | None:
    """Cohen's κ of two who say yes or no, in [−1, 1]: agreement beyond chance [3]_.

    None where there is nothing to agree on, or where both always say the same word, so that chance alone agrees.

    >>> round(kappa(20, 10, 5, 15), 3)
    0.4
    """
    n = n_both + n_machine_only + n_label_only + n_neither
    if n == 0:
        return None
    agreed = (n_both + n_neither) / n
    label, machine = (n_both + n_label_only) / n, (n_both + n_machine_only) / n
    chance = label * machine + (1 - label) * (1 - machine)
    return None if chance >= 1 else (agreed - chance) / (1 - chance)


def resampled_kappa(crossed: NDArray[np.int64]) -> Interval | None:
    """Interval of κ over calls; `crossed` is int64 [shape=(calls, 4)]: both, machine only, label only, neither."""
    if len(crossed) < LEAST_CALLS:
        return None
    rows = resamples(len(crossed)) @ crossed
    found = [kappa(*(int(count) for count in row)) for row in rows]
    return percentiles(np.array([np.nan if value is None else value for value in found]))


def mcnemar(n_worse: int, n_better: int) -> float:
    """Chance that items change at least so one-sidedly when both runs are equally good, exact, in (0, 1] [4]_.

    >>> mcnemar(1, 9)
    0.021484375
    """
    if n_worse + n_better == 0:
        return 1.0
    from scipy.stats import binomtest  # slow to import; no audit needs it

    return float(binomtest(min(n_worse, n_better), n_worse + n_better, 0.5).pvalue)
