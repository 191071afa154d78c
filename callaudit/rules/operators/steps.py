"""Protocols: sentences in an order, with measured waits between them, up to the hang-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from callaudit import records
from callaudit.messages import Message, message, render
from callaudit.records import Place
from callaudit.rules.base import (
    Limit,
    Outcome,
    Threshold,
    limit,
    not_applicable,
    not_assessable,
    operator,
    options,
    passed,
    violated,
)
from callaudit.rules.cues import CueRef, Phrase
from callaudit.rules.facts import Facts, Moment
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, doubt_of_words, homophones, search
from callaudit.rules.restating import inapplicable
from callaudit.rules.spoken import EDGE_CONFIDENCE, EDGE_S, EPSILON_S, is_speech, spoken
from callaudit.rules.wording import NEAR_CONFIDENCE
from callaudit.spans import Span, covered_s


@options
class Step:
    """A sentence (any of `any`) or the hang-up, not before `wait_s` have passed since the last words."""

    name: str
    any: tuple[Phrase, ...] = ()
    hangup: bool = False
    wait_s: Threshold | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        if bool(self.any) == self.hangup:
            raise ValueError("a step is either words (any) or hangup: true")


@options
class Steps:
    """`start` is the greeting of a call in which the customer never speaks, a silence of `silence_s` that the customer
    leaves after the agent asked (not after a turn of the cue `not_after`), or a cue. The customer speaking ends the
    protocol, unless `customer_ends` is false (a customer too faint or noisy to be understood). `again`: the cue may
    have come before in vain (a goodbye after which the customer went on), so that its last time counts.
    """

    start: Literal["greeting", "silence"] | None = None
    cue: CueRef | None = None
    silence_s: Threshold = limit(5)
    not_after: CueRef | None = None
    customer_ends: bool = True
    again: bool = False
    tolerance_s: Threshold = limit(1)
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    least: float = SAY_LEAST

    def __post_init__(self) -> None:
        if (self.start is None) == (self.cue is None):
            raise ValueError("steps needs either start (greeting or silence) or cue")


@dataclass(frozen=True, slots=True)
class Begin:
    """Where the protocol begins: no step is looked for before `turn`; waits count from `since_s`."""

    turn: int
    since_s: float
    score: float = 0.9


@operator("steps", Steps, loose=("tolerance_s",), restate=inapplicable)
def steps(facts: Facts, asked: Steps) -> Outcome:
    """Violated where a step is missing or comes too soon."""
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    begins = _begins(facts, asked)
    if not begins:
        return not_applicable(_why_none(facts, asked))
    outcomes = [_walk(facts, asked, begin) for begin in begins]
    order = ("violated", "not_assessable", "passed", "not_applicable")
    return min(outcomes, key=lambda outcome: order.index(outcome.status))


def _why_none(facts: Facts, asked: Steps) -> Message:
    if asked.cue is not None:
        return message("cue.absent", situation=facts.title(asked.cue))
    return message("condition.customer_spoke" if asked.start == "greeting" else "steps.customer_back")


def _begins(facts: Facts, asked: Steps) -> tuple[Begin, ...]:
    if asked.cue is not None:
        return tuple(Begin(m.turn, facts.turns[m.turn].span.start_s, m.score) for m in _first_of(facts, asked))
    if not facts.agent:
        return ()
    if asked.start == "greeting":
        first = facts.agent[0]
        return () if facts.customer_spoke else (Begin(first, facts.turns[first].span.start_s),)
    begins: list[Begin] = []
    barred = {moment.turn for moment in facts.moments(asked.not_after)} if asked.not_after is not None else set()
    for k in (k for k in facts.agent if k not in barred):
        if _left_silent(facts, k, asked.silence_s.value) and not (begins and _same_silence(facts, begins[-1].turn, k)):
            begins.append(Begin(k + 1, facts.turns[k].span.end_s))
    return tuple(begins)


def _first_of(facts: Facts, asked: Steps) -> tuple[Moment, ...]:
    """The first occurrence of the cue; with `again`, the first since the customer last spoke between two of them."""
    moments = facts.moments(asked.cue) if asked.cue is not None else ()
    if asked.again:
        spoke = [j for j in facts.customer if moments and j < moments[-1].turn]
        moments = tuple(m for m in moments if not spoke or m.turn > spoke[-1])
    return moments[:1]


def _left_silent(facts: Facts, turn: int, silence_s: float) -> bool:
    """Whether the customer, having spoken before and been asked, then says nothing for so long, outside holds."""
    if not any(j < turn for j in facts.customer) or not facts.asks(turn):
        return False
    end_s = facts.turns[turn].span.end_s
    next_s = min((t.span.start_s for t in facts.turns[turn + 1 :]), default=facts.hangup_s)
    if next_s <= end_s:
        return False
    held = covered_s(Span(end_s, next_s), facts.call.timeline.of("hold")) > 0
    answered = turn + 1 < len(facts.turns) and facts.turns[turn + 1].speaker != "agent"
    return not held and not answered and next_s - end_s >= silence_s


def _same_silence(facts: Facts, begin: int, turn: int) -> bool:
    return not any(begin <= j < turn for j in facts.customer)


@dataclass(frozen=True, slots=True)
class Went:
    """How a step went: where it was heard, when, and how long after the last words; `sure`: not only nearly heard."""

    step: Step
    turn: int | None = None
    at_s: float | None = None
    silent_s: float | None = None
    sure: bool = True

    @property
    def waited_s(self) -> float | None:
        """Seconds of silence before the step."""
        if self.at_s is None or self.silent_s is None:
            return None
        return max(0.0, self.at_s - self.silent_s)

    def too_soon(self, tolerance_s: float) -> bool:
        """Whether too little was waited before it."""
        waited_s, wanted = self.waited_s, self.step.wait_s
        return wanted is not None and waited_s is not None and waited_s < wanted.value - tolerance_s - EPSILON_S


def _walk(facts: Facts, asked: Steps, begin: Begin) -> Outcome:
    """Judges the steps until the customer speaks, the call ends or one fails; all that were done are shown."""
    until_s = _customer_back_s(facts, asked, begin) if asked.customer_ends else None
    turns = [k for k in facts.agent if k >= begin.turn and (until_s is None or facts.turns[k].span.start_s < until_s)]
    turns = [k for k in turns if is_speech(facts, k)]
    went = _went(facts, asked, begin, turns, until_s)
    return replace(_judged(facts, asked, went, turns, until_s), steps=_shown(facts, asked, begin, went, until_s))


def _went(facts: Facts, asked: Steps, begin: Begin, turns: Sequence[int], until_s: float | None) -> list[Went]:
    """Looks for each step after the one before it; a missing one hides none that follow."""
    went: list[Went] = []
    turn, since_s = begin.turn, begin.since_s
    for number, step in enumerate(asked.steps):
        if step.hangup:
            went.append(_hangup(facts, asked, step, turns, since_s, until_s))
            continue
        found = search(facts, [k for k in turns if k >= turn], step.any, least=asked.least)
        heard = found.hits[0] if found.hits else found.near
        if heard is None:
            went.append(Went(step))
            continue
        own = spoken(facts, heard.turn)
        silent_s = max([spoken(facts, k).end_s for k in turns if k < heard.turn] + [since_s])
        same = bool(went) and went[-1].turn == heard.turn  # said in one breath: nothing was waited
        waits = (step.wait_s is not None or asked.start == "silence" or number > 0) and not same
        at_s = heard.span.start_s if same else own.start_s
        went.append(Went(step, heard.turn, at_s, silent_s if waits else None, bool(found.hits)))
        turn = heard.turn + 1 if number + 1 < len(asked.steps) and asked.steps[number + 1].wait_s else heard.turn
        since_s = own.end_s
    return went


def _hangup(
    facts: Facts, asked: Steps, step: Step, turns: Sequence[int], since_s: float, until_s: float | None
) -> Went:
    """The hang-up as a step: it counts from the last words, the customer's too where these were not the trigger."""
    at_s = facts.call.timeline.hangup.at_s
    ends = (
        [spoken(facts, k).end_s for k in range(len(facts.turns)) if is_speech(facts, k)] if asked.customer_ends else []
    )
    silent_s = max([*ends, *(spoken(facts, k).end_s for k in turns), since_s])
    return Went(step, None, at_s, silent_s) if until_s is None else Went(step)


