"""What tells voices apart in short frames: the shape of the spectrum, and the pitch.

Both leave the level out: the gain of a line says nothing about who speaks, and an agent who turns from the microphone
stays the same person. The cepstrum keeps the long-term mean that recognisers remove: it carries the party's telephone
and line, which differ between the two ends of a call and help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, irfft, next_fast_len, rfft

from callaudit.records import Audio, Row
from callaudit.spans import Span, to_samples

HOP_S = 0.01
_WINDOW_S = 0.032
_PITCH_WINDOW_S = 0.04
_PITCH_HZ = (60.0, 400.0)
_PERIODIC = 0.6
"""Least autocorrelation of a voiced frame, the share of its power that repeats with the pitch."""
_BAND_HZ = (150.0, 3700.0)
"""Inside the telephone band, 300 to 3400 Hz and its slopes; wide-band calls are heard through the same window."""
_N_BANDS = 26
_N_CEPSTRA = 18
_QUIET_DB = 25.0
"""Frames this far below the loud ones of their span are pauses and closures: they carry the line, not the voice."""
_NEAR_VOICE = 4
"""Consonants up to this many frames before and after a vowel are heard with it."""
_CHUNK_S = 30.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cues:
    """Cues of the frames in which a voice sounds or has just sounded, in order of time.

    Attributes
    ----------
    cepstra : float64 [shape=(frames, 18)]
    octaves : float64 [shape=(frames,)], log2 of the pitch in Hz; NaN where the frame is not voiced
    unit : int [shape=(frames,)], index of the unit of speech that holds the frame
    """

    cepstra: Floats
    octaves: Floats
    unit: NDArray[np.intp]


def cues(audio: Audio, units: Sequence[Span], spans: Sequence[Span]) -> Cues:
    """Cues of the first channel inside the spans, each cut into `units`.

    Parameters
    ----------
    audio : Audio [samples: float32, shape=(channels, n), in [-1, 1]]
    units : parts of the spans, sorted, none overlapping
    spans : sorted, none overlapping
    """
    edges = np.array([unit.start_s for unit in units])
    cepstra, octaves, owners = [], [], []
    for span in spans:
        shape, level_db, pitch = _span_cues(audio.samples[0], audio.sample_rate_hz, span)
        middles_s = span.start_s + (np.arange(len(shape)) + 0.5) * HOP_S
        heard = np.isfinite(level_db)
        if heard.any():
            heard &= level_db > np.percentile(level_db[heard], 95) - _QUIET_DB
        heard &= _near_voice(np.isfinite(pitch))
        cepstra.append(shape[heard])
        octaves.append(pitch[heard])
        owners.append(np.searchsorted(edges, middles_s[heard], side="right") - 1)
    return Cues(np.concatenate(cepstra), np.concatenate(octaves), np.concatenate(owners))


def _near_voice(voiced: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Frames at most `_NEAR_VOICE` frames from one that is voiced.

    Noise is never voiced: without this a noise that comes and goes is what the halves of a call differ by most, and
    the split parts noisy speech from clean instead of one voice from the other.
    """
    reach = np.convolve(voiced, np.ones(2 * _NEAR_VOICE + 1))[_NEAR_VOICE : _NEAR_VOICE + len(voiced)]
    return reach > 0.5


def _span_cues(samples: Row, rate_hz: int, span: Span) -> tuple[Floats, Floats, Floats]:
    parts = []
    for start_s in np.arange(span.start_s, span.end_s - HOP_S / 2, _CHUNK_S):
        part = Span(float(start_s), min(span.end_s, float(start_s) + _CHUNK_S))
        parts.append(_part_cues(samples, rate_hz, part))
    shape, level_db, pitch = (np.concatenate(cue) for cue in zip(*parts, strict=True))
    return shape, level_db, pitch


