"""Where a phrase could be heard at all: bounds on what it costs, cheap enough to be asked of every phrase and turn.

Most phrases of a rulebook are heard in none of the turns of a call. Two bounds, each below the cost of every alignment,
leave few to be aligned. Both are asked of phrases as they are written (`outlines`), without making their readings.

Syllable by syllable a phrase costs no less than the lesser of dropping it and of taking the best-sounding syllable of
the turn for it, wherever it stands: the sum of its parts, and of alternatives the least.

In order, it costs no less than the cheapest way through its alternatives: the same dynamic programming as that of
`alignment`, over the phrase as a tree, with the least that a syllable costs beside any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from callaudit.text.alignment import MOST_SUBSTITUTION, han_place, least_cost
from callaudit.text.compiled import compiled
from callaudit.text.context import DEFAULT
from callaudit.text.listen import substitution
from callaudit.text.outlines import Fork, Outline, Run, Syllable
from callaudit.text.rows import NEGATION, Rows
from callaudit.text.variants import Slot

_ROUNDING = 1e-3
_LEAF, _SUM, _LEAST = 0, 1, 2
_SLOT, _FORK, _NEXT, _JOIN, _NEVER = -1, -2, -3, -4, -5
"""Steps that are no syllables: a slot, where branches part, where one ends, where the last does, and no way on."""
_DEEP = 24
"""Forks within forks that a phrase may have; one with more is not screened."""


class Screen:
    """Phrases made ready once and asked of every call.

    What a phrase costs at least is worked out over nodes, parts before what they are parts of: a leaf is the sum of
    its syllables, a node the sum or the least of its nodes. As an automaton each part of a phrase is a row of steps: a
    syllable, a slot, a fork with its branches one after the other, and where they part and join.
    """

    def __init__(self, outlines: Sequence[Outline]) -> None:
        builder = _Builder()
        parts = [part for drawn in outlines for part in drawn.parts]
        self.part = np.cumsum([0, *(len(drawn.parts) for drawn in outlines)], dtype=np.int64)
        self.allowed = np.array([part.allowed for part in parts], dtype=np.float64)
        self.weight = np.array([part.weight for part in parts], dtype=np.float64)
        kept = [part.root if part.root and _depth(part.root) <= _DEEP else None for part in parts]
        self.root = np.array([builder.fork(root) if root else -1 for root in kept], dtype=np.int64)
        programs = [builder.program(root) if root else [] for root in kept]
        self.begin = np.cumsum([0, *map(len, programs)], dtype=np.int64)
        self.steps = np.fromiter(chain.from_iterable(programs), dtype=np.int32, count=int(self.begin[-1]))
        self.leap = _leaps(self.begin, self.steps)
        kinds = list(builder.kinds)
        self.codes = np.array([kind.code for kind in kinds], dtype=np.int32)
        self.drop = np.array([kind.drop for kind in kinds], dtype=np.float32)
        self.id = np.cumsum([0, *(len(kind.ids) for kind in kinds)], dtype=np.int64)
        self.ids = np.array([i for kind in kinds for i in kind.ids], dtype=np.int16)
        self.node_kind = np.array([kind for kind, _ in builder.nodes], dtype=np.uint8)
        self.node = np.cumsum([0, *(len(parts) for _, parts in builder.nodes)], dtype=np.int64)
        self.nodes = np.array(list(chain.from_iterable(parts for _, parts in builder.nodes)), dtype=np.int32)


class Screened:
    """Rows looked at through a screen; what holds for every phrase is worked out once."""

    def __init__(self, screen: Screen, rows: Rows) -> None:
        self.screen, self._rows = screen, rows
        n_rows = len(rows.first) - 1
        s, r = screen, rows
        self._nearest = _nearest(
            s.codes, s.drop, s.id, s.ids, substitution(), r.first, r.ids, r.kinds, r.scale, r.present, r.floor
        )
        self._bounded = n_rows > 1  # for a single row the bounds of all nodes cost more than they spare
        self._costs = np.empty((len(s.node_kind), n_rows), dtype=np.float32)
        if self._bounded:
            _bound_nodes(s.node_kind, s.node, s.nodes, self._nearest, self._costs)
        self._known = np.zeros((len(s.codes), n_rows), dtype=np.bool_)
        self._prices = np.empty((len(s.codes), len(rows.ids)), dtype=np.float32)

    def possible(self, phrases: Sequence[int], least: float) -> NDArray[np.bool_]:
        """Whether each phrase could be heard in each row with a score of at least `least` [shape=(phrases, rows)]."""
        rows, s = self._rows, self.screen
        found = np.zeros((len(phrases), len(rows.first) - 1), dtype=np.bool_)
        _screen(
            np.array(phrases, dtype=np.int64), least, s.part, s.allowed, s.weight, s.root, s.begin, s.steps, s.leap,
            s.codes, s.drop, s.id, s.ids, substitution(), rows.first, rows.ids, rows.codes, rows.kinds, rows.scale,
            rows.homophone, rows.insert, self._bounded, self._costs, self._nearest, self._known, self._prices, found,
        )  # fmt: skip
        return found


class _Builder:
    """Gathers the syllables, nodes and steps of phrases."""

    def __init__(self) -> None:
        self.kinds: dict[Syllable, int] = {}
        self.nodes: list[tuple[int, tuple[int, ...]]] = []
        self._numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self._runs: dict[int, list[int]] = {}
        self._forks: dict[int, int] = {}
        self._programs: dict[int, list[int]] = {}

    def fork(self, fork: Fork) -> int:
        """The node of the least of the branches."""
        if id(fork) not in self._forks:
            branches = tuple(sorted({self._sequence(branch) for branch in fork.branches}))
            self._forks[id(fork)] = branches[0] if len(branches) == 1 else self._add(_LEAST, branches)
        return self._forks[id(fork)]

    def _sequence(self, steps: tuple[Run | Slot | Fork, ...]) -> int:
        text = tuple(sorted(kind for step in steps if isinstance(step, tuple) for kind in self._kinds(step)))
        parts = [self.fork(step) for step in steps if isinstance(step, Fork)]
        if text or not parts:
            parts.append(self._add(_LEAF, text))
        return parts[0] if len(parts) == 1 else self._add(_SUM, tuple(sorted(parts)))

    def _kinds(self, run: Run) -> list[int]:
        if id(run) not in self._runs:
            self._runs[id(run)] = [self.kinds.setdefault(syllable, len(self.kinds)) for syllable in run]
        return self._runs[id(run)]

    def _add(self, kind: int, parts: tuple[int, ...]) -> int:
        key = (kind, parts)
        if key not in self._numbers:
            self._numbers[key] = len(self.nodes)
            self.nodes.append(key)
        return self._numbers[key]

    def program(self, fork: Fork) -> list[int]:
        """The steps of a fork: the kind of a syllable, or what else there is."""
        if id(fork) not in self._programs:
            self._programs[id(fork)] = self._program(fork)
        return self._programs[id(fork)]

    def _program(self, fork: Fork) -> list[int]:
        each = [[step for item in branch for step in self._item(item)] for branch in fork.branches]
        if len(each) < 2:
            return each[0] if each else [_NEVER]
        return [_FORK, *chain.from_iterable([*steps, _NEXT] for steps in each[:-1]), *each[-1], _JOIN]

    def _item(self, item: Run | Slot | Fork) -> list[int]:
        if isinstance(item, tuple):
            return self._kinds(item)
        return [_SLOT] if isinstance(item, Slot) else self.program(item)


def _depth(fork: Fork) -> int:
    return 1 + max((_depth(item) for branch in fork.branches for item in branch if isinstance(item, Fork)), default=0)


@compiled
def _leaps(begin: NDArray[np.int64], steps: NDArray[np.int32]) -> NDArray[np.int32]:
    """For each step where its branch ends, or all of the part: counted from where the part begins."""
    leap = np.empty(len(steps), dtype=np.int32)
    ends = np.empty(_DEEP + 1, dtype=np.int32)
    for part in range(len(begin) - 1):
        deep = 0
        ends[0] = begin[part + 1] - begin[part]
        for number in range(begin[part + 1] - 1, begin[part] - 1, -1):
            if steps[number] == _JOIN:
                leap[number] = ends[deep]
                deep += 1
                ends[deep] = number - begin[part]
            elif steps[number] == _NEXT:
                leap[number] = ends[deep]
                ends[deep] = number - begin[part]
            else:
                deep -= steps[number] == _FORK
                leap[number] = ends[deep]
    return leap


@compiled
def _nearest(
    p_codes: NDArray[np.int32], drop: NDArray[np.float32], id_: NDArray[np.int64], p_ids: NDArray[np.int16],
    near: NDArray[np.float32], first: NDArray[np.int64], ids: NDArray[np.int16], kinds: NDArray[np.uint8],
    scale: NDArray[np.float32], present: NDArray[np.bool_], floor: NDArray[np.float32],
) -> NDArray[np.float32]:  # fmt: skip
    """The least that each kind of syllable costs in each row, wherever it stands [shape=(kinds, rows)]."""
    n_rows, n_kinds = len(first) - 1, len(p_codes)
    nearest = np.empty((n_kinds, n_rows), dtype=np.float32)
    for kind in range(n_kinds):
        place = han_place(p_codes[kind])
        for row in range(n_rows):
            cost = drop[kind]
            if present[row, place]:
                cost = np.float32(0)
            else:
                for i in range(id_[kind], id_[kind + 1]):
                    known = floor[row, p_ids[i]]
                    if known < 0:
                        known = least_cost(p_ids[i], row, floor, near, first, ids, kinds, scale)
                    cost = min(cost, known)
            nearest[kind, row] = cost
    return nearest


@compiled
def _bound_nodes(
    kind: NDArray[np.uint8], node: NDArray[np.int64], nodes: NDArray[np.int32], nearest: NDArray[np.float32],
    costs: NDArray[np.float32],
) -> None:  # fmt: skip
    """Writes the least that each node costs in each row into `costs` [shape=(nodes, rows)]."""
    n_rows = nearest.shape[1]
    for number in range(len(kind)):
        own = costs[number]
        own[:] = np.inf if kind[number] == _LEAST else 0
        for i in range(node[number], node[number + 1]):
            if kind[number] == _LEAF:
                for row in range(n_rows):
                    own[row] += nearest[nodes[i], row]
            elif kind[number] == _SUM:
                for row in range(n_rows):
                    own[row] += costs[nodes[i], row]
            else:
                for row in range(n_rows):
                    own[row] = min(own[row], costs[nodes[i], row])


@compiled
def _screen(
    asked: NDArray[np.int64], least: float, part_of: NDArray[np.int64], allowed: NDArray[np.float64],
    weight: NDArray[np.float64], root: NDArray[np.int64], begin: NDArray[np.int64], steps: NDArray[np.int32],
    leap: NDArray[np.int32], p_codes: NDArray[np.int32], drop: NDArray[np.float32], id_: NDArray[np.int64],
    p_ids: NDArray[np.int16], near: NDArray[np.float32], first: NDArray[np.int64], ids: NDArray[np.int16],
    codes: NDArray[np.int32], kinds: NDArray[np.uint8], scale: NDArray[np.float32], homophone: NDArray[np.float32],
    insert: NDArray[np.float64], bounded: bool, costs: NDArray[np.float32], nearest: NDArray[np.float32],
    known: NDArray[np.bool_], prices: NDArray[np.float32], found: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Sets what is `found`."""
    longest, n_steps = 0, 0
    for row in range(len(first) - 1):
        longest = max(longest, first[row + 1] - first[row])
    for number in asked:
        for part in range(part_of[number], part_of[number + 1]):
            n_steps = max(n_steps, begin[part + 1] - begin[part])
    cost, rest = np.empty(longest + 2, dtype=np.float32), np.empty(n_steps, dtype=np.float32)
    held = np.empty((2, _DEEP, longest + 2), dtype=np.float32)
    spans = np.empty((2, _DEEP, 2), dtype=np.int64)
    inserted = insert.astype(np.float32)
    share = (1 - least) / (1 - DEFAULT)
    for number in range(len(asked)):
        for part in range(part_of[asked[number]], part_of[asked[number] + 1]):
            most = np.float32(min(allowed[part] * share, weight[part]) + _ROUNDING)
            for row in range(len(first) - 1):
                if found[number, row]:
                    continue
                if root[part] < 0:
                    found[number, row] = True
                    continue
                if bounded and costs[root[part], row] > most:
                    continue
                own = steps[begin[part] : begin[part + 1]]
                if _rest(own, nearest[:, row], rest) > most:
                    continue
                found[number, row] = _run(
                    own, leap[begin[part] : begin[part + 1]], most, row, p_codes, drop, id_, p_ids, near, first, ids,
                    codes, kinds, scale, homophone, inserted, known, prices, rest, cost, held, spans,
                )  # fmt: skip


