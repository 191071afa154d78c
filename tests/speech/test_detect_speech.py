import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_scenes import line, mono, phrase, scene, stereo

from callaudit.records import Audio, Signal
from callaudit.spans import Span, covered_s, intersect, total_s
from callaudit.speech import SileroEdges, SpeechDetector, detect_speech, voice_probability
from callaudit.testing import sounds

DETECTORS = [SileroEdges()]
assert DETECTORS


def heard(audio: Audio, *signals: Signal) -> dict[int, tuple[Span, ...]]:
    return detect_speech(audio, signals, voice_probability(audio))


# ── every detector ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
class TestEveryDetector:
    def test_is_a_detector(self, detector: SpeechDetector) -> None:
        assert isinstance(detector, SpeechDetector)
        assert detector.name

    def test_spans_are_sorted_apart_and_inside(self, detector: SpeechDetector) -> None:
        left, _ = scene(20.0, *((at_s, phrase(0.8, seed=round(at_s * 10))) for at_s in (0.0, 1.0, 2.1, 4.0, 9.5, 19.4)))
        audio = stereo(left, line(20.0, seed=9))
        found = detector.detect(audio, (), voice_probability(audio))
        assert set(found) == {0, 1}
        assert len(found[0]) >= 3
        assert all(span.start_s >= 0 and span.end_s <= 20.0 and span.duration_s >= 0.1 - 1e-6 for span in found[0])
        assert all(b.start_s - a.end_s >= 0.3 - 1e-6 for a, b in zip(found[0], found[0][1:], strict=False))
        assert found[1] == ()

    @pytest.mark.parametrize("kind", ["ringback", "busy", "congestion", "dtmf"])
    def test_nothing_is_found_under_a_tone(self, detector: SpeechDetector, kind: str) -> None:
        row, _ = scene(6.0, (1.0, phrase(4.0)))
        audio = mono(row)
        tone = Signal(kind, Span(2.0, 3.0), 0, 1.0)  # type: ignore[arg-type]  # one of the kinds, by the list above
        found = detector.detect(audio, [tone], voice_probability(audio))
        assert total_s(intersect(found[0], [tone.span])) == 0
        assert covered_s(Span(1.2, 1.9), found[0]) > 0.5

    @pytest.mark.parametrize("n", [0, 1, 80, 799])
    def test_very_short_audio_holds_no_speech(self, detector: SpeechDetector, n: int) -> None:
        audio = Audio(np.full((2, n), 0.01, dtype=np.float32), 8000)
        assert detector.detect(audio, (), voice_probability(audio)) == {0: (), 1: ()}


# ── edges, pauses, short words ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("level_dbov", [-18, -30, -45])
@pytest.mark.parametrize("pitch_hz", [110, 220])
def test_edges_lie_where_the_voice_begins_and_ends(level_dbov: float, pitch_hz: float) -> None:
    row, (span,) = scene(6.0, (2.0, phrase(1.2, level_dbov=level_dbov, pitch_hz=pitch_hz, seed=3)))
    (found,) = heard(mono(row))[0]
    assert found.start_s == pytest.approx(span.start_s, abs=0.05)
    assert found.end_s == pytest.approx(span.end_s, abs=0.05)


@pytest.mark.parametrize(("pause_s", "n"), [(0.2, 1), (0.26, 1), (0.36, 2), (0.8, 2)])
def test_pauses_below_0_3_s_are_joined(pause_s: float, n: int) -> None:
    first, second = phrase(1.0, seed=1), phrase(1.0, seed=2)
    at_s = 1.0 + len(first) / 8000 + pause_s
    row, _ = scene(6.0, (1.0, first), (at_s, second))
    assert len(heard(mono(row))[0]) == n


@pytest.mark.parametrize("seed", range(4))
def test_a_short_word_by_itself_survives(seed: int) -> None:
    word = phrase(0.28, seed=seed)
    talk, _ = scene(8.0, (1.0, phrase(2.0, seed=7)), (5.0, word))
    found = heard(mono(talk))[0]
    assert covered_s(Span(5.0, 5.0 + len(word) / 8000), found) > 0.6 * len(word) / 8000


def test_a_click_and_a_breath_are_no_speech() -> None:
    click = np.zeros(80, dtype=np.float32)
    click[:3] = (0.8, -0.6, 0.3)
    breath = sounds.telephone_band(sounds.white_noise(0.5, level_dbov=-48)) * np.hanning(4000).astype(np.float32)
    row, (talk, *_) = scene(10.0, (1.0, phrase(2.0)), (5.0, click), (7.0, breath))
    found = heard(mono(row))[0]
    assert all(span.overlap_s(talk) > 0 for span in found)


# ── what is not speech ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "sound",
    [
        sounds.silence(5.0),
        np.full(40_000, 0.5, dtype=np.float32),
        np.ones(40_000, dtype=np.float32),
        np.clip(sounds.tone((450.0,), 5.0, level_dbov=-3.0) * 10, -1, 1),
        sounds.white_noise(5.0, level_dbov=-50),
        np.clip(sounds.white_noise(5.0, level_dbov=-3), -1, 1),
        sounds.cadence(sounds.plan_of("cn"), 5.0),
    ],
    ids=["zeros", "constant", "full scale", "clipped tone", "line noise", "clipped noise", "ringing nobody masked"],
)
def test_no_speech_where_nobody_speaks(sound: np.ndarray) -> None:
    assert heard(stereo(sound, sound[::-1].copy())) == {0: (), 1: ()}


