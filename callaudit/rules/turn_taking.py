"""Situations that no single turn tells: said over a listener's sign of the other party, or taken back at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from callaudit.rules.cues import Cue
from callaudit.rules.hearing import Heard, search, touching
from callaudit.text.phrases import Hit

if TYPE_CHECKING:
    from callaudit.rules.facts import Facts


def said_across(facts: Facts, cue: Cue, told: Sequence[int]) -> Iterator[Heard]:
    """Where the words of a cue begin in one turn and end in the next of its speaker; the second one is named.

    Only where the other party did no more than show that he listens (「我要投诉」「嗯」「你们的快递员」), and where
    neither turn tells the situation by itself (`told`).
    """
    if cue.anchor != "any":
        return
    for (left, right), row in facts.joined.items():
        if cue.who not in ("any", facts.turns[left].speaker) or {left, right} & set(told):
            continue
        if facts.rows[left] != left or facts.rows[right] != right:
            continue  # a second hearing changes one turn alone
        border = len(facts.turns[left].words)
        hits = [hit for hit in _heard(facts, cue, row, cue.words) if hit.first < border <= hit.last]
        hits = [] if hits and taken_back(facts, cue, right, None) else hits
        blocked = _heard(facts, cue, row, (*cue.exempt, *cue.not_with)) if hits else []
        hits = [hit for hit in hits if not any(touching(hit, other) for other in blocked)]
        if hits:
            yield Heard(right, max(hits, key=lambda hit: hit.score))


def _heard(facts: Facts, cue: Cue, row: int, phrases: Sequence[str]) -> list[Hit]:
    audible = facts.ears.audible(tuple(phrases), cue.least)  # all at once: most phrases are heard nowhere
    return [
        hit for phrase, rows in audible if row in rows for hit in facts.ears.hits(row, phrase, cue.anchor, cue.least)
    ]


def taken_back(facts: Facts, cue: Cue, turn: int, heard: Heard | None) -> bool:
    """Whether its speaker takes it back, in the rest of the turn or in his next one (「哦不是，我没打错」)."""
    if not cue.taken_back:
        return False
    speaker = facts.turns[turn].speaker
    later = [k for k in range(turn + 1, len(facts.turns)) if facts.turns[k].speaker == speaker][:1]
    for back in search(facts, (turn, *later), cue.taken_back, least=cue.least, near=False).hits:
        if back.turn != turn or heard is None or back.hit.first > heard.hit.last:
            return True
    return False
