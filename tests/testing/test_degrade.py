"""Degraded copies are as bad as they say, and not shifted."""

from __future__ import annotations

import numpy as np
import pytest

from callaudit.measures.active_level import active_level_dbov
from callaudit.records import Audio
from callaudit.spans import Span
from callaudit.testing import sounds
from callaudit.testing.degrade import CONDITIONS, degrade, lost_packets

DURATION_S = 30.0
TALK = {0: (Span(8.0, 16.0),), 1: (Span(18.0, 27.0),)}


def db(ratio: float) -> float:
    return float(10 * np.log10(ratio))


def power(samples: np.ndarray) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


def call(rate_hz: int = 8000) -> Audio:
    """Two parties, the second 6 dB fainter; the first leg rings, much louder than it speaks, over a quiet line."""
    rows = []
    for channel, spans in TALK.items():
        (span,) = spans
        said = sounds.voice(span.duration_s, level_dbov=-22.0 - 6.0 * channel, seed=channel + 1, rate_hz=rate_hz)
        parts = [sounds.placed(sounds.telephone_band(said, rate_hz=rate_hz), span.start_s, DURATION_S, rate_hz=rate_hz)]
        parts.append(sounds.white_noise(DURATION_S, level_dbov=-70, seed=channel, rate_hz=rate_hz))
        if not channel:
            ringing = sounds.cadence(sounds.plan_of("cn"), 6.0, level_dbov=-12.0, rate_hz=rate_hz)
            parts.append(sounds.placed(ringing, 0.0, DURATION_S, rate_hz=rate_hz))
        rows.append(sounds.mixed(*parts))
    return Audio(np.stack(rows), rate_hz)


def speech_of(audio: Audio, channel: int) -> np.ndarray:
    (span,) = TALK[channel]
    return audio.samples[channel, round(span.start_s * audio.sample_rate_hz) : round(span.end_s * audio.sample_rate_hz)]


def shift_s(before: Audio, after: Audio) -> float:
    """Where the cross-correlation of the two is greatest, the first channel's speech."""
    one, two = speech_of(before, 0).astype(np.float64), speech_of(after, 0).astype(np.float64)
    reach = round(0.1 * before.sample_rate_hz)
    same = [float(np.dot(one[reach:-reach], two[reach + lag : len(two) - reach + lag])) for lag in range(-reach, reach)]
    return (int(np.argmax(same)) - reach) / before.sample_rate_hz


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_length_and_place_stay_and_the_input_is_left_alone(name: str, rate_hz: int) -> None:
    audio = call(rate_hz)
    before = audio.samples.copy()
    made = degrade(audio, name, speech=TALK)
    assert made.samples.shape == audio.samples.shape
    assert made.samples.dtype == np.float32
    assert made.sample_rate_hz == rate_hz
    assert float(np.abs(made.samples).max()) <= 1.0
    assert abs(shift_s(audio, made)) <= 0.001
    assert np.array_equal(audio.samples, before)


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_same_seed_gives_the_same_copy(name: str) -> None:
    audio = call()
    first = degrade(audio, name, seed=3).samples
    assert np.array_equal(first, degrade(audio, name, seed=3).samples)
    if name.startswith("snr") or name == "loss3":
        assert not np.array_equal(first, degrade(audio, name, seed=4).samples)
        assert not np.array_equal((first - audio.samples)[0], (first - audio.samples)[1])


@pytest.mark.parametrize(("name", "snr_db"), [("snr20", 20.0), ("snr10", 10.0), ("snr5", 5.0)])
def test_the_noise_lies_as_far_below_the_speech_as_it_says_everywhere(name: str, snr_db: float) -> None:
    audio = call()
    noise = degrade(audio, name, speech=TALK).samples - audio.samples
    for channel in (0, 1):
        level_dbov = active_level_dbov(speech_of(audio, channel), 8000)
        assert level_dbov is not None
        for at_s in (0, 5, 12, 20, 29):
            here = noise[channel, at_s * 8000 : (at_s + 1) * 8000]
            assert level_dbov - db(power(here)) == pytest.approx(snr_db, abs=1.0)
        assert level_dbov - db(power(noise[channel])) == pytest.approx(snr_db, abs=0.1)


def test_the_noise_lies_in_the_telephone_band() -> None:
    audio = call()
    noise = (degrade(audio, "snr10").samples - audio.samples)[0]
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(len(noise), 1 / 8000)
    assert spectrum[(hz > 280) & (hz < 3500)].sum() > 0.95 * spectrum.sum()
    low, high = (spectrum[(hz > a) & (hz < 2 * a)].sum() for a in (500, 1000))
    assert db(low / high) == pytest.approx(0.0, abs=1.0)  # as much in every octave: pink


