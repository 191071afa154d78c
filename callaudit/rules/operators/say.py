"""Words that must be said in a part of the call."""

from __future__ import annotations

from dataclasses import replace

from callaudit.messages import Message, message, render
from callaudit.records import Step
from callaudit.rules.base import Outcome, not_applicable, not_assessable, operator, options
from callaudit.rules.cues import Where, Who, Window
from callaudit.rules.facts import Facts
from callaudit.rules.operators.answer import answered
from callaudit.rules.wording import Wording, verdict

WINDOWS = {
    "greeting": "place.first_words",
    "opening": "place.opening",
    "closing": "place.closing",
    "anywhere": "place.anywhere",
}


@options
class Say(Wording):
    """`where` is the window of turns in which the words are wanted; `after_ring` shows the ringing before them, too."""

    who: Who = "agent"
    where: Window = Where()
    after_ring: bool = False

    def __post_init__(self) -> None:
        Wording.__post_init__(self)
        if not (self.any or self.parts or self.refuse):
            raise ValueError("say needs any, parts or refuse")


@operator("say", Say)
def say(facts: Facts, asked: Say) -> Outcome:
    """Passed if the words are heard in the window; not applicable if the window is empty."""
    turns = facts.window(asked.where, asked.who)
    if not turns:
        if not facts.of(asked.who):
            return not_assessable(message("doubt.agent_unheard" if asked.who == "agent" else "doubt.customer_unheard"))
        return not_applicable(message("say.nothing_after"))
    outcome = verdict(facts, turns, asked, place=window_name(asked.where))
    return replace(outcome, steps=(*answered(facts), _said(facts, asked, outcome))) if asked.after_ring else outcome


def _said(facts: Facts, asked: Say, outcome: Outcome) -> Step:
    """The words as a step: when they were heard, how long after the answer."""
    name = asked.what or render(message("say.step"), facts.language)
    if outcome.status != "passed" or not outcome.places:
        return Step(name, {"passed": True, "violated": False}.get(outcome.status))
    at_s = min(place.span.start_s for place in outcome.places)
    return Step(name, True, round(at_s, 3), round(max(0.0, at_s - facts.call.timeline.answer_s), 3))


def window_name(where: Where) -> Message:
    """What the window is called in messages."""
    if where.first:
        return message("place.first_turns", n=where.first) if where.first > 1 else message("place.first_words")
    if where.last:
        return message("place.last_turns", n=where.last) if where.last > 1 else message("place.last_words")
    if where.after is not None:
        return message("place.after")
    if where.before is not None:
        return message("place.before")
    return message(WINDOWS[where.named])
