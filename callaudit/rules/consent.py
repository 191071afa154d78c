"""Whether a customer was asked before a wait, and agreed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from callaudit.messages import Message, message, render
from callaudit.records import Place, Step
from callaudit.rules.base import Limit, Outcome, not_assessable, options, passed, violated
from callaudit.rules.cues import Phrase, Phrases
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, evidence, missing_why, search
from callaudit.rules.spoken import EPSILON_S, spoken
from callaudit.rules.waits import Wait

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


def since_last_wait(facts: Facts, wait: Wait) -> tuple[int, ...]:
    """The turns before the wait, back to the last hold after which the customer has spoken again."""
    turns = tuple(range(0 if wait.before is None else wait.before + 1))
    ends = [hold.end_s for hold in facts.call.timeline.of("hold") if hold.end_s <= wait.span.start_s]
    ends = [end_s for end_s in ends if any(k in turns and facts.turns[k].span.start_s >= end_s for k in facts.customer)]
    return tuple(k for k in turns if facts.turns[k].span.start_s >= max(ends, default=0.0))


def _agreed_before(facts: Facts, asked: Consent, wait: Wait) -> Outcome | None:
    """A pass where an earlier question about this wait was agreed to at once; None without one."""
    since = since_last_wait(facts, wait)
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
            sure, steps = 0.8 if agreed.hits else 0.6, asked_steps(facts, asking, reply)
            return passed(message("hold.agreed_before"), sure, **evidence(facts, ask.hits), steps=steps)
    return None


def left_unanswered(facts: Facts, wait: Wait, announcing: Sequence[int]) -> bool:
    """Whether the wait follows what the customer asked or stated after the agent's last word."""
    since = [k for k in facts.customer if announcing[-1] < k <= (wait.before or 0)]
    return any(facts.n_chars(k) >= STATEMENT_CHARS for k in since)


def consent(facts: Facts, asked: Consent, wait: Wait, name: Message) -> Outcome:
    """Violated where the customer was not asked before the wait, or his answer not awaited."""
    own = [k for k in facts.agent if wait.before is not None and k <= wait.before][-2:]
    since = since_last_wait(facts, wait)
    announcing = [
        k for k in own if k == own[-1] or (k in since and wait.span.start_s - facts.turns[k].span.end_s <= CONSENT_S)
    ]
    ask = search(facts, announcing, asked.ask, least=SAY_LEAST)
    spot = (Place(wait.span),)
    if not ask.hits and (agreed_before := _agreed_before(facts, asked, wait)):
        return agreed_before
    if not ask.hits and not ask.near:
        why = missing_why(facts, announcing, asked.ask, least=SAY_LEAST)
        if why and (doubt_of_roles(facts) or not announcing or not left_unanswered(facts, wait, announcing)):
            return not_assessable(why)
        quote = " / ".join(facts.turns[k].text for k in announcing) or None
        return violated(message("hold.no_question", wait=name), 0.85 * facts.role_confidence, places=spot,
                        steps=(_step(facts, "hold.step_ask", done=False),), quote=quote)  # fmt: skip
    asking = min([heard.turn for heard in ask.hits], default=announcing[0])
    replies = [k for k in facts.customer if k > asking and facts.turns[k].span.start_s < wait.span.end_s - 1.0]
    if not replies:
        return violated(message("hold.no_answer", wait=name), 0.75 * facts.role_confidence, places=spot, **{
            "steps": asked_steps(facts, asking, None)}, **{
            key: value for key, value in evidence(facts, ask.hits).items() if key != "places"})  # fmt: skip
    agreed = search(facts, replies, asked.accept, least=SAY_LEAST).hits
    sure, steps = 0.9 if agreed else 0.7, asked_steps(facts, asking, agreed[0].turn if agreed else replies[0])
    return passed(message("hold.agreed", wait=name), sure, **evidence(facts, ask.hits), steps=steps)


def asked_steps(facts: Facts, asking: int, reply: int | None) -> tuple[Step, ...]:
    """The question and the answer to it, with the time between them."""
    asked_s = spoken(facts, asking)
    ask = _step(facts, "hold.step_ask", done=True, at_s=asked_s.start_s)
    if reply is None:
        return ask, _step(facts, "hold.step_agree", done=False)
    at_s = spoken(facts, reply).start_s
    agree = _step(facts, "hold.step_agree", done=True, at_s=at_s)
    return ask, replace(agree, waited_s=round(max(0.0, at_s - asked_s.end_s), 3))


def waiting(facts: Facts, wait: Wait, most: Limit | None = None) -> tuple[Step, ...]:
    """The wait as steps: when it began and ended, and how long it was, against `most` seconds if so much is allowed."""
    began = _step(facts, "hold.step_wait", done=True, at_s=wait.span.start_s)
    length_s = round(wait.span.duration_s, 3)
    kept = most is None or length_s <= most.value + EPSILON_S
    ended = _step(
        facts, "hold.step_back" if wait.after is not None else "hold.step_end", done=kept, at_s=wait.span.end_s
    )
    return began, replace(ended, waited_s=length_s, wanted_s=None if most is None else most.value, at_most=True)


def _step(facts: Facts, key: str, *, done: bool, at_s: float | None = None) -> Step:
    return Step(render(message(key), facts.language), done, None if at_s is None else round(at_s, 3))
