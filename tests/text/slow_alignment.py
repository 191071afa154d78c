"""Readings of phrases aligned with heard syllables in plain Python: slow, and what compiled code must agree with."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from itertools import repeat
from typing import NamedTuple

import numpy as np

from callaudit.text.listen import FORBIDDEN_COST, MODAL, NEGATIONS, Sounded, substitution
from callaudit.text.variants import Phrase, Slot, Variant

_ROUNDING = 1e-6
_MOST_SUBSTITUTION = float(np.float32(1.2))

States = dict[int, tuple[float, int]]
"""What it costs at least to be at a place, and where the phrase then begins; places ascend."""


class Sound(NamedTuple):
    """A syllable of a phrase with all that decides what may be taken for it."""

    char: str
    code: int
    id: int
    person: int
    strict: bool
    needed: bool
    short: bool


def sounds_of(variant: Variant) -> tuple[Sound, ...]:
    """The syllables of a reading one by one."""
    needed, short = (variant.drop >= FORBIDDEN_COST).tolist(), repeat(len(variant.chars) <= 4)
    lists = (variant.codes.tolist(), variant.ids.tolist(), variant.person.tolist(), variant.strict.tolist(), needed)
    return tuple(map(Sound, variant.chars, *lists, short))


class Line:
    """A row of n heard syllables, one by one."""

    def __init__(self, row: Sounded) -> None:
        self.row = row
        self.n = len(row)
        self.inserted: list[float] = np.concatenate(([0.0], np.cumsum(row.insert))).tolist()
        self._ids, self._codes, self._person = row.ids.tolist(), row.codes.tolist(), row.person.tolist()
        self._negation, self._prob = row.negation.tolist(), row.prob.tolist()
        self._scale, self._homophone = row.scale.tolist(), row.homophone.tolist()
        self._taken: dict[Sound, dict[int, float]] = {}
        self._fits: dict[str, tuple[list[int], list[int]]] = {}

    def taken(self, sound: Sound) -> dict[int, float]:
        """What is known of the cost of each heard syllable taken for one of a phrase."""
        return self._taken.setdefault(sound, {})

    def taking(self, sound: Sound, at: int) -> float:
        """Cost of one heard syllable taken for one of a phrase."""
        near: float = substitution().item(sound.id, self._ids[at])
        cost = min(_MOST_SUBSTITUTION, ctypes.c_float(near * self._scale[at]).value)
        if cost == 0:
            cost = self._homophone[at]
        elif self._negation[at]:
            cost = FORBIDDEN_COST
        cost = self._as_written(sound, at, cost)
        if sound.person:
            if cost > 0.1:
                cost *= 1.5
            if self._person[at] not in (0, sound.person):
                cost = 2.0
        if self._codes[at] == sound.code:
            # of two negations one may deny, the other be part of a word such as 对不起
            cost = 0.4 if sound.char in NEGATIONS and self._negation[at] != sound.strict else 0.0
        return cost

    def _as_written(self, sound: Sound, at: int, cost: float) -> float:
        """What a near sound costs where the syllable of the phrase must be heard well."""
        if sound.strict:
            if cost > 0.1:
                cost = FORBIDDEN_COST
            elif self._prob[at] >= 0.5:
                cost = 0.3
        elif sound.needed and cost > 0.25:  # 吗: 么 and 嘛 will do
            cost = FORBIDDEN_COST
        if sound.char == "还":
            if 0.35 < cost < 2.5:
                cost = 2.5
        elif sound.short and sound.char in MODAL and 0.1 < cost < 1.5:
            cost = 1.5
        return cost

    def fits(self, kind: str) -> tuple[list[int], list[int]]:
        """How many syllables up to each place a slot of a kind may not hold, and how many are surely numerals."""
        if kind not in self._fits:
            row = self.row
            fits = {
                "number": row.numeral | row.digit_like, "surname": row.surname, "named": ~row.negation,
                "any": np.ones(self.n, dtype=np.bool_),
            }[kind]  # fmt: skip
            no = np.concatenate(([0], np.cumsum(~fits))).tolist()
            self._fits[kind] = no, np.concatenate(([0], np.cumsum(row.numeral))).tolist()
        return self._fits[kind]


def align(variant: Variant, row: Sounded, begins: Iterable[int], most: float) -> States:
    """The places at which a reading can end at a cost of at most `most`, where it begins at one of `begins`."""
    heard, limit = Line(row), most + _ROUNDING
    states: States = {place: (0.0, place) for place in begins}
    steps, sounds, drops = variant.steps, sounds_of(variant), variant.drop.tolist()
    last = len(steps) - 1
    for number, step in enumerate(steps):
        if isinstance(step, Slot):
            states = _through_slot(step, states, heard)
        else:
            states = _through_syllable(sounds[step], drops[step], states, heard, limit)
            if number < last and not isinstance(steps[number + 1], Slot):
                states = _inserting(states, heard, limit)
        if not states:
            break
    return states


def _through_syllable(sound: Sound, drop: float, states: States, heard: Line, limit: float) -> States:
    taken, n = heard.taken(sound), heard.n
    reached: States = {}
    for place, (cost, start) in states.items():
        dropped = cost + drop
        if dropped <= limit and (place not in reached or dropped < reached[place][0]):
            reached[place] = dropped, start
        if place < n:
            price = taken.get(place)
            if price is None:
                price = taken[place] = heard.taking(sound, place)
            if cost + price <= limit:
                reached[place + 1] = cost + price, start
    return reached


def _inserting(states: States, heard: Line, limit: float) -> States:
    """The states with heard syllables passed that the phrase does not have."""
    inserted = heard.inserted
    reached: States = {}
    lowest, origin, at = float("inf"), 0, heard.n + 1
    for place, (cost, start) in states.items():
        while at < place:
            more = lowest + inserted[at]
            if more > limit:
                break
            reached[at] = more, origin
            at += 1
        level = cost - inserted[place]
        if level <= lowest:
            lowest, origin = level, start
        at = place
        more = lowest + inserted[at]
        if more <= limit:
            reached[at] = more, origin
            at += 1
        else:
            at = heard.n + 1
    while at <= heard.n:
        more = lowest + inserted[at]
        if more > limit:
            break
        reached[at] = more, origin
        at += 1
    return reached


def _through_slot(slot: Slot, states: States, heard: Line) -> States:
    """The least cost behind a slot that begins at any place before it."""
    no, sure = heard.fits(slot.kind)
    number, n = slot.kind == "number", heard.n
    best: States = dict(states) if slot.least == 0 else {}
    for place in sorted(states, reverse=True):  # of what ends at a place the shorter comes first
        cost, start = states[place]
        for end in range(place + max(1, slot.least), min(place + slot.most, n) + 1):
            if no[end] != no[place]:
                break
            if number and (sure[end] - sure[place]) * 2 < end - place:
                continue
            known = best.get(end)
            if known is None or (cost <= known[0] if number else cost < known[0]):
                best[end] = cost, start
    return dict(sorted(best.items()))


def places(phrase: Phrase, row: Sounded, begins: Iterable[int], least: float) -> list[tuple[int, int, int, float]]:
    """Every place where a reading is heard: its number, where it begins and ends, and what it costs."""
    begins, found = list(begins), []
    for number, variant in enumerate(phrase.variants):
        most = min(variant.allowed * (1 - least) / (1 - 0.7), variant.weight)
        states = align(variant, row, begins, most)
        found += [(number, b, end, cost) for end, (cost, b) in states.items() if cost <= most + 1e-9 and b < end]
    return found
