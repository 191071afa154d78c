"""Splitting a mono line by voice, on made-up talkers whose turns are known."""

import numpy as np
import pytest
import scipy.signal

from callaudit.records import Audio, Voice
from callaudit.spans import Span, covered_s, total_s
from callaudit.speakers import split_by_voice
from callaudit.testing.sounds import at_level, telephone_band, voice, white_noise

RATE_HZ = 8000
LOW, HIGH = (115.0, 0.88), (210.0, 1.12)
SHORT_TRACT, LONG_TRACT = (160.0, 1.15), (160.0, 0.87)


def talker(person: tuple[float, float], duration_s: float, *, seed: int) -> np.ndarray:
    """A voice of that pitch in Hz whose resonances lie at that multiple of the average."""
    pitch_hz, tract = person
    made = voice(duration_s * tract + 0.5, pitch_hz=pitch_hz / tract, seed=seed)
    sound = scipy.signal.resample_poly(made, 100, round(100 * tract))[: round(duration_s * RATE_HZ)]
    return telephone_band(at_level(sound, -24.0))


def conversation(
    people: list[tuple[float, float]], *, n_turns: int = 16, gap_s: float = 0.5, seed: int = 1
) -> tuple[Audio, list[tuple[Span, int]]]:
    """Turns of 1 to 4 s, each person in turn, over a quiet line; the audio, and who has which span."""
    rng = np.random.default_rng(seed)
    parts, turns, at_s = [np.zeros(RATE_HZ, np.float32)], [], 1.0
    for k in range(n_turns):
        duration_s = round(float(rng.uniform(1.0, 4.0)), 2)
        who = k % len(people)
        parts += [talker(people[who], duration_s, seed=100 * seed + k), np.zeros(round(gap_s * RATE_HZ), np.float32)]
        turns.append((Span(at_s, at_s + duration_s), who))
        at_s += len(parts[-2]) / RATE_HZ + gap_s
    line = np.concatenate(parts)
    noise = white_noise(len(line) / RATE_HZ + 0.01, level_dbov=-60.0)[: len(line)]
    return Audio((line + noise)[None].astype(np.float32), RATE_HZ), turns


def rightly_given(voices: tuple[Voice, ...], turns: list[tuple[Span, int]]) -> float:
    """Share of the speech that is given to its speaker, the voices named as fits best."""

    def share(order: tuple[int, int]) -> float:
        return sum(covered_s(span, voices[order[who]].speech) for span, who in turns) / total_s(s for s, _ in turns)

    return max(share((0, 1)), share((1, 0)))


@pytest.mark.parametrize("people", [[LOW, HIGH], [SHORT_TRACT, LONG_TRACT]], ids=["pitch", "vocal tract alone"])
def test_two_voices_are_told_apart(people: list[tuple[float, float]]) -> None:
    audio, turns = conversation(people)
    voices = split_by_voice(audio, tuple(span for span, _ in turns))
    assert len(voices) == 2
    assert rightly_given(voices, turns) > 0.9
    assert voices[0].confidence > 0.8


def test_every_span_has_its_sureness_and_all_speech_is_given_once() -> None:
    audio, turns = conversation([LOW, HIGH])
    voices = split_by_voice(audio, tuple(span for span, _ in turns))
    for one in voices:
        assert len(one.sureness) == len(one.speech)
        assert all(0.0 <= sure <= 1.0 for sure in one.sureness)
        assert np.mean(one.sureness) > 0.9
    assert sum(total_s(one.speech) for one in voices) == pytest.approx(total_s(span for span, _ in turns))


def test_a_span_is_cut_where_the_voice_changes() -> None:
    audio, turns = conversation([LOW, HIGH], gap_s=0.1)
    pairs = tuple(Span(a.start_s, b.end_s) for (a, _), (b, _) in zip(turns[::2], turns[1::2], strict=True))
    voices = split_by_voice(audio, pairs)
    assert len(voices) == 2
    assert rightly_given(voices, turns) > 0.93


def test_a_border_without_a_pause_lies_where_it_is_quiet() -> None:
    audio, turns = conversation([LOW, HIGH], gap_s=0.15)
    pairs = tuple(Span(a.start_s, b.end_s) for (a, _), (b, _) in zip(turns[::2], turns[1::2], strict=True))
    voices = split_by_voice(audio, pairs)
    ends = {round(span.end_s, 6) for span in pairs}
    borders = [span.end_s for one in voices for span in one.speech if round(span.end_s, 6) not in ends]
    assert len(borders) >= 6
    for border_s in borders:
        around = audio.samples[0, round((border_s - 0.01) * RATE_HZ) : round((border_s + 0.01) * RATE_HZ)]
        assert np.sqrt(np.mean(around**2)) < 10 ** (-50 / 20)


def test_a_reply_without_a_pause_is_less_sure_than_one_after_a_pause() -> None:
    parted, turns = conversation([LOW, HIGH])
    joined, runs = conversation([LOW, HIGH], gap_s=0.1)
    pairs = tuple(Span(a.start_s, b.end_s) for (a, _), (b, _) in zip(runs[::2], runs[1::2], strict=True))
    sure = [sure for one in split_by_voice(parted, tuple(span for span, _ in turns)) for sure in one.sureness]
    less = [sure for one in split_by_voice(joined, pairs) for sure in one.sureness]
    assert np.median(less) < np.median(sure)


