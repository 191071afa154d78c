"""Ring-back tone: what the caller hears while the other telephone rings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from callaudit.records import Signal
from callaudit.signals.cadence import STEADY_DB, Match, frequency_error, matches
from callaudit.signals.plans import PLANS, Plan
from callaudit.signals.spectrum import HOP_S, Frames
from callaudit.signals.tones import Burst, gap_level_db

QUIET_DB = 4.0
"""Between rings the line is this far below the ringing, at least: between notes of music it is not."""
LONE_PURITY = 0.75
"""A ring that has no second one to prove its rhythm must be steady beyond doubt …"""
LONE_CUT_PURITY = 0.85
LONE_CUT_S = 0.3
"""… more so where it was cut short as well, and it must last this long."""
BEFORE_DB = 12.0
"""… and nothing may have sounded before it: a beep after speech is a beep."""


def find_rings(bursts: Sequence[Burst], frames: Frames, channel: int) -> tuple[Signal, ...]:
    """The ring-back tones of one channel, each with one span in `bursts` per ring, however many beats the ring has.

    The double ring of Britain is one ring, from the start of its first beat to the end of its second. Two or more
    rings in the rhythm of a plan are ringing wherever they lie, for a transferred call rings again; a single one only
    where the channel was silent until then and the recording begins less than a cycle before it.
    """
    found = [
        match
        for plan in PLANS
        if plan.kind == "ringback"
        for match in matches(bursts, plan)
        if _is_ringing(match, frames) or _is_lone_ring(match, frames, bursts)
    ]
    return tuple(
        Signal("ringback", match.span, channel, _confidence(match), match.plan.name, match.rings)
        for match in best(found)
    )


def best(found: Iterable[Match]) -> tuple[Match, ...]:
    """Of matches that share a burst, the one that explains most bursts; among equals the nearest, then the first."""
    kept: list[Match] = []
    taken: set[Burst] = set()
    for match in sorted(found, key=_preference):
        if taken.isdisjoint(match.bursts):
            kept.append(match)
            taken.update(match.bursts)
    return tuple(sorted(kept, key=lambda m: m.span))


def _preference(match: Match) -> tuple[int, int, int, float]:
    """The least is the best. A lone burst's length says little, so there the order of the table decides."""
    rank = PLANS.index(match.plan) if len(match.bursts) == 1 else 0
    return -len(match.bursts), rank, -match.n_full, round(match.error, 2)


def _is_ringing(match: Match, frames: Frames) -> bool:
    if len(match.rings) < 2 or not match.n_full:
        return False
    gap_db = gap_level_db(frames, match.bursts)
    return gap_db is None or gap_db <= match.bursts[0].level_db - QUIET_DB


def _is_lone_ring(match: Match, frames: Frames, bursts: Sequence[Burst]) -> bool:
    """Whether a single ring can be nothing else: the first sound of the channel, pure, and no first of many beeps."""
    plan, first, last = match.plan, match.bursts[0], match.bursts[-1]
    if len(match.rings) > 1 or first.span.start_s > plan.off_s[-1] * 1.1:
        return False
    before = frames.level_db[: max(0, round(first.span.start_s / HOP_S) - 8)]
    if len(before) and float(np.percentile(before, 95)) > first.level_db - BEFORE_DB:
        return False
    if any(_is_like(burst, last, plan) for burst in bursts if burst.span > last.span):
        return False
    if match.n_full:
        return max(burst.purity for burst in match.bursts) >= LONE_PURITY
    return last.purity >= LONE_CUT_PURITY and last.span.duration_s >= LONE_CUT_S


def _is_like(burst: Burst, ring: Burst, plan: Plan) -> bool:
    """Whether the same tone sounds again, soon, out of the rhythm of ringing."""
    soon = burst.span.start_s - ring.span.end_s < 2 * plan.cycle_s and burst.span.duration_s >= LONE_CUT_S / 2
    alike = abs(burst.level_db - ring.level_db) <= STEADY_DB and burst.purity >= LONE_CUT_PURITY
    return soon and alike and frequency_error(burst, plan) is not None


def _confidence(match: Match) -> float:
    """Above 0.9 for two whole rings and more; less for a single one, an impure tone or a sloppy rhythm."""
    purity = sum(burst.purity for burst in match.bursts) / len(match.bursts)
    proof = 1.0 if match.n_full > 1 else 0.9 if len(match.rings) > 1 else 0.8 if match.n_full else 0.6
    return round(proof * (0.8 + 0.2 * purity) * (1 - 0.1 * match.error), 3)
