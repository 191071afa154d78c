"""Active speech level, method B of ITU-T P.56: the level of speech while there is speech.

Written here because no maintained package on PyPI measures it (phonesim holds an approximation on torch).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from callaudit.records import Row

TIME_CONSTANT_S = 0.03
"""T of clause 7: smoothing of the envelope, applied twice."""

HANGOVER_S = 0.20
"""H of clause 7: after the envelope falls below a threshold, speech goes on for this long."""

MARGIN_DB = 15.9
"""M of clause 7: the threshold that decides lies this far below the active level."""

BLOCK = 1 << 17
"""Samples handled at a time, 16 s at 8 kHz."""

LOWEST = -15
THRESHOLDS = 2.0 ** np.arange(LOWEST, 0)
"""c_j: from one step of 16 bits to half of full scale, by factors of two."""

_STEP = 128
"""Samples that the smoothing takes in one go."""


def active_level_dbov(samples: Row, sample_rate_hz: int, *, block: int = BLOCK) -> float | None:
    """Active speech level, in dB relative to the overload point (mean power of a full-scale square wave), at most 0.

    Where speech is too short for the envelope to rise to a threshold, it is the level over the whole of it.

    Parameters
    ----------
    samples : float32 [shape=(n,)], in [-1, 1]
    sample_rate_hz : int
    block : int
        Samples handled at a time; the result does not depend on it.

    Returns
    -------
    float or None
        None where there are no samples or only zeros.

    References
    ----------
    .. [1] ITU-T P.56 (12/2011), clause 7, method B.
    .. [2] ITU-T G.191 software tool library, sv56: the order of the hangover count and of the interpolation.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(80000) / 8000).astype(np.float32)
    >>> round(active_level_dbov(tone, 8000))
    -23
    """
    energy, n_active = _energy_and_counts(samples, sample_rate_hz, block)
    if energy <= 0.0:
        return None
    whole_db = float(10 * np.log10(energy / len(samples)))
    below: tuple[float, float] | None = None  # active level at the last threshold, and how far it lies above it
    for threshold, n in zip(THRESHOLDS, n_active, strict=True):
        if n == 0:
            break
        level_db = 10 * np.log10(energy / n)
        over_db = level_db - 20 * np.log10(threshold)
        if over_db <= MARGIN_DB:
            if below is None:
                return float(level_db)
            share = (below[1] - MARGIN_DB) / (below[1] - over_db)
            return float(below[0] + share * (level_db - below[0]))
        below = float(level_db), float(over_db)
    return whole_db


def _energy_and_counts(samples: Row, sample_rate_hz: int, block: int) -> tuple[float, NDArray[np.int64]]:
    """Sum of squares; for each threshold, the samples whose envelope reaches it or did within the hangover before."""
    g = float(np.exp(-1 / (sample_rate_hz * TIME_CONSTANT_S)))
    n_hangover = int(np.ceil(HANGOVER_S * sample_rate_hz))
    energy = once = twice = 0.0
    n_at = np.zeros(1 - LOWEST, dtype=np.int64)
    before = np.full(n_hangover, LOWEST, dtype=np.int32)
    for at in range(0, len(samples), block):
        part = samples[at : at + block].astype(np.float64)
        energy += float(np.dot(part, part))
        smooth, once = _smoothed(np.abs(part), g, once)
        envelope, twice = _smoothed(smooth, g, twice)
        # the exponent of 2 that the envelope lies below tells which thresholds it reaches
        exponent = np.clip(np.frexp(np.maximum(envelope, THRESHOLDS[0] / 4))[1], LOWEST, 0)
        reached = np.concatenate((before, exponent))
        most = maximum_filter1d(reached, n_hangover + 1, mode="nearest", origin=n_hangover // 2)[n_hangover:]
        n_at += np.bincount(most - LOWEST, minlength=len(n_at))
        before = reached[len(reached) - n_hangover :]
    return energy, np.cumsum(n_at[::-1])[::-1][1:]


def _smoothed(values: NDArray[np.float64], g: float, last: float) -> tuple[NDArray[np.float64], float]:
    """y(k) = g·y(k−1) + (1 − g)·x(k) after y(−1) = `last`, and the last y; by steps, whose ends alone are chained.

    SciPy's signal package would do it too, at 0.8 s for its import.
    """
    n, powers = len(values), g ** np.arange(1, _STEP + 1)
    steps = np.pad(values, (0, -n % _STEP)).reshape(-1, _STEP)
    within = np.triu((1 - g) * g ** (np.arange(_STEP)[None, :] - np.arange(_STEP)[:, None]).clip(0))
    smooth: NDArray[np.float64] = steps @ within
    starts = [last]
    for end in smooth[:-1, -1].tolist():
        starts.append(end + powers[-1] * starts[-1])
    smooth += np.outer(starts, powers)
    smooth = smooth.reshape(-1)[:n]
    return smooth, float(smooth[-1])
