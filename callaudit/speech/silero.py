"""A neural second opinion on what is a voice: Silero VAD v6, run once over the whole call.

webrtcvad takes nine tenths of hold music for speech; Silero takes none of it, but it hesitates at edges and on short
words. So it is asked whether, never when. The network is the ONNX file that faster-whisper carries in its assets; it
is run here without importing faster-whisper, in blocks, so that a long call is never held at 16 kHz as a whole, and
with its state carried from block to block, so that the size of a block changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from callaudit.audio.resample import resample_blocks
from callaudit.errors import EngineError, ModelMissing
from callaudit.records import Audio, VoiceProbability

MODEL_RATE_HZ = 16_000
FRAME = 512
"""Samples of one frame at 16 kHz, 0.032 s: fixed by the network."""
CONTEXT = 64
"""Samples of the frame before that the network sees again: fixed by the network."""
HOP_S = FRAME / MODEL_RATE_HZ
MODEL_FILE = "silero_vad_v6.onnx"

BLOCK_S = 30.0
"""Seconds taken at a time; the result does not depend on it."""
TARGET_DBOV = -22.0
"""Level to which a channel is brought. Over labelled calls Silero's answer is flat from 20 dB below this to 10
above; a party at −45 dBov loses a third of its frames without it."""
MAX_GAIN_DB = 40.0
"""Line noise is not blown up further than this."""
ABOVE_FLOOR_DB = 10.0
"""A frame counts towards the level when it is this far above the quiet tenth of the channel."""


def voice_probability(audio: Audio, *, block_s: float = BLOCK_S) -> VoiceProbability:
    """How likely each 0.032 s of each channel holds a voice.

    Parameters
    ----------
    audio : Audio [samples: float32, shape=(channels, n)]
    block_s : float
        Seconds handled at a time, above 0; the result does not depend on it.

    Returns
    -------
    VoiceProbability [probs: float32, shape=(channels, ceil(duration_s / 0.032)), in [0, 1]]
        Each channel is brought to one level by one gain first, so that a faint party is heard like a loud one.

    Raises
    ------
    ModelMissing
        The installed faster-whisper carries no Silero VAD v6.
    EngineError
        onnxruntime cannot read the model.

    References
    ----------
    .. [1] Silero VAD v6, https://github.com/snakers4/silero-vad (MIT).
    """
    if block_s <= 0:
        raise ValueError(f"block_s must be above 0: {block_s}")
    n_frames = -(-audio.n_samples * MODEL_RATE_HZ // (FRAME * audio.sample_rate_hz))
    probs = np.zeros((audio.n_channels, n_frames), dtype=np.float32)
    for channel, row in enumerate(audio.samples):
        gain = _gain(row, audio.sample_rate_hz)
        if gain is not None:
            probs[channel] = _probabilities(row, gain, audio.sample_rate_hz, n_frames, block_s)
    return VoiceProbability(probs, HOP_S)


def _probabilities(
    row: NDArray[np.float32], gain: float, rate_hz: int, n_frames: int, block_s: float
) -> NDArray[np.float32]:
    """Row of `n_frames` probabilities of one channel."""
    session = _session()
    probs = np.zeros(n_frames, dtype=np.float32)
    h = c = np.zeros((1, 1, 128), dtype=np.float32)
    context = np.zeros(CONTEXT, dtype=np.float32)
    at = 0
    for whole in _whole_frames(_blocks(row, gain, rate_hz, block_s), n_frames):
        joined = np.concatenate((context, whole))
        seen = np.lib.stride_tricks.sliding_window_view(joined, CONTEXT + FRAME)[::FRAME]
        made, h, c = session.run(None, {"input": np.ascontiguousarray(seen), "h": h, "c": c})
        probs[at : at + len(made)] = made
        at += len(made)
        context = joined[-CONTEXT:]
    return probs


def _blocks(row: NDArray[np.float32], gain: float, rate_hz: int, block_s: float) -> Iterator[NDArray[np.float32]]:
    """The channel at 16 kHz and at its level, block by block."""
    step = max(1, round(block_s * rate_hz))
    raised = (np.clip(row[at : at + step] * np.float32(gain), -1, 1) for at in range(0, len(row), step))
    return resample_blocks(raised, rate_hz, MODEL_RATE_HZ)


def _whole_frames(blocks: Iterator[NDArray[np.float32]], n_frames: int) -> Iterator[NDArray[np.float32]]:
    """The blocks cut at whole frames, `n_frames` in all; the last is filled up with silence."""
    left = np.zeros(0, dtype=np.float32)
    for block in blocks:
        left = np.concatenate((left, block))
        whole = min(n_frames, len(left) // FRAME)
        if whole:
            yield left[: whole * FRAME]
            left, n_frames = left[whole * FRAME :], n_frames - whole
    if n_frames:
        last = np.zeros(n_frames * FRAME, dtype=np.float32)
        kept = min(len(left), len(last))
        last[:kept] = left[:kept]
        yield last


def _gain(row: NDArray[np.float32], rate_hz: int) -> float | None:
    """Factor that brings a channel to TARGET_DBOV; None where the channel holds nothing at all.

    The level is the upper quartile, in dB, of the 0.032 s frames that stand out of the channel's quiet tenth: neither
    a few clicks, nor long silence, nor a short ring moves it.
    """
    hop = round(HOP_S * rate_hz)
    frames = row[: max(hop, len(row) // hop * hop)].reshape(-1, min(hop, max(1, len(row))))
    power = np.einsum("ij,ij->i", frames, frames) / frames.shape[1]
    level_db = 10 * np.log10(power[power > 0])
    if not level_db.size:
        return None
    active_db = level_db[level_db > np.quantile(level_db, 0.1) + ABOVE_FLOOR_DB]
    if not active_db.size:
        return 1.0
    return float(10 ** (min(MAX_GAIN_DB, TARGET_DBOV - float(np.quantile(active_db, 0.75))) / 20))


@lru_cache(maxsize=1)
def _session() -> onnxruntime.InferenceSession:
    """The network, on one thread, so that the same call gives the same numbers."""
    package = find_spec("faster_whisper")
    places = list(package.submodule_search_locations or ()) if package else []
    paths = [path for place in places if (path := Path(place) / "assets" / MODEL_FILE).is_file()]
    if not paths:
        raise ModelMissing(f"{MODEL_FILE} is not in the installed faster-whisper: get faster-whisper 1.2.1 or later")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(paths[0]), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own C++ classes, which share no documented base
        raise EngineError(f"{paths[0]} cannot be loaded: {error}; reinstall faster-whisper") from error
