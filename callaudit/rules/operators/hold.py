"""Holds: what is said before, whether the customer agreed, what is said after, how long, and what leaks through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from callaudit.messages import Message, Text, message, render
from callaudit.records import Place, Step
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
from callaudit.rules.consent import Consent, consent, left_unanswered, since_last_wait, waiting
from callaudit.rules.cues import CueRef, Meanings, Phrase
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, evidence, missing_why, search
from callaudit.rules.operators.repeat_back import shared_share
from callaudit.rules.spoken import EDGE_CONFIDENCE, EPSILON_S, spoken
from callaudit.rules.waits import Wait, WaitKind, picked
from callaudit.rules.wording import Wording, verdict
from callaudit.spans import total_s

KINDS = {"music": "hold.music", "silent": "hold.silent", "pause": "hold.pause"}

HOLD_EDGE_S = 1.0
"""A silent hold is timed from word to word, not from key to key: so near the limit a verdict is unsure (proposed)."""


TURNS_BEFORE, TURNS_AFTER = 2, 3
"""So many agent turns beside a wait may offer to spare the customer it; later talk is of something else (proposed)."""


@options
class Hold:
    """Every wait of the `kinds` of at least `least_s` must meet everything given.

    A pause is a silence that the agent causes. `before` and `after` are words of the agent (`before_means` and
    `after_means`: what will do in others); `restate`: the first turn
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
    before_means: Meanings = ()
    refuse: tuple[Phrase, ...] = ()
    consent: Consent | None = None
    after: tuple[Phrase, ...] = ()
    after_means: Meanings = ()
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
    not_before: CueRef | None = None
    not_since: CueRef | None = None
    what: str | None = None


@operator("hold", Hold)
def hold(facts: Facts, asked: Hold) -> Outcome:
    """Not applicable without such a wait; violated if one of them breaks what is asked."""
    waits = picked(
        facts, asked.kinds, asked.least_s.value, not_after=asked.not_after, not_before=asked.not_before, back=asked.back
    )
    every, waits = waits, _fitting(facts, asked, waits)
    if not waits:
        return _kept_unasked(facts, asked, every) or not_applicable(message("condition.no_waits"))
    outcomes = [_too_long(facts, asked, waits)] if asked.single_most_s or asked.total_most_s else []
    judged = [_judged(facts, asked, wait) for wait in waits]
    outcomes += [outcome for own in judged for outcome in own]
    times = sum(any(outcome.status == "violated" for outcome in own) for own in judged)
    for status in ("violated", "not_assessable", "passed"):
        alike = [outcome for outcome in outcomes if outcome.status == status]
        if alike:
            steps = dict.fromkeys(step for outcome in outcomes for step in outcome.steps)
            places = tuple(place for outcome in alike for place in outcome.places)
            return replace(alike[0], places=places, steps=tuple(steps), times=max(1, times))
    return not_applicable(message("hold.call_ended"))


def _kept_unasked(facts: Facts, asked: Hold, waits: Sequence[Wait]) -> Outcome | None:
    """A pass where a wait that `not_since` excuses was handled as asked all the same."""
    if asked.not_since is None:
        return None
    excused = _fitting(facts, replace(asked, not_since=None), waits)
    outcomes = [one for wait in excused for one in _judged(facts, asked, wait)]
    kept = bool(outcomes) and all(one.status == "passed" for one in outcomes)
    return outcomes[0] if kept else None


def _fitting(facts: Facts, asked: Hold, waits: Sequence[Wait]) -> tuple[Wait, ...]:
    """The waits that what is said beside them makes the kind that is asked for."""
    follow = None if asked.follows is None else {moment.turn for moment in facts.moments(asked.follows)}
    then = None if asked.then is None else {moment.turn for moment in facts.moments(asked.then)}
    fit = [w for w in waits if (follow is None or w.before in follow) and (then is None or w.after in then)]
    if asked.not_since is not None:
        barring = {moment.turn for moment in facts.moments(asked.not_since)}
        fit = [w for w in fit if barring.isdisjoint(since_last_wait(facts, w))]
    if asked.announced:
        fit = [
            w for w in fit if search(facts, _turns_before(facts, w), asked.announced, least=SAY_LEAST, near=False).hits
        ]
    return tuple(fit)


def _judged(facts: Facts, asked: Hold, wait: Wait) -> list[Outcome]:
    """What one wait comes to; the wait itself is among the steps, in its place."""
    name = message(KINDS[wait.kind], seconds=wait.span.duration_s)
    announcing = _turns_before(facts, wait)
    before: list[Outcome] = []
    if asked.before or asked.refuse:
        wording = Wording(any=asked.before, means=asked.before_means, refuse=asked.refuse, what=asked.what)
        said = _said_before(facts, wait, announcing, wording, name) if announcing else _unannounced(facts, wait, name)
        first_s = spoken(facts, announcing[0]).start_s if announcing else None
        before.append(_with_step(facts, _at(facts, wait, said), asked.what or message("hold.step_before"), first_s))
    if asked.consent is not None:
        before.append(consent(facts, asked.consent, wait, name))
    after = _after(facts, asked, wait, name) if wait.after is not None and (asked.after or asked.restate) else []
    if asked.leak_most_s is not None:
        after.append(_with_step(facts, _leak(facts, asked, wait, asked.leak_most_s), message("hold.step_quiet"), None))
    if before:
        return [*before[:-1], replace(before[-1], steps=(*before[-1].steps, *waiting(facts, wait))), *after]
    return [*(replace(one, steps=(*waiting(facts, wait), *one.steps)) for one in after[:1]), *after[1:]]


