"""Numbers that the customer gives are repeated before they are used."""

from __future__ import annotations

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
from callaudit.rules.cues import CueRef
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import missing_why
from callaudit.text.numbers import MASK

MASKED = 0.65
"""Confidence that a number was repeated of which only the count of digits is known (proposed)."""

UNSURE = 0.5
"""Share of equal digits from which a read-back is there but was misheard by the recogniser: nobody is accused."""


@options
class Readback:
    """After a customer turn with a run of `least_digits` digits one of the next `turns` agent turns must hold them,
    `least_match` of them in order. `cue` narrows the customer turns (account, card …), `not_cue` takes some out.
    """

    least_digits: Threshold = limit(4)
    least_match: Threshold = limit(0.9)
    turns: Annotated[int, Field(ge=1)] = 2
    cue: CueRef | None = None
    not_cue: CueRef | None = None


@operator("readback", Readback)
def readback(facts: Facts, asked: Readback) -> Outcome:
    """Violated if a number is used or passed over without being repeated."""
    given = _given(facts, asked)
    if not given:
        return not_applicable(message("readback.none"))
    outcomes = [_repeated(facts, asked, k, number) for k, number in given]
    return min(
        outcomes, key=lambda outcome: ("violated", "not_assessable", "passed", "not_applicable").index(outcome.status)
    )


def _given(facts: Facts, asked: Readback) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    wanted = {m.turn for m in facts.moments(asked.cue)} if asked.cue is not None else set(facts.customer)
    wanted -= {m.turn for m in facts.moments(asked.not_cue)} if asked.not_cue is not None else set()
    for k in facts.customer:
        number = facts.number(k)
        if k in wanted and len(number) >= asked.least_digits.value and not _told(facts, k, number, asked):
            found.append((k, number))
    return found


def _told(facts: Facts, turn: int, number: str, asked: Readback) -> bool:
    """Whether the customer only repeats a number that the agent has given before."""
    earlier = [facts.digits(k) for k in facts.agent if k < turn]
    return any(common_share(number, told) >= asked.least_match.value for told in earlier[-3:])


def _repeated(facts: Facts, asked: Readback, turn: int, number: str) -> Outcome:
    replies = [k for k in facts.agent if k > turn and not facts.backchannel(k)][: asked.turns]
    if not replies:
        return not_applicable(message("readback.ended"))
    said = {k: facts.digits(k) for k in replies}
    best = max(replies, key=lambda k: common_share(number, said[k]))
    share = common_share(number, said[best])
    if MASK in number + said[best]:
        return _masked(facts, asked, turn, number, said)
    spot = Place(facts.turns[turn].span, "customer")
    if share >= asked.least_match.value:
        return passed(
            message("readback.repeated", share=share),
            0.9,
            places=(Place(facts.turns[best].span, "agent"),),
            quote=facts.turns[best].text,
        ).measured(share, asked.least_match, "ratio")
    if share >= UNSURE:
        return passed(message("readback.partly", share=share), 0.55, quote=facts.turns[best].text).measured(
            share, asked.least_match, "ratio"
        )
    if why := missing_why(facts, replies, facts.tongue.repeating, least=0.7):
        return not_assessable(why)
    outcome = violated(
        message("readback.not", n=len(number)),
        0.8 * facts.role_confidence,
        places=(spot,),
        quote=facts.turns[turn].text,
    )
    return outcome.measured(share, asked.least_match, "ratio")


def _masked(facts: Facts, asked: Readback, turn: int, number: str, said: dict[int, str]) -> Outcome:
    """A masked number counts as repeated where the agent says as many digits; whether they agree is not known."""
    said = {k: facts.number(k) for k in said}
    best = max(said, key=lambda k: len(said[k]))
    share = min(1.0, len(said[best]) / len(number))
    if share >= asked.least_match.value and MASK in number and MASK in said[best]:
        outcome = passed(
            message("readback.masked", n=len(number)), MASKED, places=(Place(facts.turns[best].span, "agent"),),
            quote=facts.turns[best].text,
        )  # fmt: skip
        return outcome
    if share >= UNSURE:
        return not_assessable(message("readback.hidden"))
    if why := missing_why(facts, list(said), facts.tongue.repeating, least=0.7):
        return not_assessable(why)
    return violated(
        message("readback.not", n=len(number)), 0.8 * facts.role_confidence,
        places=(Place(facts.turns[turn].span, "customer"),), quote=facts.turns[turn].text,
    ).measured(share, asked.least_match, "ratio")  # fmt: skip


def common_share(number: str, other: str) -> float:
    """Length of the longest common subsequence over the length of the number, in [0, 1].

    >>> common_share("62153097", "6215309"), common_share("1234", "")
    (0.875, 0.0)
    """
    row = [0] * (len(other) + 1)
    for a in number:
        before = 0
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], before + 1 if a == b else max(row[j], row[j - 1])
    return row[-1] / len(number) if number else 0.0
