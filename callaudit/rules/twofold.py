"""Ears for what was heard first and, only where a rule asks for them, for the other readings of it.

Most rules of a call are kept by what was heard first, and then its readings are never listened to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from callaudit.records import Word
from callaudit.text.phrases import Anchor, Hit
from callaudit.text.tongue import Ears

Rows = Sequence[Sequence[Word]]


class Twofold:
    """`callaudit.text.tongue.Ears` over two lots of rows, those of the second behind the others.

    Parameters
    ----------
    make : ears for rows
    first : the words of each row that was heard first
    again : those of the other readings; asked for once, if at all
    """

    def __init__(self, make: Callable[[Rows], Ears], first: Rows, again: Callable[[], Rows]) -> None:
        self._make, self._rows, self._more = make, first, again
        self._first = make(first)
        self._phrases: tuple[str, ...] | None = None
        self._joined: dict[tuple[int, ...], Ears] = {}

    def expect(self, phrases: tuple[str, ...]) -> None:
        """These are the phrases that will be asked for."""
        self._phrases = phrases
        self._first.expect(phrases)

    def audible(
        self, phrases: tuple[str, ...], floor: float, *, again: bool = False
    ) -> tuple[tuple[str, frozenset[int]], ...]:
        """Those of the phrases that could be heard with a score of at least `floor`, and in which rows.

        Of the second lot of rows only with `again`.
        """
        first = self._first.audible(phrases, floor)
        if not again:
            return first
        rows, n = dict(first), len(self._rows)
        more = {phrase: frozenset(row + n for row in own) for phrase, own in self._again.audible(phrases, floor)}
        both = ((phrase, rows.get(phrase, frozenset()) | more.get(phrase, frozenset())) for phrase in phrases)
        return tuple((phrase, own) for phrase, own in dict(both).items() if own)

    def hits(self, row: int, phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in a row, with a score of at least `floor`."""
        ears, own = self._of(row)
        return ears.hits(own, phrase, anchor, floor)

    def find(self, rows: tuple[int, ...], phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in rows taken as one."""
        if max(rows) < len(self._rows):
            return self._first.find(rows, phrase, anchor, floor)
        if rows not in self._joined:
            self._joined[rows] = self._ready([[word for row in rows for word in self._words(row)]])
        return self._joined[rows].find((0,), phrase, anchor, floor)

    def alike(self, row: int, phrase: str) -> bool:
        """Whether a short phrase is heard in other words of its sound."""
        ears, own = self._of(row)
        return ears.alike(own, phrase)

    def hidden(self, row: int, phrase: str) -> bool:
        """Whether a phrase fits where the recogniser was unsure of the words."""
        ears, own = self._of(row)
        return ears.hidden(own, phrase)

    def n_spoken(self, phrase: str) -> int:
        """Syllables of the shortest reading of a phrase."""
        return self._first.n_spoken(phrase)

    def _of(self, row: int) -> tuple[Ears, int]:
        n = len(self._rows)
        return (self._first, row) if row < n else (self._again, row - n)

    def _words(self, row: int) -> Sequence[Word]:
        n = len(self._rows)
        return self._rows[row] if row < n else self._others[row - n]

    def _ready(self, rows: Rows) -> Ears:
        ears = self._make(rows)
        if self._phrases is not None:
            ears.expect(self._phrases)
        return ears

    @cached_property
    def _others(self) -> Rows:
        return self._more()

    @cached_property
    def _again(self) -> Ears:
        return self._ready(self._others)
