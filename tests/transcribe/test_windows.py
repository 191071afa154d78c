"""Cutting speech into pieces, laying them into windows, and finding the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.records import Audio
from callaudit.spans import Span, total_s
from callaudit.transcribe.windows import WINDOW_RATE_HZ, Cutting, cut, gains, pack, render, spoken_s

RATE_HZ = 8000


def sound(duration_s: float, n_channels: int = 2, amplitude: float = 0.1) -> Audio:
    rng = np.random.default_rng(7)
    samples = rng.uniform(-amplitude, amplitude, (n_channels, round(duration_s * RATE_HZ)))
    return Audio(samples.astype(np.float32), RATE_HZ)


@st.composite
def talk(draw: st.DrawFn) -> dict[int, tuple[Span, ...]]:
    speech: dict[int, tuple[Span, ...]] = {}
    for channel in range(2):
        spans, at_s = [], 0.0
        for _ in range(draw(st.integers(0, 8))):
            at_s += draw(st.floats(0.3, 5.0))
            length_s = draw(st.floats(0.1, 45.0))
            spans.append(Span(at_s, at_s + length_s))
            at_s += length_s
        speech[channel] = tuple(spans)
    return speech


QUIET = Audio(np.zeros((2, 500 * 100), dtype=np.float32), 100)


@given(talk())
def test_every_second_of_speech_is_in_exactly_one_piece(speech: dict[int, tuple[Span, ...]]) -> None:
    pieces = cut(QUIET, speech)
    for channel, spans in speech.items():
        own = [span for piece in pieces if piece.channel == channel for span in piece.speech]
        assert sum(span.duration_s for span in own) == pytest.approx(total_s(spans), abs=1e-6)
        assert total_s(own) == pytest.approx(total_s(spans), abs=1e-6)


@given(talk())
def test_no_window_is_longer_than_allowed_and_no_pieces_overlap(speech: dict[int, tuple[Span, ...]]) -> None:
    cutting = Cutting()
    windows = pack(cut(QUIET, speech, cutting), cutting)
    for window in windows:
        assert window.duration_s <= cutting.longest_s + 1e-6
        for left, right in zip(window.placed, window.placed[1:], strict=False):
            assert right.at_s - left.end_s == pytest.approx(cutting.between_s)
    assert sum(spoken_s(window) for window in windows) == pytest.approx(sum(map(total_s, speech.values())), abs=1e-6)


def test_the_parties_come_in_the_order_in_which_they_spoke() -> None:
    speech = {0: (Span(0.5, 2.0), Span(6.0, 8.0)), 1: (Span(2.5, 5.5),)}
    (window,) = pack(cut(sound(10), speech))
    assert [placed.piece.channel for placed in window.placed] == [0, 1, 0]


def test_a_short_pause_stays_and_a_long_one_is_cut_out() -> None:
    cutting = Cutting(join_s=1.0)
    joined = cut(sound(10), {0: (Span(1.0, 2.0), Span(3.0, 4.0))}, cutting)
    apart = cut(sound(10), {0: (Span(1.0, 2.0), Span(3.01, 4.0))}, cutting)
    assert [len(piece.speech) for piece in joined] == [2]
    assert [len(piece.speech) for piece in apart] == [1, 1]


def test_a_monologue_is_cut_where_it_is_quietest() -> None:
    audio = sound(50, 1)
    audio.samples[0, round(24.0 * RATE_HZ) : round(24.2 * RATE_HZ)] = 0.0
    first, second = cut(audio, {0: (Span(0.0, 49.0),)})
    assert first.speech[0].end_s == pytest.approx(24.1, abs=0.12)
    assert second.speech[0].start_s == first.speech[0].end_s


def test_margins_never_take_sound_of_the_next_piece_or_from_outside() -> None:
    cutting = Cutting(margin_s=0.8, join_s=1.0)
    first, second = cut(sound(6, 1), {0: (Span(0.2, 2.0), Span(3.1, 5.9))}, cutting)
    assert (first.span.start_s, second.span.end_s) == (0.0, 6.0)
    assert first.span.end_s <= second.span.start_s


def test_a_word_belongs_to_the_piece_in_which_it_ends() -> None:
    (window,) = pack(cut(sound(10), {0: (Span(1.0, 2.0),), 1: (Span(4.0, 5.0),)}))
    first, second = window.placed
    assert window.at(first.end_s - 0.2) == 0
    assert window.at(second.at_s + 0.03) == 1
    assert window.at(second.end_s + 9.0) == 1


def test_a_tone_lies_in_the_window_where_the_map_says() -> None:
    audio = Audio(np.zeros((2, 10 * RATE_HZ), dtype=np.float32), RATE_HZ)
    t = np.arange(RATE_HZ) / RATE_HZ
    audio.samples[1, 6 * RATE_HZ : 7 * RATE_HZ] = 0.1 * np.sin(2 * np.pi * 440 * t)
    (window,) = pack(cut(audio, {0: (Span(1.0, 2.0),), 1: (Span(6.0, 7.0),)}))
    heard = render(audio, window, {0: 1.0, 1: 1.0})
    loud_s = np.flatnonzero(np.abs(heard) > 0.02)[[0, -1]] / WINDOW_RATE_HZ
    placed = window.placed[1]
    back_s = loud_s - placed.at_s + placed.piece.span.start_s
    assert back_s == pytest.approx([6.0, 7.0], abs=0.01)


def test_what_was_handed_in_is_left_as_it_was() -> None:
    audio = sound(5)
    before = audio.samples.copy()
    speech = {0: (Span(0.5, 3.0),), 1: (Span(1.0, 4.0),)}
    for window in pack(cut(audio, speech)):
        render(audio, window, gains(audio, speech))
    assert np.array_equal(audio.samples, before)


@pytest.mark.parametrize("gain_db", [-12.0, 6.0])
def test_the_level_that_is_fed_does_not_depend_on_the_level_recorded(gain_db: float) -> None:
    quiet = sound(5, 1)
    loud = Audio(quiet.samples * np.float32(10 ** (gain_db / 20)), RATE_HZ)
    speech = {0: (Span(0.5, 4.0),)}
    one, two = (render(a, pack(cut(a, speech))[0], gains(a, speech)) for a in (quiet, loud))
    assert np.allclose(one, two, atol=1e-4)


def test_digital_silence_is_not_amplified() -> None:
    audio = Audio(np.zeros((1, RATE_HZ), dtype=np.float32), RATE_HZ)
    assert gains(audio, {0: (Span(0.0, 1.0),)}) == {0: 1.0}


def test_speech_of_a_channel_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="channel 2"):
        cut(sound(3), {2: (Span(0.0, 1.0),)})
