"""Control charts: which days stand out from the ordinary ups and downs of as many calls. Pure.

A day outside the band is worth a look; one within it is not, however it compares with the day before. Neither says
that the process is good: the band is where the calls of this stretch put it.

References
----------
.. [1] ISO 7870-2:2013, Control charts — Part 2: Shewhart control charts.
.. [2] D. C. Montgomery, Introduction to Statistical Quality Control, 7th ed., 2013: 6.3.2 (samples of variable size,
   eq. 6.30 and 6.31) and 7.2.2 (p-charts with samples of variable size).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from scipy.special import stdtrit

SIGMAS: Final = 3.0
SURE: Final = 0.95
"""Of intervals."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The calls of a day or week: how many, the sum of what was measured in each, and of its squares.

    Of a share, what is measured is 1 or 0, and both sums are the number of ones.
    """

    when: str
    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.n


@dataclass(frozen=True, slots=True)
class Point:
    """A sample against its band; `low` and `high` are None where there is no spread to tell one from."""

    when: str
    n: int
    value: float
    low: float | None
    high: float | None

    @property
    def is_out(self) -> bool:
        """Whether it stands out."""
        return self.low is not None and self.high is not None and not self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class Control:
    """A control chart: the line in the middle, and the points in order of time."""

    center: float
    points: tuple[Point, ...]

    @property
    def n_out(self) -> int:
        return sum(point.is_out for point in self.points)


def p_chart(samples: Iterable[Sample]) -> Control | None:
    """Shares with p̄ ± 3 √(p̄(1−p̄)/nᵢ), cut at 0 and 1; p̄ is that of all calls together. None without calls.

    >>> chart = p_chart([Sample("a", 100, 10, 10), Sample("b", 25, 15, 15)])
    >>> chart.center, [round(point.high, 3) for point in chart.points], [point.is_out for point in chart.points]
    (0.2, [0.32, 0.44], [False, True])
    """
    known = [sample for sample in samples if sample.n]
    if not known:
        return None
    center = sum(sample.total for sample in known) / sum(sample.n for sample in known)
    spread = math.sqrt(center * (1 - center))

    def limit(sample: Sample) -> float:
        return SIGMAS * spread / math.sqrt(sample.n)

    points = (
        Point(one.when, one.n, one.mean, max(0.0, center - limit(one)), min(1.0, center + limit(one))) for one in known
    )
    return Control(center, tuple(points))


def mean_chart(samples: Iterable[Sample], *, least: float = -math.inf, most: float = math.inf) -> Control | None:
    """Means with x̿ ± 3 s/√nᵢ; s is pooled from the spread within the samples, so that days that differ do not
    widen the band. None without calls; no band where no sample has two of them.

    Parameters
    ----------
    least, most : bounds of what is measured, at which the band is cut
    """
    known = [sample for sample in samples if sample.n]
    if not known:
        return None
    center = sum(sample.total for sample in known) / sum(sample.n for sample in known)
    freedom = sum(sample.n - 1 for sample in known)
    within = sum(max(0.0, sample.squares - sample.total**2 / sample.n) for sample in known)
    spread = math.sqrt(within / freedom) if freedom else None
    points = []
    for one in known:
        reach = None if spread is None else SIGMAS * spread / math.sqrt(one.n)
        low, high = (None, None) if reach is None else (max(least, center - reach), min(most, center + reach))
        points.append(Point(one.when, one.n, one.mean, low, high))
    return Control(center, tuple(points))


def mean_interval(sample: Sample, *, least: float = -math.inf, most: float = math.inf) -> tuple[float, float] | None:
    """The 95 % interval of a mean by Student's t: x̄ ± t s/√n; None for fewer than two.

    >>> low, high = mean_interval(Sample("", 4, 20.0, 120.0))
    >>> round(low, 3), round(high, 3)
    (0.891, 9.109)
    """
    if sample.n < 2:
        return None
    variance = max(0.0, sample.squares - sample.total**2 / sample.n) / (sample.n - 1)
    reach = float(stdtrit(sample.n - 1, (1 + SURE) / 2)) * math.sqrt(variance / sample.n)
    return max(least, sample.mean - reach), min(most, sample.mean + reach)


def by_week(samples: Iterable[Sample]) -> Sequence[Sample]:
    """The samples of days joined to weeks, each named by its Monday.

    >>> [(one.when, one.n) for one in by_week([Sample("2026-11-21", 2, 1, 1), Sample("2026-11-22", 1, 0, 0)])]
    [('2026-11-16', 3)]
    """
    weeks: dict[str, Sample] = {}
    for sample in samples:
        day = date.fromisoformat(sample.when)
        monday = (day - timedelta(day.weekday())).isoformat()
        known = weeks.get(monday, Sample(monday, 0, 0, 0))
        weeks[monday] = Sample(monday, known.n + sample.n, known.total + sample.total, known.squares + sample.squares)
    return [weeks[monday] for monday in sorted(weeks)]
