"""The other party's voice heard faintly on this channel: cross-talk of the line, or an earpiece at a microphone.

It is the same waveform, later, quieter and coloured by its path; a party that really speaks at the same time has a
waveform of its own. The path hardly changes during a call, so it is estimated once (the least-squares filter from the
other channel to this one, over the stretches where the other is much louder), and a stretch is leakage when what the
other channel makes through that filter correlates with what is heard. Where there is no leakage the filter predicts
nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import solve_toeplitz
from scipy.ndimage import maximum_filter1d

from callaudit import records
from callaudit.records import Audio
from callaudit.speech.frames import HOP_S, runs_with, wider

QUIETER_DB = 10.0
"""Leakage is at least so much quieter than its source; terminals are built for 30 dB and more (ITU-T G.122 TELR)."""
DELAY_S = (-0.01, 0.06)
"""How much later than its source leakage may come; the small lead allows for unevenly buffered legs."""
WINDOW_S = 0.2
STEP_S = 0.1
SAME_CORRELATION = 0.5
"""A window that correlates so with the prediction is leakage: at least a quarter of its power is explained. Leakage
6 dB above the noise gives 0.9; between 0.4 and 0.6 the figures on labelled calls do not change."""
MOSTLY = 0.5
"""A stretch of which so much is leakage is leakage wherever the other channel is much louder."""
REST_S = 0.3
"""What is left beside leakage, still much quieter than the other channel and shorter than this, is leakage too."""
BATCH = 64
LEARNT_FROM = 600
"""Windows that the path is estimated from, evenly spread: a minute of leakage for a path of 0.07 s."""
LOADING = 1e-3
"""Added to the zero lag, relative to it, so that tones of the source do not blow the filter up."""

Row = NDArray[np.float32]
Mask = NDArray[np.bool_]


def leaked(audio: Audio, me: int, active: Mask, mine_db: Row, theirs_db: Row) -> Mask:
    """Whether each 10 ms of channel `me` is the other channel's voice.

    Parameters
    ----------
    audio : Audio [samples: float32, shape=(2, n)]
    me : int
        The channel in question, 0 or 1.
    active : bool [shape=(frames,)]
        Where something like speech was found on it; nowhere else is looked.
    mine_db, theirs_db : float32 [shape=(frames,)]
        Levels of this and the other channel in dBov.
    """
    reach = round((DELAY_S[1] + 0.02) / HOP_S)
    doubtful = active & (maximum_filter1d(theirs_db, 2 * reach + 1, mode="nearest") >= mine_db + QUIETER_DB)
    per_window, step = round(WINDOW_S / HOP_S), round(STEP_S / HOP_S)
    starts = np.arange(0, max(0, len(active) - per_window + 1), step)
    counts = np.concatenate(([0], np.cumsum(doubtful)))
    starts = starts[counts[starts + per_window] - counts[starts] >= per_window // 4]
    same = np.zeros_like(active)
    if len(starts):
        path = _path(audio, me, starts)
        for at in range(0, len(starts), BATCH):
            batch = starts[at : at + BATCH]
            for start in batch[_likeness(audio, me, batch, path) >= SAME_CORRELATION]:
                same[start : start + per_window] = True
    return _whole(active, doubtful, doubtful & same)


def _path(audio: Audio, me: int, starts: NDArray[np.intp]) -> Row:
    """Least-squares filter from the other channel to this one over the windows, tap 0 at the greatest lead."""
    n_taps = round((DELAY_S[1] - DELAY_S[0]) * audio.sample_rate_hz) + 1
    cross, auto = np.zeros(n_taps), np.zeros(n_taps)
    chosen = starts[:: max(1, -(-len(starts) // LEARNT_FROM))]
    for at in range(0, len(chosen), BATCH):
        mine, theirs = _windows(audio, me, chosen[at : at + BATCH])
        size = next_fast_len(theirs.shape[1] + mine.shape[1], real=True)
        spectrum = rfft(theirs, size)
        weight = 1 / np.maximum(np.sum(np.square(mine), axis=1, keepdims=True), 1e-12)
        lags = irfft(spectrum * np.conj(rfft(mine, size)), size)[:, :n_taps]
        cross += np.sum(weight * lags, axis=0)[::-1]
        share = mine.shape[1] / theirs.shape[1]
        auto += np.sum(weight * share * irfft(np.abs(spectrum) ** 2, size)[:, :n_taps], axis=0)
    if auto[0] <= 0:
        return np.zeros(n_taps, dtype=np.float32)
    auto[0] *= 1 + LOADING
    return np.asarray(solve_toeplitz(auto, cross), dtype=np.float32)


def _likeness(audio: Audio, me: int, starts: NDArray[np.intp], path: Row) -> Row:
    """Normalised correlation of each window of this channel with what the other makes of it through the path."""
    mine, theirs = _windows(audio, me, starts)
    size = next_fast_len(theirs.shape[1] + len(path), real=True)
    made = irfft(rfft(theirs, size) * rfft(path, size), size)[:, len(path) - 1 : len(path) - 1 + mine.shape[1]]
    norm = np.sqrt(np.sum(np.square(mine), axis=1) * np.sum(np.square(made), axis=1))
    return np.asarray(np.sum(mine * made, axis=1) / np.maximum(norm, 1e-12), dtype=np.float32)


def _windows(audio: Audio, me: int, starts: NDArray[np.intp]) -> tuple[Row, Row]:
    """The windows of this channel, and the wider ones of the other that may have made them."""
    rate = audio.sample_rate_hz
    at, n = np.asarray(starts) * round(HOP_S * rate), round(WINDOW_S * rate)
    lead, lag = -round(DELAY_S[0] * rate), round(DELAY_S[1] * rate)
    return _cut(audio.samples[me], at, n), _cut(audio.samples[1 - me], at - lag, n + lag + lead)


def _cut(row: records.Row, starts: NDArray[np.intp], n: int) -> Row:
    """Windows of `n` samples; zeros outside the row."""
    windows = np.zeros((len(starts), n), dtype=np.float32)
    for window, start in zip(windows, starts.tolist(), strict=True):
        heard = row[max(0, start) : max(0, start + n)]
        window[max(0, -start) :][: len(heard)] = heard
    return windows


def _whole(active: Mask, doubtful: Mask, same: Mask) -> Mask:
    """The leaked frames, the doubtful rest of every run that is mostly leaked, and the scraps left beside them."""
    run = np.cumsum(np.diff(active, prepend=False) & active)
    share = np.bincount(run[active], weights=same[active]) / np.maximum(1, np.bincount(run[active]))
    gone = same.copy()
    if active.any():
        gone[active] |= (share[run[active]] >= MOSTLY) & doubtful[active]
    rest = active & ~gone
    beside = runs_with(rest, wider(gone, REST_S))
    run = np.cumsum(np.diff(rest, prepend=False) & rest)
    length = np.bincount(run[rest], minlength=1)
    quiet = np.bincount(run[rest], weights=doubtful[rest], minlength=1) >= length / 2
    scraps = rest & beside & ((length * HOP_S < REST_S) & quiet)[np.minimum(run, len(length) - 1)]
    return gone | scraps
