"""Which turns a phrase could be heard in at all: one bound for all turns and readings in a few array operations.

Most phrases of a rulebook are heard in none of the turns of a call. A phrase can cost no less than, syllable by
syllable, the lesser of dropping it and of taking the best-sounding syllable of the turn for it, wherever it stands.
Where that alone is too much, aligning is not begun.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callaudit.text.phrases import DEFAULT, Sounded
from callaudit.text.variants import FIRST_HAN, LAST_HAN, Phrase


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
    if not phrase.chars or not len(floors):
        return np.zeros(len(floors), dtype=np.bool_)
    nearest = floors[:, phrase.ids]
    if present is not None:
        nearest = np.where(present[:, phrase.han], 0.0, nearest)
    cost = np.minimum(nearest, phrase.drop).sum(axis=2)
    most = np.minimum(phrase.allowed * (1 - least) / (1 - DEFAULT), phrase.weight)
    possible: NDArray[np.bool_] = (cost <= most + 1e-4).any(axis=1)
    return possible
