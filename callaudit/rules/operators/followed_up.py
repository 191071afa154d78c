"""Whether the customer was called again in time: what a promise, a complaint, a message or a broken line makes due.

One recording cannot tell; other calls can (`Aids.history`). A call that is there proves that the duty was done. That
none is there proves nothing, unless the history is said to be complete until after the limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import Field

from callaudit.messages import Message, Text, message
from callaudit.records import PastCall, Place
from callaudit.rules.base import (
    Outcome,
    Threshold,
    not_applicable,
    not_assessable,
    operator,
    options,
    passed,
    violated,
)
from callaudit.rules.cues import CueRef, Phrases
from callaudit.rules.due import after_opening, past_the_night
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import doubt_of_roles, search
from callaudit.rules.promises import promised
from callaudit.rules.telephone import telephone

CUT_S = 1.0
"""Words that end so shortly before the recording does were cut off, or followed by a hang-up at once (proposed)."""

CLOSING_TURNS = 4
LEAST_NUMBER = 7
"""Digits from which a number that was said may be a telephone on which to call back."""


@options
class FollowedUp:
    """What makes a call due, and by when.

    `after`: a situation; `promised`: with the time that was named beside it, `within_h` where none was; `cut_off`: the
    call broke off without one of the `closing` phrases; none of them: every call. `within_h` counts from the end of the
    call, `opening_hours` only while the office is open; `within_days_of` names a metadata key that holds a number of
    days, and without it the rule does not apply. `by_role`: the caller's metadata agent_role must be one of these.
    `showing`: a situation that the call must show. `reminded`: a breach only if the customer calls again after the
    limit and shows that situation, since what was promised may have been done without a call.
    """

    after: CueRef | None = None
    promised: bool = False
    cut_off: bool = False
    closing: Phrases = ()
    within_h: Threshold | None = None
    within_days_of: str | None = None
    opening_hours: bool = False
    by_role: tuple[str, ...] = ()
    showing: Annotated[str | None, Field(pattern=r"^[a-z_]+$")] = None
    reminded: Annotated[str | None, Field(pattern=r"^[a-z_]+$")] = None
    what: str | None = None

    def __post_init__(self) -> None:
        if self.promised and self.after is None:
            raise ValueError("promised needs after: the situation in which something is promised")
        if self.cut_off and not self.closing:
            raise ValueError("cut_off needs closing: the phrases that end a call properly")
        if (self.within_h is None) == (self.within_days_of is None):
            raise ValueError("wanted one of within_h and within_days_of")

    @property
    def remembered(self) -> tuple[str, ...]:
        """Situations that other calls are searched for."""
        return tuple(name for name in (self.showing, self.reminded) if name)


@dataclass(frozen=True, slots=True)
class Duty:
    """What is due: by when, since when, and what it rests on."""

    since: datetime
    until: datetime
    limit: Text
    place: Place | None
    quote: str | None


@operator("followed_up", FollowedUp)
def followed_up(facts: Facts, asked: FollowedUp) -> Outcome:
    """Not applicable where nothing makes a call due; not assessable without start, customer or history."""
    duty = _duty(facts, asked)
    if isinstance(duty, Outcome):
        return duty
    return replace(_done(facts, asked, duty), places=(duty.place,) if duty.place else (), quote=duty.quote)


def _done(facts: Facts, asked: FollowedUp, duty: Duty) -> Outcome:
    if facts.customer_id is None:
        return not_assessable(message("followed_up.customer_unknown"))
    later, history = _later(facts, duty), facts.aids.history
    if not later and history.complete_until is None and not history.more_than(facts.call.recording.id):
        return not_assessable(message("followed_up.no_history"))
    return _reminded(asked, duty, later) if asked.reminded else _called(facts, asked, duty, later)


# ── what is due ──────────────────────────────────────────────────────────────────────────────────────────────────
def _duty(facts: Facts, asked: FollowedUp) -> Duty | Outcome:
    place, quote = None, None
    if asked.cut_off:
        cut = _cut_off(facts, asked)
        if cut is not True:
            return not_applicable(message("followed_up.not_cut")) if cut is False else not_assessable(cut)
    if asked.after is not None:
        moments = facts.moments(asked.after)
        if not moments:
            return not_applicable(message("cue.absent", situation=facts.title(asked.after)))
        if why := doubt_of_roles(facts):
            return not_assessable(why)
        first = moments[0]
        place, quote = Place(first.span, facts.turns[first.turn].speaker), facts.turns[first.turn].text
    if facts.ended is None:
        return not_assessable(message("calendar.start_unknown"))
    ends = _promise(facts, asked) if asked.promised else None
    if isinstance(ends, Outcome):
        return ends
    until, limit = ends or _limit(facts, asked, facts.ended)
    if limit is None:
        return not_applicable(message("followed_up.no_interval", key=asked.within_days_of or ""))
    if until is None:
        return not_assessable(message("calendar.year_unknown", year=str(facts.ended.year)))
    return Duty(facts.ended, until, limit, place, quote)


def _promise(facts: Facts, asked: FollowedUp) -> tuple[datetime | None, Text] | Outcome | None:
    """The last time that was promised, in words and as a moment; None where no time was named."""
    assert asked.after is not None  # options see to it
    dated = [one for one in promised(facts, asked.after) if one.deadline is not None]
    if not dated:
        return None
    if any(one.promise.due_at is None for one in dated):
        return None, ""
    last = max(dated, key=lambda one: (one.promise.due_at or one.promise.made_at, one.moment.turn))
    assert last.promise.due_at is not None  # looked at above
    assert last.deadline is not None  # the same
    due_at = last.promise.due_at
    if last.deadline.hours is not None:  # a day named ends with the day
        due_at = past_the_night(due_at, facts.settings)
    return due_at, message("followed_up.promised", said=last.promise.said)


def _limit(facts: Facts, asked: FollowedUp, ended: datetime) -> tuple[datetime | None, Text | None]:
    if asked.within_h is None:
        days = facts.meta(asked.within_days_of or "")
        if days is None or not days.isdigit():
            return None, None
        return ended + timedelta(days=int(days)), message("followed_up.days", n=int(days))
    hours, note = asked.within_h.value, asked.within_h.note
    if asked.opening_hours:
        return after_opening(ended, hours, facts.settings), message("followed_up.open_hours", n=hours, note=note)
    until = past_the_night(ended + timedelta(hours=hours), facts.settings) if hours >= 1 else None
    if until is None:
        return ended + timedelta(hours=hours), message("followed_up.minutes", n=hours * 60, note=note)
    return until, message("followed_up.hours", n=hours, note=note)


def _cut_off(facts: Facts, asked: FollowedUp) -> Literal[True, False] | Message:
    """Whether the call broke off; a message where nobody can tell."""
    given = facts.meta("cut_off")
    if given is not None:
        return given.lower() in ("true", "1", "yes", "是")
    if not facts.customer_spoke or not facts.agent:
        return False
    last = tuple(range(max(0, len(facts.turns) - CLOSING_TURNS), len(facts.turns)))
    if search(facts, last, asked.closing, least=0.7, near=False).hits:
        return False
    if facts.call.timeline.hangup.by != "unknown":
        return False  # somebody let go
    return facts.call.timeline.end_s - facts.talk_end_s <= CUT_S


# ── what was done ────────────────────────────────────────────────────────────────────────────────────────────────
def _later(facts: Facts, duty: Duty) -> tuple[PastCall, ...]:
    """Calls with the same customer that begin after this one ends, on whatever number was left."""
    history = facts.aids.history
    ids = dict.fromkeys([facts.customer_id, *_numbers_left(facts)])
    found = {past.id: past for customer in ids for past in history.of_customer(customer)}
    later = [past for past in found.values() if past.id != facts.call.recording.id and past.started_at >= duty.since]
    return tuple(sorted(later, key=lambda past: (past.started_at, past.id)))


def _numbers_left(facts: Facts) -> tuple[str, ...]:
    """Telephone numbers that were said in the call, other than the customer's own."""
    said = [facts.tongue.longest_number(facts.turns[k].text) for k in facts.rows]
    long = [number for number in said if len(number) >= LEAST_NUMBER]
    own = facts.telephone.e164 if facts.telephone else None
    numbers = [telephone(number, facts.settings.country).e164 for number in long]
    return tuple(dict.fromkeys(number for number in numbers if number and number != own))


