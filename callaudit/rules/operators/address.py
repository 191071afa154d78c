"""The customer is addressed by name once the name is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

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

_GIVES_NAME = re.compile(r"(?:我姓|免贵姓|贵姓|我叫|我是姓|^姓)(?!什么)([㐀-鿿])")
_BARE_NAME = re.compile(r"^(?:嗯|哦|我)?姓?([㐀-鿿])(?:[，。,.！!]|$)")


@options
class Address:
    """Once known, the surname with one of `titles` is said at least `least_uses` times; not applicable with fewer than
    `least_turns` agent turns to come. `asks` are the words by which the agent asks for the name.
    """

    least_uses: Threshold = limit(1)
    least_turns: Annotated[int, Field(ge=1)] = 2
    titles: Annotated[tuple[str, ...], Field(min_length=1)] = ("先生", "女士", "小姐", "太太", "老师", "经理")
    asks: tuple[Phrase, ...] = ("贵姓", "怎么称呼")


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
    if known is None:
        return not_applicable("不知道客户姓氏")
    turns = tuple(k for k in facts.agent if k > known.turn)
    phrases = tuple(f"{known.surname}{title}" for title in asked.titles)
    said = search(facts, turns, phrases, least=SAY_LEAST)
    named = (
        said.hits
        or search(
            facts, turns, tuple("{surname}" + t for t in asked.titles if t in ("先生", "女士", "小姐")), least=SAY_LEAST
        ).hits
    )
    if len(named) >= asked.least_uses.value:
        sure = 0.9 if said.hits else 0.65  # another surname: most often a homophone of the recogniser
        return passed(f"称呼了“{named[0].hit.heard}”", sure, **evidence(facts, named[:3])).measured(
            len(named), asked.least_uses, "times"
        )
    if len([k for k in turns if not facts.backchannel(k)]) < asked.least_turns:
        return not_applicable("知道姓氏后客服没再说几句话")
    if said.near:
        return passed("听起来称呼了客户姓氏", 0.55)
    if why := missing_why(facts, turns, phrases, least=SAY_LEAST):
        return not_assessable(why)
    places = (Place(facts.turns[known.turn].span, "customer"),) if known.turn >= 0 else ()
    outcome = violated(f"知道客户姓“{known.surname}”后没有用姓氏加尊称称呼", 0.8 * facts.role_confidence, places=places,
                       quote=facts.turns[known.turn].text if known.turn >= 0 else None)  # fmt: skip
    return outcome.measured(len(named), asked.least_uses, "times")


def _known(facts: Facts, asked: Address) -> Known | None:
    if facts.surname:
        return Known(facts.surname, -1)
    for k in facts.customer:
        found = _GIVES_NAME.search(facts.turns[k].text)
        asked_before = [j for j in facts.agent if j < k][-1:]
        if found is None and search(facts, asked_before, asked.asks, least=SAY_LEAST).hits:
            found = _BARE_NAME.search(facts.turns[k].text)
        if found:
            return Known(found[1], k)
    return None
