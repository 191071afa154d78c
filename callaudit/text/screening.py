"""Which turns a phrase could be heard in at all: one bound for all turns and readings in a few array operations.

Most phrases of a rulebook are heard in none of the turns of a call. A phrase can cost no less than, syllable by
syllable, the lesser of dropping it and of taking the best-sounding syllable of the turn for it, wherever it stands.
Where that alone is too much, aligning is not begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from callaudit.text.patterns import Phrase
from callaudit.text.phrases import DEFAULT


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The readings of a phrase as rows, padded with syllables that cost nothing to drop; arrays (rows, length)."""

    ids: NDArray[np.int16]
    drop: NDArray[np.float32]
    allowed: NDArray[np.float32]
    weight: NDArray[np.float32]


def could_hold(phrase: Phrase, floors: NDArray[np.float32], *, least: float) -> NDArray[np.bool_]:
    """Whether a hit of at least the score `least` is possible, for each turn; False is certain, True is not.

    Parameters
    ----------
    phrase : compiled
    floors : float32 [shape=(turns, k)], `Sounded.floor` of each turn
    least : score in [0, 1]

    Returns
    -------
    bool [shape=(turns,)]
    """
    if not phrase.variants or not len(floors):
        return np.zeros(len(floors), dtype=np.bool_)
    table = _table(phrase)
    cost = np.minimum(floors[:, table.ids], table.drop).sum(axis=2)
    most = np.minimum(table.allowed * (1 - least) / (1 - DEFAULT), table.weight)
    possible: NDArray[np.bool_] = (cost <= most + 1e-4).any(axis=1)
    return possible


@lru_cache(maxsize=16384)
def _table(phrase: Phrase) -> _Table:
    rows, length = len(phrase.variants), max(len(variant.chars) for variant in phrase.variants)
    ids, drop = np.zeros((rows, length), dtype=np.int16), np.zeros((rows, length), dtype=np.float32)
    for row, variant in enumerate(phrase.variants):
        ids[row, : len(variant.chars)] = variant.ids
        drop[row, : len(variant.chars)] = variant.drop
    allowed = np.array([variant.allowed for variant in phrase.variants], dtype=np.float32)
    weight = np.array([variant.weight for variant in phrase.variants], dtype=np.float32)
    return _Table(ids, drop, allowed, weight)