def _called(facts: Facts, asked: FollowedUp, duty: Duty, later: tuple[PastCall, ...]) -> Outcome:
    what = asked.what or message("followed_up.call")
    out = [past for past in later if past.direction == "outbound" and past.answered]
    fit = [past for past in out if _fits(asked, past) is True]
    if fit and fit[0].started_at <= duty.until:
        return _delayed(passed(message("followed_up.kept", what=what, **_told(duty, fit[0])), 0.9), duty, fit[0])
    in_time = [past for past in later if past.started_at <= duty.until]
    if why := _open(facts, asked, duty, in_time):
        return not_assessable(why)
    lacking = [past for past in in_time if past in out]
    if lacking:
        text = message("followed_up.lacking", what=what, **_told(duty, lacking[0]))
        return _delayed(violated(text, 0.7), duty, lacking[0])
    if fit:
        return _delayed(violated(message("followed_up.late", what=what, **_told(duty, fit[0])), 0.85), duty, fit[0])
    return violated(message("followed_up.none", what=what, limit=duty.limit, until=duty.until), 0.85)


def _fits(asked: FollowedUp, past: PastCall) -> bool | None:
    """Whether a call is what was due; None where its caller's role is unknown."""
    if asked.showing and asked.showing not in past.marks:
        return False
    if asked.by_role and past.agent_role is None:
        return None
    return not asked.by_role or past.agent_role in asked.by_role


