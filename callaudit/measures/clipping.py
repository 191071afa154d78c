"""How much of the speech is cut off at full scale."""

from __future__ import annotations

import numpy as np

from callaudit.measures.base import Heard, Missing, Value, measure
from callaudit.records import Row, Speaker

FULL_SCALE = 0.98
"""The largest values of µ-law and A-law are 0.980 and 0.984 of full scale (ITU-T G.711, tables 1a and 2a)."""

BLOCK = 1 << 17
"""Samples looked at in one go."""


@measure("clipped_ratio", unit="ratio", per="party")
def clipped_ratio(heard: Heard, speaker: Speaker) -> Value:
    """Share of the samples of the party's speech that are cut off at full scale.

    A single sample at full scale may be a peak that just fits; two in a row of one sign are a cut.
    """
    n_clipped = n_samples = 0
    for span in heard.speech(speaker):
        samples = heard.samples(speaker, span)
        n_samples += len(samples)
        n_clipped += _clipped(samples)
    return n_clipped / n_samples if n_samples else Missing("话音段内没有信号")


def _clipped(samples: Row, block: int = BLOCK) -> int:
    """Samples at full scale with a neighbour of the same sign there; `block` at a time, which changes nothing.

    >>> _clipped(np.array([1, 0, 1, 1, 1, -1], np.float32), block=3)
    3
    """
    n_clipped = 0
    for at in range(0, len(samples), block):
        lead = min(at, 1)
        part = samples[at - lead : at + block + 1]
        for sign in (1, -1):
            full = sign * part >= FULL_SCALE
            pairs = full[1:] & full[:-1]
            paired = np.append(pairs, False) | np.append(False, pairs)
            n_clipped += int(paired[lead : lead + block].sum())
    return n_clipped
