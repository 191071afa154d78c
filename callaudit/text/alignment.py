"""Readings of phrases aligned with heard syllables by dynamic programming.

For each place between two heard syllables the least that it costs to be there is kept, with the place at which the
phrase then begins; whatever costs more than the phrase may is dropped at once. Before that a bound is asked: syllable
by syllable a reading costs no less than the lesser of dropping it and of taking the best-sounding syllable of the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from callaudit.text.compiled import compiled
from callaudit.text.context import DEFAULT
from callaudit.text.listen import FIRST_HAN, FORBIDDEN_COST, N_HAN, substitution
from callaudit.text.pool import DENYING, NEEDED, PERSON, SHORT_MODAL, STILL, STRICT, Pool
from callaudit.text.rows import NEGATION, NUMBER, SURE, Rows

_ROUNDING, _SLACK = 1e-9, 1e-3
MOST_SUBSTITUTION = np.float32(1.2)
_FORBIDDEN = FORBIDDEN_COST
_NONE = np.inf
_WORTH = 1 - DEFAULT


class Found(NamedTuple):
    """Syllables `begin` to `end` of row `row` taken for a reading (its number within the phrase) at a cost."""

    reading: int
    begin: int
    end: int
    cost: float


def places(
    pool: Pool, rows: Rows, pairs: Sequence[tuple[int, int]], least: float, opening: bool = False
) -> list[list[Found]]:
    """For each pair of a phrase of the pool and a row where its readings are heard, with a score of at least `least`.

    Of what ends at the same place the cheapest of each reading; `opening`: only what nothing but fillers stand before.
    """
    asked = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    first = rows.opens if opening else np.diff(rows.first)
    n_room = 256
    while True:
        numbers, costs = np.empty((n_room, 4), dtype=np.int64), np.empty(n_room)
        n = _places(
            asked, first, least, pool.width, pool.reading, pool.syllable, pool.step, pool.steps, pool.ids, pool.codes,
            pool.drop, pool.marks, pool.allowed, pool.weight, pool.slots, substitution(), rows.first, rows.ids,
            rows.codes, rows.person, rows.kinds, rows.scale, rows.homophone, rows.prob, rows.inserted, rows.present,
            rows.floor, numbers, costs,
        )  # fmt: skip
        if n <= n_room:
            break
        n_room = n
    found: list[list[Found]] = [[] for _ in pairs]
    for (pair, reading, begin, end), cost in zip(numbers[:n].tolist(), costs[:n].tolist(), strict=True):
        found[pair].append(Found(reading, begin, end, cost))
    return found


@compiled
def han_place(code: int) -> int:
    """As `listen.han`, of one code point."""
    place = code - FIRST_HAN
    return place if 0 <= place < N_HAN else N_HAN


@compiled
def least_cost(
    number: int, row: int, floor: NDArray[np.float32], near: NDArray[np.float32], first: NDArray[np.int64],
    ids: NDArray[np.int16], kinds: NDArray[np.uint8], scale: NDArray[np.float32],
) -> np.float32:  # fmt: skip
    """The least cost of taking any syllable of a row for an id, the character being the same; kept in `floor`."""
    known: np.float32 = floor[row, number]
    if known < 0:
        known = np.float32(_FORBIDDEN)
        for at in range(first[row], first[row + 1]):
            cost = min(MOST_SUBSTITUTION, near[number, ids[at]] * scale[at])
            if cost == 0 or (cost < known and not kinds[at] & NEGATION):
                known = cost
        floor[row, number] = known
    return known


@compiled
def _taking(
    at: int, number: int, code: int, marks: int, near: NDArray[np.float32], ids: NDArray[np.int16],
    codes: NDArray[np.int32], person: NDArray[np.int8], kinds: NDArray[np.uint8], scale: NDArray[np.float32],
    homophone: NDArray[np.float32], prob: NDArray[np.float64],
) -> float:  # fmt: skip
    """Cost of one heard syllable taken for one of a phrase."""
    denies = kinds[at] & NEGATION != 0
    if codes[at] == code:
        # of two negations one may deny, the other be part of a word such as 对不起
        return 0.4 if marks & DENYING and denies != (marks & STRICT != 0) else 0.0
    if marks & PERSON and person[at] != 0 and person[at] != marks & PERSON:
        return 2.0
    cost = float(min(MOST_SUBSTITUTION, near[number, ids[at]] * scale[at]))
    if cost == 0:
        cost = float(homophone[at])
    elif denies:
        cost = _FORBIDDEN
    cost = _as_written(cost, marks, prob[at])
    return cost * 1.5 if marks & PERSON and cost > 0.1 else cost


@compiled
def _as_written(cost: float, marks: int, prob: float) -> float:
    """What a near sound costs where the syllable of the phrase must be heard well."""
    if marks & STRICT:
        if cost > 0.1:
            cost = _FORBIDDEN
        elif prob >= 0.5:
            cost = 0.3
    elif marks & NEEDED and cost > 0.25:  # 吗: 么 and 嘛 will do
        cost = _FORBIDDEN
    if marks & STILL:
        if 0.35 < cost < 2.5:
            cost = 2.5
    elif marks & SHORT_MODAL and 0.1 < cost < 1.5:
        cost = 1.5
    return cost


@compiled
def _pass_slot(
    least: int, most: int, kind: int, n: int, own: NDArray[np.uint8], cost: NDArray[np.float64],
    start: NDArray[np.int64], best: NDArray[np.float64], begin: NDArray[np.int64],
) -> None:  # fmt: skip
    """The least cost behind a slot that begins at any place before it, into `best` and `begin`."""
    for place in range(n + 1):
        best[place] = cost[place] if least == 0 else _NONE
        begin[place] = start[place]
    for place in range(n, -1, -1):  # of what ends at a place the shorter comes first
        if cost[place] == _NONE:
            continue
        n_sure = 0
        for end in range(place + 1, min(place + most, n) + 1):
            if (own[end - 1] & kind == 0) != (kind == NEGATION):
                break
            n_sure += own[end - 1] & SURE != 0
            if end - place < least or (kind == NUMBER and n_sure * 2 < end - place):
                continue
            known = best[end]
            if known == _NONE or (cost[place] <= known if kind == NUMBER else cost[place] < known):
                best[end], begin[end] = cost[place], start[place]


@compiled
def _insert(
    limit: float, n: int, inserted: NDArray[np.float64], cost: NDArray[np.float64], start: NDArray[np.int64]
) -> None:
    """Passes heard syllables that the phrase does not have."""
    lowest, origin = _NONE, 0
    for place in range(n + 1):
        if cost[place] != _NONE:
            level = cost[place] - inserted[place]
            if level <= lowest:
                lowest, origin = level, start[place]
        price = lowest + inserted[place]
        if price <= limit:
            cost[place], start[place] = price, origin
        else:
            cost[place] = _NONE


@compiled
def _rest(
    row: int, most: float, p_ids: NDArray[np.int16], p_codes: NDArray[np.int32], drop: NDArray[np.float64],
    present: NDArray[np.bool_], near: NDArray[np.float32], first: NDArray[np.int64], ids: NDArray[np.int16],
    kinds: NDArray[np.uint8], scale: NDArray[np.float32], floor: NDArray[np.float32], rest: NDArray[np.float64],
) -> bool:  # fmt: skip
    """Whether a reading could cost at most `most`; what its syllables behind each cost at least goes into `rest`."""
    bound = 0.0
    for s in range(len(p_ids) - 1, -1, -1):
        rest[s] = bound
        if not present[row, han_place(p_codes[s])]:
            taken = floor[row, p_ids[s]]
            if taken < 0:
                taken = least_cost(p_ids[s], row, floor, near, first, ids, kinds, scale)
            bound += min(drop[s], np.float64(taken))
            if bound > most + _SLACK:
                return False
    return True


@compiled
def _align(
    most: float, at: int, n: int, steps: NDArray[np.int32], slots: NDArray[np.int64], p_ids: NDArray[np.int16],
    p_codes: NDArray[np.int32], drop: NDArray[np.float64], marks: NDArray[np.uint8], rest: NDArray[np.float64],
    near: NDArray[np.float32], ids: NDArray[np.int16], codes: NDArray[np.int32], person: NDArray[np.int8],
    kinds: NDArray[np.uint8], scale: NDArray[np.float32], homophone: NDArray[np.float32], prob: NDArray[np.float64],
    inserted: NDArray[np.float64], cost: NDArray[np.float64], start: NDArray[np.int64], other: NDArray[np.float64],
    begin: NDArray[np.int64],
) -> bool:  # fmt: skip
    """Takes the states through all steps of a reading; whether any is left."""
    sound = 0
    for number in range(len(steps)):
        if steps[number] >= 0:
            slot = slots[steps[number]]
            _pass_slot(slot[0], slot[1], slot[2], n, kinds[at : at + n], cost, start, other, begin)
            cost[: n + 1], start[: n + 1] = other[: n + 1], begin[: n + 1]
            continue
        alive = False
        limit = most + _SLACK - rest[sound]
        for place in range(n, -1, -1):
            best, whence = _NONE, start[place]
            if place and cost[place - 1] != _NONE:
                price = cost[place - 1] + _taking(
                    at + place - 1, p_ids[sound], p_codes[sound], marks[sound], near, ids, codes, person, kinds, scale,
                    homophone, prob,
                )  # fmt: skip
                if price <= limit:
                    best, whence = price, start[place - 1]
            price = cost[place] + drop[sound]
            if price <= limit and price < best:
                best, whence = price, start[place]
            cost[place], start[place] = best, whence
            alive = alive or best != _NONE
        if not alive:
            return False
        sound += 1
        if number + 1 < len(steps) and steps[number + 1] < 0:
            _insert(limit, n, inserted, cost, start)
    return True


@compiled
def _places(
    asked: NDArray[np.int64], last_first: NDArray[np.int64], least: float, width: int, reading: NDArray[np.int64],
    syllable: NDArray[np.int64], step: NDArray[np.int64], steps: NDArray[np.int32], p_ids: NDArray[np.int16],
    p_codes: NDArray[np.int32], drop: NDArray[np.float64], marks: NDArray[np.uint8], allowed: NDArray[np.float64],
    weight: NDArray[np.float64], slots: NDArray[np.int64], near: NDArray[np.float32], first: NDArray[np.int64],
    ids: NDArray[np.int16], codes: NDArray[np.int32], person: NDArray[np.int8], kinds: NDArray[np.uint8],
    scale: NDArray[np.float32], homophone: NDArray[np.float32], prob: NDArray[np.float64],
    inserted: NDArray[np.float64], present: NDArray[np.bool_], floor: NDArray[np.float32],
    numbers: NDArray[np.int64], costs: NDArray[np.float64],
) -> int:  # fmt: skip
    """Writes a row of `numbers` (pair, reading, begin, end) and of `costs` for each place; how many there are."""
    n_found, longest = 0, 0
    for row in range(len(first) - 1):
        longest = max(longest, first[row + 1] - first[row])
    rest, cost, other = np.empty(width), np.empty(longest + 1), np.empty(longest + 1)
    start, begin = np.empty(longest + 1, dtype=np.int64), np.empty(longest + 1, dtype=np.int64)
    for pair in range(len(asked)):
        phrase, row = asked[pair]
        at, n = first[row], first[row + 1] - first[row]
        for variant in range(reading[phrase], reading[phrase + 1]):
            most = min(allowed[variant] * (1 - least) / _WORTH, weight[variant])
            s, e = syllable[variant], syllable[variant + 1]
            if not _rest(
                row, most, p_ids[s:e], p_codes[s:e], drop[s:e], present, near, first, ids, kinds, scale, floor, rest
            ):
                continue
            for place in range(n + 1):
                cost[place] = 0.0 if place <= last_first[row] else _NONE
                start[place] = place
            if not _align(
                most, at, n, steps[step[variant] : step[variant + 1]], slots, p_ids[s:e], p_codes[s:e], drop[s:e],
                marks[s:e], rest, near, ids, codes, person, kinds, scale, homophone, prob,
                inserted[at + row : at + row + n + 1], cost, start, other, begin,
            ):  # fmt: skip
                continue
            for place in range(n + 1):
                if cost[place] <= most + _ROUNDING and start[place] < place:
                    if n_found < len(numbers):
                        numbers[n_found, 0], numbers[n_found, 1] = pair, variant - reading[phrase]
                        numbers[n_found, 2], numbers[n_found, 3] = start[place], place
                        costs[n_found] = cost[place]
                    n_found += 1
    return n_found
