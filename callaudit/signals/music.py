"""Music: on hold, or in place of the ringing (彩铃).

Music is made of notes, and a note keeps its pitch while it sounds; a voice glides on within a tenth of a second. So
the fine structure of the spectrum is held against itself 0.128 s later. Over the second around, that correlation lies
between 0.25 and 0.8 for nine tenths of hold music, and between −0.1 and 0.25 for as much of real and synthesised
speech in English and Mandarin, through G.711; for noise it is 0. A voice detector alone will not do: Silero sleeps
through the first seconds of speech after a long silence or after music, and hears some singing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Signal
from callaudit.signals.sounding import LOUD_DB, Sounding
from callaudit.signals.spectrum import COARSE_S
from callaudit.spans import Span, from_frames, longer_than, merge

STEADY = 0.27
"""Steadiness above which it is music: half-way between a voice's and music's, so that the change from one to the other
without a pause is found in its middle. Monotonous voices reach it, so it counts only where no voice is heard."""
STEADY_UNDER_VOICE = 0.18
"""Mean over a whole gap between two pieces of music: a voice alone seldom reaches it for a second, and not for long."""
LOUD_SHARE = 0.85
"""Of such a gap must sound; a voice alone leaves more out."""
EVEN_DB = 1.0
"""Between the quartiles of level; the least of any six seconds of Asterisk's tracks is 1.9 dB, of a tone 0.1 dB."""
SAME_LINE_HZ, SAME_SHARE = 20.0, 0.85
UNSTEADY_S, LINES_DB, UNSTEADY_CONFIDENCE = 8.0, 1.5, 0.6
"""Seconds of lines without a voice that are music though not steady; a voice was slept through for 3.3 s at most."""
SHORTEST_S, LEAST_NOTES_S = 4.0, 3.0
DENSITY = 0.35
"""Share of a stretch's voiceless frames that must sound like notes; the rest are rests and drums."""
LEAST_LEVEL_DB = -50.0
"""Median level: fainter is what leaks over from the other channel."""
BREATH_S = 0.3
"""Pieces this close are one, whatever lies between."""
LINGER_S = 1.5
"""A voice detector may hear a voice for this long after it has stopped, where music takes over."""
SHORT_REST_S, REST_S = 1.0, 3.0
"""Rests that need no proof, and the longest silence inside music; Asterisk's tracks pause for up to 1.8 s."""
SURE_S, NOTICED_S = 2.5, 1.0
"""Longer than what a voice detector sleeps through of a voice, at most and as a rule."""
BED_BELOW_DB = 12.0
"""Under a voice the music goes on where the sound never falls further than this below it."""
BED_SHARE = 0.8
LONGEST_GAP_S = 20.0
"""Between two pieces of one music, whether drums fill it or a voice."""


def find_music(sound: Sounding, channel: int) -> tuple[Signal, ...]:
    """The stretches of music on one channel; a span runs on under a voice that speaks or sings over the music.

    Whoever looks for speech must look inside these spans as well. A tone that is held, or goes on and off, without
    being that of a plan (a dial tone, a foreign busy tone) is as steady as a note; it is given as noise.
    """
    notes = sound.loud & sound.free & ~sound.talk & (sound.steadiness >= STEADY)
    pieces = _stretched(merge(from_frames(notes, COARSE_S), gap_s=BREATH_S), sound)
    found: list[Signal] = []
    for span in _over_voices(_over_rests(pieces, sound), sound):
        confidence = _confidence(span, notes, sound)
        if confidence is not None:
            found.append(Signal("noise" if _is_one_tone(span, notes, sound) else "music", span, channel, confidence))
    for span in _unsteady(sound):
        if not any(span.overlap_s(signal.span) for signal in found):
            found.append(Signal("music", span, channel, UNSTEADY_CONFIDENCE))
    return tuple(sorted(found, key=lambda signal: signal.span))


def _unsteady(sound: Sounding) -> tuple[Span, ...]:
    """Long stretches made of lines, without any voice in them: a fiddle that glides from note to note is as unsteady
    as a voice, but no voice detector sleeps for that long."""
    lines = sound.loud & sound.free & ~sound.voice & (sound.contrast_db >= LINES_DB)
    lines &= sound.level_db >= LEAST_LEVEL_DB
    return longer_than(merge(from_frames(lines, COARSE_S), gap_s=BREATH_S), UNSTEADY_S)


def _frames(span: Span) -> slice:
    return slice(round(span.start_s / COARSE_S), round(span.end_s / COARSE_S))


