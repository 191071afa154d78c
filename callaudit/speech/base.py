"""What every speech detector offers, and the rules of the audit document they all share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Audio, Signal, SignalKind, VoiceProbability
from callaudit.spans import Span, from_frames, longer_than, merge, subtract

JOIN_S = 0.3
"""Pauses shorter than this lie inside a span: the audit document's definition of speech."""
BLIP_S = 0.1
"""Speech shorter than this is dropped: half the shortest syllable said by itself."""
TONES: frozenset[SignalKind] = frozenset({"ringback", "busy", "congestion", "dtmf"})
"""Signals of the exchange or of a keypad, under which nothing is ever speech."""


@runtime_checkable
class SpeechDetector(Protocol):
    """Finds when each channel speaks."""

    @property
    def name(self) -> str:
        """What the detector is called in settings and reports."""
        ...

    def detect(self, audio: Audio, signals: Iterable[Signal], voice: VoiceProbability) -> dict[int, tuple[Span, ...]]:
        """Spans of speech of every channel.

        Parameters
        ----------
        audio : Audio [samples: float32, shape=(channels, n), in [-1, 1]]
        signals : iterable of Signal
            What sounds and is not speech; nothing is found under a tone, and over music or noise only a sure voice.
        voice : VoiceProbability [probs: float32, shape=(channels, frames), in [0, 1]]

        Returns
        -------
        dict of int to tuple of Span
            One entry for every channel, sorted, all inside the recording, apart by at least JOIN_S and none shorter
            than BLIP_S except where a tone cuts it; empty for a channel that never speaks.
        """
        ...


def as_spans(active: NDArray[np.bool_], hop_s: float, signals: Iterable[Signal], channel: int) -> tuple[Span, ...]:
    """Spans of the active frames of a channel: pauses joined, blips dropped, tones cut out."""
    joined = merge(from_frames(active, hop_s), gap_s=JOIN_S - hop_s / 2)
    tones = [s.span for s in signals if s.channel == channel and s.kind in TONES]
    return longer_than(subtract(longer_than(joined, BLIP_S - hop_s / 2), tones), 3 * hop_s)
