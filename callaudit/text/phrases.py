"""Phrases found in heard words by sound.

A phrase is aligned with the row of heard syllables by dynamic programming: near sounds, fillers, particles and polite
words cost little, other words cost much, and a negation added, lost or replaced can never be paid for. The score of a
hit is 1 at no cost and `DEFAULT` at the cost that a phrase of its length is allowed; short phrases are allowed next to
nothing, because a false accusation costs more than a missed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.text.context import DEFAULT, Place, stands
from callaudit.text.listen import FILLERS, FORBIDDEN_COST, MODAL, NEGATIONS, PARTICLES, Sounded, listen
from callaudit.text.patterns import SLOTS, compile
from callaudit.text.screening import least_costs, places
from callaudit.text.variants import Phrase, Slot, Sound

__all__ = ["DEFAULT", "SLOTS", "Anchor", "Hit", "Phrase", "Sounded", "compile", "find", "find_any", "listen", "outside"]

Anchor = Literal["any", "start", "end", "whole"]
How = Literal["exact", "sound", "pattern"]

_OPENERS = frozenset("那就哦")
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in heard words.

    `phrase` is the phrase as written, `first` and `last` are indices of the words (both included), `span` is their
    time, `heard` the words as heard. `score` in [0, 1] is how near the sounds are, `how` in what way they match,
    `confidence` in [0, 1] is the chance that the phrase was really said, from the score and the recogniser's own
    probabilities.
    """

    phrase: str
    first: int
    last: int
    span: Span
    heard: str
    score: float
    how: How
    confidence: float


def find(
    phrase: str | Phrase,
    words: Sequence[Word] | Sounded,
    *,
    least: float = DEFAULT,
    anchor: Anchor = "any",
    values: Mapping[str, str] | None = None,
) -> tuple[Hit, ...]:
    """Every place where the phrase is heard, in order, none overlapping another.

    Parameters
    ----------
    phrase : text in the syntax of `patterns`, or compiled
    words : words of one turn; give `listen(words)` where many phrases are looked for
    least : least score, in [0, 1]
    anchor : "start" and "end" allow nothing but fillers before or after it, "whole" neither
    values : what slots are known to hold (ignored where the phrase is compiled)
    """
    if not 0 <= least <= 1:
        raise ValueError(f"least must lie in [0, 1]: {least}")
    ready = compile(phrase, values=values) if isinstance(phrase, str) else phrase
    sounded = words if isinstance(words, Sounded) else listen(words)
    if len(sounded) == 0:
        return ()
    most = np.minimum(ready.allowed * (1 - least) / (1 - DEFAULT), ready.weight)
    within = most + _ROUNDING
    order = places(sounded)
    rows = [
        row
        for row in np.flatnonzero(least_costs(ready, sounded) <= within).tolist()
        if order.could_hold(ready.variant(row), float(within[row]))
    ]
    found = [place for row in _alike(ready, rows) for place in _places(ready, row, sounded, most[row], anchor)]
    return tuple(
        sorted(
            (_hit(ready, place, sounded) for place in _apart(found) if stands(ready, place, sounded)),
            key=lambda hit: hit.first,
        )
    )


def find_any(
    phrases: Iterable[str | Phrase],
    words: Sequence[Word] | Sounded,
    *,
    least: float = DEFAULT,
    anchor: Anchor = "any",
    values: Mapping[str, str] | None = None,
) -> tuple[Hit, ...]:
    """The hits of all phrases, in order; of hits that overlap the longest of the best scores."""
    sounded = words if isinstance(words, Sounded) else listen(words)
    hits = [hit for phrase in phrases for hit in find(phrase, sounded, least=least, anchor=anchor, values=values)]
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (-round(hit.score * (hit.last - hit.first + 1), 3), hit.first)):
        if all(hit.last < other.first or hit.first > other.last for other in kept):
            kept.append(hit)
    return tuple(sorted(kept, key=lambda hit: hit.first))


