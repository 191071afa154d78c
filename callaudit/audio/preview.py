"""What a page needs of the sound: an outline to draw and a clip to play."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from callaudit.records import Audio

_BLOCK_S = 60


def outline(audio: Audio, step_s: float) -> tuple[NDArray[np.float32], ...]:
    """Lowest and highest sample of every step, per channel: float32 [shape=(n_steps, 2)], in [-1, 1].

    Parameters
    ----------
    audio : Audio
    step_s : length of a step in seconds, at least one sample; the last step may be shorter

    Examples
    --------
    >>> ramp = Audio(np.linspace(0, 1, 8000, dtype=np.float32)[None, :], 8000)
    >>> outline(ramp, 0.5)[0].round(1).tolist()
    [[0.0, 0.5], [0.5, 1.0]]
    """
    width = max(1, round(step_s * audio.sample_rate_hz))
    block = max(1, round(_BLOCK_S * audio.sample_rate_hz / width)) * width
    peaks = []
    for channel in audio.channels:
        parts = [np.empty((0, 2), dtype=np.float32)]
        for start in range(0, audio.n_samples, block):
            part = channel[start : start + block]
            starts = np.arange(0, len(part), width)
            parts.append(np.stack([np.minimum.reduceat(part, starts), np.maximum.reduceat(part, starts)], axis=1))
        peaks.append(np.concatenate(parts))
    return tuple(peaks)


def encode_clip(audio: Audio) -> bytes:
    """The whole recording as MP3, which every browser plays and seeks in.

    Blockwise, so that a three-hour call is not copied whole.
    """
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream, "w", audio.sample_rate_hz, audio.n_channels, format="MP3", subtype="MPEG_LAYER_III"
    ) as clip:
        block = _BLOCK_S * audio.sample_rate_hz
        for start in range(0, audio.n_samples, block):
            clip.write(np.stack([channel[start : start + block] for channel in audio.channels], axis=1))
    return stream.getvalue()
