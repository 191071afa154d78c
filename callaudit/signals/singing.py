"""Who sings leaves a voice detector in doubt; who talks does not, though music plays beneath."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from callaudit.spans import from_frames, merge, to_frames

MAYBE_PROB, CERTAIN_PROB = 0.2, 0.9
CLOSURE_S = 0.1
"""Doubt within a word (the closure before p, t, k, q, ch)."""
NEARBY_S, TALKER_SHARE = 2.0, 0.3
"""Share of the frames with a voice, in this time around, of which the detector must be certain."""


def talking(probs: NDArray[np.float32], hop_s: float) -> NDArray[np.bool_]:
    """The frames of the stretches in which a voice is heard that talks.

    Parameters
    ----------
    probs : float32 [shape=(frames,), in [0, 1]]
        Of a voice, every `hop_s` seconds.

    Examples
    --------
    >>> sure, doubtful, none = [0.6, 0.95, 0.97, 0.8] * 30, [0.3, 0.7, 0.6, 0.4] * 30, [0.0] * 60
    >>> found = talking(np.array([*none, *sure, *none, *doubtful], dtype=np.float32), 0.032)
    >>> from_frames(found, 1.0)
    (Span(start_s=60.0, end_s=180.0),)
    """
    heard = to_frames(merge(from_frames(probs >= MAYBE_PROB, hop_s), gap_s=CLOSURE_S + hop_s / 2), hop_s, len(probs))
    if not heard.any():
        return heard
    size = round(NEARBY_S / hop_s)
    around = uniform_filter1d(heard.astype(np.float64), size, mode="constant")
    certain = uniform_filter1d((probs >= CERTAIN_PROB).astype(np.float64), size, mode="constant")
    return np.asarray(heard & (certain >= TALKER_SHARE * around), dtype=np.bool_)
