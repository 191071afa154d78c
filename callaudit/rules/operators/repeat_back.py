"""Whether the agent repeats what the customer said, by the pieces that both share."""

from __future__ import annotations

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


@options
class RepeatBack:
    """After the first cue `of`, an agent turn holds at least the share `least_overlap` of its pieces (pairs of
    characters, or words) in common with what the customer said so far, or opens with `words`.
    """

    of: CueRef
    words: tuple[Phrase, ...] = ()
    where: Window = Where()
    least_overlap: Threshold = limit(0.25)
    least_chars: Annotated[int, Field(ge=1)] = 8
    what: str | None = None


def shared_share(facts: Facts, turns: Sequence[int], others: Sequence[int]) -> float:
    """Share of what the turns say that the others say too, in [0, 1]; 0 with fewer than three pieces in common."""
    own = {piece for k in turns for piece in facts.tongue.matter(facts.turns[k].text)}
    common = own & {piece for k in others for piece in facts.tongue.matter(facts.turns[k].text)}
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
