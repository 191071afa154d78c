"""Whether a phrase that matching does not find may have been said all the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callaudit.text.compiled import compiled
from callaudit.text.listen import MODAL, Sounded, substitution
from callaudit.text.pool import Pool
from callaudit.text.rows import NEGATION, Rows
from callaudit.text.variants import Phrase, Variant

UNSURE_PROB, NEAR_SOUND, HIDDEN_CHARS = 0.5, 0.3, 6
"""A word less sure than this may have been another; a syllable that costs no more is the same to the ear; longer
phrases do not hide in a few unsure words (all proposed)."""

_NEAR_SOUND = np.float32(NEAR_SOUND)

SHORT_CHARS = 3
"""Phrases so short are not taken for said where only their sound was heard."""


def sounds_alike(phrase: Phrase, heard: Sounded) -> bool:
    """Whether a reading of two or three syllables is heard in other characters: 在见 for 再见, 部客气 for 不客气.

    Two syllables must end a clause, as short courtesies do (您号码 is no 您好), with one of them written rightly
    (号码 is no 好吗) unless it is said twice (白白 for 拜拜).
    """
    sounds = "".join(map(chr, heard.ids.tolist()))
    return any(variant.sound in sounds and _alike(variant, heard) for variant in phrase.of_lengths(2, SHORT_CHARS))


def _alike(variant: Variant, heard: Sounded) -> bool:
    n = len(variant.chars)
    for first in range(len(heard) - n + 1):
        end = first + n
        if n == 2 and end < len(heard) and not heard.parted[end] and heard.chars[end] not in MODAL:
            continue
        right = heard.codes[first:end] == variant.codes
        if not (heard.ids[first:end] == variant.ids).all() or right.all():
            continue
        if n > 2 or right.any() or variant.ids[0] == variant.ids[1]:
            return True
    return False


def unsure(heard: Sounded) -> bool:
    """Whether the recogniser was unsure of a word."""
    return bool((heard.prob < UNSURE_PROB).any())


def hides(pool: Pool, phrase: int, rows: Rows) -> NDArray[np.bool_]:
    """Whether every syllable of a reading is heard or unsure in a row, one of them unsure and half of them heard.

    Of the readings without slots of 2 to `HIDDEN_CHARS` syllables, bool [shape=(rows,)].
    """
    found = np.zeros(len(rows.first) - 1, dtype=np.bool_)
    _hides(
        pool.reading[phrase], pool.reading[phrase + 1], pool.syllable, pool.step, pool.ids, pool.codes, substitution(),
        rows.first, rows.ids, rows.codes, rows.kinds, rows.scale, rows.prob, found,
    )  # fmt: skip
    return found


@compiled
def _hides(
    first_reading: int, end_reading: int, syllable: NDArray[np.int64], step: NDArray[np.int64],
    p_ids: NDArray[np.int16], p_codes: NDArray[np.int32], near: NDArray[np.float32], first: NDArray[np.int64],
    ids: NDArray[np.int16], codes: NDArray[np.int32], kinds: NDArray[np.uint8], scale: NDArray[np.float32],
    prob: NDArray[np.float64], found: NDArray[np.bool_],
) -> None:  # fmt: skip
    for row in range(len(first) - 1):
        at, end = first[row], first[row + 1]
        if not (prob[at:end] < UNSURE_PROB).any():
            continue
        for reading in range(first_reading, end_reading):
            sound, n = syllable[reading], syllable[reading + 1] - syllable[reading]
            if not 2 <= n <= HIDDEN_CHARS or step[reading + 1] - step[reading] != n:
                continue
            # two syllables fit anywhere by chance: only where the turn begins
            for begin in range(at, (min(at + 1, end - 1) if n == 2 else end - n + 1)):
                n_same, doubtful, k = 0, False, 0
                while k < n:
                    same = _same(begin + k, p_ids[sound + k], p_codes[sound + k], near, ids, codes, kinds, scale)
                    if not (same or prob[begin + k] < UNSURE_PROB):
                        break
                    n_same += same
                    doubtful = doubtful or prob[begin + k] < UNSURE_PROB
                    k += 1
                if k == n and doubtful and 2 * n_same >= n:
                    found[row] = True
                    break
            if found[row]:
                break


@compiled
def _same(
    at: int, number: int, code: int, near: NDArray[np.float32], ids: NDArray[np.int16], codes: NDArray[np.int32],
    kinds: NDArray[np.uint8], scale: NDArray[np.float32],
) -> bool:  # fmt: skip
    """Whether a heard syllable is written so, or nearly the same to the ear."""
    cost = near[number, ids[at]] * scale[at]
    return bool(codes[at] == code or cost == 0 or (cost <= _NEAR_SOUND and not kinds[at] & NEGATION))
