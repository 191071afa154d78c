"""What else may have been said: the readings of a call's turns, laid over the transcript one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from callaudit.records import Reading, Turn, Word
from callaudit.spans import Span
from callaudit.text.punctuation import join
from callaudit.text.tongue import Tongue

LEAST_SHARE = 0.01
"""A reading with less than this share of all that were weighed is not looked at."""

EDGE_S = 0.5
"""How far a word of a reading may lie outside its turn; beyond, it is another turn's."""

CONTEXT_PIECES = 2
"""Characters, or words, shown on both sides of what two readings differ in."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """A turn with one stretch heard otherwise: `words` are those of the whole turn, `share` in [0, 1] as in `Reading`.

    Readings of the same sound have the same `stretch`: only one of them can be right. `first` and `again` show what the
    transcript and the reading differ in; both are empty where they say the same (punctuation aside).
    """

    turn: int
    stretch: int
    span: Span
    share: float
    words: tuple[Word, ...]
    first: str
    again: str

    @property
    def same(self) -> bool:
        """Whether the reading says what the transcript says."""
        return not self.first and not self.again

    def of(self, turn: Turn, language: str) -> Turn:
        """The turn as this hearing has it; its measures are those of the sound, and stay."""
        return replace(turn, words=self.words, text=join(self.words, language), readings=())


def hearings(turns: Sequence[Turn], tongue: Tongue) -> tuple[Hearing, ...]:
    """Every reading of every turn, in order of time."""
    found: list[Hearing] = []
    n_stretches = 0
    for k, turn in enumerate(turns):
        end_s = None
        for reading in sorted((r for r in turn.readings if r.prob >= LEAST_SHARE), key=lambda r: r.span):
            if end_s is None or reading.span.start_s >= end_s:
                n_stretches += 1
            end_s = max(reading.span.end_s, end_s or 0.0)
            words = _spliced(turn, reading)
            first, again = _difference(_said(turn.words, tongue), _said(words, tongue))
            found.append(Hearing(k, n_stretches, reading.span, reading.prob, words, first, again))
    return tuple(found)


def _spliced(turn: Turn, reading: Reading) -> tuple[Word, ...]:
    """The words of the turn with those of the stretch replaced, these taken for certain: the share holds the doubt."""
    own = Span(turn.span.start_s - EDGE_S, turn.span.end_s + EDGE_S)
    return (
        *(word for word in turn.words if word.span.middle_s < reading.span.start_s),
        *(replace(word, prob=1.0) for word in reading.words if own.holds(word.span.middle_s)),
        *(word for word in turn.words if word.span.middle_s >= reading.span.end_s),
    )


def _said(words: Iterable[Word], tongue: Tongue) -> tuple[str, ...]:
    return tongue.pieces("".join(word.text for word in words))


def _difference(one: Sequence[str], other: Sequence[str]) -> tuple[str, str]:
    """What two texts differ in, with a little around it; two empty texts where they are the same.

    >>> _difference("您好这里是以后银行", "您好这里是你好银行")
    ('里是以后银行', '里是你好银行')
    """
    if one == other:
        return "", ""
    n = min(len(one), len(other))
    before = next((k for k in range(n) if one[k] != other[k]), n)
    behind = next((k for k in range(n - before) if one[-1 - k] != other[-1 - k]), n - before)
    start, left = max(0, before - CONTEXT_PIECES), max(0, behind - CONTEXT_PIECES)
    return "".join(one[start : len(one) - left]).strip(), "".join(other[start : len(other) - left]).strip()
