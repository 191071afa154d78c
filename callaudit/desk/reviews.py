"""A call with what people say of it, as somebody may see it.

An agent sees what counts, and no names: a review is the department's, not a colleague's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from callaudit.desk.appeals import PERIOD, Appeal, appeals_of
from callaudit.desk.cases import Bench, Case, case_of, is_blind, machine_of, opinions_of, sees
from callaudit.desk.judging import last_act
from callaudit.desk.outcome import Machine, Opinion, Outcome, outcome_of
from callaudit.desk.people import User
from callaudit.errors import NotThere
from callaudit.records import Finding
from callaudit.store.desk_tables import CaseRow, UserRow
from callaudit.store.tables import CallRow


@dataclass(frozen=True, slots=True)
class Said:
    """An opinion as somebody may see it: `who` is None where names are not theirs to know."""

    opinion: Opinion
    who: str | None
    is_mine: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class Review:
    """A call with what people say of it.

    `history` holds every opinion that was not taken back, the newest first; of an agent those that count. `undoable`
    tells that there is an own act to be taken back. `appeal_until` is until when an agent may appeal, `may_appeal`
    whether that is still ahead. `is_blind`: whoever looks has yet to judge the call in a calibration, and is
    shown what the machine found and nothing else.
    """

    case: Case
    machine: Machine
    outcome: Outcome
    history: tuple[Said, ...]
    appeals: tuple[Appeal, ...]
    reviewer: str | None
    assignee: str | None
    undoable: bool
    appeal_until: datetime | None
    may_appeal: bool
    is_blind: bool = False

    @property
    def version(self) -> int:
        """What an act must have seen."""
        return self.case.version

    @property
    def is_behind(self) -> bool:
        """Whether the call was heard or judged anew since its case was worked out."""
        return self.case.judged_at is not None and self.case.judged_at != self.machine.judged_at

    @property
    def found(self) -> tuple[Finding, ...]:
        """What the machine found broken."""
        return tuple(finding for finding in self.machine.findings if finding.status == "violated")

    @property
    def missed(self) -> tuple[Finding, ...]:
        """What people say was broken, or have judged, and the machine does not find; with their place."""
        told = {finding.rule: finding for finding in self.outcome.findings if finding.status == "violated"}
        own = (finding for finding in self.machine.findings if finding.status != "violated")
        return tuple(told.get(one.rule, one) for one in own if one.rule in self.outcome.standing)

    @property
    def kept(self) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
        """What could still be reported as missed, by chapter."""
        found: dict[str, list[Finding]] = {}
        for one in self.machine.findings:
            if one.status != "violated" and one.rule not in self.outcome.standing:
                found.setdefault(one.chapter, []).append(one)
        return tuple((chapter, tuple(found[chapter])) for chapter in sorted(found, key=str.lower))

    def finding(self, rule: str) -> Finding:
        """What was found of a rule; one that is no more judged by its name alone."""
        found = self.machine.finding(rule)
        return found or Finding(rule, "not_applicable", "minor", rule, "", (), 1.0)

    def is_extra(self, rule: str) -> bool:
        """Whether a rule stands among those that the machine did not find broken."""
        return self.machine.status(rule) != "violated"

    def titles(self, rules: Iterable[str]) -> tuple[str, ...]:
        """The names of rules."""
        return tuple(self.finding(rule).title for rule in rules)

    def said(self, rule: str) -> Said | None:
        """The opinion that counts for a rule."""
        return next((one for one in self.history if one.opinion.rule == rule and one.counts), None)

    def all_said(self, rule: str) -> tuple[Said, ...]:
        """Everything said of a rule, the newest first."""
        return tuple(one for one in self.history if one.opinion.rule == rule)

    def appeal(self, rule: str) -> Appeal | None:
        """The newest appeal against a rule that was not withdrawn."""
        return next((one for one in reversed(self.appeals) if one.rule == rule and one.state != "withdrawn"), None)

    def is_broken(self, rule: str) -> bool:
        """Whether a rule was broken, as people left it."""
        return any(finding.rule == rule for finding in self.outcome.broken)


_RECORDING: Final = (
    select(CallRow.recording_id, CallRow.agent_id, CaseRow.state)
    .outerjoin(CaseRow, CaseRow.recording_id == CallRow.recording_id)
    .where(CallRow.id == bindparam("call_id"))
)


def review_of(
    bench: Bench, user: User, recording_id: str, *, now: datetime | None = None, period: timedelta = PERIOD
) -> Review:
    """A call with what people say of it.

    Parameters
    ----------
    now : tells whether it is too late to appeal; None: it is

    Raises
    ------
    NotThere
        There is no such call, or it is not theirs to see.
    """
    return bench.store.transact(
        lambda session: read_review(session, bench, user, recording_id, now=now, period=period), write=False
    )


def recording_of(session: Session, user: User, call_id: int) -> str:
    """The recording of a call that somebody may see.

    Raises
    ------
    NotThere
    """
    row = session.execute(_RECORDING, {"call_id": call_id}).first()
    if row is None or not sees(user, row.agent_id, row.state or "open"):
        raise NotThere("there is no such call, or it is not yours to see")
    return str(row.recording_id)


def read_review(
    session: Session,
    bench: Bench,
    user: User,
    recording_id: str,
    *,
    now: datetime | None = None,
    period: timedelta = PERIOD,
) -> Review:
    """As `review_of`, in a session of the caller's."""
    case, machine = case_of(session, recording_id), machine_of(session, bench.store.vault, recording_id)
    if not sees(user, machine.agent_id, case.state):
        raise NotThere("there is no such call, or it is not yours to see")
    if user.may("judge") and is_blind(session, user.id, recording_id):
        return _blind(case, machine)
    opinions = opinions_of(session, recording_id)
    outcome = outcome_of(machine, opinions, bench.sheets.of(machine))
    until = None if case.reviewed_at is None else case.reviewed_at + period
    whole = user.may("see all calls")
    counting = {one.id for one in outcome.standing.values()}
    ids = {one.user_id for one in opinions} | {one for one in (case.reviewer_id, case.assignee_id) if one is not None}
    names = _names(session, ids) if whole else {}
    history = tuple(
        Said(one, names.get(one.user_id), one.user_id == user.id, one.id in counting)
        for one in sorted(opinions, key=lambda one: (one.at, one.id), reverse=True)
        if whole or one.id in counting
    )
    return Review(
        case=case,
        machine=machine,
        outcome=outcome,
        history=history,
        appeals=appeals_of(session, user, recording_id),
        reviewer=None if case.reviewer_id is None else names.get(case.reviewer_id),
        assignee=None if case.assignee_id is None else names.get(case.assignee_id),
        undoable=whole and last_act(case, opinions, user.id) is not None,
        appeal_until=until,
        may_appeal=until is not None and now is not None and now <= until,
    )


def _blind(case: Case, machine: Machine) -> Review:
    """The call as if nobody had said anything of it."""
    bare = Case(case.recording_id, case.version)
    return Review(bare, machine, outcome_of(machine, (), None), (), (), None, None, False, None, False, is_blind=True)


def _names(session: Session, ids: set[int]) -> Mapping[int, str]:
    rows = session.execute(select(UserRow.id, UserRow.shown_name).where(UserRow.id.in_(ids))) if ids else ()
    return {row.id: row.shown_name for row in rows}
