"""Music: on hold, or in place of the ringing (彩铃).

Music is what sounds for seconds, is made of lines (notes, chords) and is no voice to a detector of voices. Each alone
fails: the fine structure of a voice is made of lines too, a rustling sleeve is no voice, and Silero is deaf to the
first half-second or two of speech after a long silence or after music. Together, and over four seconds, they hold: on the
real and the labelled calls the longest stretch of speech taken for music by frames was 3.3 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Signal
from callaudit.signals.sounding import Sounding
from callaudit.signals.spectrum import COARSE_S
from callaudit.spans import Span, from_frames, merge

LINES_DB = 1.4
"""Contrast of a spectrum's fine structure: every noise is below 1.2, music of any kind above 1.7 in 99 % of its frames."""
SHORTEST_S = 4.0
DENSITY = 0.6
"""Share of a stretch's voiceless frames that must sound like music; the rest are its rests."""
LEAST_LEVEL_DB = -50.0
"""Median level: fainter is what leaks over from the other channel."""
BREATH_S = 0.3
"""Pieces this close are one, whatever lies between."""
REST_S = 3.0
"""Longest quiet passage; the labelled tracks of Asterisk pause for up to 1.8 s inside."""
STRAY_S = 2.5
"""A shorter piece that leans on a voice is the voice's beginning, which the detector has slept through."""
LEAN_S = 0.35
BED_BELOW_DB = 12.0
"""Under a voice the music goes on where the sound never falls further than this below it."""
BED_SHARE = 0.8
LONGEST_TALK_S = 20.0


def find_music(sound: Sounding, channel: int) -> tuple[Signal, ...]:
    """The stretches of music on one channel; a span runs on under a voice that speaks or sings over the music.

    Whoever looks for speech must look inside these spans as well.
    """
    notes = sound.loud & ~sound.voice & sound.free & (sound.contrast_db >= LINES_DB)
    pieces = [p for p in merge(from_frames(notes, COARSE_S), gap_s=BREATH_S)]
    pieces = _without_strays(pieces, sound)
    found: list[Signal] = []
    for span in _bridged(pieces, sound):
        confidence = _confidence(span, notes, sound)
        if confidence is not None:
            found.append(Signal("music", span, channel, confidence))
    return tuple(found)


def _frames(span: Span) -> slice:
    return slice(round(span.start_s / COARSE_S), round(span.end_s / COARSE_S))


def _without_strays(pieces: Sequence[Span], sound: Sounding) -> list[Span]:
    """The pieces but for the short ones that touch a voice."""
    return [piece for piece in pieces if piece.duration_s >= STRAY_S or not _leans_on_voice(piece, sound)]


def _leans_on_voice(piece: Span, sound: Sounding) -> bool:
    near = Span(max(0.0, piece.start_s - LEAN_S), piece.end_s + LEAN_S)
    return bool(sound.voice[_frames(near)].sum() * COARSE_S > 0.1)


def _bridged(pieces: Sequence[Span], sound: Sounding) -> tuple[Span, ...]:
    joined: list[Span] = list(pieces[:1])
    for _, piece in pairwise(pieces):
        if _goes_on(joined[-1], piece, sound):
            joined[-1] = Span(joined[-1].start_s, piece.end_s)
        else:
            joined.append(piece)
    return tuple(joined)


def _goes_on(left: Span, right: Span, sound: Sounding) -> bool:
    """Whether the gap between two pieces is a rest of the music, or a voice over it."""
    gap = slice(_frames(left).stop, _frames(right).start)
    if not sound.free[gap].all():
        return False
    length_s = right.start_s - left.end_s
    if length_s <= REST_S and sound.voice[gap].sum() * COARSE_S <= BREATH_S:
        return True
    if length_s > LONGEST_TALK_S:
        return False
    music_db = np.median(np.concatenate([sound.level_db[_frames(left)], sound.level_db[_frames(right)]]))
    return float((sound.bed_db[gap] > music_db - BED_BELOW_DB).mean()) >= BED_SHARE


def _confidence(span: Span, notes: NDArray[np.bool_], sound: Sounding) -> float | None:
    """In [0, 1], from length and density; None where the stretch is too short, too thin or too faint."""
    here = _frames(span)
    heard = notes[here]
    voiceless = ~sound.voice[here]
    density = float(heard.sum() / max(1, voiceless.sum()))
    if heard.sum() * COARSE_S < SHORTEST_S * DENSITY or span.duration_s < SHORTEST_S or density < DENSITY:
        return None
    if float(np.median(sound.level_db[here][heard])) < LEAST_LEVEL_DB:
        return None
    return round(min(1.0, density) * min(1.0, 0.8 + span.duration_s / 50), 3)
