"""What is heard on a party's channel when the party does not speak."""

from __future__ import annotations

import numpy as np

from callaudit.measures.base import FRAME_S, Heard, Missing, Value, measure
from callaudit.records import SpanKind, Speaker
from callaudit.spans import Span, gaps, longer_than

MARGIN_S = 0.2
"""Breath and reverberation around speech are not taken for noise."""

NO_NOISE: tuple[SpanKind, ...] = ("ring", "hold", "tone", "music")

LEAST_NOISE_S = 0.5
"""With less than this between the words there is nothing to go by."""

LEAST_POWER = 2.0**-30
"""Mean power of one step of 16 bits, −90.3 dBov: nothing below it can be told from digital silence."""


@measure("noise_floor_dbov", unit="dBov", per="party")
def noise_floor(heard: Heard, speaker: Speaker) -> Value:
    """Level of the channel between the words (median over 10 ms frames), −90.3 dBov where it is digitally silent."""
    power = _noise_power(heard, speaker)
    return power if isinstance(power, Missing) else float(10 * np.log10(power))


@measure("snr_db", unit="dB", per="party")
def signal_to_noise(heard: Heard, speaker: Speaker) -> Value:
    """Active speech level over the noise floor, the noise within the speech taken off."""
    noise = _noise_power(heard, speaker)
    if isinstance(noise, Missing):
        return noise
    level_dbov = heard.active_levels_dbov[speaker]
    speech = 10 ** (level_dbov / 10) - noise if level_dbov is not None else 0.0
    return float(10 * np.log10(speech / noise)) if speech > 0 else Missing("话音不高于噪声")


def _noise_power(heard: Heard, speaker: Speaker) -> float | Missing:
    channel = heard.channels[speaker]
    power = heard.power[channel]
    sounding = [signal.span for signal in heard.signals if signal.channel == channel and signal.kind != "noise"]
    sounding += [span for kind in NO_NOISE for span in heard.timeline.of(kind)]
    own = [span for other, at in heard.channels.items() if at == channel for span in heard.speech(other)]
    everyone = [span for other in heard.channels for span in heard.speech(other)]
    for speech in (everyone, own):  # the other's echo is no noise, if there is a moment without it
        quiet = _power_between(heard, power, [*speech, *sounding])
        if len(quiet) * FRAME_S >= LEAST_NOISE_S:
            return max(float(np.median(quiet)), LEAST_POWER)
    return Missing("没有足够长的非话音段，测不出底噪")


def _power_between(
    heard: Heard, power: np.ndarray[tuple[int, ...], np.dtype[np.float32]], taken: list[Span]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Power of the frames of the conversation that lie clear of the spans."""
    wide = [Span(span.start_s - MARGIN_S, span.end_s + MARGIN_S) for span in taken]
    start_s, end_s = heard.timeline.answer_s, heard.timeline.end_s
    if end_s <= start_s:
        return power[:0]
    pieces = [
        power[round(span.start_s / FRAME_S) : round(span.end_s / FRAME_S)]
        for span in longer_than(gaps(wide, Span(start_s, end_s)), 2 * FRAME_S)
    ]
    return np.concatenate(pieces) if pieces else power[:0]