@compiled
def _run(
    steps: NDArray[np.int32], leap: NDArray[np.int32], most: np.float32, row: int, p_codes: NDArray[np.int32],
    drop: NDArray[np.float32], id_: NDArray[np.int64], p_ids: NDArray[np.int16], near: NDArray[np.float32],
    first: NDArray[np.int64], ids: NDArray[np.int16], codes: NDArray[np.int32], kinds: NDArray[np.uint8],
    scale: NDArray[np.float32], homophone: NDArray[np.float32], inserted: NDArray[np.float32],
    known: NDArray[np.bool_], prices: NDArray[np.float32], rest: NDArray[np.float32], cost: NDArray[np.float32],
    held: NDArray[np.float32], spans: NDArray[np.int64],
) -> bool:  # fmt: skip
    """Whether there is a way through all steps that costs at most `most`."""
    at, n = first[row], first[row + 1] - first[row]
    low, high, deep, where = 0, n, 0, 0  # nothing costs little enough outside low to high
    cost[: n + 1] = 0  # it may begin anywhere
    while where < len(steps):
        step = steps[where]
        if step >= 0:
            if not known[step, row]:
                known[step, row] = True
                _price(
                    p_codes[step], p_ids[id_[step] : id_[step + 1]], at, at + n, near, ids, codes, kinds, scale,
                    homophone, prices[step],
                )  # fmt: skip
            own = prices[step, at : at + n]
            low, high = _pass(cost, low, high, n, own, drop[step], inserted[at : at + n], most - rest[where])
        elif step == _SLOT:
            for place in range(low + 1, high + 1):
                cost[place] = min(cost[place], cost[place - 1])
            cost[high + 1 : n + 1] = cost[high]
            high = n
        elif step == _FORK:
            held[0, deep, low : high + 1] = cost[low : high + 1]
            spans[0, deep, 0], spans[0, deep, 1] = low, high
            spans[1, deep, 0], spans[1, deep, 1] = n + 1, -1
            deep += 1
        elif step == _NEVER:
            low, high = n + 1, -1
        else:
            _join(cost, low, high, held[1, deep - 1], spans[1, deep - 1])
            whole = 1 if step == _JOIN else 0
            low, high = spans[whole, deep - 1, 0], spans[whole, deep - 1, 1]
            if low <= high:
                cost[low : high + 1] = held[whole, deep - 1, low : high + 1]
            deep -= whole
        where = where + 1 if low <= high else int(leap[where])
    return bool(low <= high)