def _with_step(facts: Facts, outcome: Outcome, name: Text, at_s: float | None) -> Outcome:
    """The outcome with what it judges as a step."""
    if outcome.status == "not_applicable":
        return outcome
    done = {"passed": True, "violated": False}.get(outcome.status)
    text = render(name, facts.language)
    return replace(outcome, steps=(*outcome.steps, Step(text, done, None if at_s is None else round(at_s, 3))))


def _said_before(facts: Facts, wait: Wait, announcing: Sequence[int], wording: Wording, name: Message) -> Outcome:
    """Whether the announcing turns hold the wording; a doubtful one cannot answer what the customer asked after it."""
    outcome = verdict(facts, announcing, wording, place=message("place.before_wait", wait=name))
    left = outcome.status == "not_assessable" and left_unanswered(facts, wait, announcing)
    return _unannounced(facts, wait, name) if left else outcome


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


def _after(facts: Facts, asked: Hold, wait: Wait, name: Message) -> list[Outcome]:
    first = next((k for k in facts.agent if k >= (wait.after or 0)), None)
    if first is None:
        return []
    outcomes, at_s = [], spoken(facts, first).start_s
    if asked.after:
        turns = (
            first,
            *(k for k in facts.agent if k == first + 1 or (k == first + 2 and facts.backchannel(first + 1))),
        )
        turns = turns if facts.n_chars(first) <= 6 else turns[:1]
        place = message("place.after_wait", wait=name)
        said = _at(
            facts,
            wait,
            verdict(facts, turns, Wording(any=asked.after, means=asked.after_means, what=asked.what), place=place),
        )
        outcomes.append(_with_step(facts, said, asked.what or message("hold.step_after"), at_s))
    if asked.restate:
        outcomes.append(
            _with_step(facts, _restated(facts, asked, wait, name, first), message("hold.step_restate"), at_s)
        )
    return outcomes


def _restated(facts: Facts, asked: Hold, wait: Wait, name: Message, first: int) -> Outcome:
    """Judged on the turn after the wait, and on the next one where the first only thanks for waiting."""
    turns = [k for k in facts.agent if k >= first][: 2 if facts.tongue.n_spoken(facts.turns[first].text) <= 9 else 1]
    said = search(facts, turns, asked.restate_words, least=SAY_LEAST)
    matter = [k for k in facts.customer if k < first]
    if said.hits or said.near or shared_share(facts, turns, matter) >= 0.5:
        return passed(message("hold.restated", wait=name), 0.75, **evidence(facts, said.hits))
    if why := missing_why(facts, turns, asked.restate_words, least=SAY_LEAST):
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
    single = asked.single_most_s if asked.single_most_s and single_s > asked.single_most_s.value + EPSILON_S else None
    total = asked.total_most_s if asked.total_most_s and sum_s > asked.total_most_s.value + EPSILON_S else None
    most = single or total
    if most is None:
        return not_applicable(message("hold.short", single=single_s, total=sum_s))
    outcome = _offered(facts, asked, waits, single_s if single else sum_s, most)
    steps = [step for wait in waits for step in waiting(facts, wait, asked.single_most_s)]
    if asked.total_most_s and len(waits) > 1:
        name, limit_s = render(message("hold.step_total"), facts.language), asked.total_most_s.value
        steps.append(Step(name, sum_s <= limit_s, None, round(sum_s, 3), limit_s, at_most=True))
    outcome = replace(outcome, steps=tuple(steps)).measured(single_s if single else sum_s, most, "s")
    if not asked.unless_said:
        return outcome
    offered_s = outcome.places[0].span.start_s if outcome.status == "passed" and outcome.places else None
    return _with_step(facts, outcome, message("hold.step_callback"), offered_s)


def _turns_beside(facts: Facts, waits: Sequence[Wait]) -> tuple[int, ...]:
    """The agent's turns that can speak of the waits: some before and after each."""
    near: set[int] = set()
    for wait in waits:
        near.update([k for k in facts.agent if wait.before is not None and k <= wait.before][-TURNS_BEFORE:])
        near.update([k for k in facts.agent if wait.after is not None and k >= wait.after][:TURNS_AFTER])
    return tuple(sorted(near))


def _offered(facts: Facts, asked: Hold, waits: Sequence[Wait], value_s: float, most: Threshold) -> Outcome:
    """What so long a wait is, given what was said about it."""
    beside = _turns_beside(facts, waits)
    said = search(facts, beside, asked.unless_said, least=SAY_LEAST)
    single = "hold.single" if most is asked.single_most_s else "hold.total"
    text = message(single, seconds=value_s, most=most.value, note=most.note)
    if said.hits or said.near:
        return passed(message("hold.long_offered", long=text), 0.85, **evidence(facts, said.hits))
    if asked.unless_said and (why := missing_why(facts, beside, asked.unless_said, least=SAY_LEAST, hidden=False)):
        return not_assessable(why)
    if asked.unless_said:
        text = message("hold.long_unoffered", long=text)
    sure = 0.9 if value_s - most.value > HOLD_EDGE_S else EDGE_CONFIDENCE
    return violated(text, sure * facts.role_confidence, places=tuple(Place(w.span) for w in waits))
