"""Phrases found in heard words by sound.

A phrase is aligned with the row of heard syllables by dynamic programming: near sounds, fillers, particles and polite
words cost little, other words cost much, and a negation added, lost or replaced can never be paid for. The score of a
hit is 1 at no cost and `DEFAULT` at the cost that a phrase of its length is allowed; short phrases are allowed next to
nothing, because a false accusation costs more than a missed one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.text.listen import FORBIDDEN_COST, PARTICLES, Sounded, listen
from callaudit.text.patterns import SLOTS, Phrase, Slot, Variant, compile

__all__ = ["DEFAULT", "SLOTS", "Anchor", "Hit", "Phrase", "Sounded", "compile", "find", "find_any", "listen", "outside"]

DEFAULT = 0.7
"""Least score of a hit."""

Anchor = Literal["any", "start", "end", "whole"]
How = Literal["exact", "sound", "pattern"]

_OPENERS = frozenset("那就哦")
_DENIED = re.compile(
    r"[不没别未无非勿莫甭](?:有|太|很|大|会|能够?|要|可以|可能|用|必|是|敢|想|再|够|怎么|需要|应该|曾|得|一定|可以说|能说)?$"
)
_TAG = re.compile("[的了啊]?[吗嘛]")


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
    found: list[_Place] = []
    for variant in ready.variants:
        most = min(variant.allowed * (1 - least) / (1 - DEFAULT), variant.weight)
        if _least_cost(variant, sounded) <= most:
            found += _places(variant, sounded, most, anchor)
    return tuple(
        sorted(
            (_hit(ready, place, sounded) for place in _apart(found) if _stands(ready, place, sounded)),
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


@dataclass(frozen=True, slots=True)
class _Place:
    """Syllables [first, end) taken for a variant at a cost."""

    first: int
    end: int
    cost: float
    variant: Variant

    @property
    def score(self) -> float:
        return max(0.0, 1 - (1 - DEFAULT) * self.cost / self.variant.allowed)


def _least_cost(variant: Variant, sounded: Sounded) -> float:
    """A bound that the cost cannot go below, whatever the alignment."""
    return float(np.minimum(np.where(variant.strict, FORBIDDEN_COST, variant.drop), sounded.floor[variant.ids]).sum())


def _places(variant: Variant, sounded: Sounded, most: float, anchor: Anchor) -> list[_Place]:
    cost, start = _align(variant, sounded, anchor)
    ends = np.flatnonzero(cost <= most + 1e-9)
    if anchor in ("end", "whole"):
        tail = np.append(np.logical_and.accumulate((sounded.filler | _particles(sounded))[::-1])[::-1], True)
        ends = ends[tail[ends]]
    return [_Place(int(start[end]), int(end), float(cost[end]), variant) for end in ends if start[end] < end]


def _particles(sounded: Sounded) -> NDArray[np.bool_]:
    return np.array([char in PARTICLES for char in sounded.chars], dtype=np.bool_)


def _align(variant: Variant, sounded: Sounded, anchor: Anchor) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Least cost of the variant ending before each syllable, and where it then starts; both [shape=(n + 1,)]."""
    n = len(sounded)
    start = np.arange(n + 1)
    cost = np.zeros(n + 1)
    if anchor in ("start", "whole"):
        opener = sounded.filler | np.array([char in _OPENERS for char in sounded.chars], dtype=np.bool_)
        cost[1:][~np.logical_and.accumulate(opener)] = np.inf
    inserted = np.concatenate(([0.0], np.cumsum(sounded.insert)))
    for number, step in enumerate(variant.steps):
        if isinstance(step, Slot):
            cost, start = _through_slot(step, cost, start, sounded)
            continue
        dropped = cost + variant.drop[step]
        taken = cost[:-1] + _taking(variant, step, sounded)
        better = taken <= dropped[1:]
        start = np.concatenate((start[:1], np.where(better, start[:-1], start[1:])))
        cost = np.concatenate((dropped[:1], np.where(better, taken, dropped[1:])))
        if number < len(variant.steps) - 1 and not isinstance(variant.steps[number + 1], Slot):
            level = cost - inserted
            lowest = np.minimum.accumulate(level)
            origin = np.maximum.accumulate(np.where(level <= lowest, np.arange(n + 1), 0))
            cost, start = lowest + inserted, start[origin]
    return cost, start


def _taking(variant: Variant, step: int, sounded: Sounded) -> NDArray[np.float64]:
    """Cost of each heard syllable taken for one of the phrase, float64 [shape=(n,)]."""
    row = sounded.cost[variant.ids[step]].astype(np.float64)
    if variant.strict[step]:
        row[row > 0.1] = FORBIDDEN_COST
        row[(sounded.prob >= 0.5) & (row < FORBIDDEN_COST)] = 0.3
    if variant.person[step]:
        row[(sounded.person > 0) & (sounded.person != variant.person[step])] = 2.0
    row[sounded.codes == variant.codes[step]] = 0.0
    if variant.strict[step]:
        row[(sounded.codes == variant.codes[step]) & ~sounded.negation] = 0.3
    return row


