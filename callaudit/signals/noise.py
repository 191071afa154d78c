"""Bursts of noise: a sustained sound without lines that sets in, well above the channel's own floor.

A hiss that lasts the whole call is the floor itself and is not listed here; what is listed came and went. Nor is a
hiss that swells slowly: gain control lifts the line's own noise so in every pause, by 3 to 20 dB a second.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from callaudit.records import Signal
from callaudit.signals.sounding import Sounding
from callaudit.signals.spectrum import COARSE_S
from callaudit.spans import Span, from_frames, merge

LINES_DB = 1.25
"""Contrast below which a half-second holds no lines; Gaussian noise of any colour has 0.7 to 1.1."""
ABOVE_FLOOR_DB = 12.0
LEAST_LEVEL_DB = -50.0
SWELL_DB_PER_S = 24.0
"""What rises more slowly is the line's own noise under gain control; a burst is above its floor in half a second."""
HOLE_S = 0.3
"""A floor is not led down by lost packets."""
SHORTEST_S = 0.8
"""Longer than a breath, a fricative or a rustle."""
STEADY_DB = 6.0
"""Under a voice the noise goes on where the sound never falls further than this below it."""
BREATH_S = 0.3
ONSET_DB = 8.0
"""Above the slow floor, of which the quiet level of the whole channel is the lower edge."""
AT_ONCE = 3
"""Frames, 0.1 s, in which what sets in is well above its floor."""
LONGEST_TALK_S = 20.0


def find_noise(sound: Sounding, channel: int, taken: tuple[Span, ...]) -> tuple[Signal, ...]:
    """The bursts of noise on one channel, outside the spans that are `taken` (music); a span runs on under a voice."""
    hiss = (
        (sound.level_db > max(sound.hiss_db + ABOVE_FLOOR_DB, LEAST_LEVEL_DB))
        & ~sound.voice
        & sound.free
        & (sound.contrast_db < LINES_DB)
    )
    for span in taken:
        hiss[round(span.start_s / COARSE_S) : round(span.end_s / COARSE_S)] = False
    pieces = [p for p in merge(from_frames(hiss, COARSE_S), gap_s=COARSE_S * 2) if p.duration_s >= BREATH_S]
    onset = sound.level_db > _floor_db(sound) + ONSET_DB
    bursts = [burst for span in _bridged(pieces, sound) if (burst := _from_onset(span, onset, sound))]
    return tuple(
        Signal("noise", span, channel, round(min(1.0, 0.6 + span.duration_s / 10), 3))
        for span in bursts
        if span.duration_s >= SHORTEST_S
    )


def _floor_db(sound: Sounding) -> NDArray[np.float64]:
    """The level of the line's own noise, which falls at once and rises slowly, shape=(n,)."""
    steady = median_filter(sound.level_db, round(HOLE_S / COARSE_S), mode="nearest")
    rise_db = np.arange(len(steady)) * (SWELL_DB_PER_S * COARSE_S)
    lowest = np.minimum.accumulate(np.append(sound.hiss_db, steady - rise_db))[:-1]
    floor_db: NDArray[np.float64] = np.maximum(lowest + rise_db, sound.hiss_db)
    return floor_db


def _from_onset(span: Span, onset: NDArray[np.bool_], sound: Sounding) -> Span | None:
    """The span if its level set in at once, under a voice it may be; else what follows a later onset; else None."""
    here = slice(round(span.start_s / COARSE_S), round(span.end_s / COARSE_S))
    noise_db = np.median(sound.level_db[here][: round(BREATH_S / COARSE_S)])
    lower = np.flatnonzero(sound.level_db[: here.start] < noise_db - STEADY_DB)
    began = int(lower[-1]) + 1 if len(lower) else 0
    if onset[began : began + AT_ONCE].any():
        return span
    begins = np.flatnonzero(onset[here] & ~sound.voice[here])
    return Span((here.start + int(begins[0])) * COARSE_S, span.end_s) if len(begins) else None


def _bridged(pieces: list[Span], sound: Sounding) -> list[Span]:
    joined = pieces[:1]
    for _, piece in pairwise(pieces):
        gap = slice(round(joined[-1].end_s / COARSE_S), round(piece.start_s / COARSE_S))
        if piece.start_s - joined[-1].end_s <= LONGEST_TALK_S and _bed_holds(joined[-1], gap, sound):
            joined[-1] = Span(joined[-1].start_s, piece.end_s)
        else:
            joined.append(piece)
    return joined


def _bed_holds(left: Span, gap: slice, sound: Sounding) -> bool:
    noise_db = np.median(sound.level_db[round(left.start_s / COARSE_S) : round(left.end_s / COARSE_S)])
    bed: NDArray[np.float32] = sound.bed_db[gap]
    return bool(len(bed) == 0 or float((bed > noise_db - STEADY_DB).mean()) > 0.8)
