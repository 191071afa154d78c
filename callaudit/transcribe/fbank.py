"""Log-mel filter-bank features as Kaldi makes them, and the stacked frames that FunASR's models are fed.

Written out in numpy because the recipe is thirty lines and the alternatives are a compiled package (kaldi-native-fbank)
or torchaudio; the numbers are those of kaldi-native-fbank to four decimals (checked by the tests). No dither: the same
sound must give the same words.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16000
HOP_S = 0.01
N_MELS = 80
_FRAME = 400
"""Samples of a frame, 25 ms."""
_HOP = 160
_FFT = 512
_PREEMPHASIS = 0.97
_LOWEST_HZ = 20.0
_FLOOR = float(np.finfo(np.float32).eps)
_BLOCK = 2000
"""Frames transformed at once, 20 s: keeps the spectra of a long piece out of memory."""


def fbank(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log energies of 80 mel bands, float32 [shape=(frames, 80)], of sound at 16 kHz in 16-bit units.

    Parameters
    ----------
    sound : float32 [shape=(n,)], in [-32768, 32767]

    References
    ----------
    .. [1] Kaldi, feat/feature-fbank.cc and feat/mel-computations.cc: frames of 25 ms every 10 ms (snip_edges), mean
       taken off, pre-emphasis 0.97, Hamming window, power spectrum of 512 points, triangles on the mel scale from 20 Hz
       to 8 kHz, natural logarithm.

    Examples
    --------
    >>> fbank(np.zeros(1600, dtype=np.float32)).shape
    (8, 80)
    """
    if len(sound) < _FRAME:
        return np.zeros((0, N_MELS), dtype=np.float32)
    rows = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_HOP]
    blocks = [_log_mel(rows[k : k + _BLOCK]) for k in range(0, len(rows), _BLOCK)]
    return np.concatenate(blocks)


def stacked(features: NDArray[np.float32], window: int, shift: int) -> NDArray[np.float32]:
    """Every `shift`-th frame with its neighbours, `window` frames in all, in one row (low frame rate).

    The row k is centred on frame k·shift; at the edges the outermost frame is repeated, as in training.

    Parameters
    ----------
    features : float32 [shape=(frames, bands)]

    Returns
    -------
    float32 [shape=(ceil(frames / shift), window · bands)]

    Examples
    --------
    >>> stacked(np.arange(8, dtype=np.float32)[:, None], 3, 4)
    array([[0., 0., 1.],
           [3., 4., 5.]], dtype=float32)
    """
    if not len(features):
        return np.zeros((0, window * features.shape[1]), dtype=np.float32)
    centres = np.arange(0, len(features), shift)[:, None]
    around = np.arange(window)[None, :] - (window - 1) // 2
    places = np.clip(centres + around, 0, len(features) - 1)
    rows: NDArray[np.float32] = features[places].reshape(len(places), -1)
    return rows


def _log_mel(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    frames = rows.astype(np.float64)
    frames -= frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    frames = (frames - _PREEMPHASIS * before) * _window()
    power = np.square(np.abs(np.fft.rfft(frames, _FFT, axis=1)[:, : _FFT // 2]))
    logs: NDArray[np.float32] = np.log(np.maximum(power @ _triangles(), _FLOOR)).astype(np.float32)
    return logs


@cache
def _window() -> NDArray[np.float64]:
    window: NDArray[np.float64] = np.hamming(_FRAME)
    return window


@cache
def _triangles() -> NDArray[np.float64]:
    """Weights of the bands, float64 [shape=(256, 80)]: triangles of equal width on the mel scale."""
    low, high = _mel(np.array([_LOWEST_HZ, RATE_HZ / 2], dtype=np.float64))
    edges = np.linspace(low, high, N_MELS + 2)
    bins = _mel(np.arange(_FFT // 2, dtype=np.float64) * (RATE_HZ / _FFT))[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    return weights


def _mel(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    mels: NDArray[np.float64] = 1127.0 * np.log1p(frequency_hz / 700.0)
    return mels
