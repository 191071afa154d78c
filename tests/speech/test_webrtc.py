"""The lenient veto: lets every voice through and stops what is no sound at all."""

import numpy as np

from callaudit.speech.webrtc import lenient_voice
from callaudit.testing.sounds import voice


def test_digital_silence_is_no_voice() -> None:
    assert not lenient_voice(np.zeros(16000, dtype=np.float32), 8000).any()


def test_a_vowel_is_let_through_at_both_rates() -> None:
    for rate_hz in (8000, 16000):
        vowel = voice(4.0, rate_hz=rate_hz)
        assert lenient_voice(vowel, rate_hz).mean() > 0.8


def test_the_block_length_changes_nothing() -> None:
    noise = np.random.default_rng(3).normal(0, 0.01, 8000 * 7).astype(np.float32)
    assert np.array_equal(lenient_voice(noise, 8000, block_s=0.5), lenient_voice(noise, 8000, block_s=30.0))
