"""Phrases listened for in rows of words, each once however many rules ask.

A row is what was heard in a turn, or another reading of it. Every phrase is searched for in all rows at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from callaudit.records import Word
from callaudit.text.known import Known, known
from callaudit.text.listening import Listening
from callaudit.text.mishearing import HIDDEN_CHARS, SHORT_CHARS, sounds_alike, unsure
from callaudit.text.outlines import outline
from callaudit.text.patterns import bound
from callaudit.text.phrases import Anchor, Hit, Sounded, listen, listen_each


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
        self._joined: dict[tuple[int, ...], Listening] = {}
        self._hits: dict[tuple[int, str, Anchor, float], tuple[Hit, ...]] = {}
        self._audible: dict[tuple[tuple[str, ...], float], tuple[tuple[str, frozenset[int]], ...]] = {}
        self._alike: dict[tuple[int, str], bool] = {}
        self._hidden: dict[str, frozenset[int]] = {}

    def sounded(self, row: int) -> Sounded:
        """The words of a row, ready for matching."""
        return self._sounded[row]

    def expect(self, phrases: tuple[str, ...]) -> None:
        """These are the phrases that will be asked for: screening them together takes a fraction of the time."""
        self._known = known(phrases)

    def audible(self, phrases: tuple[str, ...], floor: float) -> tuple[tuple[str, frozenset[int]], ...]:
        """Those of the phrases that are heard anywhere with a score of at least `floor`, and in which rows."""
        key = (phrases, floor)
        if key not in self._audible:
            each = self._listening.rows_with(phrases, floor)
            self._audible[key] = tuple((phrase, frozenset(rows)) for phrase, rows in each.items())
        return self._audible[key]

    def hits(self, row: int, phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in a row, with a score of at least `floor`."""
        key = (row, phrase, anchor, floor)
        if key not in self._hits:
            self._hits[key] = self._listening.hits(row, phrase, anchor, floor)
        return self._hits[key]

    def find(self, rows: tuple[int, ...], phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in rows taken as one."""
        if rows not in self._joined:
            words = listen([word for row in rows for word in self.rows[row]])
            self._joined[rows] = Listening([words], self.values, self._known)
        return self._joined[rows].hits(0, phrase, anchor, floor)

    def alike(self, row: int, phrase: str) -> bool:
        """Whether a short phrase is heard in other characters of its sound."""
        key = (row, phrase)
        if key not in self._alike:
            short = self._shortest(phrase) <= SHORT_CHARS
            self._alike[key] = short and sounds_alike(self._listening.phrase(phrase), self.sounded(row))
        return self._alike[key]

    def hidden(self, row: int, phrase: str) -> bool:
        """Whether a phrase fits where the recogniser was unsure."""
        if not self._unsure[row]:
            return False
        if phrase not in self._hidden:
            short = self._shortest(phrase) <= HIDDEN_CHARS
            self._hidden[phrase] = self._listening.hiding(phrase) if short else frozenset()
        return row in self._hidden[phrase]

    def n_spoken(self, phrase: str) -> int:
        """Syllables of the shortest reading of a phrase."""
        shortest = outline(phrase).shortest
        return shortest or min((len(chars) for chars in known((phrase,)).phrase(phrase).chars), default=0)

    def _shortest(self, phrase: str) -> int:
        return outline(phrase, bound(phrase, self.values)).shortest

    @cached_property
    def _sounded(self) -> list[Sounded]:
        return listen_each(self.rows)

    @cached_property
    def _unsure(self) -> list[bool]:
        return [unsure(row) for row in self._sounded]

    @cached_property
    def _listening(self) -> Listening:
        return Listening(self._sounded, self.values, self._known)
