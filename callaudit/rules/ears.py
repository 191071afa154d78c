"""Phrases listened for in rows of words, each once however many rules ask.

A row is what was heard in a turn, or another reading of it. Every phrase is screened over all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Word
from callaudit.text.mishearing import hides, sounds_alike
from callaudit.text.patterns import compile as compile_phrase
from callaudit.text.phrases import Anchor, Hit, Sounded, find, listen
from callaudit.text.screening import could_hold
from callaudit.text.variants import Variant

Test = Callable[[Variant, Sounded], bool]


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
        self._sounded: dict[tuple[int, ...], Sounded] = {}
        self._hits: dict[tuple[tuple[int, ...], str, Anchor, float], tuple[Hit, ...]] = {}
        self._possible: dict[tuple[str, float], frozenset[int]] = {}
        self._told: dict[tuple[Test, int, str], bool] = {}

    def sounded(self, rows: tuple[int, ...]) -> Sounded:
        """The words of rows, taken as one, ready for matching."""
        if rows not in self._sounded:
            self._sounded[rows] = listen([word for row in rows for word in self.rows[row]])
        return self._sounded[rows]

    def might_hold(self, phrase: str, floor: float) -> frozenset[int]:
        """The rows in which a phrase could be heard with a score of at least `floor`; in no other it is."""
        if (phrase, floor) not in self._possible:
            compiled = compile_phrase(phrase, values=self.values)
            possible = could_hold(compiled, self._floors, least=floor, present=self._present)
            self._possible[phrase, floor] = frozenset(np.flatnonzero(possible).tolist())
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
        """Whether the test holds between a row and one of the phrase's variants."""
        key = (test, row, phrase)
        if key not in self._told:
            heard = self.sounded((row,))
            self._told[key] = any(
                test(variant, heard) for variant in compile_phrase(phrase, values=self.values).variants
            )
        return self._told[key]

    @cached_property
    def _present(self) -> NDArray[np.uint8]:
        return np.array([self.sounded((k,)).present for k in range(len(self.rows))], dtype=np.uint8)

    @cached_property
    def _floors(self) -> NDArray[np.float32]:
        return np.array([self.sounded((k,)).floor for k in range(len(self.rows))], dtype=np.float32)
