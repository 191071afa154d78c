"""Bursts of steady tone: what ringing, busy and congestion tones are made of.

A burst is found where one or two lines between 330 and 670 Hz hold most of the power, cut at half the power of its
plateau, and kept only if a spectrum of the whole burst shows lines as narrow as the burst's length allows. That is
what no voice does: even a held vowel moves its pitch and carries its power in many harmonics.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from callaudit.records import Row
from callaudit.signals.spectrum import BAND_HZ, HOP_S, TONE_BAND_HZ, Frames, power_of, share_of_lines
from callaudit.spans import Span, from_frames

TONE_SHARE = 0.5
"""A tone as strong as all noise up to 2 kHz: 0 dB. Speech exceeds it in single frames; the burst's own tests follow."""
SHORTEST_S = 0.08
"""Shorter than any on-time (0.165 s), and than any cut-off ring that could be told from a click."""
DROPOUT_S = 0.05
"""A lost packet or two; the shortest off-time of any plan is 0.165 s."""
LOST_S = 0.12
"""Six packets of 20 ms: what lost packets may take out of a tone. The shortest pause of any plan is 0.17 s, less the
8 % and the edge that it may be off by is 0.13 s."""
ALIKE_DB = 4.0
"""Pieces of one tone are alike in level, as the rings of one cadence are."""
JOINED_PURITY = 0.85
"""8 dB above all noise: two pieces of a voice are seldom that pure, both of them."""
EDGE_DB = 6.0
"""With a symmetric window centred on the edge, half the amplitude is inside."""
LEAST_PURITY = 0.5
"""Share of the burst's power in its narrow lines: tone as strong as the noise over the whole band."""
TWIST_DB = 12.0
"""A second line further below the first is taken for noise or a sideband; networks send both within 3 dB."""
N_LINES = 3
RISE = 4
"""Frames in which a window that is half outside comes inside."""
LONGEST_LOOK_S = 1.0
"""Of a longer burst the middle second is looked at."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Tone without a break: its lines (Hz, dB below the strongest), level in dBov and purity in [0, 1]."""

    span: Span
    lines: tuple[tuple[float, float], ...]
    level_db: float
    purity: float


def find_bursts(samples: Row, sample_rate_hz: int, frames: Frames) -> tuple[Burst, ...]:
    """Every steady tone of one channel that lasts 0.08 s or more and lies from 330 to 670 Hz.

    Parameters
    ----------
    samples : float32 [shape=(n,)], in [-1, 1]
    frames : Frames
        Of the same samples.
    """
    bursts: list[Burst] = []
    for run in _runs(frames):
        for part in _parts(samples, sample_rate_hz, run):
            edges = _edges(part, frames)
            if edges is None:
                continue
            lines, purity = _lines(samples, sample_rate_hz, edges)
            if lines and purity >= LEAST_PURITY:
                inside = slice(round(edges.start_s / HOP_S), round(edges.end_s / HOP_S))
                burst = Burst(edges, lines, float(np.median(frames.tone_db[inside])), purity)
                if bursts and _goes_on(bursts[-1], burst):
                    burst = _joined(bursts.pop(), burst)
                bursts.append(burst)
    return tuple(bursts)


def resolution_hz(burst: Burst) -> float:
    """How near to a line of the burst another may be and yet be the same: a lost packet breaks the phase, and what is
    left on either side has a main lobe of twice the width."""
    return 4.0 / min(LONGEST_LOOK_S, burst.span.duration_s)


def _goes_on(left: Burst, right: Burst) -> bool:
    """Whether two bursts are one tone that lost some packets: a gap below any pause, the same level and lines."""
    if right.span.start_s - left.span.end_s > LOST_S or abs(left.level_db - right.level_db) > ALIKE_DB:
        return False
    if min(left.purity, right.purity) < JOINED_PURITY:
        return False
    short, long = sorted((left, right), key=lambda burst: burst.span.duration_s)
    strong = [hz for hz, level_db in short.lines if level_db > -TWIST_DB / 2]
    return all(min(abs(hz - other) for other, _ in long.lines) <= resolution_hz(short) / 2 for hz in strong)


def _joined(left: Burst, right: Burst) -> Burst:
    """One burst of both, with the lines of the longer and as pure as the less pure."""
    long = max(left, right, key=lambda burst: burst.span.duration_s)
    purity = min(left.purity, right.purity)
    return Burst(Span(left.span.start_s, right.span.end_s), long.lines, long.level_db, purity)


def _runs(frames: Frames) -> Iterator[Span]:
    """Stretches of tonal frames, over drop-outs but not over a change of level."""
    runs = list(from_frames(frames.tone_share >= TONE_SHARE, HOP_S))
    joined: list[Span] = []
    for run in runs:
        if joined and run.start_s - joined[-1].end_s <= DROPOUT_S and _same_level(joined[-1], run, frames):
            joined[-1] = Span(joined[-1].start_s, run.end_s)
        else:
            joined.append(run)
    yield from (run for run in joined if run.duration_s >= SHORTEST_S)


