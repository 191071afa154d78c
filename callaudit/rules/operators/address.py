"""The customer is addressed by name once the name is known."""

from __future__ import annotations

from dataclasses import dataclass
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
from callaudit.rules.cues import Phrase
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, evidence, missing_why, search


@options
class Address:
    """Once known, the surname with one of `titles` is said at least `least_uses` times; not applicable with fewer than
    `least_turns` agent turns to come. `asks` are the words by which the agent asks for the name; where no titles or
    asks are given, they are those of the language. A name that only the metadata hold counts if `from_metadata`; else
    its use is a pass and its lack is not judged.
    """

    least_uses: Threshold = limit(1)
    least_turns: Annotated[int, Field(ge=1)] = 2
    titles: tuple[str, ...] = ()
    asks: tuple[Phrase, ...] = ()
    from_metadata: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The surname, and the turn after which it is known (-1: from the start)."""

    surname: str
    turn: int


@operator("address", Address)
def address(facts: Facts, asked: Address) -> Outcome:
    """Not applicable where no name becomes known."""
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    known = _known(facts, asked)
    titles = asked.titles or facts.tongue.titles
    # 因为总部 holds no 魏总: a title of one syllable says nothing beside a surname that is nobody's.
    anyone = facts.tongue.addressed(None, [title for title in titles if len(title) > 1])
    if known is None:
        used = search(facts, facts.agent, anyone, least=SAY_LEAST).hits
        if len(used) < asked.least_uses.value:
            return not_applicable(message("address.unknown"))
        return passed(message("address.used", heard=used[0].hit.heard), 0.75, **evidence(facts, used[:3])).measured(
            len(used), asked.least_uses, "times"
        )
    turns = tuple(k for k in facts.agent if k > known.turn)
    phrases = facts.tongue.addressed(known.surname, titles)
    said = search(facts, turns, phrases, least=SAY_LEAST)
    named = said.hits or search(facts, turns, anyone, least=SAY_LEAST).hits
    if len(named) >= asked.least_uses.value:
        sure = 0.9 if said.hits else 0.65  # another surname: most often a homophone of the recogniser
        return passed(message("address.used", heard=named[0].hit.heard), sure, **evidence(facts, named[:3])).measured(
            len(named), asked.least_uses, "times"
        )
    if len([k for k in turns if not facts.backchannel(k)]) < asked.least_turns:
        return not_applicable(message("address.too_late"))
    if known.turn < 0 and not asked.from_metadata:
        return not_applicable(message("address.metadata_only"))
    if said.near:
        return passed(message("address.near"), 0.55)
    if why := missing_why(facts, turns, phrases, least=SAY_LEAST):
        return not_assessable(why)
    places = (Place(facts.turns[known.turn].span, "customer"),) if known.turn >= 0 else ()
    outcome = violated(message("address.unused", surname=known.surname), 0.8 * facts.role_confidence, places=places,
                       quote=facts.turns[known.turn].text if known.turn >= 0 else None)  # fmt: skip
    return outcome.measured(len(named), asked.least_uses, "times")


def _known(facts: Facts, asked: Address) -> Known | None:
    """The surname as the customer gives it, else from the metadata."""
    for k in facts.customer:
        asking = [j for j in facts.agent if j < k][-1:]
        wanted = bool(search(facts, asking, asked.asks or facts.tongue.name_questions, least=SAY_LEAST).hits)
        surname = facts.tongue.surname_given(facts.turns[k].text, wanted=wanted)
        if surname:
            return Known(surname, k)
    return Known(facts.surname, -1) if facts.surname else None
