"""Whether a turn is louder, or only the line: gain lifts the noise of a line with the voice, a raised voice does not.

A level is known on the line only; between it and the mouth lie a microphone, a telephone and a recorder. So a change
counts as the speaker's where the noise between the words stays as it is; or, where there is no noise to go by (a line
that sends nothing in pauses), where the voice is higher too and the other party not louder at once. Effort raises level
and fundamental frequency together (Traunmüller & Eriksson 2000, J. Acoust. Soc. Am. 107, 3438).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf, log2
from statistics import median

from callaudit.records import Speaker
from callaudit.rules.facts import Facts

AROUND_S = 4.0
"""The noise beside a turn is looked for in so many seconds before and after it (proposed)."""

NEAREST = 3
"""Of these only so many half seconds count, the nearest: a gain may change anywhere (proposed)."""

SILENT_DBOV = -75.0
"""A channel quieter than this between the words sends nothing there: the step of µ-law next to zero is −72 dB."""

LEAST_CHANGE_DB = 1.5
"""Smaller changes are what the estimate of the noise errs by (proposed)."""

RAISED_ST = 1.5
"""How much higher than the speaker's median a raised voice is at least, in semitones (proposed)."""

CONTROLLED_DB = 6.0
"""A line whose noise rises further in pauses has gain control. Of labelled calls none rises by more than 1 dB; brought
under gain control (`callaudit.testing.degrade`), none by less than 11 dB."""


def gain_controlled(facts: Facts, who: Speaker) -> bool:
    """Whether the line of a party is seen to have automatic gain control; no where it cannot be seen."""
    name = f"{who}_noise_lift_db"
    return any(m.name == name and m.value is not None and m.value >= CONTROLLED_DB for m in facts.call.measurements)


def line_change_db(facts: Facts, turn: int, others: Sequence[int], *, louder: bool) -> float | None:
    """How much louder the noise beside a turn is than beside others of the same party; None where there is none.

    The noise of the sides of a turn, and of its pauses, need not agree, for the line may change anywhere. What says
    most for a change of the line counts: for a turn that is `louder`, its loudest side against the faintest of others.
    """
    pick, other = (max, min) if louder else (min, max)
    beside = _noise_beside_dbov(facts, turn)
    usual = [other(levels) for k in others if k != turn and (levels := _noise_beside_dbov(facts, k))]
    if not beside or not usual:
        return None
    change_db = pick(beside) - median(usual)
    return change_db if abs(change_db) >= LEAST_CHANGE_DB else 0.0


def lines_apart_db(facts: Facts, who: Speaker, other: Speaker) -> float | None:
    """How much louder the noise of one party's line is than the other's; None where one has none."""
    floors = [median(levels) for speaker in (who, other) if (levels := _noise_dbov(facts, speaker, 0.0, inf))]
    return floors[0] - floors[1] if len(floors) == 2 and min(floors) >= SILENT_DBOV else None


def raised(facts: Facts, turn: int, rise_db: float) -> bool:
    """Whether a louder turn is higher too, and the other party's next to it not as much louder."""
    own = facts.turns[turn]
    pitches = [t.f0_median_hz for t in facts.turns if t.speaker == own.speaker and t.f0_median_hz]
    if not own.f0_median_hz or 12 * log2(own.f0_median_hz / median(pitches)) < RAISED_ST:
        return False
    others = [
        (k, t.level_dbov) for k, t in enumerate(facts.turns) if t.speaker != own.speaker and t.level_dbov is not None
    ]
    beside = [level for k, level in others if abs(k - turn) == 1]
    return not beside or median(beside) - median(level for _, level in others) < rise_db / 2


def _noise_beside_dbov(facts: Facts, turn: int) -> list[float]:
    """The noise right before a turn, in its pauses and right after it, as far as there is any."""
    own = facts.turns[turn]
    who, start_s, end_s = own.speaker, own.span.start_s, own.span.end_s
    last_s = max((t.span.end_s for t in facts.turns[:turn] if t.speaker == who), default=0.0)
    next_s = min((t.span.start_s for t in facts.turns[turn + 1 :] if t.speaker == who), default=inf)
    before = _noise_dbov(facts, who, max(last_s, start_s - AROUND_S), start_s)
    after = _noise_dbov(facts, who, end_s, min(next_s, end_s + AROUND_S))
    sides = [before[-NEAREST:], _noise_dbov(facts, who, start_s, end_s), after[:NEAREST]]
    return [level for side in sides if side and (level := median(side)) >= SILENT_DBOV]


def _noise_dbov(facts: Facts, who: Speaker, start_s: float, end_s: float) -> list[float]:
    """The noise on a party's line, of the steps whose middle lies in [start_s, end_s), in order of time."""
    for track in facts.call.tracks:
        if track.name == "noise" and track.speaker == who:
            first, last = (
                len(track.values) if at_s == inf else max(0, ceil((at_s - track.start_s) / track.step_s - 0.5))
                for at_s in (start_s, end_s)
            )
            return [level for level in track.values[first:last] if level is not None]
    return []
