"""Outlines of a call's sound, small enough for a page however long the call is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Audio, Call, Speaker
from callaudit.reports.base import Waveform

MOST_POINTS = 4000  # more than a screen has columns, at any zoom the page offers


def waveforms(audio: Audio, call: Call) -> tuple[Waveform, ...]:
    """One outline per channel, at most 4000 steps each; a channel of one party carries its role."""
    return tuple(
        Waveform(channel, _speaker(call, channel), step / audio.sample_rate_hz, _peaks(audio.samples[channel], step))
        for channel in range(audio.n_channels)
        for step in [max(1, -(-audio.n_samples // MOST_POINTS))]
        if audio.n_samples
    )


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


def _peaks(samples: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    starts = np.arange(0, len(samples), step)
    return np.stack([np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)], axis=1)


def _speaker(call: Call, channel: int) -> Speaker:
    here = {party.speaker for party in call.parties if party.voice.channel == channel}
    return here.pop() if len(here) == 1 else "unknown"
