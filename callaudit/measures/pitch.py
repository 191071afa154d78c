"""How high the voices are, and how far they move."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from callaudit.measures.base import Heard, Missing, Value, measure
from callaudit.measures.fundamental import HOP_S
from callaudit.records import Speaker, Track, Turn

LEAST_VOICED_S = 0.15
"""With less voice than this (about one syllable) there is no pitch to speak of."""

LEAST_FOR_SPREAD_S = 0.5
STEP_S = 0.1
LEAST_OF_STEP = 3
LOW_PERCENTILE, HIGH_PERCENTILE = 10, 90

TOO_LITTLE = Missing("浊音太短，测不出音高")


@measure("f0_median_hz", unit="Hz", per="turn")
def turn_median(heard: Heard, turn: Turn) -> Value:
    """Median fundamental frequency of the turn."""
    return _median_hz(_turn_pitch(heard, turn))


@measure("f0_spread_st", unit="st", per="turn")
def turn_spread(heard: Heard, turn: Turn) -> Value:
    """Pitch range of the turn: 10th to 90th percentile of the fundamental frequency, in semitones."""
    return _spread_st(_turn_pitch(heard, turn))


@measure("pitch_median_hz", unit="Hz", per="party")
def party_median(heard: Heard, speaker: Speaker) -> Value:
    """Median fundamental frequency of the party over the call."""
    return _median_hz(heard.pitch[speaker].f0_hz)


@measure("pitch_spread_st", unit="st", per="party")
def party_spread(heard: Heard, speaker: Speaker) -> Value:
    """Pitch range of the party over the call: 10th to 90th percentile, in semitones."""
    return _spread_st(heard.pitch[speaker].f0_hz)


@measure("pitch", unit="Hz", per="track")
def pitch_track(heard: Heard, speaker: Speaker) -> Track | None:
    """Median fundamental frequency in every tenth of a second."""
    pitch = heard.pitch[speaker]
    if not pitch.f0_hz.size:
        return None
    n_steps = int(np.ceil(heard.audio.duration_s / STEP_S))
    edges = np.searchsorted(pitch.times_s, np.arange(n_steps + 1) * STEP_S - 1e-6)
    values = tuple(
        round(float(np.median(pitch.f0_hz[first:last])), 1) if last - first >= LEAST_OF_STEP else None
        for first, last in pairwise(edges)
    )
    return Track("pitch", "Hz", speaker, heard.channels[speaker], 0.0, STEP_S, values)


def _turn_pitch(heard: Heard, turn: Turn) -> NDArray[np.float32]:
    f0_hz = heard.pitch[turn.speaker].within(heard.voiced(turn))
    return f0_hz


def _median_hz(f0_hz: NDArray[np.float32]) -> Value:
    return float(np.median(f0_hz)) if len(f0_hz) * HOP_S >= LEAST_VOICED_S else TOO_LITTLE


def _spread_st(f0_hz: NDArray[np.float32]) -> Value:
    if len(f0_hz) * HOP_S < LEAST_FOR_SPREAD_S:
        return TOO_LITTLE
    low, high = np.percentile(12 * np.log2(f0_hz), (LOW_PERCENTILE, HIGH_PERCENTILE))
    return float(high - low)
