"""Whether a phrase that matching does not find may have been said all the same."""

from __future__ import annotations

from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from callaudit.text.listen import MODAL, Sounded, substitution
from callaudit.text.variants import Phrase, Variant

UNSURE_PROB, NEAR_SOUND, HIDDEN_CHARS = 0.5, 0.3, 6
"""A word less sure than this may have been another; a syllable that costs no more is the same to the ear; longer
phrases do not hide in a few unsure words (all proposed)."""

SHORT_CHARS = 3
"""Phrases so short are not taken for said where only their sound was heard."""


_TRACES: WeakKeyDictionary[Sounded, Trace] = WeakKeyDictionary()


def trace(row: Sounded) -> Trace:
    """The trace of a row, kept for the phrases that follow as long as the row is."""
    kept = _TRACES.get(row)
    if kept is None:
        kept = _TRACES[row] = Trace(row)
    return kept


class Trace:
    """The syllables of a row as bits: which are unsure, and which are near to another."""

    def __init__(self, row: Sounded) -> None:
        self._row = row
        self._near: dict[tuple[int, int], int] = {}

    @cached_property
    def sounds(self) -> str:
        """The ids of the syllables, one character each."""
        return "".join(map(chr, self._row.ids.tolist()))

    @cached_property
    def unsure(self) -> int:
        """The syllables of words less sure than `UNSURE_PROB`."""
        return _bits(self._row.prob < UNSURE_PROB)

    def near(self, code: int, number: int) -> int:
        """The syllables that are written so, or that are nearly the same to the ear."""
        if (code, number) not in self._near:
            row = self._row
            cost = substitution()[number][row.ids] * row.scale
            taken = (cost == 0) | (cost <= NEAR_SOUND) & ~row.negation | (row.codes == code)
            self._near[code, number] = _bits(taken)
        return self._near[code, number]


def _bits(places: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(places, bitorder="little").tobytes(), "little")


def sounds_alike(phrase: Phrase, heard: Sounded) -> bool:
    """Whether a reading of two or three syllables is heard in other characters: 在见 for 再见, 部客气 for 不客气.

    Two syllables must end a clause, as short courtesies do (您号码 is no 您好), with one of them written rightly
    (号码 is no 好吗) unless it is said twice (白白 for 拜拜).
    """
    sounds = trace(heard).sounds
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
    return trace(heard).unsure != 0


def hides(phrase: Phrase, heard: Sounded) -> bool:
    """Whether every syllable of a reading is heard or unsure, one of them unsure and half of them heard."""
    if not unsure(heard):
        return False
    return any(_fits(variant, heard) for variant in phrase.of_lengths(2, HIDDEN_CHARS))


def _fits(variant: Variant, heard: Sounded) -> bool:
    row = trace(heard)
    unsure = row.unsure
    n = len(variant.chars)
    fit, doubt = (1 << max(0, len(heard) - n + 1)) - 1, 0
    if n == 2:  # two syllables fit anywhere by chance: only where the turn begins
        fit &= 1
    told = []
    for at, sound in enumerate(zip(variant.codes.tolist(), variant.ids.tolist(), strict=True)):
        same = row.near(*sound) >> at
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
