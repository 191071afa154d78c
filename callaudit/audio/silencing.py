"""Stretches of a recording replaced by silence, read a stretch at a time; nothing else of it changes by a bit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Audio, Row, Rows
from callaudit.spans import Span, merge

FADE_S = 0.01
"""How long the sound takes to fall silent before a stretch and to come back behind it: no click is heard (proposed)."""


@dataclass(frozen=True, slots=True, eq=False)
class SilencedRow:
    """A channel with silence over `spans`, in samples [start, end), sorted; `fade` samples beside each fade."""

    row: Row
    spans: tuple[tuple[int, int], ...]
    fade: int

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, stretch: slice, /) -> NDArray[np.float32]:
        start, end, step = stretch.indices(len(self.row))
        if step != 1:
            raise ValueError(f"a channel is read sample by sample, got a step of {step}")
        sound = self.row[start:end]
        touched = [(a, b) for a, b in self.spans if a - self.fade < end and b + self.fade > start]
        if not touched:
            return sound
        sound = np.array(sound, dtype=np.float32)
        at = np.arange(start, start + len(sound))
        for a, b in touched:
            away = np.maximum(a - at, at - (b - 1))  # samples from the silence; at most 0 inside
            near = away <= self.fade
            gain = np.maximum(away[near], 0) / np.float32(self.fade + 1)
            sound[near] = np.where(away[near] <= 0, 0, sound[near] * gain)
        return sound


def silenced(audio: Audio, spans: Iterable[Span]) -> Audio:
    """The sound with silence over the spans, on every channel: the other line carries a voice by leakage.

    Inside every sample is zero; `FADE_S` before and behind the sound fades; all else is the same to the last bit.

    Parameters
    ----------
    audio : Audio
    spans : stretches in seconds, in any order; what lies beyond the recording is no matter

    Examples
    --------
    >>> sound = Audio(np.ones((1, 8000), dtype=np.float32), 8000)
    >>> quiet = silenced(sound, [Span(0.25, 0.5)])
    >>> float(abs(quiet.samples[0][2000:4000]).max()), float(quiet.samples[0][0:1900].min())
    (0.0, 1.0)
    """
    rate = audio.sample_rate_hz
    stretches = tuple(
        (max(0, int(np.floor(span.start_s * rate))), min(audio.n_samples, int(np.ceil(span.end_s * rate))))
        for span in merge(spans)
    )
    stretches = tuple((start, end) for start, end in stretches if start < end)
    if not stretches:
        return audio
    fade = round(FADE_S * rate)
    return Audio(Rows(tuple(SilencedRow(row, stretches, fade) for row in audio.channels)), rate)