def test_music_is_no_speech_and_a_talker_over_it_is() -> None:
    music = sounds.chords(12.0, level_dbov=-28)
    signal = Signal("music", Span(0.0, 12.0), 0, 1.0)
    assert total_s(heard(mono(music), signal)[0]) == 0
    spoken = sounds.mixed(music, sounds.placed(phrase(2.0, level_dbov=-20), 5.0, 12.0))
    found = heard(mono(spoken), signal)[0]
    assert covered_s(Span(5.0, 7.0), found) > 1.5
    assert total_s(found) < 2.5


@pytest.mark.parametrize("level_dbov", [-50, -40])
def test_a_voice_in_line_noise_keeps_its_place(level_dbov: float) -> None:
    voice = phrase(2.0, seed=5)
    row = sounds.mixed(line(8.0, level_dbov=level_dbov), sounds.placed(voice, 3.0, 8.0))
    found = heard(mono(row))[0]
    assert covered_s(Span(3.0, 3.0 + len(voice) / 8000), found) > 0.85 * len(voice) / 8000
    assert total_s(found) < 2.2


# ── the other party's leakage ────────────────────────────────────────────────────────────────────────────────────
def delayed(row: np.ndarray, by_s: float) -> np.ndarray:
    n = round(by_s * 8000)
    return np.concatenate([np.zeros(n, dtype=np.float32), row])[: len(row)]


@pytest.mark.parametrize("loss_db", [20, 28, 35])
@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.05])
def test_leakage_is_no_speech(loss_db: float, delay_s: float) -> None:
    agent, _ = scene(20.0, (1.0, phrase(3.0, seed=1)), (9.0, phrase(4.0, seed=2)), seed=1)
    own, (span,) = scene(20.0, (5.0, phrase(2.0, level_dbov=-24, pitch_hz=120, seed=3)), seed=2)
    found = heard(stereo(agent, own + delayed(agent, delay_s) * np.float32(10 ** (-loss_db / 20))))
    assert covered_s(span, found[1]) > 0.85 * span.duration_s
    assert total_s(found[1]) - covered_s(Span(4.9, 7.1), found[1]) < 0.2
    assert total_s(found[0]) > 5.0


def test_leakage_through_a_coloured_path_is_no_speech() -> None:
    agent, _ = scene(20.0, (1.0, phrase(3.0, seed=1)), (9.0, phrase(4.0, seed=2)), seed=1)
    taps = np.random.default_rng(0).normal(size=160) * np.exp(-np.arange(160) / 30)
    echo = np.convolve(agent, taps / np.linalg.norm(taps))[: len(agent)].astype(np.float32) * 10 ** (-25 / 20)
    assert total_s(heard(stereo(agent, sounds.mixed(line(20.0, seed=2), echo)))[1]) < 0.2


def test_a_soft_party_that_speaks_at_the_same_time_is_kept() -> None:
    agent, _ = scene(12.0, (1.0, phrase(6.0, level_dbov=-16, seed=1)), seed=1)
    own, (span,) = scene(12.0, (3.0, phrase(2.0, level_dbov=-38, pitch_hz=110, seed=3)), seed=2)
    found = heard(stereo(agent, own))
    assert covered_s(span, found[1]) > 0.85 * span.duration_s


def test_the_louder_side_of_leakage_is_untouched() -> None:
    agent, _ = scene(12.0, (1.0, phrase(6.0, seed=1)), seed=1)
    alone = heard(stereo(agent, line(12.0, seed=2)))[0]
    leaking = heard(stereo(agent, line(12.0, seed=2) + agent * np.float32(0.05)))[0]
    assert leaking == alone


# ── invariances ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("gain_db", [-12, 6])
def test_gain_moves_no_edge_by_more_than_a_frame(gain_db: float) -> None:
    row, _ = scene(10.0, (1.0, phrase(2.0, seed=1)), (5.0, phrase(1.0, seed=2)))
    plain = heard(mono(row))[0]
    raised = heard(mono(np.clip(row * np.float32(10 ** (gain_db / 20)), -1, 1)))[0]
    assert len(plain) == len(raised)
    for a, b in zip(plain, raised, strict=True):
        assert a.start_s == pytest.approx(b.start_s, abs=0.0101)
        assert a.end_s == pytest.approx(b.end_s, abs=0.0101)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 40.0))
def test_the_size_of_a_block_changes_nothing(block_s: float) -> None:
    assert SileroEdges(block_s=block_s).detect(SCENE, (), SCENE_VOICE) == SCENE_FOUND


def test_nothing_handed_in_is_changed() -> None:
    row, _ = scene(5.0, (1.0, phrase(2.0)))
    audio = mono(row)
    voice = voice_probability(audio)
    before, probs = audio.samples.copy(), voice.probs.copy()
    detect_speech(audio, [Signal("dtmf", Span(1.5, 1.6), 0, 1.0)], voice)
    assert np.array_equal(audio.samples, before)
    assert np.array_equal(voice.probs, probs)


SCENE = stereo(
    scene(15.0, (1.0, phrase(3.0)), (9.0, phrase(2.0, seed=4)))[0], scene(15.0, (5.0, phrase(2.0, seed=5)))[0]
)
SCENE_VOICE = voice_probability(SCENE)
SCENE_FOUND = detect_speech(SCENE, (), SCENE_VOICE)
