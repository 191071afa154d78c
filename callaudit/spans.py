"""Stretches of time, and the only conversions between seconds and samples.

A span is half-open: it holds its start and not its end. Every function here takes spans in any order and
returns them sorted; none changes what it was handed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Stretch of time [start_s, end_s), in seconds from the start of the recording; start_s < end_s.

    Examples
    --------
    >>> Span(1.0, 3.5).duration_s
    2.5
    >>> Span(2.0, 2.0)
    Traceback (most recent call last):
    ...
    ValueError: a span must end after it starts: [2.0, 2.0)
    """

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s:
            raise ValueError(f"a span must end after it starts: [{self.start_s}, {self.end_s})")

    @property
    def duration_s(self) -> float:
        """Length in seconds, above 0."""
        return self.end_s - self.start_s

    @property
    def middle_s(self) -> float:
        """Time of the middle, in seconds."""
        return (self.start_s + self.end_s) / 2

    def overlap_s(self, other: Span) -> float:
        """Seconds that both spans hold, at least 0.

        >>> Span(0, 2).overlap_s(Span(1, 5))
        1
        """
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def holds(self, time_s: float) -> bool:
        """Whether the moment lies inside."""
        return self.start_s <= time_s < self.end_s


def merge(spans: Iterable[Span], *, gap_s: float = 0.0) -> tuple[Span, ...]:
    """Union of the spans; those less than or exactly `gap_s` apart become one.

    >>> merge([Span(2, 3), Span(0, 1), Span(1, 1.5)])
    (Span(start_s=0, end_s=1.5), Span(start_s=2, end_s=3))
    """
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start_s - merged[-1].end_s <= gap_s:
            merged[-1] = Span(merged[-1].start_s, max(merged[-1].end_s, span.end_s))
        else:
            merged.append(span)
    return tuple(merged)


def intersect(left: Iterable[Span], right: Iterable[Span]) -> tuple[Span, ...]:
    """What both unions hold.

    >>> intersect([Span(0, 4)], [Span(1, 2), Span(3, 9)])
    (Span(start_s=1, end_s=2), Span(start_s=3, end_s=4))
    """
    one, two = merge(left), merge(right)
    common: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(two):
        start_s, end_s = max(one[i].start_s, two[j].start_s), min(one[i].end_s, two[j].end_s)
        if end_s > start_s:
            common.append(Span(start_s, end_s))
        if one[i].end_s < two[j].end_s:
            i += 1
        else:
            j += 1
    return tuple(common)


def subtract(spans: Iterable[Span], taken: Iterable[Span]) -> tuple[Span, ...]:
    """What the first union holds and the second does not.

    >>> subtract([Span(0, 4)], [Span(1, 2)])
    (Span(start_s=0, end_s=1), Span(start_s=2, end_s=4))
    """
    holes = merge(taken)
    left: list[Span] = []
    for span in merge(spans):
        at_s = span.start_s
        for hole in holes:
            if hole.end_s <= at_s:
                continue
            if hole.start_s >= span.end_s:
                break
            if hole.start_s > at_s:
                left.append(Span(at_s, hole.start_s))
            at_s = max(at_s, hole.end_s)
        if at_s < span.end_s:
            left.append(Span(at_s, span.end_s))
    return tuple(left)


def gaps(spans: Iterable[Span], within: Span) -> tuple[Span, ...]:
    """What `within` holds and no span does.

    >>> gaps([Span(1, 2)], Span(0, 3))
    (Span(start_s=0, end_s=1), Span(start_s=2, end_s=3))
    """
    return subtract([within], spans)


def total_s(spans: Iterable[Span]) -> float:
    """Seconds that the union of the spans holds, at least 0."""
    return float(sum(span.duration_s for span in merge(spans)))


def covered_s(span: Span, others: Iterable[Span]) -> float:
    """Seconds of the span that the union of the others holds."""
    return total_s(intersect([span], others))


def longer_than(spans: Iterable[Span], least_s: float) -> tuple[Span, ...]:
    """The spans that last at least `least_s` seconds."""
    return tuple(span for span in sorted(spans) if span.duration_s >= least_s)


def to_samples(span: Span, sample_rate_hz: int, n_samples: int) -> slice:
    """The samples of a span, rounded to the nearest and kept inside [0, n_samples].

    >>> to_samples(Span(0.5, 1.0), 8000, 100_000)
    slice(4000, 8000, None)
    """
    start = min(n_samples, max(0, round(span.start_s * sample_rate_hz)))
    return slice(start, min(n_samples, max(start, round(span.end_s * sample_rate_hz))))


def from_frames(active: NDArray[np.bool_], hop_s: float, *, start_s: float = 0.0) -> tuple[Span, ...]:
    """Spans of the runs of True in a row of frames, frame k holding [start_s + k·hop_s, start_s + (k+1)·hop_s).

    >>> from_frames(np.array([False, True, True, False]), 0.5)
    (Span(start_s=0.5, end_s=1.5),)
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], np.asarray(active, dtype=np.int8), [0]))))
    times = [round(start_s + int(edge) * hop_s, 6) for edge in edges]
    return tuple(Span(a, b) for a, b in zip(times[::2], times[1::2], strict=True))


def to_frames(spans: Iterable[Span], hop_s: float, n_frames: int) -> NDArray[np.bool_]:
    """Row of `n_frames` booleans: whether the middle of frame k lies in a span; the inverse of `from_frames`."""
    active = np.zeros(n_frames, dtype=np.bool_)
    for span in spans:
        start = max(0, int(np.ceil(round(span.start_s / hop_s - 0.5, 6))))
        end = min(n_frames, int(np.ceil(round(span.end_s / hop_s - 0.5, 6))))
        active[start:end] = True
    return active


def rounded(span: Span, digits: int = 3) -> Span:
    """The span with both ends rounded; at least one unit of the last digit long."""
    start_s = round(span.start_s, digits)
    return Span(start_s, max(round(span.end_s, digits), round(start_s + 10**-digits, digits)))


def between(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The stretches that lie between the merged spans.

    >>> between([Span(0, 1), Span(4, 5)])
    (Span(start_s=1, end_s=4),)
    """
    return tuple(Span(a.end_s, b.start_s) for a, b in pairwise(merge(spans)))
