"""Keys pressed on a telephone: one tone of a row and one of a column, together.

References: ITU-T Q.23 (11/1988), clause 6 (frequencies, ±1.5 %); ITU-T Q.24 (11/1988), annex A, table A-1 (a receiver
takes 40 ms and more, ±1.5 to 1.8 %; the row's tone at most 8 dB below the column's or 4 dB above it, with slack here
for what a line does to them).
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from callaudit.records import Row, Signal
from callaudit.signals.spectrum import BAND_HZ, HOP_S, Frames
from callaudit.spans import Span, from_frames

ROWS_HZ = (697.0, 770.0, 852.0, 941.0)
COLUMNS_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
KEYS = ("123A", "456B", "789C", "*0#D")
TOLERANCE = 0.018
TWIST_DB = 10.0
SHARE = 0.7
"""Of the band's power in the two tones, in every frame while the key is down: 4 dB above all noise."""
PURITY = 0.88
"""The same of the whole press, 9 dB above all noise; two harmonics of a voice that happen to fall on a key had 0.78."""
SHORTEST_S = 0.04
LONGEST_LOOK_S = 0.2
LEAST_LEVEL_DB = -50.0


def find_dtmf(samples: Row, sample_rate_hz: int, frames: Frames, channel: int) -> tuple[Signal, ...]:
    """One signal for each press of a key; `plan` holds the key, a character of ``0-9 * # A-D``."""
    found: list[Signal] = []
    for run in from_frames((frames.dtmf_share >= SHARE) & (frames.level_db > LEAST_LEVEL_DB), HOP_S):
        span = _edges(run, frames)
        if span is None:
            continue
        key, purity = _key(samples, sample_rate_hz, span)
        if key is not None:
            found.append(Signal("dtmf", span, channel, round(purity, 3), key, (span,)))
    return tuple(found)


def _edges(run: Span, frames: Frames) -> Span | None:
    """The run, out to half the power of its loudest part, at most half a window further on either side."""
    first, last = round(run.start_s / HOP_S), round(run.end_s / HOP_S)
    threshold = float(frames.level_db[first:last].max()) - 6.0
    reach = 4
    start, stop = first, last
    while start > max(0, first - reach) and frames.level_db[start - 1] >= threshold:
        start -= 1
    while stop < min(len(frames.level_db), last + reach) and frames.level_db[stop] >= threshold:
        stop += 1
    while start < stop and frames.level_db[start] < threshold:
        start += 1
    while stop > start and frames.level_db[stop - 1] < threshold:
        stop -= 1
    return Span(start * HOP_S, stop * HOP_S) if (stop - start) * HOP_S >= SHORTEST_S - 1e-9 else None


def _key(samples: Row, rate_hz: int, span: Span) -> tuple[str | None, float]:
    """The key, and the share of the band's power in its two tones; None where the tones are no key's."""
    half_s = min(LONGEST_LOOK_S, span.duration_s) / 2
    piece = samples[max(0, round((span.middle_s - half_s) * rate_hz)) : round((span.middle_s + half_s) * rate_hz)]
    n_fft = scipy.fft.next_fast_len(8 * len(piece), real=True)
    power = np.abs(scipy.fft.rfft(piece * np.hanning(len(piece)), n_fft)) ** 2
    step_hz = rate_hz / n_fft
    reach = max(1, round(2.0 * rate_hz / len(piece) / step_hz))
    row_hz, row = _peak(power, step_hz, reach, (650.0, 990.0))
    column_hz, column = _peak(power, step_hz, reach, (1160.0, 1690.0))
    total = float(power[round(BAND_HZ[0] / step_hz) : round(BAND_HZ[1] / step_hz)].sum())
    if row <= 0 or column <= 0 or abs(10 * np.log10(row / column)) > TWIST_DB or row + column < PURITY * total:
        return None, 0.0
    i, j = _nearest(row_hz, ROWS_HZ), _nearest(column_hz, COLUMNS_HZ)
    return (None if i is None or j is None else KEYS[i][j]), min(1.0, (row + column) / total)


def _peak(power: NDArray[np.float64], step_hz: float, reach: int, band_hz: tuple[float, float]) -> tuple[float, float]:
    start, stop = round(band_hz[0] / step_hz), round(band_hz[1] / step_hz)
    peak = start + int(power[start:stop].argmax())
    return peak * step_hz, float(power[max(0, peak - reach) : peak + reach + 1].sum())


def _nearest(hz: float, table_hz: tuple[float, ...]) -> int | None:
    fits = [k for k, wanted in enumerate(table_hz) if abs(hz / wanted - 1) <= TOLERANCE]
    return fits[0] if fits else None
