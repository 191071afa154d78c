"""The queue as people see it: calls with the worst that was found in them, who has them, and how far people are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callaudit.desk.people import JUDGES, User
from callaudit.records import Severity, Verdict
from callaudit.store.caseload import CHECKED
from callaudit.store.desk_tables import AppealRow, CaseRow, UserRow
from callaudit.store.entries import Breach
from callaudit.store.queries import Listed
from callaudit.store.tables import BreachRow

ORDER: Mapping[str, int] = {"critical": 0, "major": 1, "minor": 2}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the queue; `worst` is the gravest violation, and the surest of those, of what was asked for.

    `verdict` and `score` are those that count: people's, where they have judged. `version` is that of the case, 0 where
    nobody has touched the call. `assignee` and `reviewer` are names, None to whom they are none of their business.
    """

    listed: Listed
    verdict: Verdict
    score: float | None
    low: float | None
    high: float | None
    is_judged: bool
    worst: Breach | None
    n_broken: Mapping[Severity, int]
    version: int
    state: str | None
    assignee: str | None
    is_mine: bool
    reviewer: str | None
    reviewed_at: datetime | None
    has_appeal: bool

    @property
    def is_checked(self) -> bool:
        """Whether a person has been through it."""
        return self.state in CHECKED


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who can be given calls; `n_open` of those they have wait for them."""

    id: int
    name: str
    shown_name: str
    n_open: int = 0


def lines(
    session: Session,
    user: User,
    listed: Sequence[Listed],
    rules: Collection[str] = (),
    severity: Severity | None = None,
) -> tuple[Line, ...]:
    """The lines of some calls.

    Parameters
    ----------
    rules, severity : of these the worst is told, where any are named
    """
    breaches = _breaches(session, [one.place.audit_id for one in listed])
    recordings = [one.recording_id for one in listed]
    cases = {row.recording_id: row for row in session.scalars(_cases(recordings))}
    appealed = set(session.scalars(_appealed(recordings)))
    names = {one: name for one, name in session.execute(select(UserRow.id, UserRow.shown_name))} if cases else {}
    if not user.may("see all calls"):
        names = {}
    return tuple(
        _line(
            user,
            one,
            breaches.get(one.place.audit_id, []),
            cases.get(one.recording_id),
            names,
            appealed,
            rules,
            severity,
        )
        for one in listed
    )


def _line(
    user: User,
    listed: Listed,
    breaches: Sequence[Breach],
    case: CaseRow | None,
    names: Mapping[int, str],
    appealed: Collection[str],
    rules: Collection[str],
    severity: Severity | None,
) -> Line:
    worst = min(
        (one for one in breaches if (not rules or one.rule in rules) and severity in (None, one.severity)),
        key=lambda one: (ORDER[one.severity], -one.confidence, one.rule),
        default=None,
    )
    counted: dict[Severity, int] = {"critical": 0, "major": 0, "minor": 0}
    for one in breaches:
        counted[one.severity] += 1
    is_judged = case is not None and case.verdict is not None
    outcome = case if case is not None and is_judged else listed
    return Line(
        listed=listed,
        verdict=outcome.verdict or listed.verdict,  # type: ignore[arg-type]  # the table holds no other verdicts
        score=outcome.score,
        low=outcome.low,
        high=outcome.high,
        is_judged=is_judged,
        worst=worst,
        n_broken=counted,
        version=0 if case is None else case.version,
        state=None if case is None else case.state,
        assignee=None if case is None else names.get(case.assignee_id or 0),
        is_mine=case is not None and case.assignee_id == user.id,
        reviewer=None if case is None else names.get(case.reviewer_id or 0),
        reviewed_at=None if case is None else case.reviewed_at,
        has_appeal=listed.recording_id in appealed,
    )


def colleagues(session: Session) -> tuple[Colleague, ...]:
    """Everybody who can be given calls, by name, and how many wait for each."""
    open_ones = select(CaseRow.assignee_id, func.count()).where(CaseRow.assignee_id.is_not(None))
    open_ones = open_ones.where(CaseRow.state == "open").group_by(CaseRow.assignee_id)
    waiting = {one: n for one, n in session.execute(open_ones)}
    rows = select(UserRow.id, UserRow.name, UserRow.shown_name)
    rows = rows.where(UserRow.role.in_(JUDGES), UserRow.disabled_at.is_(None)).order_by(UserRow.shown_name, UserRow.id)
    return tuple(Colleague(*row, waiting.get(row.id, 0)) for row in session.execute(rows))


def _breaches(session: Session, audit_ids: Sequence[int]) -> dict[int, list[Breach]]:
    found: dict[int, list[Breach]] = {}
    rows: Any = select(
        BreachRow.audit_id, BreachRow.rule, BreachRow.severity, BreachRow.confidence, BreachRow.start_s, BreachRow.times
    ).where(BreachRow.audit_id.in_(audit_ids))
    for audit_id, *rest in session.execute(rows) if audit_ids else ():
        found.setdefault(audit_id, []).append(Breach(*rest))
    return found


def _cases(recordings: Sequence[str]) -> Any:  # a SELECT
    return select(CaseRow).where(CaseRow.recording_id.in_(recordings))


def _appealed(recordings: Sequence[str]) -> Any:  # a SELECT
    return select(AppealRow.recording_id).where(AppealRow.recording_id.in_(recordings), AppealRow.state == "open")
