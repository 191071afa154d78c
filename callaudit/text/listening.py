"""Where phrases are heard in rows of words: all phrases of a rulebook in all rows of a call at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from callaudit.text.alignment import Found, places
from callaudit.text.known import Known, known
from callaudit.text.listen import Sounded
from callaudit.text.mishearing import hides
from callaudit.text.patterns import bound
from callaudit.text.phrases import Anchor, Hit, hits_of
from callaudit.text.rows import Rows, rows_of
from callaudit.text.screening import Screened
from callaudit.text.variants import Phrase

_NOWHERE: dict[int, list[Found]] = {}


class Listening:
    """What is heard in rows; worked out when first asked for, and kept.

    Parameters
    ----------
    rows : what was heard
    values : what slots of phrases are known to hold
    expected : phrases that will be asked for
    """

    def __init__(self, rows: Sequence[Sounded], values: Mapping[str, str], expected: Known | None) -> None:
        self._sounded = rows
        self._values = values
        self._known: dict[str, Known] = {}
        self._rows: Rows = rows_of(rows)
        self._screened: dict[Known, Screened] = {}
        self._places: dict[float, dict[str, dict[int, list[Found]]]] = {}
        self._opening: dict[tuple[str, float, int], list[Found]] = {}
        self._expected = expected

    def phrase(self, phrase: str) -> Phrase:
        """A phrase with its readings."""
        return self._known_of(phrase).phrase(phrase)

    def hiding(self, phrase: str) -> frozenset[int]:
        """The rows in which a phrase fits where the recogniser was unsure."""
        own = self._known_of(phrase)
        return frozenset(np.flatnonzero(hides(own.pool, own.ready([phrase])[0], self._rows)).tolist())

    def rows_with(self, phrases: Sequence[str], least: float) -> dict[str, list[int]]:
        """Those of the phrases that are heard anywhere with a score of at least `least`, and in which rows."""
        self._listen(phrases, least)
        heard = self._places[least]
        return {phrase: list(heard[phrase]) for phrase in phrases if heard[phrase]}

    def hits(self, row: int, phrase: str, anchor: Anchor, least: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in a row, with a score of at least `least`."""
        if phrase not in self._places.get(least, ()):
            self._listen([phrase], least)
        found = self._places[least][phrase].get(row)
        if not found:
            return ()
        if anchor in ("start", "whole"):
            found = self._from_the_start(row, phrase, least)
        last = int(self._rows.closes[row]) if anchor in ("end", "whole") else 0
        ready = self.phrase(phrase)
        kept = [one for one in found if one.end >= last]
        return hits_of(ready, kept, self._sounded[row]) if kept else ()

    def _from_the_start(self, row: int, phrase: str, least: float) -> list[Found]:
        key = (phrase, least, row)
        if key not in self._opening:
            own = self._known_of(phrase)
            self._opening[key] = places(own.pool, self._rows, [(own.ready([phrase])[0], row)], least, opening=True)[0]
        return self._opening[key]

    def _listen(self, phrases: Iterable[str], least: float) -> None:
        """Searches for phrases that were not searched for before."""
        asked: dict[Known, list[str]] = {}
        heard = self._places.setdefault(least, {})
        for phrase in phrases:
            if phrase not in heard:
                heard[phrase] = _NOWHERE
                asked.setdefault(self._known_of(phrase), []).append(phrase)
        for own, some in asked.items():
            possible = self._screened_by(own).possible([own.numbers[phrase] for phrase in some], least)
            numbers, rows = (each.tolist() for each in possible.nonzero())
            if not numbers:
                continue
            ready = dict.fromkeys(numbers)
            pooled = dict(zip(ready, own.ready([some[number] for number in ready]), strict=True))
            pairs = [(pooled[number], row) for number, row in zip(numbers, rows, strict=True)]
            for number, row, found in zip(numbers, rows, places(own.pool, self._rows, pairs, least), strict=True):
                if found:
                    if heard[some[number]] is _NOWHERE:
                        heard[some[number]] = {}
                    heard[some[number]][row] = found

    def _screened_by(self, own: Known) -> Screened:
        if own not in self._screened:
            self._screened[own] = Screened(own.screen, self._rows)
        return self._screened[own]

    def _known_of(self, phrase: str) -> Known:
        """What is known of a phrase."""
        if phrase not in self._known:
            values = bound(phrase, self._values)
            expected = self._expected if not values and self._expected else None
            self._known[phrase] = expected if expected and phrase in expected.numbers else known((phrase,), values)
        return self._known[phrase]
