"""Words that must be said in a part of the call."""

from __future__ import annotations

from callaudit.messages import Message, message
from callaudit.rules.base import Outcome, not_applicable, not_assessable, operator, options
from callaudit.rules.cues import Where, Who, Window
from callaudit.rules.facts import Facts
from callaudit.rules.wording import Wording, verdict

WINDOWS = {
    "greeting": "place.first_words",
    "opening": "place.opening",
    "closing": "place.closing",
    "anywhere": "place.anywhere",
}


@options
class Say(Wording):
    """`where` is the window of turns in which the words are wanted."""

    who: Who = "agent"
    where: Window = Where()

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
    return verdict(facts, turns, asked, place=window_name(asked.where))


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
