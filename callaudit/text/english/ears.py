"""English phrases listened for in rows of words, each once however many rules ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Word
from callaudit.text.context import DEFAULT
from callaudit.text.english.matching import Variant, find, known, variants
from callaudit.text.english.words import OTHER, Row, alone, cost, left_out, listen, sound
from callaudit.text.numbers import spoken_length
from callaudit.text.phrases import Anchor, Hit
from callaudit.text.readable import readable

UNSURE_PROB, MOST_HIDDEN = 0.5, 6
"""A word less sure than this may have been another; longer phrases do not hide in a few unsure words (proposed)."""

NEAR_SOUND = 0.4
"""A word that costs no more is nearly the same to the ear."""


class EnglishEars:
    """`callaudit.text.tongue.Ears` of calls in English.

    Parameters
    ----------
    rows : the words of each row
    values : what slots of phrases are known to hold
    """

    def __init__(self, rows: Sequence[Sequence[Word]], values: Mapping[str, str]) -> None:
        self.rows = rows
        self.values = values
        self._told = [listen(row) for row in rows]
        self._places: dict[str, list[int]] = {}
        for k, row in enumerate(self._told):
            for text in {unit.text for unit in row.units}:
                self._places.setdefault(text, []).append(k)
        self._nearest: dict[str, NDArray[np.float64]] = {}
        self._hits: dict[tuple[tuple[int, ...], str, Anchor, float], tuple[Hit, ...]] = {}
        self._possible: dict[tuple[str, float], frozenset[int]] = {}

    def expect(self, phrases: tuple[str, ...]) -> None:
        """Nothing is made ready: a rulebook in English is small."""

    def audible(self, phrases: tuple[str, ...], floor: float) -> tuple[tuple[str, frozenset[int]], ...]:
        """Those of the phrases that could be heard with a score of at least `floor`, and where; elsewhere none is."""
        each = ((phrase, self.might_hold(phrase, floor)) for phrase in phrases)
        return tuple((phrase, rows) for phrase, rows in each if rows)

    def might_hold(self, phrase: str, floor: float) -> frozenset[int]:
        """The rows in which a phrase could be heard with a score of at least `floor`; in no other it is."""
        if (phrase, floor) not in self._possible:
            rows: set[int] = set()
            for variant in self._variants(phrase):
                most = variant.allowed * (1 - floor) / (1 - DEFAULT) + 1e-6
                rows.update(np.flatnonzero(self._least_costs(variant) <= most).tolist())
            self._possible[phrase, floor] = frozenset(rows)
        return self._possible[phrase, floor]

    def hits(self, row: int, phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in a row, with a score of at least `floor`."""
        return self.find((row,), phrase, anchor, floor) if row in self.might_hold(phrase, floor) else ()

    def find(self, rows: tuple[int, ...], phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in rows taken as one."""
        key = (rows, phrase, anchor, floor)
        if key not in self._hits:
            told = self._told[rows[0]] if len(rows) == 1 else listen([w for row in rows for w in self.rows[row]])
            self._hits[key] = find(phrase, told, least=floor, anchor=anchor, values=self.values)
        return self._hits[key]

    def alike(self, row: int, phrase: str) -> bool:
        """Whether a phrase of up to three words is heard in other words of its sound: 'by by' for 'bye bye'."""
        told = self._told[row]
        for variant in self._variants(phrase):
            wanted = [sound(word) for word in variant.words]
            n = len(wanted)
            heard = [sound(unit.text) for unit in told.units]
            if 2 <= n == len(variant.steps) <= 3 and any(heard[k : k + n] == wanted for k in range(len(heard) - n + 1)):
                return True
        return False

    def hidden(self, row: int, phrase: str) -> bool:
        """Whether every word of the phrase is heard or unsure, half of them heard."""
        return any(_hides(variant, self._told[row]) for variant in self._variants(phrase))

    def n_spoken(self, phrase: str) -> int:
        """Syllables of the plainest reading of a phrase."""
        return spoken_length(readable(phrase))

    def _variants(self, phrase: str) -> tuple[Variant, ...]:
        return variants(phrase, known(phrase, self.values))

    def _least_costs(self, variant: Variant) -> NDArray[np.float64]:
        """A bound for each row that no place in it can go below."""
        costs = np.zeros(len(self.rows))
        for word in variant.words:
            costs += np.minimum(left_out(word, variant.n_firm), self._near(word))
        return costs

    def _near(self, word: str) -> NDArray[np.float64]:
        """Cost of the nearest word of each row."""
        if word not in self._nearest:
            near = np.full(len(self.rows), OTHER)
            known = self._places if not alone(word) else {word: self._places[word]} if word in self._places else {}
            for other, rows in known.items():
                if (own := cost(word, other)) < OTHER:
                    near[rows] = np.minimum(near[rows], own)
            self._nearest[word] = near
        return self._nearest[word]


def _hides(variant: Variant, told: Row) -> bool:
    n = len(variant.words)
    if not 2 <= n == len(variant.steps) <= MOST_HIDDEN:
        return False
    for first in range(1 if n == 2 else len(told.units) - n + 1):  # two words fit anywhere by chance
        units = told.units[first : first + n]
        if len(units) < n:
            return False
        same = [cost(word, unit.text) <= NEAR_SOUND for word, unit in zip(variant.words, units, strict=True)]
        unsure = [unit.prob < UNSURE_PROB for unit in units]
        if all(s or u for s, u in zip(same, unsure, strict=True)) and any(unsure) and sum(same) * 2 >= n:
            return True
    return False
