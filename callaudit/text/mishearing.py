"""Whether a phrase that matching does not find may have been said all the same."""

from __future__ import annotations

import numpy as np

from callaudit.text.listen import MODAL, Sounded
from callaudit.text.variants import Variant

UNSURE_PROB, NEAR_SOUND, HIDDEN_CHARS = 0.5, 0.3, 6
"""A word less sure than this may have been another; a syllable that costs no more is the same to the ear; longer
phrases do not hide in a few unsure words (all proposed)."""

SHORT_CHARS = 3
"""Phrases so short are not taken for said where only their sound was heard."""


def sounds_alike(variant: Variant, heard: Sounded) -> bool:
    """Whether a phrase of two or three syllables is heard in other characters: 在见 for 再见, 部客气 for 不客气.

    Two syllables must end a clause, as short courtesies do (您号码 is no 您好), with one of them written rightly
    (号码 is no 好吗) unless it is said twice (白白 for 拜拜).
    """
    n = len(variant.chars)
    if not 2 <= n == len(variant.steps) <= SHORT_CHARS:
        return False
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


def hides(variant: Variant, heard: Sounded) -> bool:
    """Whether every syllable of the phrase is heard or unsure, half of them heard."""
    n = len(variant.chars)
    if not 2 <= n == len(variant.steps) <= HIDDEN_CHARS:
        return False
    last = len(heard) - n
    unsure = heard.prob < UNSURE_PROB
    if last < 0 or not unsure.any():
        return False
    same = (heard.codes == variant.codes[:, None]) | (heard.costs(variant.ids) <= NEAR_SOUND)
    first = np.arange(1 if n == 2 else last + 1)  # two syllables fit anywhere by chance: only where the turn begins
    there = first[:, None] + np.arange(n)
    same, unsure = same[np.arange(n), there], unsure[there]
    return bool(((same | unsure).all(axis=1) & unsure.any(axis=1) & (same.sum(axis=1) * 2 >= n)).any())
