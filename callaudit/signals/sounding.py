"""Which frames of a channel sound without being a voice: the ground on which music and noise are told apart.

Everything here lives on the voice detector's frames of 0.032 s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import percentile_filter, uniform_filter1d

from callaudit.signals.singing import talking
from callaudit.signals.spectrum import COARSE_S, Frames
from callaudit.spans import Span, to_frames

VOICE_PROB = 0.5
FLOOR_PERCENTILE = 5.0
HIGHEST_FLOOR_DB, LOWEST_FLOOR_DB = -50.0, -68.0
"""For music: a channel that it fills from end to end has no floor to measure; digital silence is none either."""
LOUD_DB = 10.0
"""Above the floor; line noise itself stays within 2 dB of its mean over a frame."""
BED_S = 0.5
"""A voice lets the line's own floor through this often, between words or syllables; a bed of sound does not."""
TONE_MARGIN_S = 0.1
STEADY_S = 1.0
"""Over which steadiness is averaged: some notes, some syllables."""


@dataclass(frozen=True, slots=True, eq=False)
class Sounding:
    """One channel, frame by frame, shape=(n,).

    `loud` is above `floor_db`, `voice` where a voice is heard, `talk` where it does not sing, `free` where no tone was
    found; `level_db` in dBov, `hiss_db` the channel's own quiet level; `steadiness` the mean of the loud frames in the
    second around; `peak_hz` the strongest line; `bed_db` the level that nine tenths of the half-second around exceed.
    """

    floor_db: float
    hiss_db: float
    level_db: NDArray[np.float32]
    contrast_db: NDArray[np.float32]
    steadiness: NDArray[np.float32]
    peak_hz: NDArray[np.float32]
    bed_db: NDArray[np.float32]
    loud: NDArray[np.bool_]
    voice: NDArray[np.bool_]
    talk: NDArray[np.bool_]
    free: NDArray[np.bool_]


def sounding(frames: Frames, probs: NDArray[np.float32], hop_s: float, tones: Iterable[Span]) -> Sounding:
    """What sounds on one channel.

    Parameters
    ----------
    frames : Frames
    probs : float32 [shape=(frames,), in [0, 1]]
        Of a voice, every `hop_s` seconds; beyond its end there is none.
    tones : iterable of Span
        What has already been recognised.
    """
    level = frames.coarse_level_db
    n = len(level)
    hiss = max(LOWEST_FLOOR_DB, float(np.percentile(level, FLOOR_PERCENTILE)) if n else LOWEST_FLOOR_DB)
    floor = min(HIGHEST_FLOOR_DB, hiss)
    at = ((np.arange(n) + 0.5) * COARSE_S / hop_s).astype(np.int64)
    at = np.minimum(at, len(probs))
    voice = np.append(probs >= VOICE_PROB, False)[at]
    talk = voice & np.append(talking(probs, hop_s), False)[at]
    margins = [Span(max(0.0, tone.start_s - TONE_MARGIN_S), tone.end_s + TONE_MARGIN_S) for tone in tones]
    free = ~to_frames(margins, COARSE_S, n)
    loud = level > floor + LOUD_DB
    bed = percentile_filter(level, 10, size=round(BED_S / COARSE_S), mode="nearest") if n else level
    return Sounding(
        floor,
        hiss,
        level,
        frames.contrast_db,
        _mean_where(frames.steadiness, loud & free),
        frames.peak_hz,
        bed,
        loud,
        voice,
        talk,
        free,
    )


def _mean_where(values: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Mean over the second around each frame of the values that count; 0 where none does."""
    size = round(STEADY_S / COARSE_S)
    weight = uniform_filter1d(where.astype(np.float64), size, mode="constant")
    total = uniform_filter1d(np.where(where, values, 0.0).astype(np.float64), size, mode="constant")
    mean: NDArray[np.float32] = np.where(weight > 0.5 / size, total / np.maximum(weight, 1e-9), 0.0).astype(np.float32)
    return mean