@compiled
def _rest(steps: NDArray[np.int32], nearest: NDArray[np.float32], rest: NDArray[np.float32]) -> np.float32:
    """What all steps cost at least, wherever in a row; that of those behind each goes into `rest`."""
    after, best = np.empty(_DEEP, dtype=np.float32), np.empty(_DEEP, dtype=np.float32)
    deep, cost = 0, np.float32(0)
    for where in range(len(steps) - 1, -1, -1):
        step = steps[where]
        rest[where] = cost
        if step >= 0:
            cost += nearest[step]
        elif step == _JOIN:
            after[deep], best[deep] = cost, np.inf
            deep += 1
        elif step == _NEXT:
            best[deep - 1] = min(best[deep - 1], cost)
            cost = rest[where] = after[deep - 1]
        elif step == _FORK:
            deep -= 1
            cost = min(best[deep], cost)
        elif step == _NEVER:
            cost = np.float32(np.inf)
    return cost


@compiled
def _price(
    code: int, p_ids: NDArray[np.int16], begin: int, end: int, near: NDArray[np.float32], ids: NDArray[np.int16],
    codes: NDArray[np.int32], kinds: NDArray[np.uint8], scale: NDArray[np.float32], homophone: NDArray[np.float32],
    prices: NDArray[np.float32],
) -> None:  # fmt: skip
    """The least that each syllable from `begin` to `end` costs as one of the sounds."""
    for at in range(begin, end):
        least = np.float32(np.inf)
        if codes[at] == code:
            least = np.float32(0)
        else:
            for number in p_ids:
                price = min(MOST_SUBSTITUTION, near[number, ids[at]] * scale[at])
                if price == 0:
                    price = homophone[at]
                elif kinds[at] & NEGATION:
                    continue
                least = min(least, price)
        prices[at] = least


