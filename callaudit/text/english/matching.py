"""Phrases found in rows of plain English words, by sound: the counterpart of `callaudit.text.phrases`.

The syntax of phrases, slots included, and the meaning of a score are the same: 1 at no cost and `DEFAULT` at the cost
that a phrase of its length is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import fmean

from callaudit.spans import Span
from callaudit.text.context import DEFAULT
from callaudit.text.english.words import (
    FILLERS,
    LIGHT,
    NEGATIONS,
    NEVER,
    NUMERALS,
    Row,
    Unit,
    cost,
    left_out,
    plain,
    put_in,
)
from callaudit.text.patterns import readings
from callaudit.text.phrases import Anchor, Hit
from callaudit.text.variants import Slot

_TINY = 1e-9
MISSPELT: Mapping[tuple[str | Slot, ...], str] = {
    ("you", "are"): "your", ("they", "are"): "their", ("it", "is"): "its", ("we", "are"): "were",
}  # fmt: skip

_DENIES = 3
"""A negation so few words before a phrase, in the same clause, denies it: 'I am not able to'."""


@dataclass(frozen=True)
class Variant:
    """One reading of a phrase: words and slots in order, and the cost at which it is worth `DEFAULT`."""

    steps: tuple[str | Slot, ...]
    allowed: float

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(step for step in self.steps if isinstance(step, str))

    @cached_property
    def n_firm(self) -> int:
        """Words that are not light."""
        return sum(word not in LIGHT for word in self.words)


@lru_cache(maxsize=16384)
def variants(phrase: str, values: tuple[tuple[str, str], ...] = ()) -> tuple[Variant, ...]:
    """Every reading of a phrase, in order, each once."""
    found: dict[tuple[str | Slot, ...], None] = {}
    for parts in readings(phrase, values):
        steps: list[str | Slot] = []
        for part in parts:
            steps += [part] if isinstance(part, Slot) else plain(part)
        if any(isinstance(step, str) for step in steps):
            found[tuple(steps)] = None
            found[tuple(_misspelt(steps))] = None
    return tuple(Variant(steps, _allowed(steps)) for steps in found)


def _misspelt(steps: Sequence[str | Slot]) -> Iterator[str | Slot]:
    """The steps with the contractions that recognisers write as a word of the same sound: 'your welcome'."""
    k = 0
    while k < len(steps):
        pair = tuple(steps[k : k + 2])
        yield MISSPELT.get(pair, steps[k])
        k += 2 if pair in MISSPELT else 1


def known(phrase: str, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The values that a phrase asks for."""
    return tuple(sorted((name, value) for name, value in values.items() if value and f"{{{name}" in phrase))


def _allowed(steps: tuple[str | Slot, ...] | list[str | Slot]) -> float:
    """Cost at which a phrase is just found: nothing but an ending in one or two words, a near word in three or four."""
    n_words = sum(isinstance(step, str) for step in steps)
    return (0.05, 0.12, 0.2, 0.45)[min(n_words, 4) - 1] if n_words <= 4 else 0.45 + 0.25 * min(n_words - 4, 6)


@dataclass(frozen=True, slots=True)
class Place:
    """Units [first, end) taken for a reading at a cost."""

    first: int
    end: int
    cost: float
    variant: Variant

    @property
    def score(self) -> float:
        return max(0.0, 1 - (1 - DEFAULT) * self.cost / self.variant.allowed)


def find(phrase: str, row: Row, *, least: float, anchor: Anchor, values: Mapping[str, str]) -> tuple[Hit, ...]:
    """Every place where the phrase is heard, in order, none overlapping another."""
    places = [
        place
        for variant in variants(phrase, known(phrase, values))
        for place in _places(variant, row, variant.allowed * (1 - least) / (1 - DEFAULT))
        if _anchored(place, row, anchor) and _stands(place, row)
    ]
    kept: list[Place] = []
    for place in sorted(places, key=lambda p: (-round(p.score, 6), -len(p.variant.words), p.end - p.first, p.first)):
        if all(place.end <= other.first or place.first >= other.end for other in kept):
            kept.append(place)
    return tuple(_hit(phrase, place, row) for place in sorted(kept, key=lambda place: place.first))