def test_without_speech_the_level_is_that_of_the_whole_channel() -> None:
    audio = call()
    noise = degrade(audio, "snr10").samples - audio.samples
    assert active_level_dbov(audio.samples[0], 8000) == pytest.approx(db(power(noise[0])) + 10.0, abs=0.1)


def test_a_channel_that_never_speaks_is_as_noisy_as_the_one_that_does() -> None:
    audio = call()
    noise = degrade(audio, "snr10", speech={0: TALK[0]}).samples - audio.samples
    assert db(power(noise[1])) == pytest.approx(db(power(noise[0])), abs=0.1)


@pytest.mark.parametrize("name", CONDITIONS)
def test_digital_silence_stays_silent(name: str) -> None:
    made = degrade(Audio(np.zeros((1, 8000), dtype=np.float32), 8000), name).samples
    assert np.abs(made).max() <= (0.001 if name == "gsm" else 0.0)  # the codec has a hum of its own, −66 dBov


@pytest.mark.parametrize("seed", range(3))
def test_three_percent_of_the_packets_are_lost_two_at_a_time(seed: int) -> None:
    lost = lost_packets(200_000, seed=seed)
    assert lost.mean() == pytest.approx(0.03, abs=0.003)
    bursts = int((np.diff(lost, prepend=False) & lost).sum())
    assert lost.sum() / bursts == pytest.approx(2.0, abs=0.1)


def test_only_lost_packets_and_the_seam_after_them_change() -> None:
    audio = call()
    made = degrade(audio, "loss3", seed=1)
    for channel in (0, 1):
        lost = lost_packets(round(DURATION_S / 0.02), seed=1000 + channel)
        touched = np.repeat(lost, 160)
        seam = np.convolve(touched, np.ones(33))[: len(touched)] > 0
        changed = made.samples[channel] != audio.samples[channel]
        assert not changed[~seam].any()
        assert changed[touched].mean() > 0.9


def test_a_lost_packet_of_a_steady_tone_is_hardly_missed() -> None:
    steady = Audio(sounds.tone((200.0,), 20.0)[None, :], 8000)
    made = degrade(steady, "loss3").samples[0]
    lost = lost_packets(1000, seed=0)
    alone = np.flatnonzero(lost & ~np.roll(lost, 1) & ~np.roll(lost, -1))
    assert alone.size
    for packet in alone[alone > 3]:
        head = slice(packet * 160, packet * 160 + 80)  # the first 10 ms are repeated unchanged
        assert power(made[head] - steady.samples[0, head]) < 0.01 * power(steady.samples[0, head])


def test_a_long_loss_fades_to_silence() -> None:
    steady = Audio(sounds.tone((200.0,), 400.0)[None, :], 8000)
    made = degrade(steady, "loss3").samples[0]
    lost = lost_packets(20_000, seed=0)
    for first in np.flatnonzero(lost[:-3] & lost[1:-2] & lost[2:-1] & lost[3:]):
        if not lost[first - 1]:
            assert not made[(first + 3) * 160 : (first + 4) * 160].any()
            break
    else:
        pytest.fail("no loss of four packets in 400 s")


def test_gsm_sounds_much_the_same_and_is_not_the_same() -> None:
    audio = call()
    error = speech_of(degrade(audio, "gsm"), 0) - speech_of(audio, 0)
    assert 5.0 < db(power(speech_of(audio, 0)) / power(error)) < 30.0


def test_gain_control_lifts_pauses_and_brings_speech_towards_its_target() -> None:
    audio = call()
    made = degrade(audio, "agc").samples[1]
    pause = slice(10 * 8000, 17 * 8000)
    assert db(power(made[pause]) / power(audio.samples[1, pause])) == pytest.approx(24.0, abs=1.0)
    assert active_level_dbov(made[20 * 8000 : 27 * 8000], 8000) == pytest.approx(-22.0, abs=3.0)


def test_faint_is_faint_by_the_standard_and_never_louder() -> None:
    audio = call()
    made = degrade(audio, "faint40", speech=TALK)
    for channel in (0, 1):
        assert active_level_dbov(speech_of(made, channel), 8000) == pytest.approx(-40.0, abs=0.5)
    fainter = Audio(audio.samples * np.float32(10 ** (-30 / 20)), 8000)
    kept = degrade(fainter, "faint40", speech=TALK)
    assert active_level_dbov(speech_of(kept, 0), 8000) == pytest.approx(-52.0, abs=1.0)


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="snr99"):
        degrade(call(), "snr99")


def test_every_condition_says_what_it_does() -> None:
    assert list(CONDITIONS) == ["clean", "snr20", "snr10", "snr5", "loss3", "gsm", "agc", "faint40"]
    assert all(name == own.name and own.description and "\n" not in own.description for name, own in CONDITIONS.items())
