"""When each channel speaks: what is left of it once its signals are known and the other party's leakage is off."""

from __future__ import annotations

from collections.abc import Iterable

from callaudit.records import Audio, Signal, VoiceProbability
from callaudit.spans import Span
from callaudit.speech.base import SpeechDetector
from callaudit.speech.silero import heard_afresh, voice_probability
from callaudit.speech.silero_edges import SileroEdges

__all__ = ["SileroEdges", "SpeechDetector", "detect_speech", "voice_probability"]


def detect_speech(audio: Audio, signals: Iterable[Signal], voice: VoiceProbability) -> dict[int, tuple[Span, ...]]:
    """Spans of speech of every channel, by the detector of the pipeline; see `SpeechDetector.detect`."""
    signals = tuple(signals)
    return SileroEdges().detect(audio, signals, heard_afresh(audio, signals, voice))