def test_noise_that_comes_and_goes_is_not_taken_for_a_voice() -> None:
    audio, turns = conversation([SHORT_TRACT, LONG_TRACT])
    noise = white_noise(audio.duration_s, level_dbov=-26.0, seed=1)[: audio.n_samples]
    on = np.arange(audio.n_samples) / RATE_HZ % 9.0 > 5.0
    noisy = Audio(audio.samples + np.where(on, noise, 0.0).astype(np.float32), RATE_HZ)
    voices = split_by_voice(noisy, tuple(span for span, _ in turns))
    assert len(voices) == 2
    assert rightly_given(voices, turns) > 0.9


def test_the_voice_heard_first_comes_first() -> None:
    audio, turns = conversation([HIGH, LOW])
    voices = split_by_voice(audio, tuple(span for span, _ in turns))
    assert covered_s(turns[0][0], voices[0].speech) == pytest.approx(turns[0][0].duration_s)


def test_one_voice_stays_one() -> None:
    audio, turns = conversation([LOW], seed=2)
    spans = tuple(span for span, _ in turns)
    (only,) = split_by_voice(audio, spans)
    assert only.speech == spans
    assert only.confidence > 0.5
    assert len(only.sureness) == len(spans)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("person", [LOW, HIGH, SHORT_TRACT], ids=["low", "high", "short tract"])
def test_one_voice_is_never_surely_two(person: tuple[float, float], seed: int) -> None:
    audio, turns = conversation([person], seed=seed)
    voices = split_by_voice(audio, tuple(span for span, _ in turns))
    assert len(voices) == 1 or voices[0].confidence < 0.9


@pytest.mark.slow
def test_one_voice_is_seldom_more_likely_two() -> None:
    confident = []
    for seed in (1, 2, 3, 4):
        for person in (LOW, HIGH, SHORT_TRACT):
            audio, turns = conversation([person], seed=seed)
            voices = split_by_voice(audio, tuple(span for span, _ in turns))
            confident.append(len(voices) == 2 and voices[0].confidence >= 0.5)
    assert sum(confident) <= 1


@pytest.mark.parametrize("people", [[LOW, HIGH], [HIGH]], ids=["two voices", "one voice"])
def test_where_the_split_is_wrong_a_span_is_a_coins(people: list[tuple[float, float]]) -> None:
    audio, turns = conversation(people, seed=4)
    voices = split_by_voice(audio, tuple(span for span, _ in turns))
    assert len(voices) == 2
    for one in voices:
        assert max(one.sureness) <= (1 + one.confidence) / 2 + 0.001


def test_a_few_words_are_not_split() -> None:
    audio = Audio(talker(LOW, 1.0, seed=3)[None], RATE_HZ)
    assert len(split_by_voice(audio, (Span(0.0, 0.4), Span(0.75, 1.0)))) == 1


def test_no_speech_has_no_voice() -> None:
    assert split_by_voice(Audio(np.zeros((1, RATE_HZ), np.float32), RATE_HZ), ()) == ()


def test_digital_silence_taken_for_speech_is_one_unsure_voice() -> None:
    (only,) = split_by_voice(Audio(np.zeros((1, 4 * RATE_HZ), np.float32), RATE_HZ), (Span(0.0, 1.0), Span(2.0, 4.0)))
    assert only.confidence == 0.5


def test_spans_that_reach_beyond_the_recording_are_borne() -> None:
    audio, turns = conversation([LOW, HIGH], n_turns=8)
    beyond = (*(span for span, _ in turns), Span(audio.duration_s - 0.1, audio.duration_s + 0.4), Span(1e4, 1e4 + 1))
    assert len(split_by_voice(audio, beyond)) == 2


@pytest.mark.parametrize("gain", [0.1, 2.0])
def test_the_gain_of_the_line_changes_nothing(gain: float) -> None:
    audio, turns = conversation([LOW, HIGH], n_turns=10)
    spans = tuple(span for span, _ in turns)
    louder = Audio(audio.samples * np.float32(gain), RATE_HZ)
    assert [v.speech for v in split_by_voice(louder, spans)] == [v.speech for v in split_by_voice(audio, spans)]


def test_a_wideband_recording_is_split_alike() -> None:
    audio, turns = conversation([LOW, HIGH])
    wide = Audio(scipy.signal.resample_poly(audio.samples, 2, 1, axis=1).astype(np.float32), 2 * RATE_HZ)
    voices = split_by_voice(wide, tuple(span for span, _ in turns))
    assert len(voices) == 2
    assert rightly_given(voices, turns) > 0.97


def test_the_same_call_is_split_the_same_way_twice() -> None:
    audio, turns = conversation([SHORT_TRACT, LONG_TRACT], n_turns=8)
    spans = tuple(span for span, _ in turns)
    assert split_by_voice(audio, spans) == split_by_voice(audio, spans)
