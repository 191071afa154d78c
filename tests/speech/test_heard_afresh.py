"""The first words after music are heard without memory of it."""

from pathlib import Path

import pytest

from callaudit.audio import read_audio
from callaudit.signals import find_signals
from callaudit.speech import detect_speech, voice_probability
from callaudit.speech.silero import heard_afresh

HELD = Path(__file__).parents[2] / "samples" / "bank-hold-good.flac"
BACK_S = 60.703
"""When the agent is back after the hold music, from the label of the sample."""


def test_the_agents_first_word_after_hold_music_is_speech() -> None:
    _, audio = read_audio(HELD)
    voice = voice_probability(audio)
    starts = [span.start_s for span in detect_speech(audio, find_signals(audio, voice), voice)[0]]
    assert min(starts, key=lambda start_s: abs(start_s - BACK_S)) == pytest.approx(BACK_S, abs=0.1)


def test_without_signals_nothing_is_heard_again_and_the_input_stays() -> None:
    _, audio = read_audio(HELD)
    voice = voice_probability(audio)
    before = voice.probs.copy()
    assert (heard_afresh(audio, (), voice).probs == before).all()
    assert (heard_afresh(audio, find_signals(audio, voice), voice).probs >= before).all()
    assert (voice.probs == before).all()
