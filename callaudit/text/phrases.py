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

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.text.alignment import Found, places
from callaudit.text.context import DEFAULT, Place, stands
from callaudit.text.listen import Sounded, listen, listen_each
from callaudit.text.patterns import SLOTS, compile
from callaudit.text.pool import pool_of
from callaudit.text.rows import row_of
from callaudit.text.variants import Phrase, Slot

__all__ = [
    "DEFAULT", "SLOTS", "Anchor", "Hit", "Phrase", "Sounded", "compile", "find", "find_any",
    "hits_of", "listen", "listen_each",
    "outside",
]  # fmt: skip

Anchor = Literal["any", "start", "end", "whole"]
How = Literal["exact", "sound", "pattern"]


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
    rows = row_of(sounded)
    last = int(rows.closes[0]) if anchor in ("end", "whole") else 0
    found = places(pool_of(ready), rows, [(0, 0)], least, opening=anchor in ("start", "whole"))[0]
    return hits_of(ready, [one for one in found if one.end >= last], sounded)


def hits_of(ready: Phrase, found: Sequence[Found], sounded: Sounded) -> tuple[Hit, ...]:
    """The best of the places where readings of a phrase are found in a row, none overlapping another."""
    each: dict[int, list[Place]] = {}
    for one in found:
        each.setdefault(one.reading, []).append(Place(one.begin, one.end, one.cost, ready.variant(one.reading)))
    places = [place for reading in _in_order(ready, each) for place in each[reading]]
    hits = (_hit(ready, place, sounded) for place in _apart(places) if stands(ready, place, sounded))
    return tuple(sorted(hits, key=lambda hit: hit.first))


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


def _in_order(phrase: Phrase, readings: Iterable[int]) -> list[int]:
    """The readings, the longest first: those without slots together, and those of the same steps."""
    groups: dict[tuple[int | Slot, ...], list[int]] = {}
    for row in sorted(readings, key=lambda row: (-len(phrase.chars[row]), row)):
        variant = phrase.variant(row)
        groups.setdefault(() if len(variant.steps) == len(variant.chars) else variant.steps, []).append(row)
    return [row for rows in groups.values() for row in rows]


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
