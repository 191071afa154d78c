"""What is heard on a party's channel when the party does not speak."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

import numpy as np

from callaudit.measures.base import FRAME_S, Heard, Missing, Value, measure
from callaudit.records import SpanKind, Speaker, Track
from callaudit.spans import Span, between, gaps, intersect, longer_than, merge, subtract, total_s

MARGIN_S = 0.2
"""Breath and reverberation around speech are not taken for noise."""

NO_NOISE: tuple[SpanKind, ...] = ("ring", "hold", "tone", "music")

LEAST_NOISE_S = 0.5
"""With less than this between the words there is nothing to go by."""

STEP_S = 0.5
LEAST_OF_STEP_S = 0.1
"""A step of the track with less than this between the words has no level."""

LIFT_AFTER_S, LIFT_PAUSE_S, LIFT_EDGE_S = 0.2, 2.0, 0.3
"""A pause is measured over its first and last 0.3 s, 0.2 s clear of the words; 2 s is the shortest in
which a slow gain control (6 dB/s and more) shows (proposed)."""

LEAST_PAUSES = 3

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


@measure("noise_lift_db", unit="dB", per="party")
def noise_lift(heard: Heard, speaker: Speaker) -> Value:
    """How far the noise rises within the party's pauses of 2 s and more (median): automatic gain control lifts it."""
    channel = heard.channels[speaker]
    free = subtract(_free(heard, speaker), _sounding(heard, channel))
    lifts = []
    for pause in longer_than(between(_own_words(heard, speaker)), LIFT_PAUSE_S + 2 * LIFT_AFTER_S):
        inner = Span(pause.start_s + LIFT_AFTER_S, pause.end_s - LIFT_AFTER_S)
        first = Span(inner.start_s, inner.start_s + LIFT_EDGE_S)
        last = Span(inner.end_s - LIFT_EDGE_S, inner.end_s)
        if total_s(intersect([first, last], free)) > 2 * LIFT_EDGE_S - 2 * FRAME_S:
            levels = [_level_dbov(_frames(heard.power[channel], [edge])) for edge in (first, last)]
            lifts.append(levels[1] - levels[0])
    return median(lifts) if len(lifts) >= LEAST_PAUSES else Missing("足够长的停顿太少，看不出自动增益")


@measure("noise", unit="dBov", per="track")
def noise_track(heard: Heard, speaker: Speaker) -> Track | None:
    """Level of the party's channel between its own words (median over 10 ms frames) in every half second.

    The other party's echo is in it where that speaks; −90.3 dBov where the channel is digitally silent.
    """
    channel = heard.channels[speaker]
    free = subtract(_free(heard, speaker), _sounding(heard, channel))
    power = heard.power[channel]
    n = round(STEP_S / FRAME_S)
    clear = np.zeros(heard.n_frames, dtype=np.bool_)
    for span in free:
        clear[round(span.start_s / FRAME_S) : round(span.end_s / FRAME_S)] = True
    values = tuple(
        round(_level_dbov(power[k : k + n][clear[k : k + n]]), 2)
        if clear[k : k + n].sum() * FRAME_S >= LEAST_OF_STEP_S
        else None
        for k in range(0, heard.n_frames, n)
    )
    return Track("noise", "dBov", speaker, channel, 0.0, STEP_S, values)


def _level_dbov(power: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    return float(10 * np.log10(max(float(np.median(power)), LEAST_POWER)))


def _own_words(heard: Heard, speaker: Speaker) -> tuple[Span, ...]:
    """When anyone speaks on the party's channel."""
    channel = heard.channels[speaker]
    return merge(span for other, at in heard.channels.items() if at == channel for span in heard.speech(other))


def _free(heard: Heard, speaker: Speaker) -> tuple[Span, ...]:
    """The conversation, clear of the words on the party's channel."""
    start_s, end_s = heard.timeline.answer_s, heard.timeline.end_s
    if end_s <= start_s:
        return ()
    wide = [Span(span.start_s - MARGIN_S, span.end_s + MARGIN_S) for span in _own_words(heard, speaker)]
    return gaps(wide, Span(start_s, end_s))


def _sounding(heard: Heard, channel: int) -> tuple[Span, ...]:
    """What sounds on a channel and is neither speech nor noise."""
    sounding = [signal.span for signal in heard.signals if signal.channel == channel and signal.kind != "noise"]
    return merge([*sounding, *(span for kind in NO_NOISE for span in heard.timeline.of(kind))])


def _frames(
    power: np.ndarray[tuple[int, ...], np.dtype[np.float32]], spans: list[Span]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.concatenate([power[round(s.start_s / FRAME_S) : round(s.end_s / FRAME_S)] for s in spans])


def _noise_power(heard: Heard, speaker: Speaker) -> float | Missing:
    channel = heard.channels[speaker]
    power = heard.power[channel]
    sounding, own = _sounding(heard, channel), _own_words(heard, speaker)
    everyone = [span for other in heard.channels for span in heard.speech(other)]
    for speech in (everyone, own):  # the other's echo is no noise, if there is a moment without it
        quiet = _power_between(heard, power, [*speech, *sounding])
        if len(quiet) * FRAME_S >= LEAST_NOISE_S:
            return max(float(np.median(quiet)), LEAST_POWER)
    return Missing("没有足够长的非话音段，测不出底噪")


def _power_between(
    heard: Heard, power: np.ndarray[tuple[int, ...], np.dtype[np.float32]], taken: Iterable[Span]
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
