"""Bursts of noise: a sustained sound without lines, well above the channel's own floor.

A hiss that lasts the whole call is the floor itself and is not listed here; what is listed came and went.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Signal
from callaudit.signals.sounding import Sounding
from callaudit.signals.spectrum import COARSE_S
from callaudit.spans import Span, from_frames, merge

LINES_DB = 1.25
"""Contrast below which a half-second holds no lines; Gaussian noise of any colour has 0.7 to 1.1."""
ABOVE_FLOOR_DB = 12.0
LEAST_LEVEL_DB = -50.0
SHORTEST_S = 0.8
"""Longer than a breath, a fricative or a rustle."""
STEADY_DB = 6.0
"""Under a voice the noise goes on where the sound never falls further than this below it."""
BREATH_S = 0.3
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
    return tuple(
        Signal("noise", span, channel, round(min(1.0, 0.6 + span.duration_s / 10), 3))
        for span in _bridged(pieces, sound)
        if span.duration_s >= SHORTEST_S
    )


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
