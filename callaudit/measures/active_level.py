"""Active speech level, method B of ITU-T P.56: the level of speech while there is speech.

Written here because no maintained package on PyPI measures it (phonesim holds an approximation on torch).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.signal
from numpy.typing import NDArray

TIME_CONSTANT_S = 0.03
"""T of clause 7: smoothing of the envelope, applied twice."""

HANGOVER_S = 0.20
"""H of clause 7: after the envelope falls below a threshold, speech goes on for this long."""

MARGIN_DB = 15.9
"""M of clause 7: the threshold that decides lies this far below the active level."""

BLOCK = 1 << 19
"""Samples handled at a time, about a minute at 8 kHz."""

THRESHOLDS = 2.0 ** np.arange(-15, 0)
"""c_j: from one step of 16 bits to half of full scale, by factors of two."""


def active_level_dbov(samples: NDArray[np.float32], sample_rate_hz: int, *, block: int = BLOCK) -> float | None:
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
    energy = sum(float(np.dot(part, part)) for part in _blocks(samples, block))
    if energy <= 0.0:
        return None
    n_active = _active_counts(samples, sample_rate_hz, block)
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


def _blocks(samples: NDArray[np.float32], block: int) -> Iterator[NDArray[np.float64]]:
    """The samples in double precision, a block at a time: an hour of speech is never held twice."""
    for at in range(0, len(samples), block):
        yield samples[at : at + block].astype(np.float64)


def _active_counts(samples: NDArray[np.float32], sample_rate_hz: int, block: int) -> list[int]:
    """For each threshold: samples whose envelope reaches it, and those within the hangover after each."""
    g = np.exp(-1 / (sample_rate_hz * TIME_CONSTANT_S))
    n_hangover = int(np.ceil(HANGOVER_S * sample_rate_hz))
    once, twice = np.zeros(1), np.zeros(1)
    counts, left = [0] * len(THRESHOLDS), [0] * len(THRESHOLDS)
    for part in _blocks(samples, block):
        smooth, once = scipy.signal.lfilter([1 - g], [1, -g], np.abs(part), zi=once)
        envelope, twice = scipy.signal.lfilter([1 - g], [1, -g], smooth, zi=twice)
        for k, threshold in enumerate(THRESHOLDS):
            n, left[k] = _active(envelope, threshold, n_hangover, left[k])
            counts[k] += n
    return counts


def _active(envelope: NDArray[np.float64], threshold: float, n_hangover: int, left: int) -> tuple[int, int]:
    """Active samples of a block, and how many of the hangover are left after it; `left` were left before it."""
    above = np.flatnonzero(envelope >= threshold)
    if not above.size:
        n = min(left, len(envelope))
        return n, left - n
    steps = np.append(np.diff(above), len(envelope) - above[-1])
    n = min(left, int(above[0])) + int(np.minimum(steps, n_hangover + 1).sum())
    return n, max(0, n_hangover + 1 - int(steps[-1]))
