"""Holds: what is said before, whether the customer agreed, what is said after, how long, and what leaks through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from callaudit.messages import Message, message
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
from callaudit.rules.cues import CueRef, Phrase, Phrases
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, evidence, missing_why, search
from callaudit.rules.operators.repeat_back import shared_share
from callaudit.rules.waits import Wait, WaitKind, picked
from callaudit.rules.wording import Wording, verdict
from callaudit.spans import total_s

KINDS = {"music": "hold.music", "silent": "hold.silent", "pause": "hold.pause"}

STATEMENT_CHARS = 7
"""A customer's turn of so many characters before a wait is no mere assent to it (proposed)."""

CONSENT_S = 20.0
"""A question so long before the wait can still be the one that asked for it: an answer and a last word lie between."""


@options
class Consent:
    """A question before the hold and the customer's yes to it.

    One asked earlier holds too, if it speaks of the wait (`about`), was agreed to, and no other wait came between.
    """

    ask: Phrases
    accept: Phrases
    about: tuple[Phrase, ...] = ()


@options
class Hold:
    """Every wait of the `kinds` of at least `least_s` must meet everything given.

    A pause is a silence that the agent causes. `before` and `after` are words of the agent; `restate`: the first turn
    after repeats the customer's matter; `leak_most_s` bounds the agent's speech while parked: until a turn says one of
    `back` (given these, waits that only chatter parts are one);
    `announced`: only waits whose announcing turn holds one of these; `follows`, `then`: only waits right before or
    after which such a turn lies; `not_since`: no wait before which such a turn lies, nearer than the wait before it;
    `single_most_s` / `total_most_s` may only be exceeded if one of `unless_said` is said in the call.
    """

    kinds: Annotated[tuple[WaitKind, ...], Field(min_length=1)] = (
        "music",
        "silent",
        "pause",
    )
    least_s: Threshold = limit(5)
    before: tuple[Phrase, ...] = ()
    refuse: tuple[Phrase, ...] = ()
    consent: Consent | None = None
    after: tuple[Phrase, ...] = ()
    restate: bool = False
    restate_words: tuple[Phrase, ...] = ()
    leak_most_s: Threshold | None = None
    back: tuple[Phrase, ...] = ()
    single_most_s: Threshold | None = None
    total_most_s: Threshold | None = None
    unless_said: tuple[Phrase, ...] = ()
    announced: tuple[Phrase, ...] = ()
    follows: CueRef | None = None
    then: CueRef | None = None
    not_after: CueRef | None = None
    not_since: CueRef | None = None
    what: str | None = None


@operator("hold", Hold)
def hold(facts: Facts, asked: Hold) -> Outcome:
    """Not applicable without such a wait; violated if one of them breaks what is asked."""
    waits = picked(facts, asked.kinds, asked.least_s.value, not_after=asked.not_after, back=asked.back)
    waits = _fitting(facts, asked, waits)
    if not waits:
        return not_applicable(message("condition.no_waits"))
    outcomes = [_too_long(facts, asked, waits)] if asked.single_most_s or asked.total_most_s else []
    outcomes += [outcome for wait in waits for outcome in _judged(facts, asked, wait)]
    for status in ("violated", "not_assessable", "passed"):
        alike = [outcome for outcome in outcomes if outcome.status == status]
        if alike:
            return replace(alike[0], places=tuple(place for outcome in alike for place in outcome.places))
    return not_applicable(message("hold.call_ended"))


def _fitting(facts: Facts, asked: Hold, waits: Sequence[Wait]) -> tuple[Wait, ...]:
    """The waits that what is said beside them makes the kind that is asked for."""
    follow = None if asked.follows is None else {moment.turn for moment in facts.moments(asked.follows)}
    then = None if asked.then is None else {moment.turn for moment in facts.moments(asked.then)}
    fit = [w for w in waits if (follow is None or w.before in follow) and (then is None or w.after in then)]
    if asked.not_since is not None:
        barring = {moment.turn for moment in facts.moments(asked.not_since)}
        fit = [w for w in fit if barring.isdisjoint(_since_last_wait(facts, w))]
    if asked.announced:
        fit = [
            w for w in fit if search(facts, _turns_before(facts, w), asked.announced, least=SAY_LEAST, near=False).hits
        ]
    return tuple(fit)


def _since_last_wait(facts: Facts, wait: Wait) -> tuple[int, ...]:
    """The turns before the wait, back to the last hold after which the customer has spoken again."""
    turns = tuple(range(0 if wait.before is None else wait.before + 1))
    ends = [hold.end_s for hold in facts.call.timeline.of("hold") if hold.end_s <= wait.span.start_s]
    ends = [end_s for end_s in ends if any(k in turns and facts.turns[k].span.start_s >= end_s for k in facts.customer)]
    return tuple(k for k in turns if facts.turns[k].span.start_s >= max(ends, default=0.0))


