"""What the turns of a call say by meaning, asked only where letters, sounds and patterns left something open.

All clauses of a call are made comparable at once, when a meaning is first asked for; those of other readings when one
is asked for in them. The same call is so compared in the same company, and its probabilities are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from callaudit.meaning import Clause, Meaning, Sentences, clauses, comparable, fitted, probability
from callaudit.messages import message
from callaudit.records import Place, Word
from callaudit.rules.aids import Encoder
from callaudit.spans import Span

if TYPE_CHECKING:
    from callaudit.rules.facts import Facts

SAID = 0.8
"""Probability from which a meaning counts as said."""

PERHAPS = 0.5
"""Probability from which wanted words that the letters do not show were as likely as not put otherwise: nothing is
missing for certain then."""

SUSPECT = 0.9
"""Probability from which forbidden words may have been said in other words: nobody is cleared of them then."""

ACCUSES = 0.95
"""Probability from which a meaning alone accuses, and never of what is critical: none of the sentences held out that
forbidden words are so surely taken for, clean and misheard ones, was an innocent one (`tests/meaning`)."""

SURE_SITUATION = 0.9
"""Probability from which a situation has come; below, what must be answered may have come, and accuses nobody."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A clause of a turn that has a meaning; `example` is the sentence it is most like, `prob` is in [0, 1]."""

    turn: int
    clause: Clause
    meaning: Meaning
    example: str
    prob: float

    @property
    def span(self) -> Span:
        return self.clause.span


class Senses:
    """Rows of words, and what they mean.

    Parameters
    ----------
    encoder : makes vectors
    turns : the words of each turn
    again : those of further readings of turns; asked for once, if at all
    n_first : the row of the first of these
    """

    def __init__(
        self, encoder: Encoder, turns: Sequence[Sequence[Word]], again: Callable[[], Sequence[Sequence[Word]]],
        n_first: int,
    ) -> None:  # fmt: skip
        self._encoder, self._more, self._n_first = encoder, again, n_first
        self._clauses = [clauses(row) for row in turns]
        self._likely: dict[tuple[Meaning, bool], dict[str, tuple[float, str]]] = {}

    def best(self, row: int, meaning: Meaning) -> tuple[Clause, float, str] | None:
        """The clause of a row that most likely has the meaning, with its probability and the example it is most like.

        None where nothing is said.
        """
        again = row >= self._n_first
        said = self._clauses_again[row - self._n_first] if again else self._clauses[row]
        known = self._judged(meaning, again=again)
        found = max(said, key=lambda clause: known[clause.text][0], default=None)
        return None if found is None else (found, *known[found.text])

    def _judged(self, meaning: Meaning, *, again: bool) -> dict[str, tuple[float, str]]:
        """Probability and nearest example of every clause of the turns; `again`: of the further readings too."""
        if (meaning, again) not in self._likely:
            recogniser = fitted(self._encoder, meaning)
            sentences = self._again if again else self._first
            probs = probability(recogniser.margins(sentences)).round(3).tolist()
            judged = zip(sentences.texts, zip(probs, recogniser.nearest(sentences), strict=True), strict=True)
            self._likely[meaning, again] = {**(self._judged(meaning, again=False) if again else {}), **dict(judged)}
        return self._likely[meaning, again]

    @cached_property
    def _clauses_again(self) -> list[tuple[Clause, ...]]:
        return [clauses(row) for row in self._more()]

    @cached_property
    def _first(self) -> Sentences:
        said = (clause.text for row in self._clauses for clause in row)
        return comparable(self._encoder, tuple(dict.fromkeys(said)))

    @cached_property
    def _again(self) -> Sentences:
        known = set(self._first.texts)
        said = (clause.text for row in self._clauses_again for clause in row)
        return comparable(self._encoder, tuple(dict.fromkeys(text for text in said if text not in known)))


def meant(facts: Facts, turns: Sequence[int], meanings: Sequence[Meaning]) -> Meant | None:
    """The clause of the turns that most likely has one of the meanings; None without an encoder or anything said."""
    if not meanings or (senses := facts.senses) is None:
        return None
    found = [
        Meant(k, best[0], meaning, best[2], best[1])
        for k in turns
        for meaning in meanings
        if (best := senses.best(facts.rows[k], meaning))
    ]
    return max(found, key=lambda one: one.prob, default=None)


def shown(facts: Facts, said: Meant) -> dict[str, Any]:
    """Place, quote, manner and layer of a match by meaning, for an Outcome."""
    turn = facts.turns[said.turn]
    return {
        "places": (Place(said.span, turn.speaker),),
        "quote": turn.text,
        "matched": message("matched.meaning", heard=said.clause.text, phrase=said.example, score=said.prob),
        "layer": "meaning",
    }
