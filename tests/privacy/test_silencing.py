"""Silence in place of personal data: nothing is left inside, nothing is changed outside."""

from __future__ import annotations

import numpy as np
import pytest

from callaudit.audio import outline, silenced
from callaudit.audio.silencing import FADE_S
from callaudit.privacy import silent_spans
from callaudit.privacy.silence import MARGIN_S
from callaudit.records import Audio
from callaudit.spans import Span
from callaudit.testing.scripts import call_from_script

RATE_HZ = 8000


def sound(seconds: float = 4.0, channels: int = 2) -> Audio:
    noise = np.random.default_rng(5).uniform(-0.9, 0.9, (channels, round(seconds * RATE_HZ)))
    return Audio(noise.astype(np.float32), RATE_HZ)


@pytest.mark.parametrize("channels", [1, 2])
def test_inside_there_is_no_energy_and_outside_every_bit_is_the_same(channels: int) -> None:
    before = sound(channels=channels)
    after = silenced(before, [Span(1.0, 1.5), Span(2.25, 3.0)])
    inside = np.zeros(before.n_samples, dtype=bool)
    beside = inside.copy()
    for start_s, end_s in ((1.0, 1.5), (2.25, 3.0)):
        inside[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = True
        beside[round((start_s - FADE_S) * RATE_HZ) : round((end_s + FADE_S) * RATE_HZ)] = True
    for one, other in zip(before.channels, after.channels, strict=True):
        heard, was = other[0 : len(other)], one[0 : len(one)]
        assert not heard[inside].any()
        assert (heard[~beside].view(np.int32) == was[~beside].view(np.int32)).all()
        fading = beside & ~inside
        assert (np.abs(heard[fading]) <= np.abs(was[fading])).all()
        assert heard[fading].any()


def test_read_by_stretches_it_is_the_same_sound() -> None:
    quiet = silenced(sound(), [Span(0.5, 1.2)])
    whole = quiet.samples[0][0 : quiet.n_samples]
    pieces = [quiet.samples[0][k : k + 333] for k in range(0, quiet.n_samples, 333)]
    assert (np.concatenate(pieces) == whole).all()


def test_it_fades_without_a_step() -> None:
    level = Audio(np.ones((1, RATE_HZ), dtype=np.float32), RATE_HZ)
    quiet = silenced(level, [Span(0.25, 0.5)]).samples[0][0:RATE_HZ]
    assert np.abs(np.diff(quiet)).max() < 0.02


def test_nothing_to_silence_is_the_same_sound() -> None:
    audio = sound()
    assert silenced(audio, []) is audio
    assert silenced(audio, [Span(10.0, 11.0)]) is audio


def test_the_outline_is_flat_there() -> None:
    flat = outline(silenced(sound(), [Span(1.0, 2.0)]), 0.1)[1]
    assert not flat[10:20].any()
    assert (np.abs(flat[:9]) > 0.5).all()


def test_a_card_is_silent_with_a_margin_whether_masked_or_not() -> None:
    from callaudit.privacy import masked

    call = call_from_script([{"agent": "请问您的卡号？"}, {"customer": "六二一七零零三一一零零零一二三四五六七"}])
    spans = silent_spans(call, ("card",))
    said = call.turns[1].span
    assert spans == silent_spans(masked(call, ("card",)), ("card",))
    assert len(spans) == 1
    assert spans[0].start_s == pytest.approx(said.start_s - MARGIN_S)
    assert spans[0].end_s == pytest.approx(said.end_s + MARGIN_S)
    assert silent_spans(call, ("phone",)) == ()
    assert silent_spans(masked(call, ("card",)), ()) == ()