@compiled
def _pass(
    cost: NDArray[np.float32], low: int, high: int, n: int, prices: NDArray[np.float32], drop: np.float32,
    inserted: NDArray[np.float32], most: np.float32,
) -> tuple[int, int]:  # fmt: skip
    """Behind a syllable, and whatever heard ones may follow it; between which places it costs at most `most`."""
    none = np.float32(np.inf)
    top = high
    if high < n:
        top = high + 1
        cost[top] = none
    lowest, highest = n + 1, -1
    before, price = none, none
    place = low
    while place <= n and (place <= top or price <= most):
        if place <= top:
            own = cost[place]
            price = min(price, own + drop)
            if place > low:
                price = min(price, before + prices[place - 1])
            before = own
        if price <= most:
            lowest = min(lowest, place)
            highest = place
            cost[place] = price
        else:
            cost[place] = none
        if place < n:
            price += inserted[place]
        place += 1
    return lowest, highest


@compiled
def _join(cost: NDArray[np.float32], low: int, high: int, joined: NDArray[np.float32], span: NDArray[np.int64]) -> None:
    """Takes the lesser of both, where either is."""
    if low > high:
        return
    first, last = min(span[0], low), max(span[1], high)
    for place in range(first, last + 1):
        own = cost[place] if low <= place <= high else np.float32(np.inf)
        joined[place] = min(own, joined[place]) if span[0] <= place <= span[1] else own
    span[0], span[1] = first, last