def _judged(facts: Facts, asked: Steps, went: Sequence[Went], turns: Sequence[int], until_s: float | None) -> Outcome:
    """The first step that fails decides."""
    waits: list[tuple[float, Limit]] = []
    unsure = [row.step for row in went if not row.sure]
    for number, row in enumerate(went):
        if row.step.hangup:
            return _doubted(_hung_up(facts, asked, row, until_s, waits), unsure)
        if row.turn is None and row.step.optional:
            continue
        if row.turn is None:
            back_s = until_s if number or not turns else None
            return _missing(facts, row.step, turns, back_s, answered=until_s is not None)
        if row.step.wait_s is not None:
            if row.too_soon(asked.tolerance_s.value):
                return _too_soon(facts, asked, row)
            waits.append((row.waited_s or 0.0, row.step.wait_s))
    return _doubted(_kept(waits), unsure)


def _shown(
    facts: Facts, asked: Steps, begin: Begin, went: Sequence[Went], until_s: float | None
) -> tuple[records.Step, ...]:
    """The steps as evidence; those that the customer's return, or his hanging up, made needless are left out."""
    hangup = facts.call.timeline.hangup
    last = max((number for number, row in enumerate(went) if row.turn is not None), default=-1)
    shown = _silence(facts, begin) if asked.start == "silence" else []
    for number, row in enumerate(went):
        undone = row.turn is None and not row.step.hangup
        if undone and (row.step.optional or ((until_s is not None or hangup.by == "customer") and number > last)):
            continue
        if row.step.hangup and (until_s is not None or hangup.by == "customer"):
            continue
        done = (
            None if row.step.hangup and row.at_s is None else not undone and not row.too_soon(asked.tolerance_s.value)
        )
        if row.step.hangup and done is False and hangup.by == "unknown":
            done = None
        wanted_s = None if row.step.wait_s is None else row.step.wait_s.value
        at_s, waited_s = (None if s is None else round(s, 3) for s in (row.at_s, row.waited_s))
        shown.append(records.Step(row.step.name, done, at_s, waited_s, wanted_s))
    return tuple(shown)