def _same_level(left: Span, right: Span, frames: Frames) -> bool:
    levels = [float(np.max(frames.tone_db[round(s.start_s / HOP_S) : round(s.end_s / HOP_S)])) for s in (left, right)]
    return abs(levels[0] - levels[1]) < EDGE_DB


def _parts(samples: Row, rate_hz: int, run: Span) -> Iterator[Span]:
    """The run, cut where its lines give way to others: a voice may answer while the tone's last window still sounds."""
    first, last = round(run.start_s / HOP_S), round(run.end_s / HOP_S)
    power = power_of(samples, rate_hz, first, last)
    shortest, patience = round(SHORTEST_S / HOP_S), round(DROPOUT_S / HOP_S)
    at = 0
    while last - first - at >= shortest:
        looked_at = power[at + RISE : at + RISE + shortest].mean(axis=0)
        held = share_of_lines(power[at:], looked_at) >= TONE_SHARE
        lost = np.flatnonzero(~held)
        # the first loss that lasts; the rising edge is no loss
        ends = [k for k in lost if k >= RISE and not held[k : k + patience].any()]
        length = int(ends[0]) if ends else len(held)
        if length >= shortest:
            yield Span((first + at) * HOP_S, (first + at + length) * HOP_S)
        at += max(length, RISE)


def _edges(part: Span, frames: Frames) -> Span | None:
    """Where the tone's power crosses half its plateau, between frames by interpolation; None if nothing is left."""
    first, last = round(part.start_s / HOP_S), min(len(frames.tone_db), round(part.end_s / HOP_S))
    level = frames.tone_db
    # the plateau is what most of the part holds, so that a click or a first breath beside the tone does not set it
    threshold = float(np.median(level[first:last])) - EDGE_DB
    above = np.flatnonzero(level[first:last] >= threshold)
    start, stop = first + int(above[0]), first + int(above[-1])
    start_s = _crossing_s(level, start - 1, start, threshold) if start > 0 else 0.0
    end_s = _crossing_s(level, stop, stop + 1, threshold) if stop + 1 < len(level) else len(level) * HOP_S
    return Span(start_s, end_s) if end_s - start_s >= SHORTEST_S else None


def _crossing_s(level: NDArray[np.float32], left: int, right: int, threshold: float) -> float:
    """Time between the middles of two neighbouring frames at which the level crosses the threshold."""
    rise = float(level[right] - level[left])
    share = (threshold - float(level[left])) / rise if abs(rise) > 1e-3 else 0.5
    return round((left + 0.5 + min(1.0, max(0.0, share))) * HOP_S, 4)


def _lines(samples: Row, rate_hz: int, span: Span) -> tuple[tuple[tuple[float, float], ...], float]:
    """The strongest lines of the burst's inside, and the share of the telephone band's power that lies in them."""
    middle_s, half_s = span.middle_s, min(LONGEST_LOOK_S, span.duration_s - 0.02) / 2
    piece = samples[max(0, round((middle_s - half_s) * rate_hz)) : round((middle_s + half_s) * rate_hz)]
    if len(piece) < 0.05 * rate_hz:
        return (), 0.0
    n_fft = scipy.fft.next_fast_len(4 * len(piece), real=True)
    spectrum = np.abs(scipy.fft.rfft(piece * np.hanning(len(piece)), n_fft)) ** 2
    step_hz = rate_hz / n_fft
    # half the main lobe of a Hann window, or 4 Hz where a recorder's clock may wander
    reach = max(1, round(max(2.0 * rate_hz / len(piece), 4.0) / step_hz))
    total = float(spectrum[round(BAND_HZ[0] / step_hz) : round(BAND_HZ[1] / step_hz)].sum())
    return _picked(spectrum, step_hz, reach, total)


def _picked(
    spectrum: NDArray[np.float64], step_hz: float, reach: int, total: float
) -> tuple[tuple[tuple[float, float], ...], float]:
    left = spectrum.copy()
    offset = round(TONE_BAND_HZ[0] / step_hz)
    band = left[offset : round(TONE_BAND_HZ[1] / step_hz)]
    found: list[tuple[float, float]] = []
    for _ in range(N_LINES):
        peak = int(band.argmax())
        near = slice(max(0, peak - reach), peak + reach + 1)
        power = float(band[near].sum())
        if power <= 0 or (found and power < found[0][1] * 10 ** (-TWIST_DB / 10)):
            break
        found.append(((offset + peak) * step_hz, power))
        band[near] = 0.0
    if not found or total <= 0:
        return (), 0.0
    lines = tuple((round(hz, 2), round(10 * float(np.log10(power / found[0][1])), 2)) for hz, power in found)
    return lines, min(1.0, sum(power for _, power in found) / total)


def gap_level_db(frames: Frames, bursts: tuple[Burst, ...]) -> float | None:
    """Median power of the telephone band between the bursts, in dBov; None for a single burst."""
    between = [
        frames.level_db[round(a.span.end_s / HOP_S) + 5 : round(b.span.start_s / HOP_S) - 4]
        for a, b in pairwise(bursts)
    ]
    levels = np.concatenate(between) if between else np.zeros(0)
    return float(np.median(levels)) if len(levels) else None
