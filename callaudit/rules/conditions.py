"""When a rule applies: conditions as data, answered with yes, no or unknown.

What is unknown never makes a violation; the engine turns a violation under an unknown condition into not assessable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from callaudit.messages import Text, message
from callaudit.rules.base import Threshold, limit, options
from callaudit.rules.cues import Anchor, CueRef, Phrases, Where, Who, Window
from callaudit.rules.days import Day, opening_after, unknown_day, within
from callaudit.rules.facts import BORDER_S, Facts
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, search
from callaudit.rules.waits import all_waits
from callaudit.text.readable import readable

DAYS = {"holiday": "condition.holiday", "weekend": "condition.weekend", "workday": "condition.workday"}
SPEAKERS = {"agent": "speaker.agent", "customer": "speaker.customer", "unknown": "speaker.unknown"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a condition holds (None: unknown), and what that rests on, for people."""

    holds: bool | None
    why: Text

    def __invert__(self) -> Answer:
        return Answer(None if self.holds is None else not self.holds, self.why)


@options
class Said:
    """One of the phrases was heard."""

    words: Phrases
    who: Who = "agent"
    where: Window = Where()
    anchor: Anchor = "any"
    least: float = SAY_LEAST


@options
class Ringing:
    """Ringing before the answer: more than so many rings, or, where they cannot be counted, so many seconds."""

    over: Threshold | None = None
    over_s: Threshold | None = None
    known: bool | None = None


@options
class Held:
    """There is a hold: of a kind, at least so long, or so long all holds together (more than)."""

    kind: Literal["music", "silent", "pause"] | None = None
    least_s: Threshold = limit(0)
    total_s: Threshold | None = None


@options
class Measured:
    """A measurement of the call lies in the range."""

    name: str
    least: Threshold | None = None
    most: Threshold | None = None


@options
class Ended:
    """At least `least_s` pass between the last words (of `since`) and the hang-up."""

    least_s: Threshold
    since: Who = "any"


def _as_tuple(given: object) -> object:
    return (given,) if isinstance(given, dict) else given


@options
class Condition:
    """Everything given must hold; at least one thing must be given."""

    situation: CueRef | None = None
    said: Said | None = None
    ring: Ringing | None = None
    meta: dict[str, tuple[str, ...]] | None = None
    known: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    holiday: bool | None = None
    wished_holiday: bool | None = None
    weekend: bool | None = None
    workday: bool | None = None
    lunch: bool | None = None
    night: bool | None = None
    promise_due: bool | None = None
    agent_turns: int | None = None
    customer_turns: int | None = None
    customer_spoke: bool | None = None
    hangup: Literal["agent", "customer"] | None = None
    last_speaker: Literal["agent", "customer"] | None = None
    greeting_interrupted: bool | None = None
    hold: Held | None = None
    measured: Measured | None = None
    lasts_s: float | None = None
    ended: Ended | None = None
    layout: tuple[str, ...] | None = None
    any: Annotated[tuple[Condition, ...] | None, BeforeValidator(_as_tuple)] = None
    all: Annotated[tuple[Condition, ...] | None, BeforeValidator(_as_tuple)] = None
    not_: Annotated[Condition | None, Field(validation_alias="not")] = None

    def __post_init__(self) -> None:
        if all(getattr(self, own.name) is None for own in fields(self)):
            raise ValueError("a condition needs at least one key")


def _situation(facts: Facts, ref: object) -> Answer:
    moments = facts.moments(ref)  # type: ignore[arg-type]  # dispatched by field name
    title = facts.title(ref)  # type: ignore[arg-type]  # the same
    if moments:
        return Answer(True, message("cue.present", situation=title))
    if facts.turns and not facts.understood:
        return Answer(None, message("doubt.other_language"))
    return Answer(False, message("cue.absent", situation=title))


def _said(facts: Facts, said: Said) -> Answer:
    found = search(
        facts, facts.window(said.where, said.who), said.words, least=said.least, anchor=said.anchor, near=False
    )
    if found.best is not None:
        return Answer(True, message("condition.said", heard=found.best.hit.heard))
    return Answer(False, message("condition.unsaid", phrase=readable(said.words[0])))


def _ring(facts: Facts, asked: Ringing) -> Answer:
    ring, queue_s = facts.call.timeline.ring, facts.call.metadata.queue_s
    if ring is None and queue_s is None:
        holds = False if asked.known else None if asked.known is None else True
        return Answer(holds, message("condition.no_ring"))
    if asked.known is not None:
        return Answer(asked.known, message("condition.rings"))
    if ring is not None and ring.count is not None and asked.over is not None:
        return Answer(ring.count > asked.over.value, message("condition.n_rings", n=ring.count))
    waited_s = ring.ring_to_answer_s if ring is not None else float(queue_s or 0.0)
    if asked.over_s is None:
        return Answer(None, message("condition.rings_uncounted"))
    return Answer(waited_s > asked.over_s.value, message("condition.answered_after", seconds=waited_s))


