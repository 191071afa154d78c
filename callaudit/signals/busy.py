"""Busy and congestion tones: what the one who stays on the line hears when the other has hung up.

On a two-channel recording the tone lies on the channel of the leg that was released; that tells who hung up.
"""

from __future__ import annotations

from collections.abc import Sequence

from callaudit.records import Signal
from callaudit.signals.cadence import Match, matches
from callaudit.signals.plans import PLANS
from callaudit.signals.ring import QUIET_DB, best
from callaudit.signals.spectrum import Frames
from callaudit.signals.tones import Burst, gap_level_db

LEAST_BURSTS = 2
"""One beat of a rhythm of equal beats is no rhythm."""


def find_busy(bursts: Sequence[Burst], frames: Frames, channel: int) -> tuple[Signal, ...]:
    """The busy and congestion tones of one channel; `bursts` holds each beat.

    At least two beats with the planned pause between, one of them whole, and quiet in the pause. Where two tones of a
    country differ in nothing (the congestion tone of one is the busy tone of the next), the kind is that of the more
    usual plan.
    """
    plans = [plan for plan in PLANS if plan.kind != "ringback"]
    found = [match for plan in plans for match in matches(bursts, plan) if _is_busy(match, frames)]
    return tuple(
        Signal(
            match.plan.kind,
            match.span,
            channel,
            _confidence(match),
            match.plan.name,
            tuple(b.span for b in match.bursts),
        )
        for match in best(found)
    )


def _is_busy(match: Match, frames: Frames) -> bool:
    if len(match.bursts) < LEAST_BURSTS or not match.n_full:
        return False
    gap_db = gap_level_db(frames, match.bursts)
    return gap_db is not None and gap_db <= match.bursts[0].level_db - QUIET_DB


def _confidence(match: Match) -> float:
    """Above 0.9 for three beats and more."""
    purity = sum(burst.purity for burst in match.bursts) / len(match.bursts)
    proof = 1.0 if match.n_full > 2 else 0.9 if match.n_full > 1 else 0.75
    return round(proof * (0.8 + 0.2 * purity) * (1 - 0.1 * match.error), 3)
