"""How much of the speech is cut off at full scale."""

from __future__ import annotations

import numpy as np

from callaudit.measures.base import Heard, Missing, Value, measure
from callaudit.records import Speaker

FULL_SCALE = 0.98
"""The largest values of µ-law and A-law are 0.980 and 0.984 of full scale (ITU-T G.711, tables 1a and 2a)."""

LEAST_RUN = 2
"""A single sample at full scale may be a peak that just fits; two in a row of one sign are a cut."""


@measure("clipped_ratio", unit="ratio", per="party")
def clipped_ratio(heard: Heard, speaker: Speaker) -> Value:
    """Share of the samples of the party's speech that are cut off at full scale."""
    n_clipped = n_samples = 0
    for span in heard.speech(speaker):
        samples = heard.samples(speaker, span)
        n_samples += len(samples)
        n_clipped += sum(_in_runs(sign * samples >= FULL_SCALE) for sign in (1, -1))
    return n_clipped / n_samples if n_samples else Missing("话音段内没有信号")


def _in_runs(at_limit: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """Number of the True that stand in runs of at least `LEAST_RUN`.

    >>> _in_runs(np.array([True, False, True, True, True]))
    3
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], at_limit.astype(np.int8), [0]))))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= LEAST_RUN].sum())
