"""Outlines thinned until they are small enough for a page, however long the call is."""

from __future__ import annotations

import numpy as np

from callaudit.reports.base import Waveform

MOST_POINTS = 4000  # more than a screen has columns, at any zoom the page offers


def downsampled(waveform: Waveform, most: int = MOST_POINTS) -> Waveform:
    """The outline with at most `most` steps; each keeps the extremes of those it takes the place of."""
    n = len(waveform.peaks)
    if n <= most:
        return waveform
    fold = -(-n // most)
    starts = np.arange(0, n, fold)
    low = np.minimum.reduceat(waveform.peaks[:, 0], starts)
    high = np.maximum.reduceat(waveform.peaks[:, 1], starts)
    peaks = np.stack([low, high], axis=1)
    return Waveform(waveform.channel, waveform.speaker, waveform.step_s * fold, peaks)