def _part_cues(samples: Row, rate_hz: int, part: Span) -> tuple[Floats, Floats, Floats]:
    here = to_samples(part, rate_hz, len(samples))
    n_frames = max(1, round(part.duration_s / HOP_S))
    shape, level_db = _spectral_shape(_frames(samples, here.start, n_frames, _WINDOW_S, rate_hz), rate_hz)
    return shape, level_db, _octaves(_frames(samples, here.start, n_frames, _PITCH_WINDOW_S, rate_hz), rate_hz)


def _frames(samples: Row, start: int, n_frames: int, window_s: float, rate_hz: int) -> Floats:
    """Frames centred on the middles of their hops, zeros beyond the recording; float64 [shape=(n_frames, window)]."""
    hop, window = round(HOP_S * rate_hz), round(window_s * rate_hz)
    first = start - (window - hop) // 2
    last = first + (n_frames - 1) * hop + window
    inside = samples[max(0, first) : max(0, last)].astype(np.float64)
    padded = np.pad(inside, (max(0, -first), max(0, last - max(0, first) - len(inside))))[: last - first]
    return np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]


def _spectral_shape(frames: Floats, rate_hz: int) -> tuple[Floats, Floats]:
    """Mel cepstra 1 to 18 (the level, cepstrum 0, is left out) and the level in dB, per frame."""
    emphasised = np.diff(frames, axis=1, prepend=frames[:, :1])
    n_fft = 512 if rate_hz <= 8000 else 1024
    power = np.abs(rfft(emphasised * np.hamming(frames.shape[1]), n_fft)) ** 2
    bands = power @ _mel_bands(rate_hz, n_fft).T
    with np.errstate(divide="ignore"):
        level_db = 10 * np.log10(bands.sum(axis=1))
    floor = 1e-5 * bands.mean(axis=1, keepdims=True) + np.finfo(np.float64).tiny
    return dct(np.log(bands + floor), norm="ortho", axis=1)[:, 1 : _N_CEPSTRA + 1], level_db


def _mel_bands(rate_hz: int, n_fft: int) -> Floats:
    """Triangles on the mel scale of O'Shaughnessy, 1127·ln(1 + f/700); float64 [shape=(bands, n_fft // 2 + 1)]."""

    def mel(hz: Floats) -> Floats:
        return 1127.0 * np.log1p(hz / 700.0)

    low, high = mel(np.array(_BAND_HZ))
    edges = np.linspace(low, high, _N_BANDS + 2)
    at = mel(np.arange(n_fft // 2 + 1) * rate_hz / n_fft)
    rising = (at - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - at) / np.diff(edges)[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling))


def _octaves(frames: Floats, rate_hz: int) -> Floats:
    """log2 of the pitch by the autocorrelation over that of the window, NaN where nothing repeats.

    References
    ----------
    .. [1] P. Boersma, "Accurate short-term analysis of the fundamental frequency …", IFA Proc. 17 (1993), eq. 9.
    """
    window = np.hanning(frames.shape[1])
    n_fft = next_fast_len(2 * frames.shape[1], real=True)
    shortest, longest = round(rate_hz / _PITCH_HZ[1]), round(rate_hz / _PITCH_HZ[0])
    own = irfft(np.abs(rfft(window, n_fft)) ** 2)
    spectra = np.abs(rfft((frames - frames.mean(axis=1, keepdims=True)) * window, n_fft)) ** 2
    repeats = irfft(spectra, axis=1)
    lags = np.arange(shortest, longest + 1)
    power = np.maximum(repeats[:, :1], np.finfo(np.float64).tiny)
    strength = repeats[:, lags] / power / (own[lags] / own[0])
    favoured = strength - 0.06 * lags / longest  # of equally strong repeats the shortest is the pitch
    best = favoured.argmax(axis=1)
    voiced = strength[np.arange(len(best)), best] > _PERIODIC
    return np.where(voiced, np.log2(rate_hz / lags[best]), np.nan)
