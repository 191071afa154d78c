"""The customer is addressed by name once the name is known."""

from __future__ import annotations

import re
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
from callaudit.text.pinyin import syllables

_GIVES_NAME = re.compile(r"(?:(?:我是?|免贵|鄙|敝|本人)姓|我叫)(?!什么|啥|名)([㐀-鿿])")
_NO_NAME = "吗吧啊呢嘛的了不啦呀"
_BARE_NAME = re.compile(r"^(?:嗯|哦|我)?姓?([㐀-鿿])(?<![嗯哦啊好对是])(?:[，。,.！!]|$)")


@options
class Address:
    """Once known, the surname with one of `titles` is said at least `least_uses` times; not applicable with fewer than
    `least_turns` agent turns to come. `asks` are the words by which the agent asks for the name. A name that only the
    metadata hold counts if `from_metadata`; else its use is a pass and its lack is not judged.
    """

    least_uses: Threshold = limit(1)
    least_turns: Annotated[int, Field(ge=1)] = 2
    titles: Annotated[tuple[str, ...], Field(min_length=1)] = ("先生", "女士", "小姐", "太太", "老师", "经理")
    asks: tuple[Phrase, ...] = ("您贵姓", "怎么称呼")
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
    anyone = tuple("{family_name}" + title for title in asked.titles)
    if known is None:
        used = search(facts, facts.agent, anyone, least=SAY_LEAST).hits
        if len(used) < asked.least_uses.value:
            return not_applicable(message("address.unknown"))
        return passed(message("address.used", heard=used[0].hit.heard), 0.75, **evidence(facts, used[:3])).measured(
            len(used), asked.least_uses, "times"
        )
    turns = tuple(k for k in facts.agent if k > known.turn)
    phrases = tuple(f"{known.surname}{title}" for title in asked.titles)
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
        wanted = bool(search(facts, asking, asked.asks, least=SAY_LEAST).hits)
        surname = surname_given(facts.turns[k].text, wanted=wanted)
        if surname:
            return Known(surname, k)
    return Known(facts.surname, -1) if facts.surname else None


def surname_given(text: str, *, wanted: bool) -> str | None:
    """The surname that a customer's words give; by sound, more freely where it was `wanted`: 我姓林 is often 我信林.

    >>> surname_given("我姓林，卡号是", wanted=False), surname_given("我信林。", wanted=True)
    ('林', '林')
    >>> surname_given("我性方，单号没有", wanted=False)
    '方'
    >>> surname_given("我信任你们", wanted=False) is None
    True
    """
    found = _GIVES_NAME.search(text)
    if found:
        return found[1]
    clauses: list[str] = re.findall(r"[㐀-鿿]+", text)
    for clause in clauses:
        sounds = syllables(clause)
        if sounds[:2] == ("wo", "xing") and len(clause) == 3 and clause[2] not in _NO_NAME:
            return clause[2]
        for k in range(min(3, len(clause) - 1)) if wanted else ():
            if sounds[k] in ("xing", "xin") and (k == 0 or sounds[k - 1] in ("wo", "gui")):
                return clause[k + 1]
    found = _BARE_NAME.search(text) if wanted else None
    return found[1] if found else None