def _silence(facts: Facts, begin: Begin) -> list[records.Step]:
    """The silence that the customer left: from the last word to the next, or to the end."""
    own = [spoken(facts, k).start_s for k in range(begin.turn, len(facts.turns)) if is_speech(facts, k)]
    lasts_s = round(max(0.0, min(own, default=facts.hangup_s) - begin.since_s), 3)
    return [records.Step(render(message("steps.silence"), facts.language), True, round(begin.since_s, 3), lasts_s)]


def _doubted(outcome: Outcome, unsure: Sequence[Step]) -> Outcome:
    """A pass that rests on steps nearly heard is a weak one."""
    if outcome.status != "passed" or not unsure:
        return outcome
    return replace(outcome, message=message("steps.near", step=unsure[0].name), confidence=NEAR_CONFIDENCE)


def _customer_back_s(facts: Facts, asked: Steps, begin: Begin) -> float | None:
    """When the customer speaks again; None if never. A cue of the customer's own begins the protocol, not ends it."""
    own = facts.turns[begin.turn].speaker == "customer" if begin.turn < len(facts.turns) else False
    first = begin.turn + 1 if asked.cue is not None and own else begin.turn
    return min(
        (facts.turns[j].span.start_s for j in facts.customer if j >= first and facts.turns[j].words), default=None
    )


def _hung_up(facts: Facts, asked: Steps, row: Went, until_s: float | None, waits: list[tuple[float, Limit]]) -> Outcome:
    hangup = facts.call.timeline.hangup
    if until_s is not None or hangup.by == "customer" or row.step.wait_s is None:
        return _kept(waits)
    if row.at_s is None:  # it was not before the recording ends
        lasts_s = facts.call.timeline.end_s - (row.silent_s or 0.0)
        if lasts_s < row.step.wait_s.value - asked.tolerance_s.value:
            return not_assessable(message("steps.end_unheard"))
        return replace(_kept([*waits, (lasts_s, row.step.wait_s)]), confidence=0.6)
    if row.too_soon(asked.tolerance_s.value):
        if hangup.by == "unknown":
            return not_assessable(hangup.why or message("steps.hangup_unknown"))
        return _too_soon(facts, asked, row)
    return _kept([*waits, (row.waited_s or 0.0, row.step.wait_s)])


def _too_soon(facts: Facts, asked: Steps, row: Went) -> Outcome:
    wait_s, wanted = row.waited_s or 0.0, row.step.wait_s or limit(0)
    places = (Place(Span(row.silent_s or 0.0, row.at_s or 0.0)),) if wait_s > 0 else ()
    tolerance = message("steps.tolerance", seconds=asked.tolerance_s.value, note=asked.tolerance_s.note)
    text = message("steps.too_soon", seconds=wait_s, step=row.step.name, wanted=wanted.value, note=wanted.note,
                   tolerance=tolerance if asked.tolerance_s.value else "")  # fmt: skip
    sure = 0.9 if wanted.value - asked.tolerance_s.value - wait_s > EDGE_S else EDGE_CONFIDENCE
    return violated(text, round(sure * facts.role_confidence, 3), places=places).measured(wait_s, wanted, "s")


def _missing(facts: Facts, step: Step, turns: Sequence[int], until_s: float | None, *, answered: bool) -> Outcome:
    """What to make of a step that was not heard; once the customer is back (`until_s`) it was not needed.

    A customer who hangs up cuts the protocol short, unless `answered`: having spoken again, the step came before that.
    """
    hangup = facts.call.timeline.hangup
    if until_s is not None:
        return passed(message("steps.customer_then"), 0.7)
    if why := doubt_of_words(facts, turns):
        return not_assessable(why)
    if hangup.by == "customer" and not answered:
        return passed(message("steps.customer_left"), 0.7)
    if homophones(facts, turns, step.any):
        return not_assessable(message("steps.homophones", step=step.name))
    places = tuple(Place(facts.turns[k].span, "agent") for k in turns[-2:])
    quote = " / ".join(facts.turns[k].text for k in turns) or None
    sure = 0.85 if hangup.by == "agent" else 0.7
    return violated(
        message("steps.missing", step=step.name), round(sure * facts.role_confidence, 3), places=places, quote=quote
    )


def _kept(waits: Sequence[tuple[float, Limit]]) -> Outcome:
    shortest = min(waits, default=None, key=lambda wait: wait[0] - wait[1].value)
    if shortest is None:
        return passed(message("steps.kept"), 0.85)
    return passed(message("steps.kept_waits", seconds=shortest[0]), 0.9).measured(shortest[0], shortest[1], "s")
