"""Who hangs up first, how long after the last words, and whether a closing was said."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from callaudit.messages import message, render
from callaudit.records import Place, Step
from callaudit.rules.base import (
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
from callaudit.rules.restating import inapplicable
from callaudit.rules.spoken import EDGE_CONFIDENCE, EDGE_S, EPSILON_S, is_speech, spoken
from callaudit.spans import Span

SINCE = {"anyone": "hangup.since_anyone", "agent": "hangup.since_agent", "customer": "hangup.since_customer"}


@options
class HangUp:
    """The agent may hang up `wait_s` (less `tolerance_s`) after the last words of `since`, having said one of `closing`
    in the last `closing_turns` turns. `customer_first` says what a hang-up by the customer is;
    after last words of the customer that are `done` (a goodbye) no wait is asked for.
    """

    wait_s: Threshold | None = None
    tolerance_s: Threshold = limit(0)
    since: Literal["anyone", "agent", "customer"] = "anyone"
    closing: tuple[Phrase, ...] = ()
    closing_turns: int = 1
    done: CueRef | None = None
    customer_first: Literal["passed", "not_applicable"] = "passed"

    def __post_init__(self) -> None:
        if self.wait_s is None and not self.closing:
            raise ValueError("hangup needs wait_s or closing")


@operator("hangup", HangUp, loose=("wait_s", "tolerance_s"), restate=inapplicable)
def hang_up(facts: Facts, asked: HangUp) -> Outcome:
    """Not assessable where the recording does not tell who hung up."""
    hangup = facts.call.timeline.hangup
    if hangup.by == "customer":
        if asked.customer_first == "not_applicable":
            return not_applicable(message("condition.hung_up_customer"))
        outcome = passed(message("condition.hung_up_customer"), max(0.5, hangup.confidence))
        return replace(outcome, steps=_steps(facts, asked, "hangup.step_customer", done=True))
    if hangup.by == "unknown" or hangup.at_s is None:
        return not_assessable(hangup.why or message("condition.hangup_unknown"))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    if asked.closing and (unsaid := _without_closing(facts, asked)):
        return unsaid
    if asked.wait_s is None:
        return passed(message("hangup.closing"), 0.85)
    return _waited(facts, asked, asked.wait_s, hangup.at_s)


def _without_closing(facts: Facts, asked: HangUp) -> Outcome | None:
    last = facts.agent[-asked.closing_turns :]
    if not last:
        return not_assessable(message("doubt.agent_unheard"))
    found = search(facts, last, asked.closing, least=SAY_LEAST)
    if found.hits or found.near:
        return None
    if why := doubt_of_words(facts, last):
        return not_assessable(why)
    if homophones(facts, last, asked.closing):
        return not_assessable(message("hangup.homophones"))
    turn = facts.turns[last[-1]]
    closing = Step(render(message("hangup.step_closing"), facts.language), False)
    return violated(
        message("hangup.no_closing"),
        0.85 * facts.call.timeline.hangup.confidence,
        places=(Place(turn.span, "agent"),),
        quote=turn.text,
        steps=(closing, *_steps(facts, asked, "hangup.step_agent", done=True)),
    )


def _last(facts: Facts, asked: HangUp) -> int | None:
    """The turn with the last words of whom the wait counts from; a cough or a noise is none."""
    own = [k for k in facts.of("any" if asked.since == "anyone" else asked.since) if is_speech(facts, k)]
    return max(own, key=lambda k: spoken(facts, k).end_s, default=None)


def _waited(facts: Facts, asked: HangUp, least: Threshold, at_s: float) -> Outcome:
    last = _last(facts, asked)
    if last is None:
        return not_applicable(message("condition.party_silent"))
    if asked.done is not None and any(m.turn == last for m in facts.moments(asked.done)):
        return not_applicable(message("hangup.done"))
    turn, end_s = facts.turns[last], spoken(facts, last).end_s
    wait_s, enough_s = max(0.0, at_s - end_s), least.value - asked.tolerance_s.value
    since = message(SINCE[asked.since])
    steps = _steps(facts, asked, "hangup.step_agent", done=wait_s >= enough_s - EPSILON_S)
    if wait_s < enough_s - EPSILON_S:
        places = (Place(Span(end_s, at_s)),) if at_s > end_s else (Place(turn.span, turn.speaker),)
        sure = 0.9 if enough_s - wait_s > EDGE_S else EDGE_CONFIDENCE
        outcome = violated(message("hangup.too_soon", since=since, seconds=wait_s, most=least.value, note=least.note),
                           sure * facts.call.timeline.hangup.confidence, places=places, quote=turn.text,
                           steps=steps)  # fmt: skip
        return outcome.measured(wait_s, least, "s")
    waited = passed(message("hangup.waited", since=since, seconds=wait_s), 0.9, steps=steps)
    return waited.measured(wait_s, least, "s")


def _steps(facts: Facts, asked: HangUp, name: str, *, done: bool) -> tuple[Step, ...]:
    """The last words and the hang-up, with the time between them."""
    at_s, last = facts.call.timeline.hangup.at_s, _last(facts, asked)
    said = () if last is None else (spoken(facts, last).end_s,)
    waited_s = None if at_s is None or not said else round(max(0.0, at_s - said[0]), 3)
    own = name == "hangup.step_agent" and asked.wait_s is not None
    end = Step(render(message(name), facts.language), done, None if at_s is None else round(at_s, 3), waited_s,
               asked.wait_s.value if own and asked.wait_s else None)  # fmt: skip
    return (*(Step(render(message("hangup.step_last"), facts.language), True, round(s, 3)) for s in said), end)
