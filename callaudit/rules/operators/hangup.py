"""Who hangs up first, how long after the last words, and whether a closing was said."""

from __future__ import annotations

from typing import Literal

from callaudit.messages import message
from callaudit.records import Place
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


@operator("hangup", HangUp)
def hang_up(facts: Facts, asked: HangUp) -> Outcome:
    """Not assessable where the recording does not tell who hung up."""
    hangup = facts.call.timeline.hangup
    if hangup.by == "customer":
        return (
            passed(message("condition.hung_up_customer"), max(0.5, hangup.confidence))
            if asked.customer_first == "passed"
            else not_applicable(message("condition.hung_up_customer"))
        )
    if hangup.by == "unknown" or hangup.at_s is None:
        return not_assessable(hangup.why or message("condition.hangup_unknown"))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    if asked.closing and (unsaid := _without_closing(facts, asked)):
        return unsaid
    return (
        _waited(facts, asked, asked.wait_s, hangup.at_s)
        if asked.wait_s is not None
        else passed(message("hangup.closing"), 0.85)
    )


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
    return violated(
        message("hangup.no_closing"),
        0.85 * facts.call.timeline.hangup.confidence,
        places=(Place(turn.span, "agent"),),
        quote=turn.text,
    )


def _waited(facts: Facts, asked: HangUp, most: Threshold, at_s: float) -> Outcome:
    own = facts.of("any" if asked.since == "anyone" else asked.since)
    if not own:
        return not_applicable(message("condition.party_silent"))
    last = max((facts.turns[k] for k in own), key=lambda turn: turn.span.end_s)
    wait_s = max(0.0, at_s - last.span.end_s)
    if asked.done is not None and any(facts.turns[m.turn] == last for m in facts.moments(asked.done)):
        return not_applicable(message("hangup.done"))
    since = message(SINCE[asked.since])
    if wait_s < most.value - asked.tolerance_s.value:
        places = (Place(Span(last.span.end_s, at_s)),) if at_s > last.span.end_s else (Place(last.span, last.speaker),)
        outcome = violated(message("hangup.too_soon", since=since, seconds=wait_s, most=most.value, note=most.note),
                           0.9 * facts.call.timeline.hangup.confidence, places=places, quote=last.text)  # fmt: skip
        return outcome.measured(wait_s, most, "s")
    return passed(message("hangup.waited", since=since, seconds=wait_s), 0.9).measured(wait_s, most, "s")
