"""Charts drawn by the server: where each mark stands and what it says; `templates/figures/charts.html.j2` writes SVG.

Colours are classes, so that the theme decides; every mark has words of its own, and every chart a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from callaudit.desk.control import Control, Point
from callaudit.reports.wording import number
from callaudit.store.bins import Bins

Told = Callable[[float], str]
"""A value in words."""
Said = Callable[[Point, str], str]
"""The words of a point, with those of its band."""

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 24
MOST_BARS: Final = 24
LEAST_BARS: Final = 6
"""For which there is room: a single bar does not fill the chart."""
MOST_DATES: Final = 8
SHORT_DAYS: Final = 330
"""Over more days a date is told by its month."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the chart, or a mark at its foot, with its words."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a line; `told` is what it says."""

    x: float
    y: float
    told: str
    is_out: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """A control chart: `band` and `line` are SVG paths, `center` the height of the line in the middle."""

    across: tuple[Tick, ...]
    along: tuple[Tick, ...]
    band: str
    edges: str
    line: str
    center: float
    marks: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    foot: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram; `label` is its range, `n` how many calls it holds."""

    x: float
    y: float
    width: float
    height: float
    label: str
    n: int


@dataclass(frozen=True, slots=True)
class Bars:
    """A histogram; `median` is where half of the calls lie on either side, None beyond its end."""

    bars: tuple[Bar, ...]
    across: tuple[Tick, ...]
    along: tuple[Tick, ...]
    median: float | None
    width: int
    height: int
    left: int
    right: int
    foot: int


# ── trends ───────────────────────────────────────────────────────────────────────────────────────────────────────
def trend(chart: Control, told: Told, point: Said, *, step_days: int = 1) -> Trend:
    """A control chart to be drawn.

    Parameters
    ----------
    told : a value in words
    step_days : days of a sample
    """
    days = [date.fromisoformat(one.when) for one in chart.points]
    first, last = min(days), max(days) + timedelta(step_days)
    span = (last - first).days
    values = [value for one in chart.points for value in (one.value, one.low, one.high) if value is not None]
    low, high = min(values), max(values)
    steps = nice(low, high)
    floor, top = min(low, steps[0]), max(high, steps[-1])

    def x_of(day: date, more: float = 0.0) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * ((day - first).days + more) / span, 1)

    def y_of(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (top - value) / ((top - floor) or 1.0), 1)

    band, edges, line, marks = [], [], [], []
    before: date | None = None
    for day, one in zip(days, chart.points, strict=True):
        x, y = x_of(day, step_days / 2), y_of(one.value)
        joined = before is not None and (day - before).days <= step_days
        between = ""
        if one.low is not None and one.high is not None:
            x0, x1, y0, y1 = x_of(day), x_of(day, step_days), y_of(one.low), y_of(one.high)
            band.append(f"M{x0} {y1}H{x1}V{y0}H{x0}z")
            edges.append(f"M{x0} {y1}H{x1}M{x0} {y0}H{x1}")
            between = f"{told(one.low)}–{told(one.high)}"
        line.append(f"{'L' if joined else 'M'}{x} {y}")
        marks.append(Mark(x, y, point(one, between), one.is_out))
        before = day
    along = tuple(Tick(x_of(day, step_days / 2), _date(day, span)) for day in _some(first, span, step_days))
    across = tuple(Tick(y_of(value), told(value)) for value in steps if floor <= value <= top)
    return Trend(across, along, "".join(band), "".join(edges), "".join(line), y_of(chart.center), tuple(marks))


def _date(day: date, span: int) -> str:
    return day.strftime("%Y-%m" if span > SHORT_DAYS else "%m-%d")


def _some(first: date, span: int, step_days: int) -> list[date]:
    """Some of the days, evenly spread."""
    step = max(1, math.ceil(span / step_days / MOST_DATES)) * step_days
    return [first + timedelta(at) for at in range(0, span, step)]


def nice(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round values from below `low` to above `high`, about so many steps.

    >>> nice(0.03, 0.22), nice(71, 93), nice(5, 5)
    ([0.0, 0.05, 0.1, 0.15, 0.2, 0.25], [70.0, 80.0, 90.0, 100.0], [4.0, 5.0, 6.0])
    """
    if high <= low:
        return [low - 1.0, float(low), low + 1.0] if low else [0.0, 1.0]
    rough = (high - low) / wanted
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if unit * factor >= rough - 1e-12)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number_ * step, 10) for number_ in range(first, last + 1)]


# ── histograms ───────────────────────────────────────────────────────────────────────────────────────────────────
def bars(
    counted: Mapping[int, int],
    bins: Bins,
    told: Told,
    median: float | None,
    *,
    width: int = 340,
    height: int = 150,
    whole: bool = False,
) -> Bars | None:
    """A histogram to be drawn; None without calls. Its last bar holds whatever lies beyond; calls with none of it are
    left out.

    Parameters
    ----------
    whole : from the first to the last bin, whether they hold calls or not
    """  # fmt: skip
    counted = {number_: n for number_, n in counted.items() if not (bins.has_none and number_ == 0)}
    total = sum(counted.values())
    if not total:
        return None
    first, last = (0, bins.n - 1) if whole else (min(counted), _most(counted, total))
    fold = next(one for one in (1, 2, 4, 5, 10, 20, 50, 100, 500) if (last - first) // one + 1 <= MOST_BARS)
    first -= (first - bins.has_none) % fold
    n_bars = max(1, math.ceil((last - first + (0 if whole else 1)) / fold))
    held = [0] * n_bars
    for number_, n in counted.items():
        held[min(n_bars - 1, max(0, number_ - first) // fold)] += n
    left, foot = 40, height - 22
    wide = (width - left - 8) / max(n_bars, LEAST_BARS)
    unit = max(1, math.ceil(nice(0, max(held), 3)[1]))
    steps = range(0, math.ceil(max(held) / unit) * unit + 1, unit)
    top = steps[-1]

    def label(at: int) -> str:
        begin, end = (told(bins.edge(first + one * fold)) for one in (at, at + 1))
        beyond = at == n_bars - 1 and first + n_bars * fold < bins.n and not whole
        return f"≥ {begin}" if beyond and any(one >= first + n_bars * fold for one in counted) else f"{begin}–{end}"

    drawn = tuple(
        Bar(
            round(left + at * wide, 1), round(foot - (foot - 8) * n / top, 1), round(max(1.0, wide - 1), 1),
            round((foot - 8) * n / top, 1), label(at), n,
        )
        for at, n in enumerate(held)
    )  # fmt: skip
    every = max(1, math.ceil(n_bars / 6))
    along = tuple(
        Tick(round(left + at * wide, 1), told(bins.edge(first + at * fold))) for at in range(0, n_bars, every)
    )
    across = tuple(Tick(round(foot - (foot - 8) * step / top, 1), number(step, 0)) for step in steps)
    place = None if median is None else (median - bins.edge(first)) / (bins.width * fold)
    inside = (
        None
        if place is None or not 0 <= place <= n_bars or (bins.has_none and not median)
        else round(left + place * wide, 1)
    )
    return Bars(drawn, across, along, inside, width, height, left, width - 8, foot)


def _most(counted: Mapping[int, int], total: int) -> int:
    """The bin up to which 99 of 100 calls lie."""
    below = 0
    for number_, n in sorted(counted.items()):
        below += n
        if below >= 0.99 * total:
            return number_
    return max(counted)
