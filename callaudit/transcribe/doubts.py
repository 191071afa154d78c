"""Where words are in doubt, and what else they may have been.

At each step the recogniser weighs every token of its vocabulary and writes the likeliest. Where that was not likely,
the next ones are other readings of the same sound in the same company, each with the probability that it had. They
come with the first hearing at 7 % of its time. Asking a beam again from each place in doubt was tried and cost two and
a half times the first hearing, because CTranslate2 walks through all that stands before it; the words were no better.

Only Han characters have readings, one token at a time: a Western word has several tokens, and what would have followed
another first one is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from callaudit.text.pinyin import syllables
from callaudit.text.simplify import simplify
from callaudit.transcribe.alignment import Timed, atoms
from callaudit.transcribe.decoding import Row

LEAST_SHARE = 0.1
"""A reading less likely than this is left out."""

MOST_READINGS = 4
"""Readings of one place besides the one in the transcript, the likeliest."""

_HAN = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read a stretch: its entries, and its share in [0, 1]."""

    texts: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries [start, end) of a window, as `atoms` counts, and other ways to read them, likeliest first."""

    start: int
    end: int
    ways: tuple[Way, ...]


def other_ways(
    rows: Sequence[Row],
    others: Mapping[int, Sequence[tuple[int, float]]],
    text_of: Callable[[Sequence[int]], str],
) -> list[Stretch]:
    """The stretches of a window that may be read otherwise, in order; none overlap.

    Parameters
    ----------
    rows : the window as it was written
    others : per place of a token, what else it may have been and how likely
    text_of : what tokens say
    """
    timed = [Timed(row.text, row.start_s, row.end_s, row.prob) for row in rows]
    starts = [len(atoms(timed[:k])) for k in range(len(rows))]
    entries_ = [_letters(atom.text) for atom in atoms(timed)]
    found: list[Stretch] = []
    place = 0
    for row, start in zip(rows, starts, strict=True):
        own = tuple(_letters(row.text))
        if own and _HAN.fullmatch("".join(own)):
            seen = [(text, share) for text, share in _weighed(row, place, others, text_of)]
            stretch = _stretch(own, start, tuple(entries_[start + len(own) :]), seen)
            if stretch and (not found or start >= found[-1].end):
                found.append(stretch)
        place += len(row.tokens)
    return found


def entries(timed: Sequence[Timed], texts: Sequence[str], share: float) -> tuple[Timed, ...]:
    """Other texts for the time of some entries: one for one, or spread evenly where there are more or fewer."""
    if len(texts) == len(timed):
        return tuple(Timed(text, one.start_s, one.end_s, share) for text, one in zip(texts, timed, strict=True))
    edges = np.linspace(timed[0].start_s, timed[-1].end_s, len(texts) + 1).tolist()
    return tuple(Timed(text, a, b, share) for text, (a, b) in zip(texts, pairwise(edges), strict=True))


def _weighed(
    row: Row, place: int, others: Mapping[int, Sequence[tuple[int, float]]], text_of: Callable[[Sequence[int]], str]
) -> Iterator[tuple[str, float]]:
    """Han texts that may stand for a row, the tokens up to the one in doubt kept: some characters have several."""
    for k in range(len(row.tokens)):
        for token, share in others.get(place + k, ()):
            text = "".join(_letters(text_of([*row.tokens[:k], token])))
            if _HAN.fullmatch(text):
                yield text, share


def _stretch(
    own: tuple[str, ...], start: int, following: tuple[str, ...], seen: Sequence[tuple[str, float]]
) -> Stretch | None:
    """What may stand for a row and what follows it.

    A shorter text is taken to stand for the beginning of the row; of a longer one, what follows anyway is not new.
    """
    ways: list[tuple[tuple[str, ...], int, float]] = []
    for text, share in seen:
        extra = max(0, len(text) - len(own))
        taken = extra if extra and tuple(text[-extra:]) == following[:extra] else 0
        ways.append(((*text, *own[len(text) :]), taken, share))
    taken = max((extra for _, extra, _ in ways), default=0)
    shares: dict[str, tuple[tuple[str, ...], float]] = {}
    for texts, extra, share in ways:
        whole = (*texts, *following[extra:taken])
        sound = _sound(whole)
        before = shares.get(sound, (whole, 0.0))
        shares[sound] = (before[0], before[1] + share)
    shares.pop(_sound((*own, *following[:taken])), None)
    kept = sorted((Way(t, share) for t, share in shares.values() if share >= LEAST_SHARE), key=lambda way: -way.share)
    return Stretch(start, start + len(own) + taken, tuple(kept[:MOST_READINGS])) if kept else None


def _letters(text: str) -> str:
    return "".join(c for c in simplify(text) if c.isalnum() or c == "\ufffd")


def _sound(texts: Sequence[str]) -> str:
    """How characters sound, tones aside: what sounds alike is one to everything that is matched by sound."""
    return " ".join(syllables("".join(texts)))