def _places(variant: Variant, row: Row, most: float) -> Iterator[Place]:
    """The cheapest place for each end, of those that cost no more than `most`."""
    n = len(row.units)
    best: list[tuple[float, int]] = [(0.0, k) for k in range(n + 1)]  # cost and start of what ends before unit k
    for number, step in enumerate(variant.steps):
        if isinstance(step, Slot):
            best = _through(step, best, row)
            continue
        dropped = left_out(step, variant.n_firm)
        taken: list[tuple[float, int]] = [(best[0][0] + dropped, 0)]
        for k, unit in enumerate(row.units):
            taken.append(
                min((best[k + 1][0] + dropped, best[k + 1][1]), (best[k][0] + cost(step, unit.text), best[k][1]))
            )
        if min(taken)[0] > most + _TINY:
            return
        best = taken
        if number + 1 < len(variant.steps) and not isinstance(variant.steps[number + 1], Slot):
            for k, unit in enumerate(row.units):  # words that the phrase does not have
                best[k + 1] = min(best[k + 1], (best[k][0] + put_in(unit.text), best[k][1]))
    for end, (total, first) in enumerate(best):
        if total <= most + _TINY and first < end:
            yield Place(first, end, total, variant)


def _through(slot: Slot, best: list[tuple[float, int]], row: Row) -> list[tuple[float, int]]:
    """The cheapest way to each end through a slot that begins anywhere before it."""
    found = list(best) if slot.least == 0 else [(NEVER, k) for k in range(len(best))]
    for begin in range(len(best)):
        for end in range(begin + max(1, slot.least), min(begin + slot.most, len(best) - 1) + 1):
            if not _fits(slot, row.units[end - 1], first=end - 1 == begin):
                break
            found[end] = min(found[end], best[begin])
    return found


def _fits(slot: Slot, unit: Unit, *, first: bool) -> bool:
    if slot.kind == "number":
        return unit.text in NUMERALS
    if slot.kind == "any":
        return True
    return unit.name if first else unit.text not in NEGATIONS and not unit.parted


def _anchored(place: Place, row: Row, anchor: Anchor) -> bool:
    def idle(first: int, end: int) -> bool:
        return all(unit.text in FILLERS or unit.text in LIGHT for unit in row.units[first:end])

    at_start = anchor in ("any", "end") or idle(0, place.first)
    return at_start and (anchor in ("any", "start") or idle(place.end, len(row.units)))


def _stands(place: Place, row: Row) -> bool:
    """Whether no negation in the same clause right before the place turns its meaning round."""
    first = place.variant.steps[0]
    if isinstance(first, Slot) or row.units[place.first].parted:
        return True
    for k in range(place.first - 1, max(-1, place.first - 1 - _DENIES), -1):
        if row.units[k].text in NEGATIONS:
            return False
        if row.units[k].parted:
            return True
    return True


def _hit(phrase: str, place: Place, row: Row) -> Hit:
    units = row.units[place.first : place.end]
    first, last = units[0].word, units[-1].word
    words = row.words[first : last + 1]
    slots = any(isinstance(step, Slot) for step in place.variant.steps)
    prob, used = fmean(unit.prob for unit in units), min(1.0, place.cost / place.variant.allowed)
    return Hit(
        phrase=phrase, first=first, last=last, span=Span(words[0].span.start_s, max(w.span.end_s for w in words)),
        heard=" ".join(word.text.strip() for word in words).strip(" ,.?!;:"), score=round(place.score, 4),
        how="sound" if place.cost > _TINY else "pattern" if slots else "exact",
        confidence=round((0.99 - 0.14 * used) * (0.5 + 0.5 * min(1.0, prob / 0.8)), 4),
    )  # fmt: skip
