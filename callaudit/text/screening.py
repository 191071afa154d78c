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
from callaudit.text.phrases import DEFAULT, Sounded


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The readings of a phrase as rows, padded with syllables that cost nothing to drop; arrays (rows, length)."""

    ids: NDArray[np.int16]
    characters: NDArray[np.int32]
    drop: NDArray[np.float32]
    allowed: NDArray[np.float32]
    weight: NDArray[np.float32]


FIRST_HAN, LAST_HAN = 0x4E00, 0x9FFF


def characters(sounded: Sounded) -> NDArray[np.bool_]:
    """Which Han characters a turn holds, 您 as 你: they are heard as themselves, whatever their reading."""
    return sounded.present[FIRST_HAN : LAST_HAN + 1]


def could_hold(
    phrase: Phrase, floors: NDArray[np.float32], *, least: float, present: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Whether a hit of at least the score `least` is possible, for each turn; False is certain, True is not.

    Parameters
    ----------
    phrase : compiled
    floors : float32 [shape=(turns, k)], `Sounded.floor` of each turn
    least : score in [0, 1]
    present : bool [shape=(turns, Han characters)], `characters` of each turn; without it only sounds are compared

    Returns
    -------
    bool [shape=(turns,)]
    """
    if not phrase.variants or not len(floors):
        return np.zeros(len(floors), dtype=np.bool_)
    table = _table(phrase)
    nearest = floors[:, table.ids]
    if present is not None:
        nearest = np.where(present[:, table.characters], 0.0, nearest)
    cost = np.minimum(nearest, table.drop).sum(axis=2)
    most = np.minimum(table.allowed * (1 - least) / (1 - DEFAULT), table.weight)
    possible: NDArray[np.bool_] = (cost <= most + 1e-4).any(axis=1)
    return possible


@lru_cache(maxsize=16384)
def _table(phrase: Phrase) -> _Table:
    rows, length = len(phrase.variants), max(len(variant.chars) for variant in phrase.variants)
    ids, drop = np.zeros((rows, length), dtype=np.int16), np.zeros((rows, length), dtype=np.float32)
    chars = np.zeros((rows, length), dtype=np.int32)
    for row, variant in enumerate(phrase.variants):
        ids[row, : len(variant.chars)] = variant.ids
        chars[row, : len(variant.chars)] = np.clip(variant.codes, FIRST_HAN, LAST_HAN) - FIRST_HAN
        drop[row, : len(variant.chars)] = variant.drop
    allowed = np.array([variant.allowed for variant in phrase.variants], dtype=np.float32)
    weight = np.array([variant.weight for variant in phrase.variants], dtype=np.float32)
    return _Table(ids, chars, drop, allowed, weight)
