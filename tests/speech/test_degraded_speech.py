"""Speech is found where it is on bad lines too; held against what is found on the recording as it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from speech_scenes import stereo

from callaudit.audio import read_audio
from callaudit.records import Audio, Signal
from callaudit.signals import find_signals
from callaudit.spans import Span, intersect, total_s
from callaudit.speech import detect_speech, voice_probability
from callaudit.testing import sounds
from callaudit.testing.degrade import CONDITIONS, degrade

SAMPLE = Path(__file__).parents[2] / "samples" / "bank-hold-good.flac"


@cache
def sample() -> tuple[Audio, tuple[Signal, ...], dict[int, tuple[Span, ...]]]:
    _, audio = read_audio(SAMPLE)
    voice = voice_probability(audio)
    signals = find_signals(audio, voice)
    return audio, signals, detect_speech(audio, signals, voice)


def likeness(found: dict[int, tuple[Span, ...]], wanted: dict[int, tuple[Span, ...]]) -> float:
    """F1 of the seconds of speech of all channels."""
    both_s = sum(total_s(intersect(found[channel], wanted[channel])) for channel in wanted)
    return 2 * both_s / sum(total_s(spans) for speech in (found, wanted) for spans in speech.values())


@pytest.mark.parametrize("name", [name for name in CONDITIONS if name != "clean"])
def test_what_is_speech_stays_speech_on_a_bad_line(name: str) -> None:
    audio, signals, wanted = sample()
    made = degrade(audio, name, speech=wanted)
    found = detect_speech(made, signals, voice_probability(made))
    assert likeness(found, wanted) > (0.92 if name == "snr5" else 0.95)


@pytest.mark.parametrize("level_dbov", [-50, -35, -25])
def test_steady_noise_alone_is_no_speech_at_any_level(level_dbov: float) -> None:
    rows = [sounds.telephone_band(sounds.pink_noise(12.0, level_dbov=level_dbov, seed=seed)) for seed in (0, 1)]
    audio = stereo(*rows)
    assert detect_speech(audio, (), voice_probability(audio)) == {0: (), 1: ()}
