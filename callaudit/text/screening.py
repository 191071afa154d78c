"""Which turns a phrase could be heard in at all: one bound for all turns and readings in a few array operations.

Most phrases of a rulebook are heard in none of the turns of a call. A phrase can cost no less than, syllable by
syllable, the lesser of dropping it and of taking the best-sounding syllable of the turn for it, wherever it stands.
Where that alone is too much, aligning is not begun.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callaudit.text.context import DEFAULT
from callaudit.text.listen import holds
from callaudit.text.variants import Phrase

_CELLS = 1 << 17
"""Syllables of phrases times turns that are looked at together: bounds memory, whatever the length of the call."""


def could_hold(
    phrase: Phrase, floors: NDArray[np.float32], *, least: float, present: NDArray[np.uint8] | None = None
) -> NDArray[np.bool_]:
    """Whether a hit of at least the score `least` is possible, for each turn; False is certain, True is not.

    Parameters
    ----------
    phrase : compiled
    floors : float32 [shape=(turns, k)], `Sounded.floor` of each turn
    least : score in [0, 1]
    present : uint8 [shape=(turns, bytes)], `Sounded.present` of each turn: characters are heard as themselves, whatever
        their reading; without it only sounds are compared

    Returns
    -------
    bool [shape=(turns,)]
    """
    if not phrase.chars or not len(floors):
        return np.zeros(len(floors), dtype=np.bool_)
    most = np.minimum(phrase.allowed * (1 - least) / (1 - DEFAULT), phrase.weight)
    possible = np.zeros(len(floors), dtype=np.bool_)
    step = max(1, _CELLS // phrase.ids.size)
    for block in (slice(first, first + step) for first in range(0, len(floors), step)):
        nearest = floors[block, phrase.ids]
        if present is not None:
            nearest = np.where(holds(present[block], phrase.han), 0.0, nearest)
        possible[block] = (np.minimum(nearest, phrase.drop).sum(axis=2) <= most + 1e-4).any(axis=1)
    return possible
