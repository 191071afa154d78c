"""Words that must not be said."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from callaudit.messages import message
from callaudit.rules.base import Outcome, limit, not_applicable, not_assessable, operator, options, passed, violated
from callaudit.rules.cues import Anchor, CueRef, Meanings, Phrase, Phrases, Where, Who, Window
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import (
    LEAST_OWN,
    NEVER_LEAST,
    SAY_LEAST,
    Heard,
    doubt_of_roles,
    doubt_of_words,
    evidence,
    own_words,
    search,
    sure,
    without_exempt,
    word_confidence,
)
from callaudit.rules.senses import ACCUSES, SUSPECT, Meant, meant, shown

LEAST_WORD_PROB = 0.35
"""Words heard with less confidence accuse nobody (proposed)."""


@options
class NeverSay:
    """A hit counts unless it lies in an `exempt` phrase or its turn holds one phrase of EACH group of `excused_by`.

    `in_reply_to`: only turns that answer such a turn; `most_chars`: only turns so short; more than `most_times` hits
    are a violation. Where none of the words is heard, one of the things that they `means` counts, in a turn that holds
    nothing exempt or excusing; of what is critical, a meaning alone accuses nobody. `quoted` says what it is when the
    customer alone says the words, `exempted` when the agent says them in exempt or excused ways only.
    """

    words: Phrases
    means: Meanings = ()
    who: Who = "agent"
    where: Window = Where()
    anchor: Anchor = "any"
    exempt: tuple[Phrase, ...] = ()
    excused_by: tuple[Phrases, ...] = ()
    in_reply_to: CueRef | None = None
    most_chars: int | None = None
    most_times: Annotated[int, Field(ge=0)] = 0
    quoted: Literal["passed", "not_applicable"] = "passed"
    exempted: Literal["passed", "not_applicable"] = "passed"
    least: Annotated[float, Field(gt=0, le=1)] = NEVER_LEAST


@operator("never_say", NeverSay)
def never_say(facts: Facts, asked: NeverSay) -> Outcome:
    """Violated if the words are heard clearly, from one who is surely the agent."""
    turns = facts.window(asked.where, asked.who)
    if asked.in_reply_to is not None:
        turns = _replies(facts, asked.in_reply_to, turns)
        if not turns:
            return not_applicable(message("cue.absent", situation=facts.title(asked.in_reply_to)))
    if asked.most_chars is not None:
        turns = tuple(k for k in turns if facts.n_chars(k) <= asked.most_chars)
    if not facts.agent and asked.who != "customer":
        return not_assessable(message("doubt.agent_unheard"))
    said = search(facts, turns, asked.words, least=asked.least, anchor=asked.anchor, near=False).hits
    found = without_exempt(facts, said, asked.exempt)
    hits = tuple(heard for heard in found if not _excused(facts, heard.turn, asked))
    if len(hits) <= asked.most_times:
        if said and not hits and asked.exempted == "not_applicable":
            return not_applicable(message("never.exempt"))
        return _by_meaning(facts, turns, asked, said) or _clean(facts, turns, asked, hits)
    own = [h for h in hits if own_words(facts, h) >= LEAST_OWN]
    clear = [h for h in own if word_confidence(facts.turns[h.turn], h.hit) >= LEAST_WORD_PROB]
    blurred = message("never.blurred" if own else "never.whose")
    why = doubt_of_roles(facts) if len(clear) > asked.most_times else blurred
    if why:
        return not_assessable(why, **evidence(facts, hits))
    worst = max(clear, key=lambda heard: heard.score)
    key = "never.said_times" if len(hits) > 1 else "never.said"
    more = {"n": len(hits)} if len(hits) > 1 else {}
    outcome = violated(message(key, heard=worst.hit.heard, **more), sure(facts, worst), **evidence(facts, clear))
    outcome = replace(outcome, times=len({heard.turn for heard in clear}) if not asked.most_times else 1)
    if asked.most_times:
        return outcome.measured(len(hits), limit(asked.most_times), "times")
    return outcome


def _by_meaning(facts: Facts, turns: tuple[int, ...], asked: NeverSay, said: tuple[Heard, ...]) -> Outcome | None:
    """What comes of the same thing in other words; None where it was hardly said."""
    if not asked.means or asked.most_times or doubt_of_words(facts, turns):
        return None
    allowed = {h.turn for h in (*said, *search(facts, turns, asked.exempt, least=SAY_LEAST, near=False).hits)}
    best = meant(facts, [k for k in turns if k not in allowed], asked.means)
    if best is None or best.prob < SUSPECT or _excused(facts, best.turn, asked):
        return None
    if best.prob < ACCUSES or doubt_of_roles(facts) or not _plainly(facts, best):
        return not_assessable(message("never.perhaps_meant"), wants_reader=True, **shown(facts, best))
    confidence = round(best.prob * facts.role_confidence, 3)
    return violated(message("never.meant", heard=best.clause.text), confidence, **shown(facts, best))


def _plainly(facts: Facts, said: Meant) -> bool:
    """Whether every word of the clause was heard well enough to accuse, and is surely its speaker's."""
    turn = facts.turns[said.turn]
    words = turn.words[said.clause.first : said.clause.last + 1]
    return min(word.prob for word in words) >= LEAST_WORD_PROB and turn.speaker_confidence >= LEAST_OWN


def _clean(facts: Facts, turns: tuple[int, ...], asked: NeverSay, hits: tuple[Heard, ...]) -> Outcome:
    if turns and (why := doubt_of_words(facts, turns)):
        return not_assessable(why)
    if not hits and asked.quoted == "not_applicable" and _by_customer(facts, asked):
        return not_applicable(message("never.customer"))
    if hits:
        return passed(
            message("never.few", n=len(hits), most=asked.most_times), sure(facts, *hits), **evidence(facts, hits)
        )
    return passed(message("never.clean"), 0.9 * max(0.5, facts.role_confidence))


def _by_customer(facts: Facts, asked: NeverSay) -> bool:
    hits = search(facts, facts.customer, asked.words, least=asked.least, anchor=asked.anchor, near=False).hits
    return bool(without_exempt(facts, hits, asked.exempt))


def _excused(facts: Facts, turn: int, asked: NeverSay) -> bool:
    """Whether the turn, or the sentence going on in the next one, holds a phrase of each excusing group."""
    if not asked.excused_by:
        return False
    own = tuple(k for k, said in enumerate(facts.turns) if said.speaker == facts.turns[turn].speaker)
    turns = (turn, *(right for left, right in facts.neighbours(own) if left == turn))
    return all(search(facts, turns, group, least=SAY_LEAST).hits for group in asked.excused_by)


def _replies(facts: Facts, cue: CueRef, turns: tuple[int, ...]) -> tuple[int, ...]:
    """The turns whose predecessor is such a situation."""
    moments = {moment.turn for moment in facts.moments(cue)}
    return tuple(k for k in turns if k - 1 in moments)
