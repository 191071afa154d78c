"""What the agent dictates: announced or slow, and no private numbers."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

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
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, missing_why, search
from callaudit.rules.operators.readback import common_share

READ_BACK = 0.8
"""Share of a number that the customer has given, from which it is read back to him (proposed)."""

SUBSTANCE = 2
"""A customer who has said more than a greeting and so many characters has asked something: no opening any more."""

ANNOUNCED_TURNS = 4
"""How many agent turns an announcement holds for: a list is dictated in several (proposed)."""

_MOBILE = re.compile(r"1[3-9]\d{9}")


@options
class Dictation:
    """An item to note is an agent turn with a number of `least_digits`, or a turn of the cue `item`; not the opening,
    and not what the customer has given. It must be announced with `warn` (in the turn or one of the four before) or
    spoken at `rate_most_cpm` at most, if the turn lasts `least_s` and its number, where that is the item, has
    `long_digits`: a shorter one can only be kept. `no_mobile`: no mobile number other than the customer's own may be
    dictated.
    """

    least_digits: Annotated[int, Field(ge=3)] = 6
    long_digits: Annotated[int, Field(ge=3)] = 6
    item: CueRef | None = None
    warn: tuple[Phrase, ...] = ()
    least_s: Threshold = limit(0)
    rate_most_cpm: Threshold = limit(240)
    no_mobile: bool = False


@operator("dictation", Dictation)
def dictation(facts: Facts, asked: Dictation) -> Outcome:
    """Not applicable where nothing is dictated."""
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    items = [k for k in facts.agent if _dictates(facts, asked, k)]
    if asked.no_mobile:
        return _no_mobile(facts, items)
    judged = [(k, _announced(facts, asked, k)) for k in items]
    outcomes = [outcome for k, outcome in judged if outcome.status == "passed" or _long(facts, asked, k)]
    if not outcomes:
        return not_applicable(message("dictation.none"))
    return min(outcomes, key=lambda outcome: ("violated", "not_assessable", "passed").index(outcome.status))


def _dictates(facts: Facts, asked: Dictation, turn: int) -> bool:
    if _opens(facts, turn):
        return False
    number = facts.number(turn)
    own = "".join(facts.number(k) for k in facts.customer) + (facts.call.metadata.customer_number or "")
    if len(number) >= asked.least_digits:
        return common_share(number, own) < READ_BACK
    return _is_item(facts, asked, turn)


def _opens(facts: Facts, turn: int) -> bool:
    """Whether the turn introduces the agent (hotline and agent numbers), before the customer has asked anything."""
    asked = [k for k in facts.customer if facts.substance(k) > SUBSTANCE]
    return bool(asked) and asked[0] > turn and turn in facts.greeting("agent")


def _is_item(facts: Facts, asked: Dictation, turn: int) -> bool:
    return asked.item is not None and any(moment.turn == turn for moment in facts.moments(asked.item))


def _long(facts: Facts, asked: Dictation, turn: int) -> bool:
    """Whether there is so much to note that it must be announced."""
    if facts.turns[turn].span.duration_s < asked.least_s.value:
        return False
    return _is_item(facts, asked, turn) or len(facts.number(turn)) >= asked.long_digits


def _no_mobile(facts: Facts, items: list[int]) -> Outcome:
    for k in items:
        if any(one.kind == "phone" for one in facts.turns[k].masked):
            return not_assessable(message("dictation.masked"))
        if _MOBILE.search(facts.number(k)):
            return violated(
                message("dictation.mobile"),
                0.75 * facts.role_confidence,
                places=(Place(facts.turns[k].span, "agent"),),
                quote=facts.turns[k].text,
            )
    return passed(message("dictation.no_mobile"), 0.85)


def _announced(facts: Facts, asked: Dictation, turn: int) -> Outcome:
    before = tuple(k for k in facts.agent if k < turn)[-ANNOUNCED_TURNS:]
    warned = search(facts, (*before, turn), asked.warn, least=SAY_LEAST)
    rate_cpm = facts.turns[turn].rate_cpm
    if warned.hits or warned.near:
        return passed(message("dictation.announced"), 0.85).measured(rate_cpm, asked.rate_most_cpm, "chars/min")
    if rate_cpm is None:
        return not_assessable(message("dictation.no_rate"))
    if rate_cpm <= asked.rate_most_cpm.value:
        return passed(message("dictation.slow", rate=rate_cpm), 0.8).measured(
            rate_cpm, asked.rate_most_cpm, "chars/min"
        )
    if asked.warn and (why := missing_why(facts, (*before, turn), asked.warn, least=SAY_LEAST)):
        return not_assessable(why)
    most = asked.rate_most_cpm
    text = message("dictation.fast", rate=rate_cpm, most=most.value, note=most.note)
    outcome = violated(
        text,
        0.8 * facts.role_confidence,
        places=(Place(facts.turns[turn].span, "agent"),),
        quote=facts.turns[turn].text,
    )
    return outcome.measured(rate_cpm, asked.rate_most_cpm, "chars/min")
