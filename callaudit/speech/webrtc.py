"""What webrtcvad takes for a voice, every 10 ms.

Alone it takes nine tenths of hold music and most of ringing and noise for speech, so it is never asked what is speech;
at its most lenient it misses next to nothing that is, so it may veto (`SileroEdges`).
"""

from __future__ import annotations

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from callaudit.records import Row
from callaudit.speech.frames import blocks

LENIENT = 0
"""Aggressiveness 0 of 0 to 3: lets the most through."""


def lenient_voice(row: Row, sample_rate_hz: int, *, block_s: float = 30.0) -> NDArray[np.bool_]:
    """Whether webrtcvad, at its most lenient, takes each 10 ms of a channel for a voice.

    Parameters
    ----------
    row : float32 [shape=(n,), in [-1, 1]]
    sample_rate_hz : 8000 or 16000
    block_s : seconds handled at a time; the result does not depend on it

    Returns
    -------
    bool [shape=(n · 100 // sample_rate_hz,)]
    """
    judge = webrtcvad.Vad(LENIENT)
    heard: list[bool] = []
    for frames in blocks(row, sample_rate_hz, block_s):
        pcm = np.clip(np.round(frames * 32767), -32768, 32767).astype("<i2")
        sound, n_bytes = pcm.tobytes(), pcm.itemsize * pcm.shape[1]
        heard += [judge.is_speech(sound[k : k + n_bytes], sample_rate_hz) for k in range(0, len(sound), n_bytes)]
    return np.array(heard, dtype=np.bool_)
