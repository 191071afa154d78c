"""Tones that lost packets on the way are still themselves; what only resembles that is not."""

from __future__ import annotations

import numpy as np
import pytest

from callaudit.records import Audio, Signal, VoiceProbability
from callaudit.signals import find_signals
from callaudit.signals.plans import PLANS, Plan
from callaudit.testing import sounds
from callaudit.testing.degrade import degrade


def signals_of(sound: np.ndarray) -> tuple[Signal, ...]:
    """Signals of one channel with line noise, through G.711, on which nobody speaks."""
    noise = sounds.white_noise(len(sound) / 8000, level_dbov=-60, seed=5)
    samples = sounds.g711(sounds.mixed(sound, noise))
    return find_signals(
        Audio(samples[None], 8000), VoiceProbability(np.zeros((1, len(samples) // 256 + 1), np.float32), 0.032)
    )


def ringing(name: str, *lost: tuple[float, float], n_cycles: int = 3) -> np.ndarray:
    """Three whole cycles of a country's ringing, with nothing in the stretches [start, end) in seconds."""
    plan = sounds.plan_of(name)
    sound = sounds.placed(sounds.cadence(plan, n_cycles * plan.cycle_s), 0.5, n_cycles * plan.cycle_s + 2)
    for start_s, end_s in lost:
        sound[round((start_s + 0.5) * 8000) : round((end_s + 0.5) * 8000)] = 0.0
    return sound


@pytest.mark.parametrize("name", ["cn", "us", "uk", "eu", "fr"])
@pytest.mark.parametrize("lost_s", [0.02, 0.04, 0.06, 0.1])
def test_a_ring_with_a_hole_is_one_ring(name: str, lost_s: float) -> None:
    plan = sounds.plan_of(name)
    at_s = plan.cycle_s + 0.6 * plan.on_s[0]
    (ring,) = signals_of(ringing(name, (at_s, at_s + lost_s)))
    assert (ring.plan, len(ring.bursts)) == (name, 3)


@pytest.mark.parametrize("name", ["cn", "us", "uk", "eu"])
@pytest.mark.parametrize("lost_s", [0.04, 0.08, 0.12])
@pytest.mark.parametrize("end", [False, True])
def test_a_ring_that_lost_its_start_or_its_end_breaks_no_rhythm(name: str, lost_s: float, end: bool) -> None:
    plan = sounds.plan_of(name)
    at_s = plan.cycle_s + (plan.on_s[0] - lost_s if end else 0.0)
    (ring,) = signals_of(ringing(name, (at_s, at_s + lost_s)))
    assert (ring.plan, len(ring.bursts)) == (name, 3)
    assert ring.bursts[2].end_s == pytest.approx(0.5 + 2 * plan.cycle_s + sum(plan.cadence_s[:-1]), abs=0.012)


@pytest.mark.parametrize("name", ["uk", "my", "us"])
@pytest.mark.parametrize("at_share", [0.3, 0.5, 0.7])
def test_a_ring_whose_phase_was_broken_keeps_its_lines(name: str, at_share: float) -> None:
    plan = sounds.plan_of(name)
    sound = ringing(name)
    start = round((0.5 + at_share * plan.on_s[0]) * 8000)
    held = sound[start - 77 : start].copy()
    sound[start : start + 320] = np.resize(held, 320)
    (ring,) = signals_of(sound)
    assert (ring.plan, len(ring.bursts)) == (name, 3)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["cn", "us", "uk", "eu"])
def test_three_percent_of_lost_packets_leave_most_rings(name: str, seed: int) -> None:
    heard = degrade(Audio(ringing(name, n_cycles=4)[None], 8000), "loss3", seed=seed)
    found = signals_of(heard.samples[0, :])
    assert [(s.kind, s.plan) for s in found] == [("ringback", name)]
    assert len(found[0].bursts) >= 3


@pytest.mark.parametrize(
    "plan", [plan for plan in PLANS if plan.kind != "ringback"][:8], ids=lambda p: f"{p.name}-{p.cadence_s}"
)
def test_the_pauses_of_a_busy_tone_are_no_losses(plan: Plan) -> None:
    sound = sounds.placed(sounds.cadence(plan, 4.0), 1, 6)
    (busy,) = signals_of(sound)
    assert (busy.kind, busy.plan, len(busy.bursts)) == (plan.kind, plan.name, len(sounds.beats(plan, 4.0)))


def test_a_ring_that_is_much_too_short_ends_the_ringing() -> None:
    (ring,) = signals_of(ringing("cn", (5.4, 6.0), (10.0, 11.0)))
    assert len(ring.bursts) == 2
    assert ring.span.end_s == pytest.approx(5.9, abs=0.012)


def test_a_beat_too_short_and_one_that_fits_are_no_busy_tone() -> None:
    beats = [sounds.tone((450.0,), 0.27), sounds.silence(0.46), sounds.tone((450.0,), 0.36)]
    assert signals_of(sounds.placed(np.concatenate(beats), 5, 10)) == ()
