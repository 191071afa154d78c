"""A last question before sound is fed to a recogniser: is there a voice in it at all?

Silero VAD, brought by faster-whisper, is asked about each piece at the level at which it would be fed. It is another
witness than the detector that found the speech: rings, busy tones, DTMF, hold music, hiss and clicks stay below a mean
probability of 0.02 over a piece, the weakest spoken pieces of noisy and faint calls above 0.14.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from faster_whisper.vad import SileroVADModel

LEAST_MEAN_PROB = 0.05
"""Mean voice probability below which nothing is fed."""

_FRAME = 512


def voice_prob(sound: NDArray[np.float32]) -> float:
    """Mean probability, in [0, 1], of a voice in sound at 16 kHz [shape=(n,)]; 0.0 where there is none at all."""
    if not len(sound) or not np.any(sound):
        return 0.0
    padded = np.pad(sound, (0, -len(sound) % _FRAME))
    return float(np.mean(_model()(padded.astype(np.float32))))


def has_voice(sound: NDArray[np.float32]) -> bool:
    """Whether somebody may be speaking in sound at 16 kHz."""
    return voice_prob(sound) >= LEAST_MEAN_PROB


@cache
def _model() -> SileroVADModel:
    from faster_whisper.vad import get_vad_model

    return get_vad_model()
