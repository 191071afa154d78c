"""The figures: one row each, with its unit, what is better, and how it is made from the tallies of the calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from callaudit.evaluation.intervals import (
    LEAST_CALLS,
    Interval,
    f1_interval,
    percentiles,
    quantile,
    resampled_quantiles,
    resamples,
    wilson,
)
from callaudit.evaluation.tally import Tally

Better = Literal["lower", "higher", "neither"]
Group = Literal["ring", "events", "speakers", "words", "hangup", "voice"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number over some calls; `n` says over how many events, seconds, characters … (`of`) it was taken.

    `value` is None where nothing was counted; `low` and `high` bound its 95 % interval, None where there is none.
    """

    name: str
    group: Group
    unit: str
    better: Better
    value: float | None
    low: float | None
    high: float | None
    n: int
    of: str
    n_calls: int


@dataclass(frozen=True, slots=True)
class Total:
    """A plain count."""

    key: str

    def counted(self, one: Tally) -> bool:
        return self.key in one.counts

    def value(self, tallies: Sequence[Tally]) -> float | None:
        return float(_sum(tallies, self.key))

    def interval(self, tallies: Sequence[Tally]) -> Interval | None:
        return None

    def n(self, tallies: Sequence[Tally]) -> int:
        return _sum(tallies, self.key)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, each independent of the others."""

    part: str
    whole: str

    def counted(self, one: Tally) -> bool:
        return self.whole in one.counts

    def value(self, tallies: Sequence[Tally]) -> float | None:
        n = self.n(tallies)
        return _sum(tallies, self.part) / n if n else None

    def interval(self, tallies: Sequence[Tally]) -> Interval | None:
        return wilson(_sum(tallies, self.part), self.n(tallies))

    def n(self, tallies: Sequence[Tally]) -> int:
        return _sum(tallies, self.whole)


@dataclass(frozen=True, slots=True)
class EventF1:
    """F1 of events found; 1 where there are none and none was found."""

    events: str

    def counted(self, one: Tally) -> bool:
        return f"{self.events}_truth" in one.counts

    def value(self, tallies: Sequence[Tally]) -> float | None:
        return f1(*(_sum(tallies, f"{self.events}_{part}") for part in ("right", "truth", "found")))

    def interval(self, tallies: Sequence[Tally]) -> Interval | None:
        return f1_interval(*(_sum(tallies, f"{self.events}_{part}") for part in ("right", "truth", "found")))

    def n(self, tallies: Sequence[Tally]) -> int:
        return _sum(tallies, f"{self.events}_truth")


@dataclass(frozen=True, slots=True)
class FrameF1:
    """F1 of time, in frames of 10 ms; frames of a call hang together, so the interval is over calls."""

    names: tuple[str, ...]

    def counted(self, one: Tally) -> bool:
        return any(f"{name}_truth" in one.counts for name in self.names)

    def value(self, tallies: Sequence[Tally]) -> float | None:
        return f1(
            *(sum(_sum(tallies, f"{name}_{part}") for name in self.names) for part in ("right", "truth", "found"))
        )

    def interval(self, tallies: Sequence[Tally]) -> Interval | None:
        right, truth, found = (
            sum((_row(tallies, f"{name}_{part}") for name in self.names), np.zeros(len(tallies)))
            for part in ("right", "truth", "found")
        )
        return _ratio_interval(2 * right, truth + found)

    def n(self, tallies: Sequence[Tally]) -> int:
        return sum(_sum(tallies, f"{name}_truth") for name in self.names)


@dataclass(frozen=True, slots=True)
class PerTrue:
    """Edits by the length of what is true."""

    text: str

    def counted(self, one: Tally) -> bool:
        return f"{self.text}_truth" in one.counts

    def value(self, tallies: Sequence[Tally]) -> float | None:
        n = self.n(tallies)
        return _sum(tallies, f"{self.text}_edits") / n if n else None

    def interval(self, tallies: Sequence[Tally]) -> Interval | None:
        return _ratio_interval(_row(tallies, f"{self.text}_edits"), _row(tallies, f"{self.text}_truth"))

    def n(self, tallies: Sequence[Tally]) -> int:
        return _sum(tallies, f"{self.text}_truth")


@dataclass(frozen=True, slots=True)
class Error:
    """The median error (share None), or that which a share of the errors does not reach."""

    key: str
    share: float | None = None

    def counted(self, one: Tally) -> bool:
        return self.key in one.errors

    def value(self, tallies: Sequence[Tally]) -> float | None:
        return quantile([value for one in tallies for value in one.errors.get(self.key, ())], self.share)

    def interval(self, tallies: Sequence[Tally]) -> Interval | None:
        if len(tallies) < LEAST_CALLS:
            return None
        return percentiles(resampled_quantiles([one.errors.get(self.key, ()) for one in tallies], self.share))

    def n(self, tallies: Sequence[Tally]) -> int:
        return sum(len(one.errors.get(self.key, ())) for one in tallies)


Way = Total | Share | EventF1 | FrameF1 | PerTrue | Error


@dataclass(frozen=True, slots=True)
class Row:
    """A figure before it is made: what it is called, and the way that makes it."""

    name: str
    group: Group
    unit: str
    better: Better
    of: str
    way: Way


def _texts(unit: str, name: str) -> tuple[Row, ...]:
    kinds = ("stereo", "mono", "mono_any", "stereo_any")
    return tuple(Row(f"{name}_{kind}", "words", "ratio", "lower", unit, PerTrue(f"{unit}_{kind}")) for kind in kinds)


ROWS: Final[tuple[Row, ...]] = (
    Row("ring_found", "ring", "ratio", "higher", "ring", Share("rings_found", "rings")),
    Row("ring_invented", "ring", "count", "lower", "ring", Total("ring_invented")),
    Row("ring_count_exact", "ring", "ratio", "higher", "ring", Share("ring_counts_exact", "ring_counts")),
    Row("answer_error_median", "ring", "s", "lower", "answer", Error("answer_s")),
    Row("answer_error_p95", "ring", "s", "lower", "answer", Error("answer_s", 0.95)),
    Row("hold_f1", "events", "ratio", "higher", "hold", EventF1("hold")),
    Row("hold_duration_error_median", "events", "s", "lower", "hold", Error("hold_s")),
    Row("silence_f1", "events", "ratio", "higher", "silence", EventF1("silence")),
    Row("silence_duration_error_median", "events", "s", "lower", "silence", Error("silence_s")),
    Row("overlap_f1_stereo", "events", "ratio", "higher", "overlap", EventF1("overlap")),
    Row("speaker_time_f1_stereo", "speakers", "ratio", "higher", "frame", FrameF1(("speaker_stereo",))),
    Row("speaker_time_f1_mono", "speakers", "ratio", "higher", "frame", FrameF1(("speaker_mono",))),
    Row("speech_f1", "speakers", "ratio", "higher", "frame", FrameF1(("activity_stereo", "activity_mono"))),
    Row("speech_f1_stereo", "speakers", "ratio", "higher", "frame", FrameF1(("activity_stereo",))),
    Row("speech_f1_mono", "speakers", "ratio", "higher", "frame", FrameF1(("activity_mono",))),
    *_texts("char", "cer"),
    *_texts("syllable", "syllable_error"),
    Row("word_time_error_median", "words", "s", "lower", "word", Error("word_s")),
    Row("word_time_error_p90", "words", "s", "lower", "word", Error("word_s", 0.9)),
    Row("hangup_right", "hangup", "ratio", "higher", "hangup", Share("hangups_right", "hangups")),
    Row("hangup_wrong", "hangup", "ratio", "lower", "hangup", Share("hangups_wrong", "hangups")),
    Row("hangup_unknown", "hangup", "ratio", "lower", "hangup", Share("hangups_unknown", "hangups")),
    Row("level_error_median", "voice", "dB", "lower", "turn", Error("level_db")),
    Row("rate_error_median", "voice", "ratio", "lower", "turn", Error("rate_ratio")),
)


def figures(tallies: Sequence[Tally], *, intervals: bool = True) -> tuple[Figure, ...]:
    """Every figure over the calls that were counted for it, in the order of `ROWS`."""
    made: list[Figure] = []
    for row in ROWS:
        counted = [one for one in tallies if row.way.counted(one)]
        value = row.way.value(counted) if counted else None
        bounds = row.way.interval(counted) if intervals and value is not None else None
        low, high = bounds or (None, None)
        n = row.way.n(counted)
        made.append(Figure(row.name, row.group, row.unit, row.better, value, low, high, n, row.of, len(counted)))
    return tuple(made)


def f1(n_right: int, n_truth: int, n_found: int) -> float:
    """Harmonic mean of precision and recall, in [0, 1]; 1 where there is nothing and nothing was found.

    >>> f1(1, 2, 1), f1(0, 0, 0), f1(0, 0, 3)
    (0.6666666666666666, 1.0, 0.0)
    """
    if n_truth + n_found == 0:
        return 1.0
    return 2 * n_right / (n_truth + n_found)


def _sum(tallies: Sequence[Tally], key: str) -> int:
    return sum(one.counts.get(key, 0) for one in tallies)


def _row(tallies: Sequence[Tally], key: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([one.counts.get(key, 0) for one in tallies], dtype=np.float64)


def _ratio_interval(
    parts: np.ndarray[tuple[int], np.dtype[np.float64]], wholes: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> Interval | None:
    """Interval over calls of a ratio of sums."""
    if len(parts) < LEAST_CALLS:
        return None
    weights = resamples(len(parts))
    n = weights @ wholes
    return percentiles(np.divide(weights @ parts, n, out=np.full(n.shape, np.nan), where=n > 0))
