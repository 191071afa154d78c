"""How far people agree beyond chance, on words of no order: κ of two, κ of many, α where some said nothing.

A κ is None where it is undefined: nothing was judged by both, or everybody always said the same word, so that chance
alone agrees. Intervals are resampled by call, since what is judged in one call is not independent.

References
----------
.. [1] Cohen (1960), A coefficient of agreement for nominal scales, Educ. Psychol. Meas. 20:37.
.. [2] Fleiss (1971), Measuring nominal scale agreement among many raters, Psychol. Bull. 76:378.
.. [3] Krippendorff (2011), Computing Krippendorff's alpha-reliability, University of Pennsylvania.
.. [4] Efron & Tibshirani (1993), An introduction to the bootstrap, ch. 13 (percentile interval).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from callaudit.evaluation.intervals import LEAST_CALLS, N_RESAMPLES, Interval, percentiles

Table = NDArray[np.float64]
Words = Mapping[str, str]
"""What each person said of one thing, by person; who said nothing is not in it."""
CLOSE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far some agree: `n` things that count, the share on which they agree, and beyond chance with its interval."""

    n: int
    share: float | None
    beyond: float | None
    interval: Interval | None


def cohen(table: Table) -> float | None:
    """Cohen's κ, in [−1, 1] [1]_.

    Parameters
    ----------
    table : how often one said the word of the row and the other that of the column, float64 [shape=(k, k)]

    >>> round(cohen(np.array([[88.0, 14, 18], [10, 40, 10], [2, 6, 12]])), 3)
    0.492
    """
    n = table.sum()
    if n == 0:
        return None
    chance = float((table.sum(axis=0) * table.sum(axis=1)).sum() / n**2)
    return _beyond(float(np.trace(table) / n), chance)


def fleiss(sums: Table) -> float | None:
    """Fleiss' κ, in [−1, 1] [2]_.

    Parameters
    ----------
    sums : of `fleiss_sums`, added up over all things
    """
    n, agreed, words = sums[0], sums[1], sums[2:]
    if n == 0:
        return None
    return _beyond(float(agreed / n), float(((words / n) ** 2).sum()))


def fleiss_sums(counts: Table) -> Table:
    """What Fleiss' κ needs of things, all judged by the same number of people: n, agreement, shares of each word.

    Parameters
    ----------
    counts : how many said each word of each thing, float64 [shape=(things, k)]
    """
    if not len(counts):
        return np.zeros(2 + counts.shape[1])
    raters = counts.sum(axis=1)
    agreed = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    return np.concatenate([[len(counts), agreed.sum()], (counts / raters[:, None]).sum(axis=0)])


def krippendorff(coincidences: Table) -> float | None:
    """Krippendorff's α of nominal words, at most 1 [3]_.

    Parameters
    ----------
    coincidences : of `coincidence`, added up over all things, float64 [shape=(k, k)]
    """
    n = coincidences.sum()
    if n <= 1:
        return None
    words = coincidences.sum(axis=0)
    seen = n - np.trace(coincidences)
    chance = float(n**2 - (words**2).sum()) / (n - 1)
    return None if chance < CLOSE else float(1 - seen / chance)


def coincidence(counts: Table) -> Table:
    """How often one word met another within things, each thing weighing as much as it has words.

    Parameters
    ----------
    counts : as in `fleiss_sums`; things of which fewer than two people said something add nothing
    """
    told = counts[counts.sum(axis=1) >= 2]
    weight = 1 / (told.sum(axis=1) - 1)
    pairs: Table = np.einsum("ni,nj,n->ij", told, told, weight) - np.diag((told * weight[:, None]).sum(axis=0))
    return pairs


def _beyond(agreed: float, chance: float) -> float | None:
    return None if chance > 1 - CLOSE else (agreed - chance) / (1 - chance)


# ── of calls ─────────────────────────────────────────────────────────────────────────────────────────────────────
def of_pair(calls: Sequence[Sequence[Words]], one: str, other: str, words: Sequence[str], seed: int) -> Agreement:
    """Two people, over what both gave a word on (Cohen's κ).

    Parameters
    ----------
    calls : what was said of each thing, call by call
    words : those that count; whoever said another one said nothing
    seed : of the resampling
    """

    def table(call: Sequence[Words]) -> Table:
        found = np.zeros((len(words), len(words)))
        for said in call:
            if said.get(one) in words and said.get(other) in words:
                found[words.index(said[one]), words.index(said[other])] += 1
        return found

    rows = np.array([table(call) for call in calls]).reshape(len(calls), len(words), len(words))
    whole: Table = rows.sum(axis=0)
    n = int(whole.sum())
    return Agreement(n, float(np.trace(whole) / n) if n else None, cohen(whole), resampled(rows, cohen, seed))


def of_all(calls: Sequence[Sequence[Words]], people: Sequence[str], words: Sequence[str], seed: int) -> Agreement:
    """All people, over what every one of them gave a word on (Fleiss' κ)."""
    counts = [_counts(call, people, words) for call in calls]
    rows = np.array([fleiss_sums(one[one.sum(axis=1) == len(people)]) for one in counts])
    rows = rows.reshape(len(calls), 2 + len(words))
    whole = rows.sum(axis=0)
    n = int(whole[0])
    return Agreement(n, float(whole[1] / n) if n else None, fleiss(whole), resampled(rows, fleiss, seed))


def of_any(calls: Sequence[Sequence[Words]], people: Sequence[str], words: Sequence[str], seed: int) -> Agreement:
    """Whoever gave a word, over what at least two did (Krippendorff's α); its share is that of pairs."""
    counts = [_counts(call, people, words) for call in calls]
    rows = np.array([coincidence(one) for one in counts]).reshape(len(calls), len(words), len(words))
    whole: Table = rows.sum(axis=0)
    share = float(np.trace(whole) / whole.sum()) if whole.sum() else None
    n = sum(int((one.sum(axis=1) >= 2).sum()) for one in counts)
    return Agreement(n, share, krippendorff(whole), resampled(rows, krippendorff, seed))


def _counts(call: Sequence[Words], people: Sequence[str], words: Sequence[str]) -> Table:
    found = np.zeros((len(call), len(words)))
    for row, said in enumerate(call):
        for person in people:
            if said.get(person) in words:
                found[row, words.index(said[person])] += 1
    return found


def resampled(rows: Table, beyond: Callable[[Table], float | None], seed: int) -> Interval | None:
    """The 95 % interval over resampled calls [4]_, the same at every run; None below `LEAST_CALLS` calls.

    Parameters
    ----------
    rows : what `beyond` needs of each call; it is added up, float64 [shape=(calls, …)]
    """
    n = len(rows)
    if n < LEAST_CALLS or beyond(rows.sum(axis=0)) is None:
        return None
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES)
    found = (beyond(sums) for sums in np.tensordot(drawn, rows, axes=1))
    return percentiles(np.array([np.nan if one is None else one for one in found]))
