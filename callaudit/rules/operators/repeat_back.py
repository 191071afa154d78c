"""Whether the agent repeats what the customer said, by the pairs of characters that both share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from callaudit.messages import message
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
from callaudit.rules.cues import CueRef, Phrase, Where, Window
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, evidence, missing_why, search

_EMPTY = re.compile(r"[的了啊呢吧吗嘛我你您他她们是在就也都还要请有个这那不对好说和跟给把被到去来很]")


@options
class RepeatBack:
    """After the first cue `of`, an agent turn holds at least the share `least_overlap` of pairs of characters in common
    with what the customer said so far, or opens with `words`.
    """

    of: CueRef
    words: tuple[Phrase, ...] = ()
    where: Window = Where()
    least_overlap: Threshold = limit(0.25)
    least_chars: Annotated[int, Field(ge=1)] = 8
    what: str | None = None


def pairs(text: str) -> set[str]:
    """Pairs of neighbouring characters that carry meaning."""
    found: set[str] = set()
    for clause in re.split(r"[^㐀-鿿0-9A-Za-z]+", text):
        kept = _EMPTY.sub(" ", clause)
        found |= {kept[k : k + 2] for k in range(len(kept) - 1) if " " not in kept[k : k + 2]}
    return found


def shared_share(facts: Facts, turns: Sequence[int], others: Sequence[int]) -> float:
    """Share of the pairs of the turns that the others hold too, in [0, 1]; 0 with fewer than three pairs in common."""
    own = pairs("，".join(facts.turns[k].text for k in turns))
    common = own & pairs("，".join(facts.turns[k].text for k in others))
    return len(common) / len(own) if len(common) >= 3 else 0.0


@operator("repeat_back", RepeatBack)
def repeat_back(facts: Facts, asked: RepeatBack) -> Outcome:
    """Violated if no agent turn after the cue repeats the matter."""
    moments = facts.moments(asked.of)
    if not moments:
        return not_applicable(message("cue.absent", situation=facts.title(asked.of)))
    turns = [
        k for k in facts.window(asked.where, "agent") if k > moments[0].turn and facts.n_chars(k) >= asked.least_chars
    ]
    what = asked.what or message("repeat.matter")
    said = search(facts, turns, asked.words, least=SAY_LEAST)
    shares = {k: shared_share(facts, (k,), [j for j in facts.customer if j < k]) for k in turns}
    best = max(shares, key=lambda k: shares[k], default=None)
    share = shares[best] if best is not None else 0.0
    if said.hits or share >= asked.least_overlap.value:
        more = evidence(facts, said.hits) or {"quote": facts.turns[best].text if best is not None else None}
        return passed(message("repeat.done", what=what), 0.75, **more).measured(share, asked.least_overlap, "ratio")
    everything = facts.agent
    if why := missing_why(facts, everything, asked.words, least=SAY_LEAST):
        return not_assessable(why)
    return violated(message("repeat.not", what=what), 0.7 * facts.role_confidence).measured(
        share, asked.least_overlap, "ratio"
    )