def _agreed_before(facts: Facts, asked: Consent, wait: Wait) -> Outcome | None:
    """A pass where an earlier question about this wait was agreed to at once; None without one."""
    since = _since_last_wait(facts, wait)
    for asking in reversed([k for k in facts.agent if k in since]):
        ask = search(facts, (asking,), asked.ask, least=SAY_LEAST)
        about = (
            (ask.hits or ask.near)
            and asked.about
            and search(facts, (asking,), asked.about, least=SAY_LEAST, near=False).hits
        )
        reply = next((k for k in facts.customer if k > asking and k in since), None)
        if not about or reply is None:
            continue
        agreed = search(facts, (reply,), asked.accept, least=SAY_LEAST)
        if agreed.hits or agreed.near:
            return passed(message("hold.agreed_before"), 0.8 if agreed.hits else 0.6, **evidence(facts, ask.hits))
    return None


def _judged(facts: Facts, asked: Hold, wait: Wait) -> list[Outcome]:
    name = message(KINDS[wait.kind], seconds=wait.span.duration_s)
    announcing = _turns_before(facts, wait)
    outcomes: list[Outcome] = []
    if asked.before or asked.refuse:
        wording = Wording(any=asked.before, refuse=asked.refuse, what=asked.what)
        outcomes.append(
            _at(facts, wait, _said_before(facts, wait, announcing, wording, name))
            if announcing
            else _unannounced(facts, wait, name)
        )
    if asked.consent is not None:
        outcomes.append(_consent(facts, asked.consent, wait, name))
    if wait.after is not None and (asked.after or asked.restate):
        outcomes += _after(facts, asked, wait, name)
    if asked.leak_most_s is not None:
        outcomes.append(_leak(facts, asked, wait, asked.leak_most_s))
    return outcomes


def _said_before(facts: Facts, wait: Wait, announcing: Sequence[int], wording: Wording, name: Message) -> Outcome:
    """Whether the announcing turns hold the wording; a doubtful one cannot answer what the customer asked after it."""
    outcome = verdict(facts, announcing, wording, place=message("place.before_wait", wait=name))
    left = outcome.status == "not_assessable" and _left_unanswered(facts, wait, announcing)
    return _unannounced(facts, wait, name) if left else outcome


def _left_unanswered(facts: Facts, wait: Wait, announcing: Sequence[int]) -> bool:
    """Whether the wait follows what the customer asked or stated after the agent's last word."""
    since = [k for k in facts.customer if announcing[-1] < k <= (wait.before or 0)]
    return any(facts.n_chars(k) >= STATEMENT_CHARS for k in since)


def _unannounced(facts: Facts, wait: Wait, name: Message) -> Outcome:
    """What to make of a wait before which the agent has said nothing at all."""
    if wait.before is None:
        return not_applicable(message("hold.at_start"))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    return violated(message("hold.unannounced", wait=name), 0.75 * facts.role_confidence, places=(Place(wait.span),))


def _turns_before(facts: Facts, wait: Wait) -> tuple[int, ...]:
    """The agent's last turn before the wait, and one more if a reply of the customer alone parts them."""
    own = [k for k in facts.agent if wait.before is not None and k <= wait.before]
    if not own:
        return ()
    between = [k for k in facts.customer if own[-1] < k <= (wait.before or 0)]
    brief = facts.n_chars(own[-1]) <= 6 and len(own) > 1 and not between
    return tuple(own[-2:]) if brief else tuple(own[-1:])


def _at(facts: Facts, wait: Wait, outcome: Outcome) -> Outcome:
    return replace(outcome, places=(Place(wait.span), *outcome.places)) if outcome.status == "violated" else outcome


