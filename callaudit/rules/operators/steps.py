"""Protocols: sentences in an order, with measured waits between them, up to the hang-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from callaudit.messages import Message, message
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
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, doubt_of_words, homophones, search
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
    protocol, unless `customer_ends` is false (a customer too faint or noisy to be understood).
    """

    start: Literal["greeting", "silence"] | None = None
    cue: CueRef | None = None
    silence_s: Threshold = limit(5)
    not_after: CueRef | None = None
    customer_ends: bool = True
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


@operator("steps", Steps)
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
        return tuple(Begin(m.turn, facts.turns[m.turn].span.start_s, m.score) for m in facts.moments(asked.cue)[:1])
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


def _walk(facts: Facts, asked: Steps, begin: Begin) -> Outcome:
    """Follows the steps through the agent's turns until the customer speaks, the call ends or a step fails."""
    since_s, turn = begin.since_s, begin.turn
    until_s = _customer_back_s(facts, asked, begin) if asked.customer_ends else None
    turns = [k for k in facts.agent if k >= begin.turn and (until_s is None or facts.turns[k].span.start_s < until_s)]
    waits: list[tuple[float, Limit]] = []
    unsure: list[Step] = []
    for number, step in enumerate(asked.steps):
        if step.hangup:
            return _doubted(_hung_up(facts, asked, step, until_s, waits), unsure)
        found = search(facts, [k for k in turns if k >= turn], step.any, least=asked.least)
        heard = found.hits[0] if found.hits else found.near
        if heard is None:
            if step.optional:
                continue
            back_s = until_s if number or not turns else None
            return _missing(facts, step, turns, back_s, answered=until_s is not None)
        unsure += [] if found.hits else [step]
        start_s = facts.turns[heard.turn].span.start_s
        silent_s = max([facts.turns[k].span.end_s for k in turns if k < heard.turn] + [since_s])
        if step.wait_s is not None:
            waits.append((start_s - silent_s, step.wait_s))
            if start_s - silent_s < step.wait_s.value - asked.tolerance_s.value:
                return _too_soon(facts, step, silent_s, start_s)
        turn = heard.turn + 1 if number + 1 < len(asked.steps) and asked.steps[number + 1].wait_s else heard.turn
        since_s = facts.turns[heard.turn].span.end_s
    return _doubted(_kept(waits), unsure)


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


def _hung_up(
    facts: Facts, asked: Steps, step: Step, until_s: float | None, waits: list[tuple[float, Limit]]
) -> Outcome:
    hangup = facts.call.timeline.hangup
    if until_s is not None or hangup.by == "customer" or step.wait_s is None:
        return _kept(waits)
    if hangup.at_s is None:
        return replace(_kept(waits), confidence=0.6)
    wait_s = hangup.at_s - facts.talk_end_s
    if wait_s < step.wait_s.value - asked.tolerance_s.value:
        if hangup.by == "unknown":
            return not_assessable(hangup.why or message("steps.hangup_unknown"))
        return _too_soon(facts, step, facts.talk_end_s, hangup.at_s)
    return _kept([*waits, (wait_s, step.wait_s)])


def _too_soon(facts: Facts, step: Step, silent_s: float, then_s: float) -> Outcome:
    wait_s = max(0.0, then_s - silent_s)
    wanted = step.wait_s or limit(0)
    places = (Place(Span(silent_s, then_s)),) if wait_s > 0 else ()
    text = message("steps.too_soon", seconds=wait_s, step=step.name, wanted=wanted.value, note=wanted.note)
    return violated(text, round(0.9 * facts.role_confidence, 3), places=places).measured(wait_s, wanted, "s")


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
