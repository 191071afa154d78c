"""Phrases listened for in rows of words, each once however many rules ask.

A row is what was heard in a turn, or another reading of it. Every phrase is screened over all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache, reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Word
from callaudit.text.mishearing import HIDDEN_CHARS, SHORT_CHARS, hides, sounds_alike, unsure
from callaudit.text.outlines import Part, outline
from callaudit.text.patterns import bound
from callaudit.text.patterns import compile as compile_phrase
from callaudit.text.phrases import Anchor, Hit, Sounded, find_at, listen
from callaudit.text.screening import Axis, Repertoire, most_used
from callaudit.text.variants import Phrase

Test = Callable[[Phrase, Sounded], bool]


class Ears:
    """Rows of words, and where phrases are heard in them; computed when first asked for, and kept.

    Parameters
    ----------
    rows : the words of each row
    values : what slots of phrases are known to hold
    """

    def __init__(self, rows: Sequence[Sequence[Word]], values: Mapping[str, str]) -> None:
        self.rows = rows
        self.values = values
        self._known: Known | None = None
        self._sounded: dict[tuple[int, ...], Sounded] = {}
        self._axes: dict[tuple[int, ...], Axis] = {}
        self._hits: dict[tuple[tuple[int, ...], str, Anchor, float], tuple[Hit, ...]] = {}
        self._begins: dict[tuple[str, float], int] = {}
        self._possible: dict[tuple[str, float], frozenset[int]] = {}
        self._audible: dict[tuple[tuple[str, ...], float], tuple[tuple[str, frozenset[int]], ...]] = {}
        self._told: dict[tuple[Test, int, str], bool] = {}

    def sounded(self, rows: tuple[int, ...]) -> Sounded:
        """The words of rows, taken as one, ready for matching."""
        if rows not in self._sounded:
            self._sounded[rows] = listen([word for row in rows for word in self.rows[row]])
        return self._sounded[rows]

    def expect(self, phrases: tuple[str, ...]) -> None:
        """These are the phrases that will be asked for: screening them together takes a fraction of the time."""
        self._known = known(phrases)

    def audible(self, phrases: tuple[str, ...], floor: float) -> tuple[tuple[str, frozenset[int]], ...]:
        """Those of the phrases that could be heard anywhere with a score of at least `floor`, and in which rows."""
        key = (phrases, floor)
        if key not in self._audible:
            each = ((phrase, self.might_hold(phrase, floor)) for phrase in phrases)
            self._audible[key] = tuple((phrase, rows) for phrase, rows in each if rows)
        return self._audible[key]

    def might_hold(self, phrase: str, floor: float) -> frozenset[int]:
        """The rows in which a phrase could be heard with a score of at least `floor`; in no other it is."""
        key = (phrase, floor)
        if key not in self._possible:
            first, end = self._known.numbers.get(phrase, (0, 0)) if self._known else (0, 0)
            if first == end or bound(phrase, self.values):
                self._possible[key] = frozenset(range(len(self.rows)))
            elif min(self._least[first:end]) > most_used(floor):
                self._possible[key] = frozenset()
            else:
                rows = (self._used[first:end] <= most_used(floor)).any(axis=0)
                self._possible[key] = frozenset(np.flatnonzero(rows).tolist())
        return self._possible[key]

    def hits(self, row: int, phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in a row, with a score of at least `floor`."""
        key = ((row,), phrase, anchor, floor)
        if key not in self._hits:
            if (phrase, floor) not in self._begins:
                self._begins[phrase, floor] = self._begin(phrase, floor)
            places = self._begins[phrase, floor]
            found = find_at(phrase, self._axis, row, places, least=floor, anchor=anchor, values=self.values)
            self._hits[key] = found
        return self._hits[key]

    def find(self, rows: tuple[int, ...], phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in rows taken as one, unscreened."""
        key = (rows, phrase, anchor, floor)
        if key not in self._hits:
            if rows not in self._axes:
                self._axes[rows] = Axis([self.sounded(rows)])
            axis = self._axes[rows]
            drawn = outline(phrase, bound(phrase, self.values))
            places = _any(axis.begins(part, floor, axis.mask(0)) for part in drawn.parts)
            self._hits[key] = find_at(phrase, axis, 0, places, least=floor, anchor=anchor, values=self.values)
        return self._hits[key]

    def _begin(self, phrase: str, floor: float) -> int:
        """The places at which a phrase could begin."""
        given = bound(phrase, self.values)
        drawn, axis = outline(phrase, given), self._axis
        first, end = self._known.numbers.get(phrase, (0, 0)) if self._known and not given else (0, 0)
        if first == end:
            return _any(axis.begins(part, floor, axis.every) for part in drawn.parts)
        places = 0
        for part, used in zip(drawn.parts, range(first, end), strict=True):
            if self._least[used] <= most_used(floor):
                rows = np.flatnonzero(self._used[used] <= most_used(floor)).tolist()
                places |= axis.begins(part, floor, _any(map(axis.mask, rows)))
        return places

    def alike(self, row: int, phrase: str) -> bool:
        """Whether a short phrase is heard in other characters of its sound."""
        return self._shortest(phrase) <= SHORT_CHARS and self._tells(sounds_alike, row, phrase)

    def hidden(self, row: int, phrase: str) -> bool:
        """Whether a phrase fits where the recogniser was unsure."""
        doubtful = unsure(self.sounded((row,))) and self._shortest(phrase) <= HIDDEN_CHARS
        return doubtful and self._tells(hides, row, phrase)

    def n_spoken(self, phrase: str) -> int:
        """Syllables of the shortest reading of a phrase."""
        return outline(phrase).shortest or min((len(chars) for chars in compile_phrase(phrase).chars), default=0)

    def _shortest(self, phrase: str) -> int:
        return outline(phrase, bound(phrase, self.values)).shortest

    def _tells(self, test: Test, row: int, phrase: str) -> bool:
        key = (test, row, phrase)
        if key not in self._told:
            heard = self.sounded((row,))
            self._told[key] = test(compile_phrase(phrase, values=self.values), heard)
        return self._told[key]

    @cached_property
    def _each(self) -> list[Sounded]:
        return [self.sounded((row,)) for row in range(len(self.rows))]

    @cached_property
    def _axis(self) -> Axis:
        return Axis(self._each)

    @cached_property
    def _used(self) -> NDArray[np.float32]:
        """The least share of its allowed cost that each known part of a phrase could use up in each row."""
        assert self._known is not None
        return self._known.repertoire.least_used(self._each)

    @cached_property
    def _least(self) -> list[float]:
        found: list[float] = self._used.min(axis=1, initial=np.inf).tolist()
        return found


class Known:
    """Phrases that many calls are searched for, ready to be screened."""

    def __init__(self, phrases: tuple[str, ...]) -> None:
        parts: list[Part] = []
        self.numbers: dict[str, tuple[int, int]] = {}
        for drawn in map(outline, phrases):
            if drawn.screened and drawn.parts:
                self.numbers[drawn.text] = len(parts), len(parts) + len(drawn.parts)
                parts += drawn.parts
        self.repertoire = Repertoire(parts)


@lru_cache(maxsize=8)
def known(phrases: tuple[str, ...]) -> Known:
    """What is known of the phrases of a rulebook, made for the first call and kept for the next."""
    return Known(phrases)


def _any(places: Iterable[int]) -> int:
    return reduce(or_, places, 0)
