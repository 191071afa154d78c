"""Features: what a tone, a gain and an offset do to them, and that they are Kaldi's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from callaudit.transcribe.fbank import N_MELS, fbank, stacked


def sweep() -> NDArray[np.float32]:
    """Three seconds from 200 Hz to 4 kHz over faint noise and an offset, in 16-bit units."""
    rng = np.random.default_rng(0)
    phase = 2 * np.pi * np.cumsum(np.linspace(200, 4000, 48000)) / 16000
    return (8000 * np.sin(phase) + 300 * rng.standard_normal(48000) + 50).astype(np.float32)


def test_frames_of_25_ms_every_10_ms_and_none_of_less() -> None:
    assert fbank(np.zeros(399, np.float32)).shape == (0, N_MELS)
    assert fbank(np.zeros(400, np.float32)).shape == (1, N_MELS)
    assert fbank(np.zeros(16000, np.float32)).shape == (98, N_MELS)


def test_twice_the_amplitude_is_four_times_the_energy_in_every_band() -> None:
    assert fbank(2 * sweep()) - fbank(sweep()) == pytest.approx(np.log(4), abs=1e-3)


def test_an_offset_changes_nothing() -> None:
    assert fbank(sweep() + 1000) == pytest.approx(fbank(sweep()), abs=0.01)


def test_a_rising_tone_climbs_through_the_bands() -> None:
    loudest = np.argmax(fbank(sweep()), axis=1)
    assert np.all(np.diff(loudest) >= -1)
    assert loudest[-1] - loudest[0] > N_MELS / 2


def test_blocks_leave_no_seam() -> None:
    long = np.tile(sweep(), 10)
    assert np.array_equal(fbank(long)[1990:2010], fbank(long[1990 * 160 : 2009 * 160 + 400]))


def test_stacked_rows_are_centred_and_repeat_the_edges() -> None:
    rows = stacked(np.arange(14, dtype=np.float32)[:, None], 7, 6)
    assert rows.tolist() == [[0, 0, 0, 0, 1, 2, 3], [3, 4, 5, 6, 7, 8, 9], [9, 10, 11, 12, 13, 13, 13]]


KALDI = {(0, 0): 14.776, (0, 79): 20.359, (60, 20): 13.881, (150, 40): 17.719, (297, 60): 28.347}
"""What kaldi-native-fbank 1.23.0 answers for the sweep at (frame, band)."""


def test_the_numbers_are_those_noted_from_kaldi() -> None:
    found = fbank(sweep())
    for place, wanted in KALDI.items():
        assert found[place] == pytest.approx(wanted, abs=2e-3)


def test_the_numbers_are_those_of_kaldi() -> None:
    knf = pytest.importorskip("kaldi_native_fbank", reason="compared only where kaldi-native-fbank is installed")
    options = knf.FbankOptions()
    options.frame_opts.dither = 0.0
    options.frame_opts.window_type = "hamming"
    options.mel_opts.num_bins = N_MELS
    kaldi = knf.OnlineFbank(options)
    kaldi.accept_waveform(16000, sweep().tolist())
    wanted = np.array([kaldi.get_frame(k) for k in range(kaldi.num_frames_ready)])
    assert fbank(sweep()) == pytest.approx(wanted, abs=2e-3)
