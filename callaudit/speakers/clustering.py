"""Two voices out of one line: which units of speech belong together.

Each voice is an offset from the background model (see `mixture`) and a pitch. Given a guess who speaks when, every
span is judged by the voices as the *other* spans make them, so that a wrong guess cannot vouch for itself; the best
path through the units, with a price on every change of speaker within a span, is the next guess. Where that ends
depends on where it starts, so it starts from many places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callaudit.speakers.mixture import Offsets

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]

_PRIOR_FRAMES = 16.0
"""Frames of a sound that weigh as much as the background's word on it; relevance factor of Reynolds 2000, eq. 11."""
_MIX_PRIOR_FRAMES = 200.0
_PITCH_PRIOR_FRAMES = 40.0
_LEAST_PITCH_VARIANCE = 0.12**2
"""In octaves squared: no one speaks in a narrower range than one and a half semitones."""
_INDEPENDENT = 0.1
"""Frames 10 ms apart, with windows of 32 ms and sounds of 50 to 100 ms, tell about a tenth of what ten frames would."""
_CHANGE_WITHIN_SPAN = 4.0
"""Price of a change of speaker where there is no pause, natural logarithm of the odds against it in a quarter second,
1 to 55; after a pause (spans are parted by 0.3 s or more) the odds are even."""
_MIX_WEIGHT = 0.5
"""Which sounds a voice makes hangs on the words too, so it counts half."""
_MOST_ROUNDS = 12
_N_SEEDS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the units of speech hold.

    Attributes
    ----------
    offsets : Offsets [units]
    pitch : float64 [shape=(units, 3)], number, sum and sum of squares of the voiced frames' pitch in octaves from the
        call's median
    span : int [shape=(units,)], index of the span that the unit is a part of; never falls
    """

    offsets: Offsets
    pitch: Floats
    span: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """Counts, sums and pitch side by side, per unit and per span; the three part at the columns `edges`."""

    units: Floats
    spans: Floats
    edges: tuple[int, int]

    @classmethod
    def of(cls, evidence: Evidence) -> _Held:
        counts, sums = evidence.offsets.counts, evidence.offsets.sums
        units = np.hstack([counts, sums, evidence.pitch])
        n_counts = counts.shape[1]
        return cls(units, _per_span(units, evidence.span), (n_counts, n_counts + sums.shape[1]))


@dataclass(frozen=True, slots=True, eq=False)
class Parting:
    """A split into two voices: `labels` per unit; `gain`, how much likelier than one voice (natural log); `scores` per
    unit and voice, natural log of the likelihood over the background's."""

    labels: Labels
    gain: float
    scores: Floats


def partings(evidence: Evidence) -> tuple[Parting, ...]:
    """Every split into two voices that some start settles on, the likeliest first; none twice."""
    held = _Held.of(evidence)
    found = [parting for start in _starts(evidence) if (parting := _settle(evidence, held, start)) is not None]
    found.sort(key=lambda parting: -parting.gain)
    return tuple({parting.labels.tobytes(): parting for parting in reversed(found)}.values())[::-1]


def _settle(evidence: Evidence, held: _Held, labels: Labels) -> Parting | None:
    prices = np.where(np.diff(evidence.span, prepend=-1) != 0, 0.0, _CHANGE_WITHIN_SPAN)
    best, seen = None, set()
    for _ in range(_MOST_ROUNDS):
        if labels.min() == labels.max() or labels.tobytes() in seen:
            break
        seen.add(labels.tobytes())
        scores = _scores(evidence, held, labels)
        changes = prices[1:] @ (labels[1:] != labels[:-1])
        gain = float(scores[np.arange(len(labels)), labels].sum() - changes)
        if best is None or gain > best.gain:
            best = Parting(labels, gain, scores)
        labels = _best_path(scores, prices)
    return best


def _scores(evidence: Evidence, held: _Held, labels: Labels) -> Floats:
    """Log-likelihood ratio of each unit under each voice against the background; the unit's own span does not count."""
    second = _per_span(held.units * (labels == 1)[:, None], evidence.span)
    scores = np.zeros((len(labels), 2))
    for k, taken in enumerate((held.spans - second, second)):
        counts, sums, pitch = np.split(taken.sum(axis=0) - taken, held.edges, axis=1)
        scores[:, k] = (
            _shape_score(evidence, counts, sums) + _mix_score(evidence, counts) + _pitch_score(evidence, pitch)
        )
    return _INDEPENDENT * scores


def _shape_score(evidence: Evidence, of_others: Floats, sums_of_others: Floats) -> Floats:
    counts, sums = evidence.offsets.counts, evidence.offsets.sums
    n_features = sums.shape[1] // counts.shape[1]
    voice = sums_of_others / np.repeat(of_others + _PRIOR_FRAMES, n_features, axis=1)
    power = (voice**2).reshape(len(voice), -1, n_features).sum(axis=2)
    linear = np.einsum("uf,uf->u", sums, voice[evidence.span])
    score: Floats = linear - 0.5 * np.einsum("us,us->u", counts, power[evidence.span])
    return score


