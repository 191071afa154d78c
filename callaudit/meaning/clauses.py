"""Turns cut into what can be compared by meaning: clauses, and pairs of neighbouring ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.text.punctuation import COMMA_PAUSE_S, bare, marks

LEAST_CHARS = 2
"""Shorter clauses (嗯, 好) say nothing that could be compared; they count as part of their neighbours."""

MOST_CHARS = 40
"""Longer stretches mean too much at once to be like one sentence."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a turn: words `first` to `last`, both in it."""

    text: str
    span: Span
    first: int
    last: int


def clauses(words: Sequence[Word]) -> tuple[Clause, ...]:
    """The clauses of a turn and the pairs of neighbouring ones, in order.

    A clause ends in punctuation, or before a pause of `COMMA_PAUSE_S`.

    >>> row = [Word(c, Span(k, k + 1), 0.9) for k, c in enumerate(["您", "好，", "请", "讲。"])]
    >>> [clause.text for clause in clauses(row)]
    ['您好', '您好，请讲', '请讲']
    """
    ends = [k for k in range(len(words)) if k + 1 == len(words) or _ends(words[k], words[k + 1])]
    pieces = list(zip([0, *(end + 1 for end in ends)], ends, strict=False))
    found: list[Clause] = []
    for k, (first, last) in enumerate(pieces):
        one = _clause(words, ((first, last),))
        if len(one.text) >= LEAST_CHARS:
            found.append(one)
        if k + 1 < len(pieces):
            both = _clause(words, ((first, last), pieces[k + 1]))
            if len(both.text) <= MOST_CHARS:
                found.append(both)
    return tuple(clause for clause in found if len(clause.text) <= MOST_CHARS)


def _ends(word: Word, following: Word) -> bool:
    return bool(marks(word.text)) or following.span.start_s - word.span.end_s >= COMMA_PAUSE_S


def _clause(words: Sequence[Word], pieces: Sequence[tuple[int, int]]) -> Clause:
    texts = ("".join(bare(word.text) for word in words[first : last + 1]) for first, last in pieces)
    first, last = pieces[0][0], pieces[-1][1]
    text = "，".join(text for text in texts if text)
    return Clause(
        text, Span(words[first].span.start_s, max(w.span.end_s for w in words[first : last + 1])), first, last
    )
