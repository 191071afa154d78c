"""Where a phrase could be heard at all: bounds on what it costs, cheap enough to be asked of every phrase and turn.

Most phrases of a rulebook are heard in none of the turns of a call. Two bounds, each below the cost of every alignment,
leave few to be aligned.

Syllable by syllable a phrase costs no less than the lesser of dropping it and of taking the best-sounding syllable of
the turn for it, wherever it stands: `Repertoire` asks this of all phrases of a rulebook and all turns at once.

In order, whatever costs less than `UNIT` is taken for free and everything else costs one unit, so that a hit that costs
c has at most c / UNIT of them: `Axis` runs a phrase, and then each of its readings, as an automaton whose states are
the places between the heard syllables of all rows, kept as the bits of an integer [1]_, one for each number of units
[2]_.

References
----------
.. [1] Baeza-Yates & Gonnet (1992), A new approach to text searching, CACM 35(10): shift-and.
.. [2] Wu & Manber (1992), Fast text searching allowing errors, CACM 35(10): a set of states for each error.
.. [3] Myers (1999), A fast bit-vector algorithm for approximate string matching, JACM 46(3): runs filled by a carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from callaudit.text.context import DEFAULT
from callaudit.text.listen import FORBIDDEN_COST, Sounded, han, holds, substitution
from callaudit.text.outlines import Fork, Part, Syllable
from callaudit.text.variants import UNIT, Phrase, Slot, Variant

_ROUNDING = 1e-3
_FREE = (0.1, 0.2, 0.3, 0.42, UNIT)
"""Where not even one unit is allowed, nothing costs more than a phrase may cost altogether: the next of these above."""
_CELLS = 1 << 21
"""Parts of phrases times turns that are looked at together: bounds memory, whatever the length of the call."""

Sounding = Syllable | tuple[int, tuple[int, ...], int]
"""A syllable of a phrase as written, or of a reading: its code point, its ids, and the units that dropping it costs."""


class Repertoire:
    """Parts of phrases, made ready once and asked of every call.

    Every stretch of text is a row of a sparse matrix and every kind of syllable a column. What a phrase costs at least
    is the sum of its parts, and of alternatives the least: nodes of a tree, worked out level by level.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._kinds: dict[Syllable, int] = {}
        self._leaves: dict[tuple[int, ...], int] = {}
        self._nodes: dict[tuple[object, ...], int] = {}
        self._height: list[int] = []
        self._parts: list[tuple[bool, tuple[int, ...]]] = []
        roots = [self._fork(part.root) for part in parts if part.root]
        self._roots = np.array(roots, dtype=np.int64)
        self._allowed = np.array([part.allowed for part in parts], dtype=np.float32)
        self._finish()

    def least_used(self, rows: Sequence[Sounded]) -> NDArray[np.float32]:
        """The least share of its allowed cost that each part could use up in each row, [shape=(parts, rows)]."""
        block = max(1, _CELLS // max(1, len(self._height)))
        found = [self._least_used(rows[first : first + block]) for first in range(0, len(rows), block)]
        return np.concatenate(found, axis=1) if found else np.zeros((len(self._roots), 0), dtype=np.float32)

    def _least_used(self, rows: Sequence[Sounded]) -> NDArray[np.float32]:
        floor, present = np.array([row.floor for row in rows]), np.array([row.present for row in rows])
        sounds = np.minimum.reduceat(floor[:, self._ids], self._first, axis=1)
        nearest = np.where(holds(present, self._han), np.float32(0), sounds)
        cost = np.empty((len(self._height), len(rows)), dtype=np.float32)
        cost[self._leaf_nodes] = self._counts @ np.ascontiguousarray(np.minimum(nearest, self._drop).T)
        cost[self._never] = np.inf
        for sums, nodes, parts, first in self._levels:
            combine = np.add if sums else np.minimum
            cost[nodes] = combine.reduceat(cost[parts], first, axis=0)
        used: NDArray[np.float32] = cost[self._roots] / self._allowed[:, None]
        return used

    def _fork(self, fork: Fork) -> int:
        return self._node(False, tuple(sorted({self._sequence(branch) for branch in fork.branches})))

    def _sequence(self, steps: tuple[Syllable | Slot | Fork, ...]) -> int:
        text = tuple(sorted(self._kinds.setdefault(s, len(self._kinds)) for s in steps if isinstance(s, Syllable)))
        parts = [self._fork(step) for step in steps if isinstance(step, Fork)]
        if text or not parts:
            parts.append(self._leaf(text))
        return parts[0] if len(parts) == 1 else self._node(True, tuple(sorted(parts)))

    def _leaf(self, text: tuple[int, ...]) -> int:
        key = ("leaf", text)
        if key not in self._nodes:
            self._leaves[text] = self._add(key, 0, (True, ()))
        return self._nodes[key]

    def _node(self, sums: bool, parts: tuple[int, ...]) -> int:
        if len(parts) == 1:
            return parts[0]
        if not parts and sums:
            return self._leaf(())
        key = (sums, parts)
        if key not in self._nodes:
            self._add(key, 1 + max((self._height[part] for part in parts), default=0), (sums, parts))
        return self._nodes[key]

    def _add(self, key: tuple[object, ...], height: int, parts: tuple[bool, tuple[int, ...]]) -> int:
        self._nodes[key] = len(self._height)
        self._height.append(height)
        self._parts.append(parts)
        return self._nodes[key]

    def _finish(self) -> None:
        """Turns what was gathered into arrays."""
        kinds = list(self._kinds)
        self._ids = np.array([i for kind in kinds for i in kind.ids] or [0], dtype=np.int64)
        self._first = np.cumsum([0, *(len(kind.ids) for kind in kinds)])[:-1]
        self._han = han(np.array([kind.code for kind in kinds], dtype=np.int32))
        self._drop = np.array([kind.drop for kind in kinds], dtype=np.float32)
        self._leaf_nodes = np.array(list(self._leaves.values()), dtype=np.int64)
        lengths = np.cumsum([0, *map(len, self._leaves)]).astype(np.int32)
        columns = np.array([kind for text in self._leaves for kind in text], dtype=np.int32)
        shape = (len(self._leaves), max(1, len(kinds)))
        self._counts = csr_array((np.ones(len(columns), dtype=np.float32), columns, lengths), shape=shape)
        self._never = np.array([n for n, (sums, parts) in enumerate(self._parts) if not sums and not parts], np.int64)
        levels: dict[tuple[int, bool], list[int]] = {}
        for number, (height, (sums, parts)) in enumerate(zip(self._height, self._parts, strict=True)):
            if parts:
                levels.setdefault((height, sums), []).append(number)
        self._levels = []
        for (_, sums), nodes in sorted(levels.items()):
            each = [self._parts[node][1] for node in nodes]
            first = np.cumsum([0, *map(len, each)])[:-1]
            self._levels.append((sums, np.array(nodes), np.array([part for parts in each for part in parts]), first))
        del self._nodes, self._leaves, self._kinds, self._parts


def most_used(least: float) -> float:
    """The share of its allowed cost that a hit of at least the score `least` uses up at most."""
    return (1 - least) / (1 - DEFAULT) + _ROUNDING


def least_costs(phrase: Phrase, sounded: Sounded) -> NDArray[np.float64]:
    """A bound for each reading that no alignment can go below, float64 [shape=(readings,)]."""
    nearest = np.where(holds(sounded.present, phrase.han), 0.0, sounded.floor[phrase.ids])
    costs: NDArray[np.float64] = np.minimum(phrase.drop, nearest).sum(axis=1)
    return costs


_AXES: WeakKeyDictionary[Sounded, Axis] = WeakKeyDictionary()


def axis_of(row: Sounded) -> Axis:
    """The axis of a single row, kept for the phrases that follow as long as the row is."""
    kept = _AXES.get(row)
    if kept is None:
        kept = _AXES[row] = Axis([row])
    return kept


class Near(dict[tuple[object, ...], int]):
    """For syllables of phrases the heard ones that can be taken for them for at most `most`."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self.most = most


class Axis:
    """The places between the syllables of rows, one row behind the other, as bits of integers.

    A row of n syllables has n + 1 places. Bits count from the end, so that a phrase is run from its last syllable to
    its first and what is found is where it may begin. Bit b stands for the place b and for the syllable that is passed
    from it to the place b + 1; nothing passes from one row to another.
    """

    def __init__(self, rows: Sequence[Sounded], within: tuple[Axis, int] | None = None) -> None:
        self.rows = rows
        self._within = within
        self._alone: dict[int, Axis] = {}
        self._firsts = np.cumsum([0, *(len(row) + 1 for row in rows)]).tolist()
        self._n = self._firsts[-1]
        self._codes, self._ids, self._scale, denies, skipped, inserted = (
            _joined(arrays)
            for arrays in (
                [row.codes for row in rows],
                [row.ids for row in rows],
                [row.scale for row in rows],
                [row.negation for row in rows],
                [row.insert < UNIT for row in rows],
                [row.insert < FORBIDDEN_COST for row in rows],
            )
        )
        self._denies = denies
        self._heard = self._inside()
        self._other = self._heard & ~_bits(denies)
        self._skipped, self._inserted = self._heard & _bits(skipped), self._heard & _bits(inserted)
        self._chars: dict[int, int] = {}
        self._near: dict[float, Near] = {}
        self._costs: dict[int, NDArray[np.float32]] = {}
        self._by_sound: dict[tuple[int, float], int] = {}
        self.every = (1 << self._n) - 1
        """All places."""
        self._masks = [
            ((1 << len(row) + 1) - 1) << self._n - end for row, end in zip(rows, self._firsts[1:], strict=True)
        ]

    def _inside(self) -> int:
        inside = np.ones(self._n, dtype=np.bool_)
        inside[[self._n - 1 - first for first in self._firsts[:-1]]] = False
        return _bits(inside)

    def mask(self, row: int) -> int:
        """The places of a row."""
        mask: int = self._masks[row]
        return mask

    def alone(self, row: int) -> Axis:
        """A row by itself: its integers stay short, whatever the length of the call."""
        if row not in self._alone:
            self._alone[row] = Axis([self.rows[row]], (self, self._n - self._firsts[row + 1]))
        return self._alone[row]

    def places_alone(self, places: int, row: int) -> int:
        """Those of the places that are in the row, as places of the row by itself."""
        behind: int = self._n - self._firsts[row + 1]
        return places >> behind & (1 << len(self.rows[row]) + 1) - 1

    def split(self, places: int) -> list[int]:
        """Places of a single row as the numbers of syllables before them, ascending."""
        found, first = [], self._n - 1
        while places:
            bit = places.bit_length() - 1
            places ^= 1 << bit
            found.append(first - bit)
        return found

    def _near_to(self, step: Sounding, known: Near) -> int:
        """What `known` holds of a syllable from now on; a row by itself is told by the rows that it is one of."""
        if self._within is None:
            known[step] = self.near(step[0], step[1], known.most)
        else:
            rows, behind = self._within
            theirs = rows._near.setdefault(known.most, Near(known.most))
            found = theirs.get(step)
            known[step] = (rows._near_to(step, theirs) if found is None else found) >> behind & self._heard
        return known[step]

    def near(self, code: int, ids: tuple[int, ...], most: float) -> int:
        """The syllables that are written so, or that can be taken for one of the sounds for at most `most`."""
        if code not in self._chars:
            self._chars[code] = _bits(self._codes == code)
        near = self._chars[code]
        for number in ids:
            if (number, most) not in self._by_sound:
                if number not in self._costs:
                    cost = substitution()[number][self._ids] * self._scale
                    self._costs[number] = np.where(self._denies & (cost > 0), np.float32(FORBIDDEN_COST), cost)
                self._by_sound[number, most] = _bits(self._costs[number] <= most)
            near |= self._by_sound[number, most]
        return near & self._heard

    def begins(self, part: Part, least: float, places: int) -> int:
        """Where a reading could begin that ends at one of the places, with a score of at least `least`."""
        if part.root is None or not places:
            return places
        states, near = self._start(part.most(least), places)
        return self._through_fork(part.root, states, near)[-1]

    def begins_as(self, variant: Variant, most: float, places: int) -> int:
        """The same of one reading."""
        states, near = self._start(most, places)
        for step in variant.outline:
            states = self._filled(states) if step is None else self._through(step, states, near)
            if not states[-1]:
                return 0
        return states[-1]

    def _start(self, most: float, places: int) -> tuple[list[int], Near]:
        """The states before the last step, and what is known of what can be taken for free."""
        units = int((most + _ROUNDING) / UNIT)
        least = UNIT if units else next(cost for cost in _FREE if cost >= min(most + _ROUNDING, UNIT))
        return [places] * (1 + units), self._near.setdefault(least, Near(least))

    def _through_fork(self, fork: Fork, states: list[int], near: Near) -> list[int]:
        total: list[int] | None = None
        for branch in fork.branches:
            reached = states
            for step in reversed(branch):
                if isinstance(step, tuple):
                    reached = self._through(step, reached, near)
                elif isinstance(step, Fork):
                    reached = self._through_fork(step, reached, near)
                else:
                    reached = self._filled(reached)
                if not reached[-1]:
                    break
            else:
                total = reached if total is None else [one | other for one, other in zip(total, reached, strict=True)]
        return [0] * len(states) if total is None else total

    def _through(self, step: Sounding, states: list[int], known: Near) -> list[int]:
        """The states behind a syllable."""
        near = known.get(step)
        if near is None:
            near = self._near_to(step, known)
        skipped, dropped = self._skipped, step[2]
        if len(states) == 1:
            places = states[0]
            now = (places & near) << 1
            if not dropped:
                now |= places
            return [now | ((now & skipped) + skipped ^ skipped)] if now else [0]
        inserted, other = self._inserted, self._other
        before = behind = 0
        reached = []
        for k, places in enumerate(states):
            now = (places & near) << 1
            if k:
                now |= (before & other | behind & inserted) << 1
            if dropped <= k:
                now |= states[k - dropped]
            before, behind = places, now | ((now & skipped) + skipped ^ skipped)
            reached.append(behind)
        return reached

    def _filled(self, states: list[int]) -> list[int]:
        heard = self._heard
        return [places | ((places & heard) + heard ^ heard) for places in states]


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """The arrays of all rows from the end, a gap before each row."""
    if not arrays:
        return np.zeros(0, dtype=np.int64)
    gap = np.zeros(1, dtype=arrays[0].dtype)
    return np.concatenate([part for array in arrays for part in (gap, array)])[::-1]


def _bits(places: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(places, bitorder="little").tobytes(), "little")
