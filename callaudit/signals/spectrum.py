"""Short-time spectra of one channel, made block by block and boiled down to a few numbers per frame.

Every detector here looks at the same spectrum: 64 ms windows (lines 15.6 Hz apart, fine enough to keep 440 and
480 Hz apart, short enough for edges) every 8 ms. The spectrum of a three-hour call would not fit in memory, so each
block of it is read once, its few numbers kept, and the block forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from callaudit.records import Row

WINDOW_S = 0.064
HOP_S = 0.008
COARSE = 4
"""Frames in a coarse frame of 0.032 s, the hop of the voice detector."""
COARSE_S = HOP_S * COARSE
BAND_HZ = (200.0, 3400.0)
"""The telephone band, less mains hum and its first harmonics."""
TONE_BAND_HZ = (330.0, 670.0)
"""Where the ringing and busy tones of every network lie."""
NEAR_TONE_HZ = (200.0, 2000.0)
ROW_BAND_HZ, COLUMN_BAND_HZ = (650.0, 990.0), (1160.0, 1690.0)
SMOOTH = 16
"""Coarse frames over which spectra are averaged before their fine structure is looked at, 0.512 s."""
ENVELOPE_BINS = 15
"""Width of the smooth spectrum that the fine structure is held against, 234 Hz: wider than most chords are spaced."""
LAG = 4
"""Coarse frames between two looks at the fine structure, 0.128 s: a note still sounds, a voice has glided on."""
BLOCK = 2048
"""Frames handled at a time, a multiple of COARSE; 16 s."""
QUIET_EVERY = 32
"""Every so many frames, 0.256 s, one is looked at for the line's own noise."""
QUIET_SHARE, LEAST_QUIET = 0.1, 1e-10
"""The line's noise is what the quietest tenth of these hold, where they hold more than digital silence (−100 dBov)."""
NOISE_GAIN = 4.0
"""What the noise's mean power is multiplied by and added: its ups and downs, 5 dB a line, then are below 2 dB."""
_TINY = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """What is kept of one channel, float32. Frame k holds [k·HOP_S, (k+1)·HOP_S), coarse frame k [k·COARSE_S, …).

    `level_db` is the power in the telephone band in dBov (a full-scale square wave is 0, a sine at most −3).
    `tone_db` is the power of the two strongest lines of the tone band, `tone_share` their share of all power from
    200 to 2000 Hz, `dtmf_share` the share of the strongest row and the strongest column line of a keypad.
    `coarse_level_db` is the mean power of a coarse frame; `contrast_db` the mean distance, over the telephone band,
    of a half-second's average spectrum from its own smooth envelope: below 1.1 dB for any noise, whatever its colour,
    above 1.5 dB for anything made of lines. `steadiness` in [-1, 1] is the correlation of the fine structures 0.064 s
    before and after: 0 for noise, about 0.1 for a voice, about 0.5 for notes. `peak_hz` is
    the strongest line of a coarse frame.
    """

    level_db: NDArray[np.float32]
    tone_db: NDArray[np.float32]
    tone_share: NDArray[np.float32]
    dtmf_share: NDArray[np.float32]
    coarse_level_db: NDArray[np.float32]
    contrast_db: NDArray[np.float32]
    steadiness: NDArray[np.float32]
    peak_hz: NDArray[np.float32]


def frames_of(samples: Row, sample_rate_hz: int) -> Frames:
    """The frames of one channel.

    Parameters
    ----------
    samples : float32 [shape=(n,)], in [-1, 1]
    sample_rate_hz : int
        8000 or more.
    """
    noise = _noise(samples, sample_rate_hz)
    parts = [_boiled_down(power, before, after, noise) for power, before, after in _blocks(samples, sample_rate_hz)]
    if not parts:
        none = np.zeros(0, dtype=np.float32)
        return Frames(*[none] * 8)
    return Frames(*(np.concatenate([part[k] for part in parts]) for k in range(8)))


def power_of(samples: Row, sample_rate_hz: int, first: int, last: int) -> NDArray[np.float32]:
    """Power, shape=(last − first, lines up to 3400 Hz), of the frames from `first` to before `last`."""
    window, hop = round(WINDOW_S * sample_rate_hz), round(HOP_S * sample_rate_hz)
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    scale = np.float32(2.0 / (window * float(np.sum(np.square(taper, dtype=np.float64)))))
    lead = (window - hop) // 2
    at, to = first * hop - lead, (last - 1) * hop - lead + window
    piece = samples[max(0, at) : min(len(samples), to)].astype(np.float32, copy=False)
    piece = np.pad(piece, (max(0, -at), max(0, to - len(samples))))
    views = np.lib.stride_tricks.sliding_window_view(piece, window)[::hop]
    spectra = scipy.fft.rfft(views * taper, axis=1)[:, : int(BAND_HZ[1] * WINDOW_S) + 1]
    power: NDArray[np.float32] = (np.square(spectra.real) + np.square(spectra.imag)) * scale
    return power