def _open(facts: Facts, asked: FollowedUp, duty: Duty, in_time: list[PastCall]) -> Text | None:
    """Why the missing call is no breach, or not yet; None where it is one."""
    history = facts.aids.history
    if any(past.direction == "outbound" and not past.answered for past in in_time):
        return message("followed_up.not_reached")
    if any(past.direction == "outbound" and _fits(asked, past) is None for past in in_time):
        return message("followed_up.role_unknown")
    if any(past.direction is None for past in in_time):
        return message("followed_up.direction_unknown")
    if any(past.direction == "inbound" for past in in_time):
        return message("followed_up.customer_called")
    if any(past.direction == "outbound" for past in in_time):
        return None  # it was made, and lacks what it needed
    if not history.complete_by(duty.until):
        known = history.complete_until
        if known is None:
            return message("followed_up.incomplete")
        return message("followed_up.too_early", known=known, until=duty.until)
    if not history.holds_outbound:
        return message("followed_up.no_outbound")
    if _numbers_left(facts) or any(one.kind == "phone" for turn in facts.turns for one in turn.masked):
        return message("followed_up.other_number")
    return None


def _reminded(asked: FollowedUp, duty: Duty, later: tuple[PastCall, ...]) -> Outcome:
    """Kept if the customer was called in time; broken if he calls after the limit and reminds; else unknown."""
    called = [past for past in later if past.direction == "outbound" and past.answered]
    if called and called[0].started_at <= duty.until:
        what = asked.what or message("followed_up.call")
        return _delayed(passed(message("followed_up.kept", what=what, **_told(duty, called[0])), 0.7), duty, called[0])
    again = [p for p in later if p.direction == "inbound" and p.started_at > duty.until and asked.reminded in p.marks]
    if again and not (called and called[0].started_at < again[0].started_at):
        return _delayed(violated(message("followed_up.reminded", **_told(duty, again[0])), 0.8), duty, again[0])
    return not_assessable(message("followed_up.done_elsewhere"))


def _told(duty: Duty, past: PastCall) -> dict[str, Text | datetime]:
    zone = duty.until.tzinfo
    return {
        "limit": duty.limit,
        "until": duty.until,
        "at": past.started_at.astimezone(zone),
        "path": PurePath(past.path).name,
    }


def _delayed(outcome: Outcome, duty: Duty, past: PastCall) -> Outcome:
    """The outcome with the hours that went by until the call, against those allowed."""
    hours = (past.started_at - duty.since).total_seconds() / 3600
    allowed = (duty.until - duty.since).total_seconds() / 3600
    return replace(outcome, value=round(hours, 2), limit=round(allowed, 2), unit="h")