def _meta(facts: Facts, wanted: dict[str, tuple[str, ...]]) -> Answer:
    unknown = [key for key in wanted if facts.meta(key) is None]
    wrong = [key for key, values in wanted.items() if key not in unknown and facts.meta(key) not in values]
    if wrong:
        return Answer(False, message("condition.meta_is", key=wrong[0], value=facts.meta(wrong[0]) or ""))
    if unknown:
        return Answer(None, message("condition.meta_unknown", key=unknown[0]))
    return Answer(True, message("condition.meta_fits"))


def _known(facts: Facts, keys: tuple[str, ...]) -> Answer:
    missing = [key for key in keys if facts.meta(key) is None]
    if missing:
        return Answer(False, message("condition.meta_unknown", key=missing[0]))
    return Answer(True, message("condition.meta_known"))


def _on_day(facts: Facts, holds: Callable[[Day], bool], wanted: bool) -> Answer:
    """Whether the day of the call is such a day; unknown without a day, or where its year is not in the calendar."""
    day = facts.calendar_day
    if day is None:
        return Answer(None, message("calendar.start_unknown"))
    if day.kind is None:
        assert facts.day is not None  # an unknown kind is that of a known date
        return Answer(None, unknown_day(facts.day))
    kind = message("condition.made_up_workday" if day.made_up else DAYS[day.kind])
    return Answer(holds(day) == wanted, day.name or kind)


def _holiday(facts: Facts, wanted: bool) -> Answer:
    return _on_day(facts, lambda day: day.kind == "holiday", wanted)


def _wished_holiday(facts: Facts, wanted: bool) -> Answer:
    """A holiday on which people wish each other joy: not all are such."""
    return _on_day(facts, lambda day: day.kind == "holiday" and day.name not in facts.settings.unwished, wanted)


def _weekend(facts: Facts, wanted: bool) -> Answer:
    return _on_day(facts, lambda day: day.kind == "weekend", wanted)


def _workday(facts: Facts, wanted: bool) -> Answer:
    return _on_day(facts, lambda day: day.kind == "workday", wanted)


def _within(facts: Facts, hours: tuple[str, str], wanted: bool) -> Answer:
    if facts.started is None:
        return Answer(None, message("calendar.start_unknown"))
    return Answer(within(facts.started.time(), hours) == wanted, message("condition.starts_at", started=facts.started))


def _lunch(facts: Facts, wanted: bool) -> Answer:
    return _within(facts, facts.settings.lunch, wanted)


def _night(facts: Facts, wanted: bool) -> Answer:
    return _within(facts, facts.settings.night, wanted)


def _promise_due(facts: Facts, wanted: bool) -> Answer:
    """Whether an earlier call promised this customer something that falls due before the office opens again."""
    if facts.started is None:
        return Answer(None, message("calendar.start_unknown"))
    opens = opening_after(facts.started, facts.settings) or facts.started + timedelta(days=1)
    earlier = [past for past in facts.aids.history.of_customer(facts.customer_id) if past.ended_at <= facts.started]
    due = [
        one.due_at
        for past in earlier
        for one in past.promises
        if one.due_at is not None and facts.started <= one.due_at < opens
    ]
    if not due:
        return Answer(not wanted, message("condition.no_promise_due"))
    return Answer(wanted, message("condition.promise_due", at=min(due).astimezone(facts.started.tzinfo)))


def _agent_turns(facts: Facts, least: int) -> Answer:
    return Answer(len(facts.agent) >= least, message("condition.agent_turns", n=len(facts.agent)))


def _customer_turns(facts: Facts, least: int) -> Answer:
    return Answer(len(facts.customer) >= least, message("condition.customer_turns", n=len(facts.customer)))


def _customer_spoke(facts: Facts, wanted: bool) -> Answer:
    if doubt_of_roles(facts) and facts.turns and facts.call.recording.layout != "stereo":
        return Answer(None, message("condition.customer_unclear"))
    key = "condition.customer_spoke" if facts.customer_spoke else "condition.customer_silent"
    return Answer(facts.customer_spoke == wanted, message(key))


def _hangup(facts: Facts, by: str) -> Answer:
    hangup = facts.call.timeline.hangup
    if hangup.by == "unknown":
        return Answer(None, hangup.why or message("condition.hangup_unknown"))
    key = "condition.hung_up_agent" if hangup.by == "agent" else "condition.hung_up_customer"
    return Answer(hangup.by == by, message(key))


