"""Drop-outs: stretches of digital silence in a line that otherwise has a sound of its own.

A line hisses, however softly; where its samples are nothing at all, the line or the recorder was gone, and what was
said then nobody knows. Of a recorder that writes nothing whenever nobody speaks, or of a line too clean to leave its
first bit, digital silence says nothing, and nothing is said about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Signal
from callaudit.signals.sounding import Sounding
from callaudit.signals.spectrum import COARSE, HOP_S, WINDOW_S, Frames
from callaudit.spans import Span, from_frames, intersect, longer_than, to_frames, total_s

DEAD_DB = -110.0
"""In the telephone band, in dBov: the least bit of 16-bit samples, tossed at random, has −101."""
SHORTEST_S = 0.5
"""Shorter ones are lost packets, which cost a word and no more, or a gate that closed."""
MOST_OF_THE_QUIET = 0.5
"""Where more of the quiet is digital than this, digital silence is how this recorder writes quiet."""
PAUSE_S, GATED_S, PAUSES_SHARE = 0.2, 0.1, 0.2
"""… and where more of its pauses than this hold some; in two recordings through a gate 0.4 and more do."""
SWITCHED_S = 0.3
"""Digital silence this near to a machine's sound belongs to it."""
CONFIDENCE = 0.9


def find_dropouts(frames: Frames, sound: Sounding, channel: int, taken: Sequence[Span]) -> tuple[Signal, ...]:
    """The drop-outs of one channel between its first sound and its last.

    Parameters
    ----------
    frames, sound : of the channel
    channel : int
    taken : sequence of Span
        Ringing with its pauses, other tones and music: made by machines, which pause in digital silence, and before
        and after which lines are switched.
    """
    machines = [Span(span.start_s - SWITCHED_S, span.end_s + SWITCHED_S) for span in taken]
    dead = frames.level_db < DEAD_DB
    alive = np.flatnonzero(~dead)
    if not len(alive):
        return ()
    inside = slice(int(alive[0]), int(alive[-1]) + 1)
    free = ~to_frames(machines, HOP_S, len(dead))
    quiet = ~np.repeat(sound.voice, COARSE) & free
    if (dead & free)[inside].sum() > MOST_OF_THE_QUIET * quiet[inside].sum() or _is_usual(dead, quiet, inside):
        return ()
    dead[: inside.start] = dead[inside.stop :] = False
    # a frame is dead where its whole window is
    blur_s = (WINDOW_S - HOP_S) / 2
    wider = (Span(span.start_s - blur_s, span.end_s + blur_s) for span in from_frames(dead, HOP_S))
    return tuple(
        Signal("dropout", span, channel, CONFIDENCE)
        for span in wider
        if span.duration_s >= SHORTEST_S and not any(span.overlap_s(machine) > 0 for machine in machines)
    )


def _is_usual(dead: NDArray[np.bool_], quiet: NDArray[np.bool_], inside: slice) -> bool:
    """Whether many of the pauses hold digital silence: then it is a gate that closes, and no line that breaks."""
    pauses = longer_than(from_frames(quiet[inside], HOP_S), PAUSE_S)
    n_dead = len(longer_than(from_frames((dead & quiet)[inside], HOP_S), GATED_S))
    return n_dead > max(1.0, PAUSES_SHARE * len(pauses))


def dropout_notes(signals: Iterable[Signal], talk: Span) -> tuple[str, ...]:
    """One sentence, for people, for each channel that dropped out during the talk.

    >>> dropout_notes([Signal("dropout", Span(4.0, 6.5), 1, 0.9)], Span(0.0, 20.0))
    ('声道1在通话中有1处没有信号（共2.5秒，数字静音）：当时说了什么不得而知，不算沉默',)
    """
    notes: list[str] = []
    lost = [signal for signal in signals if signal.kind == "dropout" and signal.span.overlap_s(talk) > 0]
    for channel in sorted({signal.channel for signal in lost}):
        spans = intersect([signal.span for signal in lost if signal.channel == channel], [talk])
        notes.append(
            f"声道{channel}在通话中有{len(spans)}处没有信号（共{total_s(spans):.1f}秒，数字静音）："
            "当时说了什么不得而知，不算沉默"
        )
    return tuple(notes)