def _consent(facts: Facts, asked: Consent, wait: Wait, name: Message) -> Outcome:
    own = [k for k in facts.agent if wait.before is not None and k <= wait.before][-2:]
    since = _since_last_wait(facts, wait)
    announcing = [
        k for k in own if k == own[-1] or (k in since and wait.span.start_s - facts.turns[k].span.end_s <= CONSENT_S)
    ]
    ask = search(facts, announcing, asked.ask, least=SAY_LEAST)
    spot = (Place(wait.span),)
    if not ask.hits and (agreed_before := _agreed_before(facts, asked, wait)):
        return agreed_before
    if not ask.hits and not ask.near:
        why = missing_why(facts, announcing, asked.ask, least=SAY_LEAST)
        if why and (doubt_of_roles(facts) or not announcing or not _left_unanswered(facts, wait, announcing)):
            return not_assessable(why)
        return violated(message("hold.no_question", wait=name), 0.85 * facts.role_confidence, places=spot,
                        quote=" / ".join(facts.turns[k].text for k in announcing) or None)  # fmt: skip
    asking = min([heard.turn for heard in ask.hits], default=announcing[0])
    replies = [k for k in facts.customer if k > asking and facts.turns[k].span.start_s < wait.span.end_s - 1.0]
    if not replies:
        return violated(message("hold.no_answer", wait=name), 0.75 * facts.role_confidence, places=spot, **{
            key: value for key, value in evidence(facts, ask.hits).items() if key != "places"})  # fmt: skip
    agreed = search(facts, replies, asked.accept, least=SAY_LEAST).hits
    return passed(message("hold.agreed", wait=name), 0.9 if agreed else 0.7, **evidence(facts, ask.hits))


def _after(facts: Facts, asked: Hold, wait: Wait, name: Message) -> list[Outcome]:
    first = next((k for k in facts.agent if k >= (wait.after or 0)), None)
    if first is None:
        return []
    outcomes = []
    if asked.after:
        turns = (
            first,
            *(k for k in facts.agent if k == first + 1 or (k == first + 2 and facts.backchannel(first + 1))),
        )
        turns = turns if facts.n_chars(first) <= 6 else turns[:1]
        outcomes.append(
            _at(
                facts,
                wait,
                verdict(
                    facts,
                    turns,
                    Wording(any=asked.after, what=asked.what),
                    place=message("place.after_wait", wait=name),
                ),
            )
        )
    if asked.restate:
        outcomes.append(_restated(facts, asked, wait, name, first))
    return outcomes


def _restated(facts: Facts, asked: Hold, wait: Wait, name: Message, first: int) -> Outcome:
    said = search(facts, (first,), asked.restate_words, least=SAY_LEAST)
    matter = [k for k in facts.customer if k < first]
    if said.hits or said.near or shared_share(facts, (first,), matter) >= 0.5:
        return passed(message("hold.restated", wait=name), 0.75, **evidence(facts, said.hits))
    if why := missing_why(facts, (first,), asked.restate_words, least=SAY_LEAST):
        return not_assessable(why)
    return violated(
        message("hold.not_restated", wait=name),
        0.75 * facts.role_confidence,
        places=(Place(wait.span),),
        quote=facts.turns[first].text,
    )


def _leak(facts: Facts, asked: Hold, wait: Wait, most: Threshold) -> Outcome:
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    within = wait.span
    heard = [span for span in facts.call.timeline.of("speech", "agent") if span.overlap_s(within) > 0.2]
    leak_s = total_s(heard)
    if leak_s <= most.value:
        return passed(message("hold.no_leak"), 0.85).measured(leak_s, most, "s")
    quote = " / ".join(facts.turns[k].text for k in facts.agent if within.holds(facts.turns[k].span.middle_s))
    outcome = violated(message("hold.leak", seconds=leak_s), 0.85 * facts.role_confidence,
                       places=tuple(Place(span, "agent") for span in heard), quote=quote or None)  # fmt: skip
    return outcome.measured(leak_s, most, "s")


def _too_long(facts: Facts, asked: Hold, waits: Sequence[Wait]) -> Outcome:
    single_s, sum_s = max(w.span.duration_s for w in waits), sum(w.span.duration_s for w in waits)
    single = asked.single_most_s if asked.single_most_s and single_s > asked.single_most_s.value else None
    total = asked.total_most_s if asked.total_most_s and sum_s > asked.total_most_s.value else None
    most = single or total
    if most is None:
        return not_applicable(message("hold.short", single=single_s, total=sum_s))
    value_s = single_s if single else sum_s
    turns = facts.agent
    said = search(facts, turns, asked.unless_said, least=SAY_LEAST)
    text = message("hold.single" if single else "hold.total", seconds=value_s, most=most.value, note=most.note)
    if said.hits or said.near:
        return passed(message("hold.long_offered", long=text), 0.85, **evidence(facts, said.hits)).measured(
            value_s, most, "s"
        )
    if asked.unless_said and (why := missing_why(facts, turns, asked.unless_said, least=SAY_LEAST, hidden=False)):
        return not_assessable(why)
    if asked.unless_said:
        text = message("hold.long_unoffered", long=text)
    return violated(text, 0.9 * facts.role_confidence, places=tuple(Place(w.span) for w in waits)).measured(
        value_s, most, "s"
    )