def _last_speaker(facts: Facts, who: str) -> Answer:
    if not facts.turns:
        return Answer(False, message("condition.nobody_spoke"))
    last = max(facts.turns, key=lambda turn: turn.span.end_s)
    return Answer(last.speaker == who, message("condition.spoke_last", speaker=message(SPEAKERS[last.speaker])))


def _greeting_interrupted(facts: Facts, wanted: bool) -> Answer:
    """Whether the customer begins to speak, in words, before the agent's first turn ends."""
    if not facts.agent:
        return Answer(None, message("doubt.agent_unheard"))
    first = facts.turns[facts.agent[0]].span
    over = any(
        facts.turns[k].words and first.start_s <= facts.turns[k].span.start_s < first.end_s - BORDER_S
        for k in facts.customer
    )
    return Answer(over == wanted, message("condition.greeting_cut" if over else "condition.greeting_whole"))


def _hold(facts: Facts, asked: Held) -> Answer:
    kinds = {asked.kind} if asked.kind else {"music", "silent"}
    fit = [w for w in all_waits(facts) if w.kind in kinds and w.span.duration_s >= asked.least_s.value]
    if asked.total_s is not None:
        total_s = sum(wait.span.duration_s for wait in fit)
        return Answer(total_s > asked.total_s.value, message("condition.waited", seconds=total_s))
    return Answer(bool(fit), message("condition.waits", n=len(fit)) if fit else message("condition.no_waits"))


def _measured(facts: Facts, asked: Measured) -> Answer:
    found = {m.name: m for m in facts.call.measurements}.get(asked.name)
    if found is None or found.value is None:
        why = found.why if found else None
        return Answer(None, why or message("condition.unmeasured", name=asked.name))
    low = asked.least is None or found.value >= asked.least.value
    fits = low and (asked.most is None or found.value <= asked.most.value)
    return Answer(fits, message("condition.measured", name=asked.name, value=found.value))


def _lasts_s(facts: Facts, least_s: float) -> Answer:
    lasts_s = facts.talk_end_s - facts.call.timeline.answer_s
    return Answer(lasts_s >= least_s, message("condition.lasts", seconds=lasts_s))


def _ended(facts: Facts, asked: Ended) -> Answer:
    at_s, own = facts.call.timeline.hangup.at_s, facts.of(asked.since)
    if at_s is None or not own:
        return Answer(None, message("condition.end_unknown" if own else "condition.party_silent"))
    wait_s = at_s - max(facts.turns[k].span.end_s for k in own)
    return Answer(wait_s >= asked.least_s.value, message("condition.ended_after", seconds=max(0.0, wait_s)))


def _layout(facts: Facts, wanted: tuple[str, ...]) -> Answer:
    return Answer(
        facts.call.recording.layout in wanted, message("condition.layout", layout=facts.call.recording.layout)
    )


ANSWERS: dict[str, Callable[..., Answer]] = {
    "situation": _situation, "said": _said, "ring": _ring, "meta": _meta, "known": _known, "holiday": _holiday,
    "wished_holiday": _wished_holiday, "weekend": _weekend, "workday": _workday, "lunch": _lunch, "night": _night,
    "promise_due": _promise_due,
    "agent_turns": _agent_turns, "customer_turns": _customer_turns,
    "customer_spoke": _customer_spoke, "hangup": _hangup, "last_speaker": _last_speaker,
    "greeting_interrupted": _greeting_interrupted, "hold": _hold,
    "measured": _measured, "lasts_s": _lasts_s, "ended": _ended, "layout": _layout,
    "any": lambda facts, conditions: any_of(answer(facts, condition) for condition in conditions),
    "all": lambda facts, conditions: all_of(answer(facts, condition) for condition in conditions),
    "not_": lambda facts, condition: ~answer(facts, condition),
}  # fmt: skip


def answer(facts: Facts, condition: Condition) -> Answer:
    """Whether the condition holds for the call."""
    given = ((own.name, getattr(condition, own.name)) for own in fields(condition))
    return all_of(ANSWERS[name](facts, asked) for name, asked in given if asked is not None)


def all_of(answers: Iterable[Answer]) -> Answer:
    """No if any is no, else unknown if any is unknown."""
    found = list(answers)
    decisive = [a for a in found if a.holds is False] or [a for a in found if a.holds is None] or found
    return decisive[0] if decisive else Answer(True, message("condition.none"))


def any_of(answers: Iterable[Answer]) -> Answer:
    """Yes if any is yes, else unknown if any is unknown."""
    return ~all_of(~a for a in answers)
