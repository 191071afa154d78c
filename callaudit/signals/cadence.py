"""Bursts held against the plans: which tone is this, and how often did it sound?

A tone is its lines and its rhythm. Bursts with the lines of a plan are walked along its cadence; what follows the
rhythm for as long as it lasts is one signal. Its last burst may be shorter than planned (something cut it short: the
answer, the end of the recording), and its first where it was already sounding when the recording began; one between
only by what lost packets may have taken from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callaudit.signals.plans import Plan
from callaudit.signals.tones import LOST_S, Burst, resolution_hz
from callaudit.spans import Span

FREQUENCY_TOLERANCE = 0.02
"""Networks promise 1 to 2 %; the nearest plans, 413 and 425 Hz, and 425 and 440 Hz, are 3 % apart."""
MODULATION_TOLERANCE_HZ = 6.0
LINE_TWIST_DB = 9.0
"""Both lines of a pair are sent alike; a bad line may bend them apart this far."""
STRAY_DB = -9.0
"""Another line must be this far below the strongest."""
TIME_TOLERANCE, TIME_SLACK_S = 0.08, 0.025
"""On- and off-times may differ from the plan by 8 % (E.180 asks for 10 % at most), and by the width of an edge."""
STEADY_DB = 4.0
"""Bursts of one tone are alike in level; half of this is what line noise of equal power does."""
AT_ONCE_S = 0.06
"""A burst that starts this early may have been sounding before the recording began."""
SHORTEST_CUT_S = 0.1
WHOLE_PER_HURT = 2


@dataclass(frozen=True, slots=True)
class Match:
    """Bursts that follow a plan: `rings` is one span per cycle, `n_full` how many bursts had their whole length.

    `error` is the mean deviation from the plan's frequencies and times, as a share of what is tolerated.
    """

    plan: Plan
    bursts: tuple[Burst, ...]
    rings: tuple[Span, ...]
    n_full: int
    error: float

    @property
    def span(self) -> Span:
        """From the first burst to the end of the last."""
        return Span(self.bursts[0].span.start_s, self.bursts[-1].span.end_s)


@dataclass(frozen=True, slots=True)
class _Fitting:
    """A burst with the lines of a plan; `broken` where one of them is in two, as a lost packet leaves it."""

    burst: Burst
    error: float
    broken: bool


def _fitting(burst: Burst, plan: Plan) -> _Fitting | None:
    error = frequency_error(burst, plan)
    if error is not None:
        return _Fitting(burst, error, broken=False)
    error = frequency_error(burst, plan, blur_hz=resolution_hz(burst))
    return None if error is None else _Fitting(burst, error, broken=True)


def frequency_error(burst: Burst, plan: Plan, *, blur_hz: float = 0.0) -> float | None:
    """Largest deviation of the burst's lines from the plan's, as a share of the tolerance; None for another tone.

    Every line of the plan must be there, alike in level, and nothing else of note in the band of the tones, except
    within `blur_hz` of a line of the plan.
    """
    wanted = plan.lines_hz
    errors: list[float] = []
    seen: set[float] = set()
    for hz in wanted:
        near = [line for line in burst.lines if abs(line[0] / hz - 1) <= FREQUENCY_TOLERANCE]
        if not near or (len(wanted) > 1 and near[0][1] < -LINE_TWIST_DB):
            return None
        errors.append(abs(near[0][0] / hz - 1) / FREQUENCY_TOLERANCE)
        seen.add(near[0][0])
    strays = [line for line in burst.lines if line[0] not in seen]
    if plan.modulation_hz:
        (carrier_hz,) = seen
        sidebands = [s for s in strays if _is_sideband(s[0], carrier_hz, plan)]
        if not sidebands:
            return None
        strays = [s for s in strays if s not in sidebands]
    if any(level_db > STRAY_DB and min(abs(hz - own) for own in seen) > blur_hz for hz, level_db in strays):
        return None
    return max(errors)


def _is_sideband(hz: float, carrier_hz: float, plan: Plan) -> bool:
    return abs(abs(hz - carrier_hz) - plan.modulation_hz) <= MODULATION_TOLERANCE_HZ


def time_error(seconds: float, planned_s: float) -> float:
    """Deviation from the planned time as a share of the tolerance: at most 1 where it fits."""
    return abs(seconds - planned_s) / (planned_s * TIME_TOLERANCE + TIME_SLACK_S)


def matches(bursts: Sequence[Burst], plan: Plan) -> tuple[Match, ...]:
    """The longest walks along a plan's cadence, in order, sharing no burst; single bursts too."""
    fitting = [fits for burst in bursts if (fits := _fitting(burst, plan)) is not None]
    found: list[Match] = []
    at = 0
    while at < len(fitting):
        walks = [
            walk
            for phase in _phases(fitting[at].burst, plan)
            for over_losses in (False, True)
            if (walk := _walk(fitting, at, phase, plan, over_losses=over_losses))
        ]
        best = max(walks, key=lambda match: (len(match.bursts), -match.error), default=None)
        if best:
            found.append(best)
        at += len(best.bursts) if best else 1
    return tuple(found)