def _mix_score(evidence: Evidence, of_others: Floats) -> Floats:
    """Which sounds the voice makes: where voices lie far apart, the background has sounds of one of them alone."""
    counts = evidence.offsets.counts
    usual = (counts.sum(axis=0) + 1.0) / (counts.sum() + counts.shape[1])
    heard = of_others + _MIX_PRIOR_FRAMES * usual
    ratio = np.log(heard / heard.sum(axis=1, keepdims=True) / usual)
    score: Floats = _MIX_WEIGHT * np.einsum("us,us->u", counts, ratio[evidence.span])
    return score


def _pitch_score(evidence: Evidence, of_others: Floats) -> Floats:
    n_all, sum_all, square_all = evidence.pitch.sum(axis=0)
    mean_all = sum_all / max(n_all, 1.0)
    variance_all = max(square_all / max(n_all, 1.0) - mean_all**2, _LEAST_PITCH_VARIANCE)
    n, total, square = of_others.T
    mean = (total + _PITCH_PRIOR_FRAMES * mean_all) / (n + _PITCH_PRIOR_FRAMES)
    around = np.maximum(square - 2 * mean * total + mean**2 * n, 0.0)
    spread = (around + _PITCH_PRIOR_FRAMES * variance_all) / (n + _PITCH_PRIOR_FRAMES)
    variance = np.maximum(spread, _LEAST_PITCH_VARIANCE)
    as_all = _gauss(evidence.pitch, mean_all, variance_all)
    return _gauss(evidence.pitch, mean[evidence.span], variance[evidence.span]) - as_all


def _gauss(sums: Floats, mean: Floats | float, variance: Floats | float) -> Floats:
    """Log-likelihood, less a constant per value, of values given by number, sum and sum of squares."""
    n, total, square = sums.T
    score: Floats = -0.5 * (n * np.log(variance) + (square - 2 * mean * total + mean**2 * n) / variance)
    return score


def _best_path(scores: Floats, prices: Floats) -> Labels:
    """Likeliest labels where changing before unit k costs prices[k].

    Viterbi's algorithm for two states, which needs only the lead of the second over the first: a change is worth its
    price as soon as the lead is larger than that.
    """
    gains, costs = (scores[:, 1] - scores[:, 0]).tolist(), prices.tolist()
    leads = [gains[0]]
    for gain, cost in zip(gains[1:], costs[1:], strict=True):
        leads.append(min(cost, max(-cost, leads[-1])) + gain)
    label = int(leads[-1] > 0)
    labels = [label]
    for lead, cost in zip(leads[-2::-1], costs[:0:-1], strict=True):
        if lead * (1 if label == 0 else -1) > cost:
            label = 1 - label
        labels.append(label)
    return np.array(labels[::-1], dtype=np.int8)


def _starts(evidence: Evidence) -> Iterator[Labels]:
    """First guesses: the main directions in which spans differ, high against low pitch, one long span against all."""
    counts = _per_span(evidence.offsets.counts, evidence.span)
    sums = _per_span(evidence.offsets.sums, evidence.span)
    pitch = _per_span(evidence.pitch, evidence.span)
    weights = counts.sum(axis=1) + 1e-6
    n_features = sums.shape[1] // counts.shape[1]
    occupied = np.sqrt(counts.sum(axis=0) / counts.sum())
    voices = sums / np.repeat(counts + _PRIOR_FRAMES, n_features, axis=1) * np.repeat(occupied, n_features)
    voices = voices - np.average(voices, axis=0, weights=weights)
    octaves = pitch[:, 1] / (pitch[:, 0] + 10.0)
    octaves = octaves - np.average(octaves, weights=weights)
    for column in _directions(voices, weights)[:, :5].T:
        yield (column > 0)[evidence.span].astype(np.int8)
    both = np.column_stack([voices / (np.linalg.norm(voices) + 1e-9), octaves / (np.linalg.norm(octaves) + 1e-9)])
    for column in _directions(both, weights)[:, :2].T:
        yield (column > 0)[evidence.span].astype(np.int8)
    yield (octaves > 0)[evidence.span].astype(np.int8)
    longest = np.argsort(-weights, kind="stable")[:_N_SEEDS]
    for seed in longest:
        yield (np.arange(len(weights)) == seed)[evidence.span].astype(np.int8)
        yield (voices @ voices[seed] > 0)[evidence.span].astype(np.int8)


def _per_span(values: Floats, span: NDArray[np.intp]) -> Floats:
    sums: Floats = np.add.reduceat(values, np.flatnonzero(np.diff(span, prepend=-1)), axis=0)
    return sums


def _directions(points: Floats, weights: Floats) -> Floats:
    """Places of the points along their principal axes, the longest first; float64 [shape=(points, axes)]."""
    _, _, axes = np.linalg.svd(points * np.sqrt(weights)[:, None], full_matrices=False)
    places: Floats = points @ axes.T
    return places
