"""Where a phrase could be heard at all: bounds on what it costs, cheap enough to be asked of every phrase and turn.

Most phrases of a rulebook are heard in none of the turns of a call. Two bounds, each below the cost of every alignment,
leave few to be aligned.

Syllable by syllable a phrase costs no less than the lesser of dropping it and of taking the best-sounding syllable of
the turn for it, wherever it stands: `Repertoire` asks this of all phrases of a rulebook and all turns at once.

In order, whatever costs less than `UNIT` is taken for free and everything else costs one unit, so that a hit that costs
c has at most c / UNIT of them: `Places` runs the reading as an automaton whose states are the places between the heard
syllables, kept as the bits of an integer [1]_, one for each number of units [2]_.

References
----------
.. [1] Baeza-Yates & Gonnet (1992), A new approach to text searching, CACM 35(10): shift-and.
.. [2] Wu & Manber (1992), Fast text searching allowing errors, CACM 35(10): a set of states for each error.
.. [3] Myers (1999), A fast bit-vector algorithm for approximate string matching, JACM 46(3): runs filled by a carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from callaudit.text.context import DEFAULT
from callaudit.text.listen import FORBIDDEN_COST, Sounded, han, holds, substitution
from callaudit.text.variants import UNIT, Phrase, Variant

Sound = tuple[int, ...]
"""Code point and id of a syllable; what follows is not looked at."""

_ROUNDING = 1e-3
_CELLS = 1 << 21
"""Readings times turns that are looked at together: bounds memory, whatever the length of the call."""


class Repertoire:
    """Phrases as one sparse matrix, made once and asked of every call.

    A row is a reading of a phrase and a column a syllable with its cost of being dropped, of which all phrases together
    have about a thousand.
    """

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        said = [np.arange(phrase.ids.shape[1]) < np.array([[len(row)] for row in phrase.chars]) for phrase in phrases]
        lengths = np.array([len(row) for phrase in phrases for row in phrase.chars])
        ids, codes, drop = (
            np.concatenate([getattr(phrase, name)[own] for phrase, own in zip(phrases, said, strict=True)])
            for name in ("ids", "codes", "drop")
        )
        cents = np.minimum(np.round(drop * 100), 1 << 15).astype(np.int64)
        kinds = (ids.astype(np.int64) << 40) + (codes.astype(np.int64) << 16) + cents
        _, first, column = np.unique(kinds, return_index=True, return_inverse=True)
        self._ids, self._places = ids[first].astype(np.int64), han(codes[first])
        self._drop = drop[first].astype(np.float32)
        self._first = np.cumsum([0, *(len(phrase.chars) for phrase in phrases)])[:-1]
        allowed = np.concatenate([phrase.allowed for phrase in phrases])
        self._counts = csr_array(
            (
                np.repeat(1 / allowed, lengths).astype(np.float32),
                column.ravel().astype(np.int32),
                np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
            ),
            shape=(len(lengths), len(first)),
        )

    def least_used(self, rows: Sequence[Sounded]) -> NDArray[np.float32]:
        """The least share of its allowed cost that each phrase could use up in each row, [shape=(phrases, rows)]."""
        block = max(1, _CELLS // max(1, self._counts.shape[0]))
        found = [self._least_used(rows[first : first + block]) for first in range(0, len(rows), block)]
        return np.concatenate(found, axis=1) if found else np.zeros((len(self._first), 0), dtype=np.float32)

    def _least_used(self, rows: Sequence[Sounded]) -> NDArray[np.float32]:
        floor, present = np.array([row.floor for row in rows]), np.array([row.present for row in rows])
        nearest = np.where(holds(present, self._places), np.float32(0), floor[:, self._ids])
        used = self._counts @ np.ascontiguousarray(np.minimum(nearest, self._drop).T)
        least: NDArray[np.float32] = np.minimum.reduceat(used, self._first, axis=0)
        return least


def least_used(phrase: Phrase, rows: Sequence[Sounded]) -> NDArray[np.float64]:
    """What `Repertoire.least_used` says of a phrase, for one that is in none, float64 [shape=(rows,)]."""
    if not phrase.chars:
        return np.full(len(rows), np.inf)
    return np.array([(least_costs(phrase, row) / phrase.allowed).min() for row in rows])


def most_used(least: float) -> float:
    """The share of its allowed cost that a hit of at least the score `least` uses up at most."""
    return (1 - least) / (1 - DEFAULT) + _ROUNDING


def least_costs(phrase: Phrase, sounded: Sounded) -> NDArray[np.float64]:
    """A bound for each reading that no alignment can go below, float64 [shape=(readings,)]."""
    nearest = np.where(holds(sounded.present, phrase.han), 0.0, sounded.floor[phrase.ids])
    costs: NDArray[np.float64] = np.minimum(phrase.drop, nearest).sum(axis=1)
    return costs


_PLACES: WeakKeyDictionary[Sounded, Places] = WeakKeyDictionary()


def places(row: Sounded) -> Places:
    """The places of a row, kept for the phrases that follow as long as the row is."""
    kept = _PLACES.get(row)
    if kept is None:
        kept = _PLACES[row] = Places(row)
    return kept


class Places:
    """The n + 1 places between the syllables of a row, as bits: bit 0 before the first one."""

    def __init__(self, row: Sounded) -> None:
        self._ids, self._prob, self._scale, self._denies = row.ids, row.prob, row.scale, row.negation
        self._every = (1 << len(row) + 1) - 1
        self._heard = (1 << len(row)) - 1
        self._other = _bits(~row.negation)
        self._skipped = _bits(row.insert < UNIT)
        self._inserted = _bits(row.insert < FORBIDDEN_COST)
        self._chars: dict[int, int] = {}
        for at, code in enumerate(row.codes.tolist()):
            self._chars[code] = self._chars.get(code, 0) | 1 << at
        self._near: dict[float, dict[Sound, int]] = {}
        self._by_sound: dict[float, NDArray[np.uint8]] = {}
        self.taken: dict[object, NDArray[np.float64]] = {}
        """What `phrases` has found each syllable of a phrase to cost here, for the phrases that follow."""

    @cached_property
    def sounds(self) -> str:
        """The ids of the syllables, one character each."""
        return "".join(map(chr, self._ids.tolist()))

    def less_sure(self, prob: float) -> int:
        """The syllables with a lower probability."""
        return _bits(self._prob < prob)

    def near(self, sound: Sound, most: float) -> int:
        """The syllables that are written so, or that can be taken for the sound at a cost of at most `most`."""
        near = self._near.setdefault(most, {})
        if sound not in near:
            code, number = sound[:2]
            if most not in self._by_sound:
                cost = substitution()[:, self._ids] * self._scale
                taken = (cost == 0) | (cost <= most) & ~self._denies
                self._by_sound[most] = np.packbits(taken, axis=1, bitorder="little")
            near[sound] = int.from_bytes(self._by_sound[most][number].tobytes(), "little") | self._chars.get(code, 0)
        return near[sound]

    def could_hold(self, variant: Variant, most: float) -> bool:
        """Whether the variant could be heard at a cost of at most `most`; no is certain, yes is not."""
        units = int((most + _ROUNDING) / UNIT)
        if units == 0:
            return self._taken_for_free(variant)
        heard, skipped, inserted, other = self._heard, self._skipped, self._inserted, self._other
        known, states = self._near.setdefault(UNIT, {}), [self._every] * (units + 1)
        for step in variant.outline:
            if step is None:
                states = [_filled(places, heard) for places in states]
                continue
            near = known.get(step)
            if near is None:
                near = self.near(step, UNIT)
            left_out = step[2]
            before = behind = 0
            reached = []
            for k, places in enumerate(states):
                now = (places & near) << 1
                if k:
                    now |= (before & other | behind & inserted) << 1
                if left_out <= k:
                    now |= states[k - left_out]
                before, behind = places, now | ((now & skipped) + skipped ^ skipped)
                reached.append(behind)
            if not behind:
                return False
            states = reached
        return True

    def _taken_for_free(self, variant: Variant) -> bool:
        near, skipped, now = self._near.setdefault(UNIT, {}), self._skipped, self._every
        for step in variant.outline:
            if step is None:
                now = _filled(now, self._heard)
                continue
            taken = near.get(step)
            if taken is None:
                taken = self.near(step, UNIT)
            now = (now & taken) << 1 | (0 if step[2] else now)
            if not now:
                return False
            now |= (now & skipped) + skipped ^ skipped
        return True


def _bits(places: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(places, bitorder="little").tobytes(), "little")


def _filled(places: int, passable: int) -> int:
    """The places, and all that lie behind one of them in a run of passable syllables."""
    return places | ((places & passable) + passable ^ passable)