def _through_slot(
    slot: Slot, cost: NDArray[np.float64], start: NDArray[np.int64], sounded: Sounded
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The least cost behind a slot that begins at any place before it."""
    n = len(sounded)
    fits = {"number": sounded.numeral | sounded.digit_like, "surname": sounded.surname}.get(
        slot.kind, np.ones(n, dtype=np.bool_)
    )
    sure = np.concatenate(([0], np.cumsum(sounded.numeral)))
    run = np.concatenate(([0], np.cumsum(~fits)))
    best = cost.copy() if slot.least == 0 else np.full(n + 1, np.inf)
    origin = start.copy()
    for length in range(max(1, slot.least), min(slot.most, n) + 1):
        allowed = run[length:] == run[:-length]
        if slot.kind == "number":
            allowed &= (sure[length:] - sure[:-length]) * 2 >= length
        come = np.where(allowed, cost[:-length], np.inf)
        better = come <= best[length:] if slot.kind == "number" else come < best[length:]
        better &= np.isfinite(come)
        best[length:] = np.where(better, come, best[length:])
        origin[length:] = np.where(better, start[:-length], origin[length:])
    return best, origin


def _apart(places: list[_Place]) -> list[_Place]:
    """The best places, none overlapping another; where scores tie, the one that takes more of a number, else the shorter."""
    kept: list[_Place] = []

    def order(place: _Place) -> tuple[float, float, int, int]:
        last = place.variant.steps[-1]
        greedy = isinstance(last, Slot) and last.kind == "number"
        length = place.end - place.first
        return (-round(place.score, 6), -place.variant.weight, -length if greedy else length, place.first)

    for place in sorted(places, key=order):
        if all(place.end <= other.first or place.first >= other.end for other in kept):
            kept.append(place)
    return kept


def _stands(phrase: Phrase, place: _Place, sounded: Sounded) -> bool:
    """Whether the place is not denied, asked or otherwise turned round by what stands beside it."""
    before, after = _clause_before(place.first, sounded), _clause_after(place.end, sounded)
    said = sounded.chars[place.first : place.end]
    if _DENIED.search(before) and not before.endswith(("对不", "了不")):
        return False
    denies = place.variant.chars[:1] in "不没" and isinstance(place.variant.steps[0], int)
    if denies and len(said) > 1 and before[-1:] in (said[1], "有" if said[:2] == "没有" else said[1]):
        return False  # 在不在, 有没有
    short = len(place.variant.chars) <= 4
    if short and after[:1] in ("不", "没") and after[1:2] and after[1] == said[:1]:
        return False  # 可以不可以
    if short and not place.variant.asks and _TAG.match(after):
        return False  # 不知道吗
    return not phrase.polite or _politeness(place, sounded)


def _clause_before(first: int, sounded: Sounded) -> str:
    """Up to five characters before, no further than a pause; none where the phrase follows one."""
    begin = first
    while begin > 0 and first - begin < 5 and not sounded.parted[begin]:
        begin -= 1
    return "".join(
        char if sounded.negation[i] or char not in "不没别未无非勿莫甭" else " "
        for i, char in enumerate(sounded.chars[begin:first], begin)
    )


def _clause_after(end: int, sounded: Sounded) -> str:
    """Up to three characters behind, no further than a pause."""
    last = end
    while last < len(sounded) and last - end < 3 and not sounded.parted[last]:
        last += 1
    return sounded.chars[end:last]


def _politeness(place: _Place, sounded: Sounded) -> bool:
    wanted = [char for char in place.variant.chars if char in "您你"]
    return wanted == [char for char in sounded.chars[place.first : place.end] if char in "您你"]


def _hit(phrase: Phrase, place: _Place, sounded: Sounded) -> Hit:
    first, last = int(sounded.word_of[place.first]), int(sounded.word_of[place.end - 1])
    slots = any(isinstance(step, Slot) for step in place.variant.steps)
    how: How = "sound" if place.cost > 1e-6 else "pattern" if slots else "exact"
    begin_s, end_s = sounded.words[first].span.start_s, max(word.span.end_s for word in sounded.words[first : last + 1])
    heard = sounded.raw[sounded.start[place.first] : sounded.end[place.end - 1]]
    return Hit(
        phrase=phrase.text, first=first, last=last, span=Span(begin_s, end_s), heard=heard, score=round(place.score, 4),
        how=how, confidence=_confidence(place, float(sounded.prob[place.first : place.end].mean())),
    )  # fmt: skip


def _confidence(place: _Place, prob: float) -> float:
    """Chance that the phrase was said: falls with the cost used up, and with the recogniser's doubt about short phrases."""
    used = min(1.0, place.cost / place.variant.allowed)
    return round((0.99 - 0.19 * used) * (0.5 + 0.5 * min(1.0, prob / 0.8)), 4)
