"""A gap of digital silence in a line that hisses is a drop-out; in one that never does it is only quiet."""

from __future__ import annotations

import numpy as np
import pytest

from callaudit.records import Audio, Party, Signal, Voice, VoiceProbability
from callaudit.signals import find_signals
from callaudit.spans import Span
from callaudit.testing import sounds
from callaudit.timeline import Pieces, make_timeline


def dropouts_of(sound: np.ndarray, *voice: Span) -> list[Span]:
    probs = np.zeros((1, len(sound) // 256 + 1), dtype=np.float32)
    for span in voice:
        probs[:, round(span.start_s / 0.032) : round(span.end_s / 0.032)] = 0.95
    found = find_signals(Audio(sound[None], 8000), VoiceProbability(probs, 0.032))
    return [signal.span for signal in found if signal.kind == "dropout"]


def torn(sound: np.ndarray, *gaps: tuple[float, float]) -> np.ndarray:
    sound = sound.copy()
    for start_s, end_s in gaps:
        sound[round(start_s * 8000) : round(end_s * 8000)] = 0.0
    return sound


@pytest.mark.parametrize("level_dbov", [-75.0, -50.0, -30.0])
@pytest.mark.parametrize("lasting_s", [0.6, 3.0])
def test_a_dropout_is_found_with_its_edges(level_dbov: float, lasting_s: float) -> None:
    line = sounds.white_noise(20, level_dbov=level_dbov)
    (found,) = dropouts_of(torn(line, (8.0, 8.0 + lasting_s)))
    assert (found.start_s, found.end_s) == (pytest.approx(8.0, abs=0.02), pytest.approx(8.0 + lasting_s, abs=0.02))


def test_a_recorder_that_suppresses_silence_drops_nothing() -> None:
    """Between the words it writes nothing at all, but for a hiss it holds on to after each."""
    talk = np.concatenate([np.append(sounds.voice(2.0, seed=k), sounds.silence(1.5)) for k in range(6)])
    held = sounds.white_noise(len(talk) / 8000, level_dbov=-55)
    heard = np.concatenate([np.append(np.ones(18000), np.zeros(10000)) for _ in range(6)]) > 0
    spans = [Span(3.5 * k, 3.5 * k + 2.0) for k in range(6)]
    assert dropouts_of(np.where(heard, talk + held, 0.0).astype(np.float32), *spans) == []


def test_a_gate_that_closes_in_many_pauses_is_no_dropout() -> None:
    """Its share of the quiet is small: each pause hisses on for the most part."""
    talk = np.concatenate([np.append(sounds.voice(2.0, seed=k), sounds.silence(1.5)) for k in range(8)])
    line = sounds.mixed(talk, sounds.white_noise(28, level_dbov=-55))
    spans = [Span(3.5 * k, 3.5 * k + 2.0) for k in range(8)]
    gaps = [(3.5 * k + 2.4, 3.5 * k + 3.0) for k in range(8)]
    assert dropouts_of(torn(line, *gaps[::2]), *spans) == []
    assert len(dropouts_of(torn(line, *gaps[:1]), *spans)) == 1


def test_the_pauses_of_digital_ringing_and_a_leg_not_yet_or_no_more_there_are_no_dropouts() -> None:
    ringing = sounds.cadence(sounds.plan_of("cn"), 14.0)
    line = sounds.white_noise(30.0, level_dbov=-55)
    assert dropouts_of(np.concatenate([ringing, line])) == []
    assert dropouts_of(torn(line, (0.0, 9.0), (26.0, 30.0))) == []


def test_a_line_without_noise_says_nothing() -> None:
    assert dropouts_of(sounds.mixed(sounds.placed(sounds.voice(3.0), 1.0, 20.0)), Span(1, 4)) == []
    assert dropouts_of(sounds.silence(5.0)) == []


def test_a_dropout_is_no_silence_of_the_agent() -> None:
    agent, customer = (
        Party(who, Voice(channel, spans, 1.0), 1.0, "given")
        for who, channel, spans in (("agent", 0, (Span(0, 4), Span(16, 20))), ("customer", 1, (Span(4, 6),)))
    )
    dropout = Signal("dropout", Span(6.5, 15.5), 0, 0.9)
    assert make_timeline(Pieces(20.0, [], [agent, customer])).of("silence") == (Span(6, 16),)
    assert make_timeline(Pieces(20.0, [dropout], [agent, customer])).of("silence") == ()