def _phases(first: Burst, plan: Plan) -> tuple[int, ...]:
    """Which on-times of the cycle the first burst may be: a later one only where the recording began inside a cycle."""
    n = len(plan.on_s)
    return tuple(p for p in range(n) if p == 0 or first.span.start_s <= plan.off_s[p - 1] + TIME_SLACK_S)


def _gap_error(last: Span, span: Span, on_s: float, off_s: float) -> tuple[float, bool]:
    """Deviation from the planned pause, or, where it is too long for the end of the tone before it was bitten off, from
    the planned time between two starts; and whether it is that."""
    gap = time_error(span.start_s - last.end_s, off_s)
    if gap <= 1 or not _is_bitten(last, on_s):
        return gap, False
    return time_error(span.start_s - last.start_s, on_s + off_s), True


def _is_bitten(span: Span, on_s: float) -> bool:
    """Whether a tone is shorter than planned by no more than lost packets may take from its start or its end."""
    return 0 < on_s - span.duration_s <= min(LOST_S + TIME_SLACK_S, on_s / 2)


def _walk(fitting: Sequence[_Fitting], at: int, phase: int, plan: Plan, *, over_losses: bool) -> Match | None:
    """The walk that starts with one burst as the on-time `phase` of the cycle.

    `over_losses` walks on over what lost packets broke, or bit the start or end off; whole tones must vouch for each.
    """
    n = len(plan.on_s)
    taken: list[Burst] = []
    errors: list[float] = []
    cycles: list[list[Span]] = []
    hurt, short = set[int](), set[int]()
    n_full = 0
    for k in range(at, len(fitting)):
        burst, broken = fitting[k].burst, fitting[k].broken
        p = (phase + k - at) % n
        if taken:
            gap, bitten = _gap_error(taken[-1].span, burst.span, plan.on_s[p - 1], plan.off_s[p - 1])
            if gap > 1 or (bitten and not over_losses) or abs(burst.level_db - taken[0].level_db) > STEADY_DB:
                break
            hurt |= {k - 1} if bitten else set()
            errors.append(gap)
        whole = time_error(burst.span.duration_s, plan.on_s[p])
        began_before = not taken and burst.span.start_s <= AT_ONCE_S
        too_long = burst.span.duration_s > plan.on_s[p] and whole > 1
        if too_long or (whole > 1 and burst.span.duration_s < SHORTEST_CUT_S) or (broken and not over_losses):
            break
        taken.append(burst)
        if not cycles or p == 0:
            cycles.append([])
        cycles[-1].append(burst.span)
        errors.append(fitting[k].error)
        if broken:
            hurt.add(k)
        if whole <= 1:
            errors.append(whole)
            n_full += not broken
        elif not began_before:
            if not (over_losses and _is_bitten(burst.span, plan.on_s[p])):
                break
            short.add(k)
    # the last may be short for other reasons
    hurt |= short - {at + len(taken) - 1}
    if not taken or n_full < WHOLE_PER_HURT * len(hurt):
        return None
    rings = tuple(Span(cycle[0].start_s, cycle[-1].end_s) for cycle in cycles)
    return Match(plan, tuple(taken), rings, n_full, sum(errors) / len(errors))
