"""Whether a phrase that matching does not find may have been said all the same."""

from __future__ import annotations

from callaudit.text.listen import MODAL, Sounded
from callaudit.text.screening import places
from callaudit.text.variants import Phrase, Variant

UNSURE_PROB, NEAR_SOUND, HIDDEN_CHARS = 0.5, 0.3, 6
"""A word less sure than this may have been another; a syllable that costs no more is the same to the ear; longer
phrases do not hide in a few unsure words (all proposed)."""

SHORT_CHARS = 3
"""Phrases so short are not taken for said where only their sound was heard."""


def sounds_alike(phrase: Phrase, heard: Sounded) -> bool:
    """Whether a reading of two or three syllables is heard in other characters: 在见 for 再见, 部客气 for 不客气.

    Two syllables must end a clause, as short courtesies do (您号码 is no 您好), with one of them written rightly
    (号码 is no 好吗) unless it is said twice (白白 for 拜拜).
    """
    sounds = places(heard).sounds
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


def hides(phrase: Phrase, heard: Sounded) -> bool:
    """Whether every syllable of a reading is heard or unsure, one of them unsure and half of them heard."""
    if not (heard.prob < UNSURE_PROB).any():
        return False
    return any(_fits(variant, heard) for variant in phrase.of_lengths(2, HIDDEN_CHARS))


def _fits(variant: Variant, heard: Sounded) -> bool:
    row = places(heard)
    unsure = row.less_sure(UNSURE_PROB)
    n = len(variant.chars)
    fit, doubt = (1 << max(0, len(heard) - n + 1)) - 1, 0
    if n == 2:  # two syllables fit anywhere by chance: only where the turn begins
        fit &= 1
    told = []
    for at, sound in enumerate(zip(variant.codes.tolist(), variant.ids.tolist(), strict=True)):
        same = row.near(sound, NEAR_SOUND) >> at
        fit &= same | unsure >> at
        if not fit:
            return False
        doubt |= unsure >> at
        told.append(same)
    fit &= doubt
    while fit:
        first = fit & -fit
        if 2 * sum(1 for same in told if same & first) >= n:
            return True
        fit ^= first
    return False
