"""Whether confidence is worth its name: of what is said to be 0.9 sure, is nine in ten right?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from callaudit.evaluation.hypothesis import HeardTurn, Hypothesis
from callaudit.evaluation.intervals import wilson
from callaudit.evaluation.judged import Judged
from callaudit.evaluation.truth import Truth
from callaudit.spans import Span, covered_s, merge

EDGES: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Where bins begin; each ends where the next begins, the last holds 1."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Something said with a confidence in [0, 1], and whether it was right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Claims of about the same confidence: how sure they said to be on average, and what share was right."""

    from_: float
    to: float
    n: int
    n_right: int
    said: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Claims of one kind in bins; empty bins are left out.

    `gap` is the expected calibration error, the mean over all claims of |said − right| of their bin, in [0, 1];
    `brier` the mean squared difference of confidence and outcome. `n_unsure` counts what was left open (a turn of an
    unknown speaker, a verdict withheld) and is in no bin.
    """

    name: str
    n: int
    n_unsure: int
    said: float | None
    right: float | None
    gap: float | None
    brier: float | None
    bins: tuple[Bin, ...]


def calibration(name: str, claims: Sequence[Claim], n_unsure: int = 0) -> Calibration:
    """Claims of one kind against the truth."""
    n = len(claims)
    if n == 0:
        return Calibration(name, 0, n_unsure, None, None, None, None, ())
    bins = tuple(
        _bin(start, end, row)
        for start, end in zip(EDGES, (*EDGES[1:], 1.0), strict=True)
        if (row := [one for one in claims if start <= one.confidence and (one.confidence < end or end == 1.0)])
    )
    gap = sum(one.n * abs(one.said - one.right) for one in bins) / n
    brier = sum((one.confidence - one.right) ** 2 for one in claims) / n
    said, right = sum(one.confidence for one in claims) / n, sum(one.right for one in claims) / n
    return Calibration(name, n, n_unsure, said, right, gap, brier, bins)


def _bin(start: float, end: float, claims: Sequence[Claim]) -> Bin:
    n, n_right = len(claims), sum(one.right for one in claims)
    low, high = wilson(n_right, n) or (0.0, 1.0)
    return Bin(start, end, n, n_right, sum(one.confidence for one in claims) / n, n_right / n, low, high)


def turn_claims(truth: Truth, heard: Hypothesis) -> tuple[tuple[Claim, ...], int]:
    """Who each turn is said to be, and how many turns leave that open.

    Right is a turn where, of its time in which anybody speaks, more than half is that party's; one in which nobody
    speaks is wrong.
    """
    if truth.turns is None or heard.turns is None:
        return (), 0
    speech = {role: truth.speech_of(role) for role in ("agent", "customer")}
    anybody = merge(turn.span for turn in truth.turns)
    claims: list[Claim] = []
    n_unsure = 0
    for turn in heard.turns:
        if turn.speaker not in speech or turn.speaker_confidence is None or turn.end_s <= turn.start_s:
            n_unsure += turn.speaker not in speech
            continue
        claims.append(Claim(turn.speaker_confidence, _is(turn, speech[turn.speaker], anybody)))
    return tuple(claims), n_unsure


def _is(turn: HeardTurn, own: tuple[Span, ...], anybody: tuple[Span, ...]) -> bool:
    span = Span(turn.start_s, turn.end_s)
    return covered_s(span, own) > 0.5 * covered_s(span, anybody)


def verdict_claims(items: Iterable[Judged], *, violated: bool) -> tuple[tuple[Claim, ...], int]:
    """Statuses of labelled items with their confidence, violations or all others; and how many were withheld."""
    labelled = [item for item in items if item.label is not None and item.status is not None]
    said = [item for item in labelled if not item.abstained and (item.status == "violated") == violated]
    claims = tuple(Claim(item.confidence, item.right) for item in said if item.confidence is not None)
    return claims, 0 if violated else sum(item.abstained for item in labelled)
