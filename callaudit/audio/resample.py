"""The same sound at another rate: the one place that changes a sample rate.

soxr (the SoX resampler) at its HQ setting: 20-bit, linear phase, no delay left in, and it streams, so that a long call
is never held at two rates at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

QUALITY = "HQ"


def resample(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """The samples at the rate `to_hz`.

    Parameters
    ----------
    samples : float32 [shape=(..., n)]
        Any number of leading axes; each row is resampled by itself.
    from_hz, to_hz : int
        Rates in hertz, above 0.

    Returns
    -------
    float32 [shape=(..., round(n · to_hz / from_hz))]
        The argument itself, not a copy, where the rates are equal.

    Raises
    ------
    ValueError
        A rate is not above 0.
    """
    _check(from_hz, to_hz)
    if from_hz == to_hz:
        return samples
    n_out = round(samples.shape[-1] * to_hz / from_hz)
    done = np.zeros((*samples.shape[:-1], n_out), dtype=np.float32)
    if done.size:
        for at in np.ndindex(*samples.shape[:-1]):
            row = np.ascontiguousarray(samples[at], dtype=np.float32)
            made = soxr.resample(row, from_hz, to_hz, quality=QUALITY)[:n_out]
            done[at][: len(made)] = made
    return done


def resample_blocks(
    blocks: Iterable[NDArray[np.float32]], from_hz: int, to_hz: int, *, n_channels: int = 1
) -> Iterator[NDArray[np.float32]]:
    """The blocks of one long signal at the rate `to_hz`, joined without a seam.

    Parameters
    ----------
    blocks : iterable of float32 [shape=(n,), or (n, channels) for more than one channel]
        The signal, in order; the blocks may differ in length.
    from_hz, to_hz : int
        Rates in hertz, above 0.

    Yields
    ------
    float32 [shape=(m,), or (m, channels)]
        Pieces of any length, none empty; the resampler lags behind, so that they do not match the blocks one by one.

    Raises
    ------
    ValueError
        A rate is not above 0.
    """
    _check(from_hz, to_hz)
    if from_hz == to_hz:
        yield from (block for block in blocks if block.size)
        return
    stream = soxr.ResampleStream(from_hz, to_hz, n_channels, dtype="float32", quality=QUALITY)
    for block in blocks:
        made = stream.resample_chunk(np.ascontiguousarray(block, dtype=np.float32))
        if made.size:
            yield made
    made = stream.resample_chunk(np.zeros(0 if n_channels == 1 else (0, n_channels), dtype=np.float32), last=True)
    if made.size:
        yield made


def _check(from_hz: int, to_hz: int) -> None:
    if from_hz <= 0 or to_hz <= 0:
        raise ValueError(f"sample rates must be above 0 Hz: {from_hz} to {to_hz}")