def outside(hits: Iterable[Hit], exempt: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits that do not lie inside an exempt one."""
    approved = tuple(exempt)
    return tuple(
        hit for hit in hits if not any(other.first <= hit.first and hit.last <= other.last for other in approved)
    )


def _alike(phrase: Phrase, rows: Sequence[int]) -> list[list[int]]:
    """The rows of readings that are aligned together, the longest first: those without slots, or of the same steps."""
    groups: dict[tuple[int | Slot, ...], list[int]] = {}
    for row in sorted(rows, key=lambda row: -len(phrase.chars[row])):
        variant = phrase.variant(row)
        groups.setdefault(() if len(variant.steps) == len(variant.chars) else variant.steps, []).append(row)
    return list(groups.values())


def _places(
    phrase: Phrase, rows: list[int], sounded: Sounded, most: NDArray[np.float64], anchor: Anchor
) -> list[Place]:
    cost, start = _align(phrase, rows, sounded, most, anchor)
    good = (cost <= most[:, None] + _ROUNDING) & (start < np.arange(len(sounded) + 1))
    if anchor in ("end", "whole"):
        good &= np.append(np.logical_and.accumulate(_trailing(sounded)[::-1])[::-1], True)
    return [
        Place(int(start[row, end]), int(end), float(cost[row, end]), phrase.variant(rows[row]))
        for row, end in np.argwhere(good)
    ]


def _trailing(sounded: Sounded) -> NDArray[np.bool_]:
    return np.array([char in FILLERS or char in PARTICLES for char in sounded.chars], dtype=np.bool_)


def _align(
    phrase: Phrase, rows: list[int], sounded: Sounded, most: NDArray[np.float64], anchor: Anchor
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Least cost of each reading ending before each syllable, and where it then starts; [shape=(rows, n + 1)].

    Stops as soon as no end can cost `most` or less, since costs only grow from step to step.
    """
    n = len(sounded)
    places = np.arange(n + 1)
    cost, start = np.zeros((len(rows), n + 1)), np.tile(places, (len(rows), 1))
    if anchor in ("start", "whole"):
        opener = sounded.filler | np.array([char in _OPENERS for char in sounded.chars], dtype=np.bool_)
        cost[:, 1:][:, ~np.logical_and.accumulate(opener)] = np.inf
    inserted = np.concatenate(([0.0], np.cumsum(sounded.insert)))
    variants = [phrase.variant(row) for row in rows]
    steps = variants[0].steps
    for number, step in enumerate(steps):
        live = sum(len(variant.steps) > number for variant in variants)
        if isinstance(step, Slot):
            cost, start = _through_slot(step, cost, start, sounded)
            continue
        dropped = cost[:live] + phrase.drop[rows[:live], step, None]
        taken = cost[:live, :-1] + np.array([_taking(sounded, variant.sounds[step]) for variant in variants[:live]])
        start[:live, 1:] = np.where(taken <= dropped[:, 1:], start[:live, :-1], start[:live, 1:])
        cost[:live] = dropped
        np.minimum(taken, dropped[:, 1:], out=cost[:live, 1:])
        if (cost[:live].min(axis=1) > most[:live] + 1e-6).all():
            break
        if number + 1 < len(steps) and not isinstance(steps[number + 1], Slot):
            more = sum(len(variant.steps) > number + 1 for variant in variants)
            level = cost[:more] - inserted
            lowest = np.minimum.accumulate(level, axis=1)
            origin = np.maximum.accumulate(np.where(level <= lowest, places, 0), axis=1)
            cost[:more] = lowest + inserted
            start[:more] = start[np.arange(more)[:, None], origin]
    return cost, start


def _taking(sounded: Sounded, sound: Sound) -> NDArray[np.float64]:
    """Cost of each heard syllable taken for one of a phrase, float64 [shape=(n,)]; found once for each."""
    taken = places(sounded).taken
    if sound not in taken:
        taken[sound] = _taken(sounded, sound)
    return taken[sound]


def _taken(sounded: Sounded, sound: Sound) -> NDArray[np.float64]:
    row: NDArray[np.float64] = sounded.costs(sound.id).astype(np.float64)
    if sound.strict:
        row[row > 0.1] = FORBIDDEN_COST
        row[(sounded.prob >= 0.5) & (row < FORBIDDEN_COST)] = 0.3
    elif sound.needed:  # 吗: 么 and 嘛 will do
        row[row > 0.25] = FORBIDDEN_COST
    if sound.char == "还":
        row[(row > 0.35) & (row < 2.5)] = 2.5
    elif sound.short and sound.char in MODAL:
        row[(row > 0.1) & (row < 1.5)] = 1.5
    if sound.person:
        row[row > 0.1] *= 1.5
        row[(sounded.person > 0) & (sounded.person != sound.person)] = 2.0
    same = sounded.codes == sound.code
    row[same] = 0.0
    if sound.char in NEGATIONS:  # one denies, the other is part of a word such as 对不起
        row[same & (sounded.negation != sound.strict)] = 0.4
    return row


def _through_slot(
    slot: Slot, cost: NDArray[np.float64], start: NDArray[np.int64], sounded: Sounded
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The least cost behind a slot that begins at any place before it."""
    n = len(sounded)
    fits = {
        "number": sounded.numeral | sounded.digit_like,
        "surname": sounded.surname,
        "named": ~sounded.negation,
        "any": np.ones(n, dtype=np.bool_),
    }[slot.kind]
    sure = np.concatenate(([0], np.cumsum(sounded.numeral)))
    run = np.concatenate(([0], np.cumsum(~fits)))
    best = cost.copy() if slot.least == 0 else np.full(cost.shape, np.inf)
    origin = start.copy()
    for length in range(max(1, slot.least), min(slot.most, n) + 1):
        allowed = run[length:] == run[:-length]
        if slot.kind == "number":
            allowed &= (sure[length:] - sure[:-length]) * 2 >= length
        come = np.where(allowed, cost[:, :-length], np.inf)
        better = come <= best[:, length:] if slot.kind == "number" else come < best[:, length:]
        better &= np.isfinite(come)
        best[:, length:] = np.where(better, come, best[:, length:])
        origin[:, length:] = np.where(better, start[:, :-length], origin[:, length:])
    return best, origin


def _apart(places: list[Place]) -> list[Place]:
    """The best places, none overlapping another; of equals the one that ends on more of a number, else the shorter."""
    kept: list[Place] = []

    def order(place: Place) -> tuple[float, float, int, int]:
        last = place.variant.steps[-1]
        greedy = isinstance(last, Slot) and last.kind == "number"
        length = place.end - place.first
        return (-round(place.score, 6), -place.variant.weight, -length if greedy else length, place.first)

    for place in sorted(places, key=order):
        if all(place.end <= other.first or place.first >= other.end for other in kept):
            kept.append(place)
    return kept


def _hit(phrase: Phrase, place: Place, sounded: Sounded) -> Hit:
    first, last = int(sounded.word_of[place.first]), int(sounded.word_of[place.end - 1])
    slots = any(isinstance(step, Slot) for step in place.variant.steps)
    how: How = "sound" if place.cost > 1e-6 else "pattern" if slots else "exact"
    begin_s, end_s = sounded.words[first].span.start_s, max(word.span.end_s for word in sounded.words[first : last + 1])
    heard = sounded.raw[sounded.start[place.first] : sounded.end[place.end - 1]]
    return Hit(
        phrase=phrase.text, first=first, last=last, span=Span(begin_s, end_s), heard=heard, score=round(place.score, 4),
        how=how, confidence=_confidence(place, float(sounded.prob[place.first : place.end].mean())),
    )  # fmt: skip


def _confidence(place: Place, prob: float) -> float:
    """Chance that the phrase was said: less where cost is used up, the phrase short, or the recogniser in doubt.

    Set by hand to agree with the hits by sound of tests/text/phrase_pairs.tsv, of which 186 of 187 are right above four
    syllables, 11 of 12 at four and 8 of 9 below: a ranking with plausible values, not a fitted probability. The
    recogniser's doubt is taken from its mean probability below 0.8, since most words it gets right stay above that.
    """
    used = min(1.0, place.cost / place.variant.allowed)
    short = 0.08 if place.variant.weight <= 3 and place.cost > 1e-6 else 0.0
    return round((0.99 - 0.14 * used - short) * (0.5 + 0.5 * min(1.0, prob / 0.8)), 4)
