"""Judging by all that may have been said, not only by the transcript: may excuse, never accuses.

Where the recogniser was in doubt, a turn has readings (`callaudit.records.Reading`) with their shares. Each makes
another call of the same sound, and a rule that the transcript breaks is judged on it too. The probability of an outcome
is the sum of the shares of the readings that lead to it, stretch by stretch (`posterior`). A violation stands if it is
found with a probability of at least `STANDS`, its confidence falling with it; otherwise it is not assessable, or kept
where the readings that keep the rule (or make it not applicable) have `PROBABLE`.

Rules that the transcript keeps are not judged again: what only a reading holds accuses nobody, and most rules of a call
are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod

from callaudit.messages import Message, Text, message
from callaudit.records import Status
from callaudit.rules.base import Outcome, not_assessable
from callaudit.rules.cues import Cue
from callaudit.rules.facts import Facts, Moment
from callaudit.rules.readings import Hearing
from callaudit.rules.senses import Senses
from callaudit.rules.twofold import Twofold

STANDS = 0.65
"""Probability below which a violation accuses nobody: about one reading in three may excuse it (proposed). Of the
labelled calls' findings between 0.5 and 0.8, all 11 that have a label were broken."""

GRAVE = 0.8
"""Probability below which a violation is not raised to a graver severity (proposed)."""

PROBABLE = 0.5
"""Probability from which what only readings hold counts as said, in favour of the agent."""

KEPT: tuple[Status, ...] = ("passed", "not_applicable")
AGREED = message("again.agreed")


class Otherwise(Facts):
    """The facts of a call, had one stretch of it been heard otherwise; all else is taken from the facts of the call."""

    again = True

    def __init__(self, told: Facts, number: int) -> None:
        hearing = told.hearings[number]
        turn = hearing.of(told.turns[hearing.turn], told.call.language)
        turns = (*told.turns[: hearing.turn], turn, *told.turns[hearing.turn + 1 :])
        super().__init__(replace(told.call, turns=turns), told.settings, told.situations, told.aids, told.language)
        row = told.n_first + number
        self.rows = (*told.rows[: hearing.turn], row, *told.rows[hearing.turn + 1 :])
        self._told, self._changed = told, hearing.turn

    @property
    def ears(self) -> Twofold:
        return self._told.ears

    @property
    def senses(self) -> Senses | None:
        return self._told.senses

    def recognised(self, cue: Cue) -> tuple[Moment, ...]:
        """The moments of a cue: a turn is one by itself, whatever is said in others."""
        if cue not in self._moments:
            kept = [moment for moment in self._told.recognised(cue) if moment.turn != self._changed]
            own = self.moment(cue, self._changed)
            self._moments[cue] = tuple(sorted([*kept, *([own] if own else [])], key=lambda moment: moment.turn))
        return self._moments[cue]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a hearing makes of a rule."""

    hearing: Hearing
    outcome: Outcome


def posterior(first: bool, again: Iterable[tuple[Hearing, bool]]) -> float:
    """Probability in [0, 1] that something holds, given whether it does in the transcript and in each reading.

    Within a stretch the shares of its readings add up, the transcript having the rest; stretches are independent.
    """
    changed: dict[int, float] = defaultdict(float)
    for hearing, holds in again:
        changed[hearing.stretch] += hearing.share if holds != first else 0.0
    unchanged = prod(1.0 - min(1.0, share) for share in changed.values())
    return unchanged if first else 1.0 - unchanged


def worlds(facts: Facts) -> tuple[Facts, ...]:
    """The facts that each hearing of the call leads to, in their order; the same where it says the same."""
    return tuple(facts if hearing.same else Otherwise(facts, number) for number, hearing in enumerate(facts.hearings))


def weighed(outcome: Outcome, facts: Facts, others: Sequence[Facts], judge: Callable[[Facts], Outcome]) -> Outcome:
    """The outcome of a rule on the transcript, weighed against those that the readings lead to.

    Parameters
    ----------
    outcome : on the transcript
    others : `worlds(facts)`
    judge : the rule
    """
    if not others or outcome.status != "violated":
        return outcome
    told = zip(facts.hearings, others, strict=True)
    again = [Judged(h, outcome if world is facts else judge(world)) for h, world in told]
    kept = posterior(False, ((j.hearing, j.outcome.status in KEPT) for j in again))
    return _kept(again, kept) if kept >= PROBABLE else _doubted(outcome, again)


def _doubted(outcome: Outcome, again: Sequence[Judged]) -> Outcome:
    """The violation with its confidence, or why it is doubtful."""
    found = posterior(True, ((j.hearing, j.outcome.status == "violated") for j in again))
    if found < STANDS:
        other = max((j for j in again if j.outcome.status != "violated"), key=lambda j: j.hearing.share)
        why = message("again.only", found=found, reading=_shown(other.hearing))
        return not_assessable(why, places=outcome.places, quote=outcome.quote, matched=outcome.matched)
    if found == 1.0 and not any(_touches(j.hearing, outcome) for j in again):
        return outcome
    note = AGREED if found == 1.0 else message("again.still", found=found)
    return replace(outcome, confidence=outcome.confidence * found, matched=_joined(outcome.matched, note))


def _kept(again: Sequence[Judged], prob: float) -> Outcome:
    """The outcome of the likeliest reading that keeps the rule."""
    best = max((j for j in again if j.outcome.status in KEPT), key=lambda j: (j.hearing.share, j.outcome.confidence))
    return replace(
        best.outcome,
        confidence=best.outcome.confidence * prob,
        matched=_joined(best.outcome.matched, message("again.kept", reading=_shown(best.hearing))),
    )


def _touches(hearing: Hearing, outcome: Outcome) -> bool:
    """Whether the evidence lies in what was heard again."""
    return any(place.span.overlap_s(hearing.span) > 0 for place in outcome.places)


def _shown(hearing: Hearing) -> Message:
    return message("again.reading", first=hearing.first, again=hearing.again, share=hearing.share)


def _joined(*notes: Text | None) -> Message:
    return message("text.joined", parts=tuple(note for note in notes if note))
