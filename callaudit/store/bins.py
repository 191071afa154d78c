"""Figures of a call that are counted by size, so that medians and histograms of a year read hundreds of rows.

A bin is a whole number: of a score its points, of a time its half seconds. The last bin holds everything above. Where
many calls have none of something (no hold, no overlap), bin 0 holds those and no others.
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
    """Bins of `width`, the first from `start` on, `n` of them; in the unit of the figure, which ends at `most`.

    `has_none`: bin 0 is of exactly nothing, and a value at an edge belongs to the bin below it.
    """

    width: float
    n: int
    start: float = 0.0
    most: float = math.inf
    has_none: bool = False

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
        >>> [Bins(5.0, 121, has_none=True).of(value) for value in (0.0, 0.1, 5.0, 5.1)]
        [0, 1, 1, 2]
        """
        lead = self.scaled_width - 1 if self.has_none else 0
        return min(self.n - 1, max(0, (round(value * SCALE) - self.scaled_start + lead) // self.scaled_width))

    def edge(self, number: int) -> float:
        """Where a bin begins."""
        return min(self.most, self.start + max(0, number - self.has_none) * self.width)


BINS: Final[Mapping[str, Bins]] = MappingProxyType(
    {
        "score": Bins(1.0, 101, most=100.0),
        "ring_to_answer_s": Bins(0.5, 121),
        "longest_silence_s": Bins(0.5, 242, has_none=True),
        "hold_s": Bins(5.0, 122, has_none=True),
        "overlap_share": Bins(0.005, 102, most=1.0, has_none=True),
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
            if bins.has_none and number == 0:
                return 0.0
            return min(bins.most, bins.edge(number) + bins.width * (wanted - below) / n)
        below += n
    return None
