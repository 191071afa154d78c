"""Which found stretches are the true ones, and what share of time two sets of stretches have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from callaudit.evaluation.hypothesis import HeardSpan, HeardTurn
from callaudit.spans import Span

Stretch = Span | HeardSpan | HeardTurn
FRAME_S: Final = 0.01


def shared_ratio(one: Stretch, other: Stretch) -> float:
    """Intersection over union of two stretches, in [0, 1]; what ends before it starts shares nothing.

    >>> shared_ratio(Span(0, 2), Span(1, 3))
    0.3333333333333333
    """
    common_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    if common_s <= 0:
        return 0.0
    return common_s / max(1e-9, max(one.end_s, other.end_s) - min(one.start_s, other.start_s))


def matched(
    truth: Sequence[Span], found: Sequence[Stretch], *, least_ratio: float = 0.5
) -> tuple[tuple[Span, Stretch], ...]:
    """Pairs of true and found stretches, one to one: each true one in turn takes the best that is left.

    Parameters
    ----------
    truth, found : in the order of their documents
    least_ratio : intersection over union from which on two stretches are the same, in (0, 1]
    """
    left = dict(enumerate(found))
    pairs: list[tuple[Span, Stretch]] = []
    for span in truth:
        ratio, place = max(((shared_ratio(span, one), k) for k, one in left.items()), default=(0.0, -1))
        if place >= 0 and ratio >= least_ratio:
            pairs.append((span, left.pop(place)))
    return tuple(pairs)


def n_frames_in(duration_s: float) -> int:
    """How many frames of 10 ms a call has."""
    return round(duration_s * 100)


def frames(stretches: Iterable[Stretch], n_frames: int) -> NDArray[np.bool_]:
    """Row of frames of 10 ms, bool [shape=(n_frames,)]; both ends of a stretch go to the nearest frame."""
    active = np.zeros(n_frames, dtype=np.bool_)
    for one in stretches:
        start, end = max(0, round(one.start_s / FRAME_S)), min(n_frames, round(one.end_s / FRAME_S))
        active[start : max(start, end)] = True
    return active