def share_of_lines(power: NDArray[np.float32], pattern: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of each frame's power, from 200 to 2000 Hz, in the one or two tone-band lines that rule a pattern."""
    start, stop = _bins(TONE_BAND_HZ)
    lines = np.zeros(len(pattern), dtype=np.bool_)
    band = pattern[start:stop].copy()
    strongest = float(band.max())
    while band.max() > 0 and lines.sum() < 10 and band.max() >= strongest / 16:
        peak = int(band.argmax())
        lines[start + max(0, peak - 2) : start + peak + 3] = True
        band[max(0, peak - 2) : peak + 3] = 0
    near = power[:, slice(*_bins(NEAR_TONE_HZ))].sum(axis=1) + _TINY
    share: NDArray[np.float32] = (power[:, lines].sum(axis=1) / near).astype(np.float32)
    return share


def _blocks(samples: Row, rate_hz: int) -> Iterator[tuple[NDArray[np.float32], int, int]]:
    """Power [frames, bins] of each block, with how many frames of context lie before and after the block itself."""
    n_frames = len(samples) // round(HOP_S * rate_hz) // COARSE * COARSE
    context = SMOOTH // 2 * COARSE
    for first in range(0, n_frames, BLOCK):
        begin, end = max(0, first - context), min(n_frames, first + BLOCK + context)
        yield power_of(samples, rate_hz, begin, end), first - begin, max(0, end - first - BLOCK)


def _noise(samples: Row, rate_hz: int) -> NDArray[np.float32]:
    """Smooth power spectrum of the line's own noise, from 200 Hz; what is held for it in a channel without a pause is
    its quietest sound."""
    hop, low = round(HOP_S * rate_hz), _bins(BAND_HZ)[0]
    n_frames = len(samples) // hop
    looks = [power_of(samples, rate_hz, at, at + 1)[0, low:] for at in range(0, n_frames, QUIET_EVERY)]
    power = np.array([look for look in looks if look.sum() > LEAST_QUIET], dtype=np.float32)
    if not len(power):
        return np.array([_TINY], dtype=np.float32)
    order = np.argsort(power.sum(axis=1), kind="stable")
    level = np.log10(power[order[: max(1, round(QUIET_SHARE * len(power)))]].mean(axis=0) + _TINY)
    for _ in range(2):
        level = uniform_filter1d(level, ENVELOPE_BINS, mode="nearest")
    noise: NDArray[np.float32] = (10**level).astype(np.float32)
    return noise


def _boiled_down(
    power: NDArray[np.float32], before: int, after: int, noise: NDArray[np.float32]
) -> tuple[NDArray[np.float32], ...]:
    own = power[before : len(power) - after]
    low, _ = _bins(BAND_HZ)
    total = own[:, low:].sum(axis=1) + _TINY
    near = own[:, slice(*_bins(NEAR_TONE_HZ))].sum(axis=1) + _TINY
    tone = _two_lines(own)
    keys = _strongest(own, ROW_BAND_HZ) + _strongest(own, COLUMN_BAND_HZ)
    coarse = power.reshape(-1, COARSE, power.shape[1]).mean(axis=1)[:, low:]
    kept = slice(before // COARSE, len(coarse) - after // COARSE)
    return (
        _db(total),
        _db(tone + _TINY),
        (tone / near).astype(np.float32),
        (keys / total).astype(np.float32),
        _db(coarse[kept].sum(axis=1) + _TINY),
        _contrast_db(coarse)[kept],
        _steadiness(coarse / noise + np.float32(NOISE_GAIN))[kept],
        ((coarse[kept].argmax(axis=1) + low) / WINDOW_S).astype(np.float32),
    )


def _contrast_db(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    contrast: NDArray[np.float32] = np.abs(_fine(uniform_filter1d(coarse, SMOOTH, axis=0, mode="nearest"))).mean(axis=1)
    return contrast


def _steadiness(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    fine = _fine(coarse)
    fine /= np.linalg.norm(fine, axis=1, keepdims=True) + np.float32(1e-9)
    steadiness = np.zeros(len(fine), dtype=np.float32)
    if len(fine) > LAG:
        steadiness[LAG // 2 : LAG // 2 - LAG] = np.einsum("ij,ij->i", fine[:-LAG], fine[LAG:])
    return steadiness


def _fine(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """The spectrum in dB, less its own smooth envelope."""
    level = 10 * np.log10(power + np.float32(_TINY))
    fine: NDArray[np.float32] = level - uniform_filter1d(level, ENVELOPE_BINS, axis=1, mode="nearest")
    return fine


def _two_lines(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power in the two strongest windows of seven lines, 110 Hz, in the tone band: room for one or two tones."""
    start, stop = _bins(TONE_BAND_HZ)
    band = power[:, start - 3 : stop + 3]
    sums = np.cumsum(np.pad(band, ((0, 0), (1, 0))), axis=1, dtype=np.float32)
    windows = sums[:, 7:] - sums[:, :-7]
    rows = np.arange(len(windows))
    first = windows.argmax(axis=1)
    best = windows[rows, first]
    apart = np.abs(np.arange(windows.shape[1])[None, :] - first[:, None]) >= 7
    both: NDArray[np.float32] = np.maximum(best + np.where(apart, windows, 0).max(axis=1), 0)
    return both


def _strongest(power: NDArray[np.float32], band_hz: tuple[float, float]) -> NDArray[np.float32]:
    """Power in the strongest window of five lines of a band."""
    start, stop = _bins(band_hz)
    sums = np.cumsum(np.pad(power[:, start - 2 : stop + 2], ((0, 0), (1, 0))), axis=1, dtype=np.float32)
    strongest: NDArray[np.float32] = np.maximum((sums[:, 5:] - sums[:, :-5]).max(axis=1), 0)
    return strongest


def _bins(band_hz: tuple[float, float]) -> tuple[int, int]:
    return round(band_hz[0] * WINDOW_S), round(band_hz[1] * WINDOW_S) + 1


def _db(power: NDArray[np.float32]) -> NDArray[np.float32]:
    level: NDArray[np.float32] = (10 * np.log10(power)).astype(np.float32)
    return level