def _stretched(pieces: Sequence[Span], sound: Sounding) -> tuple[Span, ...]:
    """The pieces, out to where the notes end even if a voice detector still, or already, hears a voice there."""
    steady = sound.loud & sound.free & (sound.steadiness >= STEADY)
    reach = round(LINGER_S / COARSE_S)
    stretched: list[Span] = []
    for piece in pieces:
        here = _frames(piece)
        before, after = steady[max(0, here.start - reach) : here.start][::-1], steady[here.stop : here.stop + reach]
        n_before, n_after = (int(np.argmin(np.append(run, False))) for run in (before, after))
        stretched.append(Span((here.start - n_before) * COARSE_S, (here.stop + n_after) * COARSE_S))
    return merge(stretched, gap_s=BREATH_S)


def _bridged(pieces: Sequence[Span], goes_on: Callable[[Span, Span, slice], bool], sound: Sounding) -> tuple[Span, ...]:
    """The pieces, with those joined between which no tone sounds and the music goes on, from left to right."""
    joined: list[Span] = list(pieces[:1])
    for _, piece in pairwise(pieces):
        gap = slice(_frames(joined[-1]).stop, _frames(piece).start)
        near = piece.start_s - joined[-1].end_s <= LONGEST_GAP_S and bool(sound.free[gap].all())
        if near and goes_on(joined[-1], piece, gap):
            joined[-1] = Span(joined[-1].start_s, piece.end_s)
        else:
            joined.append(piece)
    return tuple(joined)


def _over_rests(pieces: Sequence[Span], sound: Sounding) -> tuple[Span, ...]:
    """Joined over rests and drums: no voice, and no long silence; over more than a second only what is surely music."""

    def voiceless(gap: slice) -> bool:
        return bool(sound.talk[gap].sum() * COARSE_S <= BREATH_S)

    def rest(_left: Span, _right: Span, gap: slice) -> bool:
        return (gap.stop - gap.start) * COARSE_S <= SHORT_REST_S and voiceless(gap)

    def drums(left: Span, right: Span, gap: slice) -> bool:
        quiet = from_frames(~sound.loud[gap], COARSE_S)
        return _are_sure(left, right) and voiceless(gap) and all(span.duration_s <= REST_S for span in quiet)

    joined = _bridged(pieces, rest, sound)
    return _bridged([piece for piece in joined if piece.duration_s >= NOTICED_S], drums, sound)


def _are_sure(left: Span, right: Span) -> bool:
    """Whether one piece is music beyond doubt, and the other at a guess."""
    short_s, long_s = sorted((left.duration_s, right.duration_s))
    return short_s >= NOTICED_S and long_s >= SURE_S


def _over_voices(pieces: Sequence[Span], sound: Sounding) -> tuple[Span, ...]:
    """Joined under a voice: one piece is music beyond doubt, one at a guess, and bed or notes go on between them."""

    def goes_on(left: Span, right: Span, gap: slice) -> bool:
        if not _are_sure(left, right):
            return False
        music_db = np.median(np.concatenate([sound.level_db[_frames(left)], sound.level_db[_frames(right)]]))
        least_db = max(music_db - BED_BELOW_DB, sound.floor_db + LOUD_DB)
        if float((sound.bed_db[gap] > least_db).mean()) >= BED_SHARE:
            return True
        loud = sound.loud[gap]
        return float(loud.mean()) >= LOUD_SHARE and float(sound.steadiness[gap][loud].mean()) >= STEADY_UNDER_VOICE

    return _bridged(pieces, goes_on, sound)


def _is_one_tone(span: Span, notes: NDArray[np.bool_], sound: Sounding) -> bool:
    """Whether whatever sounds in the span is always equally loud and on the same one or two lines, as no music is."""
    here = _frames(span)
    heard = notes[here]
    low, high = np.percentile(sound.level_db[here][heard], (25, 75))
    lines, counts = np.unique(sound.peak_hz[here][heard], return_counts=True)
    first = np.abs(lines - lines[counts.argmax()]) <= SAME_LINE_HZ
    rest = np.where(first, 0, counts)
    second = np.abs(lines - lines[rest.argmax()]) <= SAME_LINE_HZ
    return bool(high - low < EVEN_DB and counts[first | second].sum() >= SAME_SHARE * heard.sum())


def _confidence(span: Span, notes: NDArray[np.bool_], sound: Sounding) -> float | None:
    """In [0, 1], from length and density; None where the stretch is too short, too thin or too faint."""
    here = _frames(span)
    heard = notes[here]
    density = min(1.0, float(heard.sum() / max(1, (~sound.talk[here]).sum())))
    if heard.sum() * COARSE_S < LEAST_NOTES_S or span.duration_s < SHORTEST_S or density < DENSITY:
        return None
    if float(np.median(sound.level_db[here][heard])) < LEAST_LEVEL_DB:
        return None
    return round(min(1.0, 0.5 + density / 2) * min(1.0, 0.85 + span.duration_s / 60), 3)
