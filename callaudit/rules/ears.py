"""Phrases listened for in rows of words, each once however many rules ask.

A row is what was heard in a turn, or another reading of it. Every phrase is screened over all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Word
from callaudit.text.mishearing import hides, sounds_alike
from callaudit.text.patterns import bound, compile_each
from callaudit.text.patterns import compile as compile_phrase
from callaudit.text.phrases import Anchor, Hit, Sounded, find, listen
from callaudit.text.screening import Repertoire, least_used, most_used
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
        self._hits: dict[tuple[tuple[int, ...], str, Anchor, float], tuple[Hit, ...]] = {}
        self._possible: dict[tuple[str, float], frozenset[int]] = {}
        self._told: dict[tuple[Test, int, str], bool] = {}

    def sounded(self, rows: tuple[int, ...]) -> Sounded:
        """The words of rows, taken as one, ready for matching."""
        if rows not in self._sounded:
            self._sounded[rows] = listen([word for row in rows for word in self.rows[row]])
        return self._sounded[rows]

    def expect(self, phrases: tuple[str, ...]) -> None:
        """These are the phrases that will be asked for: screening them together takes a fraction of the time."""
        self._known = known(phrases)

    def might_hold(self, phrase: str, floor: float) -> frozenset[int]:
        """The rows in which a phrase could be heard with a score of at least `floor`; in no other it is."""
        if (phrase, floor) not in self._possible:
            possible = np.flatnonzero(self._used(phrase) <= most_used(floor))
            self._possible[phrase, floor] = frozenset(possible.tolist())
        return self._possible[phrase, floor]

    def hits(self, row: int, phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in a row, with a score of at least `floor`."""
        return self.find((row,), phrase, anchor, floor) if row in self.might_hold(phrase, floor) else ()

    def find(self, rows: tuple[int, ...], phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in rows taken as one, unscreened."""
        key = (rows, phrase, anchor, floor)
        if key not in self._hits:
            self._hits[key] = find(phrase, self.sounded(rows), least=floor, anchor=anchor, values=self.values)
        return self._hits[key]

    def alike(self, row: int, phrase: str) -> bool:
        """Whether a short phrase is heard in other characters of its sound."""
        return self.tells(sounds_alike, row, phrase)

    def hidden(self, row: int, phrase: str) -> bool:
        """Whether a phrase fits where the recogniser was unsure."""
        return self.tells(hides, row, phrase)

    def n_spoken(self, phrase: str) -> int:
        """Syllables of the shortest reading of a phrase."""
        return min((len(chars) for chars in compile_phrase(phrase).chars), default=0)

    def tells(self, test: Test, row: int, phrase: str) -> bool:
        """Whether the test holds between a row and a phrase."""
        key = (test, row, phrase)
        if key not in self._told:
            heard = self.sounded((row,))
            self._told[key] = test(compile_phrase(phrase, values=self.values), heard)
        return self._told[key]

    def _used(self, phrase: str) -> NDArray[np.floating[Any]]:
        """The least share of its allowed cost that a phrase could use up in each row."""
        number = self._known.numbers.get(phrase) if self._known else None
        if number is None or bound(phrase, self.values):
            return least_used(compile_phrase(phrase, values=self.values), self._each)
        used: NDArray[np.floating[Any]] = self._known_used[number]
        return used

    @cached_property
    def _each(self) -> list[Sounded]:
        return [self.sounded((row,)) for row in range(len(self.rows))]

    @cached_property
    def _known_used(self) -> NDArray[np.float32]:
        assert self._known is not None
        assert self._known.repertoire is not None  # a phrase of it is asked for
        return self._known.repertoire.least_used(self._each)


class Known:
    """Phrases that many calls are searched for, ready to be found."""

    def __init__(self, phrases: Iterable[str]) -> None:
        compiled = [phrase for phrase in compile_each(tuple(phrases)) if phrase.chars]
        self.numbers = {phrase.text: number for number, phrase in enumerate(compiled)}
        self.repertoire = Repertoire(compiled) if compiled else None  # a rulebook may hold no phrase at all


@lru_cache(maxsize=8)
def known(phrases: tuple[str, ...]) -> Known:
    """What is known of the phrases of a rulebook, made for the first call and kept for the next."""
    return Known(phrases)
