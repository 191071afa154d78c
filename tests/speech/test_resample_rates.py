import numpy as np
import pytest

from callaudit.audio.resample import resample, resample_blocks


def tone(hz: float, rate_hz: int, duration_s: float = 1.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * rate_hz)) / rate_hz)).astype(np.float32)


@pytest.mark.parametrize(("from_hz", "to_hz"), [(8000, 16000), (16000, 8000), (44100, 16000), (11025, 8000)])
def test_a_tone_keeps_its_pitch_level_and_place(from_hz: int, to_hz: int) -> None:
    done = resample(tone(1000, from_hz), from_hz, to_hz)
    assert done.dtype == np.float32
    assert done.shape == (to_hz,)
    inner = slice(to_hz // 10, -to_hz // 10)
    assert np.abs(done[inner] - tone(1000, to_hz)[inner]).max() < 1e-3


def test_what_lies_above_the_new_band_is_gone() -> None:
    done = resample(tone(6000, 16000), 16000, 8000)
    assert np.abs(done[800:-800]).max() < 1e-3


def test_equal_rates_hand_the_samples_back() -> None:
    samples = tone(440, 8000)
    assert resample(samples, 8000, 8000) is samples


@pytest.mark.parametrize("shape", [(0,), (2, 0), (2, 1), (2, 3, 400)])
def test_leading_axes_and_little_samples(shape: tuple[int, ...]) -> None:
    done = resample(np.full(shape, 0.25, dtype=np.float32), 8000, 16000)
    assert done.shape == (*shape[:-1], 2 * shape[-1])


@pytest.mark.parametrize("block", [1, 77, 8000, 100_000])
def test_blocks_join_without_a_seam(block: int) -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 12_345).astype(np.float32)
    blocks = (samples[at : at + block] for at in range(0, len(samples), block))
    joined = np.concatenate(list(resample_blocks(blocks, 8000, 16000)))
    assert abs(len(joined) - 24_690) <= 1
    whole = resample(samples, 8000, 16000)
    n = min(len(joined), len(whole))
    assert np.abs(joined[:n] - whole[:n]).max() < 1e-4


@pytest.mark.parametrize("rates", [(0, 8000), (8000, -1)])
def test_a_rate_not_above_0_is_refused(rates: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="above 0 Hz"):
        resample(np.zeros(4, dtype=np.float32), *rates)
