"""Figures of a call that are counted by size, so that medians and histograms of a year read hundreds of rows.

A bin is a whole number: of a score its points, of a time its half seconds. The last bin holds everything above.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SCALE: Final = 10_000
"""Figures are counted in ten-thousandths, as whole numbers: documents hold no more digits."""


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of `width`, the first from `start` on, `n` of them; in the unit of the figure, which ends at `most`."""

    width: float
    n: int
    start: float = 0.0
    most: float = math.inf

    @property
    def scaled_width(self) -> int:
        """The width in ten-thousandths."""
        return round(self.width * SCALE)

    @property
    def scaled_start(self) -> int:
        """The start in ten-thousandths."""
        return round(self.start * SCALE)

    def of(self, value: float) -> int:
        """The bin of a value.

        >>> Bins(0.5, 121).of(1.0), Bins(0.5, 121).of(99.0), Bins(1, 61, -60.0).of(-59.5)
        (2, 120, 0)
        """
        return min(self.n - 1, max(0, (round(value * SCALE) - self.scaled_start) // self.scaled_width))

    def edge(self, number: int) -> float:
        """Where a bin begins."""
        return min(self.most, self.start + number * self.width)


BINS: Final[Mapping[str, Bins]] = MappingProxyType(
    {
        "score": Bins(1.0, 101, most=100.0),
        "ring_to_answer_s": Bins(0.5, 121),
        "longest_silence_s": Bins(0.5, 241),
        "hold_s": Bins(5.0, 121),
        "overlap_share": Bins(0.005, 101, most=1.0),
        "agent_rate_cpm": Bins(10.0, 61),
        "agent_share": Bins(0.02, 51, most=1.0),
        "agent_level_dbov": Bins(1.0, 61, -60.0),
    }
)
"""What is counted: the score of the latest judgement, and columns of `callaudit.store.tables.CallFigureRow`."""


def quantile(counted: Mapping[int, int], bins: Bins, share: float) -> float | None:
    """The value below which a share of the calls lies, spread evenly within its bin; None where there are none.

    >>> quantile({2: 2, 3: 2}, Bins(0.5, 121), 0.5)
    1.5
    """
    total = sum(counted.values())
    if not total:
        return None
    wanted, below = share * total, 0
    for number, n in sorted(counted.items()):
        if n and below + n >= wanted:
            return min(bins.most, bins.edge(number) + bins.width * (wanted - below) / n)
        below += n
    return None
