"""Outlines of a call's sound, as reports and pages draw them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callaudit.audio import outline
from callaudit.records import Audio, Call
from callaudit.reports import Waveform

POINTS = 4000
"""Steps of an outline: no page draws more (`callaudit.reports.waveform`)."""
LEAST_STEP_S = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """Lowest and highest sample of every step, a float32 [shape=(n, 2)] for each channel, in [-1, 1]."""

    step_s: float
    peaks: tuple[NDArray[np.float32], ...]


def outlined(audio: Audio) -> Outline:
    """The outline of a call's sound, in no more than `POINTS` steps."""
    width = max(1, round(max(LEAST_STEP_S, audio.duration_s / POINTS) * audio.sample_rate_hz))
    step_s = width / audio.sample_rate_hz
    return Outline(step_s, outline(audio, step_s))


def waveforms(call: Call, drawn: Outline) -> tuple[Waveform, ...]:
    """The outline with whom each channel carries: unknown where there is but one."""
    speakers = {party.voice.channel: party.speaker for party in call.parties}
    alone = len(drawn.peaks) == 1
    return tuple(
        Waveform(channel, "unknown" if alone else speakers.get(channel, "unknown"), drawn.step_s, peaks)
        for channel, peaks in enumerate(drawn.peaks)
    )
