"""The queue as people see it: calls with the worst that was found in them, who has them, and how far people are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from callaudit.desk.people import JUDGES, User
from callaudit.records import Severity, Verdict
from callaudit.store.caseload import CHECKED
from callaudit.store.desk_tables import AppealRow, CaseRow, UserRow
from callaudit.store.entries import Breach
from callaudit.store.queries import Listed
from callaudit.store.tables import BreachRow

ORDER: Mapping[Severity, int] = {"critical": 0, "major": 1, "minor": 2}


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
    if not listed:
        return ()
    broken = _broken(session, [one.place.audit_id for one in listed], rules, severity)
    cases = _cases(session, [one.recording_id for one in listed])
    knows = user.may("see all calls")
    return tuple(
        _line(user, one, broken.get(one.place.audit_id, _NOTHING), cases.get(one.recording_id), knows) for one in listed
    )


def _line(user: User, listed: Listed, broken: _Broken, case: Any, knows: bool) -> Line:
    """The line; `case` is a row of `_CASES`, and `knows` tells whether names are the reader's business."""
    worst, counted = broken
    if case is None:
        return Line(
            listed, listed.verdict, listed.score, listed.low, listed.high, False, worst, counted, 0, None, None, False,
            None, None, False,
        )  # fmt: skip
    is_judged = case.verdict is not None
    outcome = case if is_judged else listed
    return Line(
        listed=listed,
        verdict=outcome.verdict,
        score=outcome.score,
        low=outcome.low,
        high=outcome.high,
        is_judged=is_judged,
        worst=worst,
        n_broken=counted,
        version=case.version,
        state=case.state,
        assignee=case.assignee if knows else None,
        is_mine=case.assignee_id == user.id,
        reviewer=case.reviewer if knows else None,
        reviewed_at=case.reviewed_at,
        has_appeal=case.has_appeal,
    )


def colleagues(session: Session) -> tuple[Colleague, ...]:
    """Everybody who can be given calls, by name, and how many wait for each."""
    return tuple(Colleague(*row) for row in session.execute(_COLLEAGUES))


_Broken = tuple[Breach | None, Mapping[Severity, int]]
"""What counts as the worst that was found in a call, and how much of each severity was."""
_NOTHING: Final[_Broken] = (None, dict.fromkeys(ORDER, 0))


def _broken(
    session: Session, audit_ids: Sequence[int], rules: Collection[str], severity: Severity | None
) -> dict[int, _Broken]:
    found: dict[int, dict[Severity, int]] = {}
    worst: dict[int, tuple[int, float, str, Breach]] = {}
    rows: Any = session.execute(_BREACHES, {"ids": audit_ids}).all()
    for audit_id, rule, grave, confidence, start_s, times in rows:
        found.setdefault(audit_id, dict.fromkeys(ORDER, 0))[grave] += 1
        if (rules and rule not in rules) or severity not in (None, grave):
            continue
        key = (ORDER[grave], -confidence, rule)
        if audit_id not in worst or key < worst[audit_id][:3]:
            worst[audit_id] = (*key, Breach(rule, grave, confidence, start_s, times))
    return {one: (worst[one][3] if one in worst else None, counted) for one, counted in found.items()}


def _cases(session: Session, recordings: Sequence[str]) -> dict[str, Any]:
    """The cases of recordings, as rows of `_CASES`."""
    return {row.recording_id: row for row in session.execute(_CASES, {"recordings": recordings})}


# ── statements, made once ────────────────────────────────────────────────────────────────────────────────────────
_FOUND: Final = BreachRow.__table__.c  # of the table, not of the class: hundreds of rows, half the time
_BREACHES: Final = select(
    _FOUND.audit_id, _FOUND.rule, _FOUND.severity, _FOUND.confidence, _FOUND.start_s, _FOUND.times
).where(_FOUND.audit_id.in_(bindparam("ids", expanding=True)))
_ASSIGNEES, _REVIEWERS = aliased(UserRow), aliased(UserRow)
_APPEALS: Final = exists().where(AppealRow.recording_id == CaseRow.recording_id, AppealRow.state == "open")
_CASES: Final = (
    select(
        CaseRow.recording_id, CaseRow.version, CaseRow.state, CaseRow.assignee_id, CaseRow.reviewed_at, CaseRow.verdict,
        CaseRow.score, CaseRow.low, CaseRow.high, _ASSIGNEES.shown_name.label("assignee"),
        _REVIEWERS.shown_name.label("reviewer"), _APPEALS.label("has_appeal"),
    )
    .outerjoin(_ASSIGNEES, _ASSIGNEES.id == CaseRow.assignee_id)
    .outerjoin(_REVIEWERS, _REVIEWERS.id == CaseRow.reviewer_id)
    .where(CaseRow.recording_id.in_(bindparam("recordings", expanding=True)))
)  # fmt: skip
_WAITING: Final = (
    select(CaseRow.assignee_id, func.count().label("n"))
    .where(CaseRow.assignee_id.is_not(None), CaseRow.state == "open")
    .group_by(CaseRow.assignee_id)
    .subquery()
)
_COLLEAGUES: Final = (
    select(UserRow.id, UserRow.name, UserRow.shown_name, func.coalesce(_WAITING.c.n, 0))
    .outerjoin(_WAITING, _WAITING.c.assignee_id == UserRow.id)
    .where(UserRow.role.in_(JUDGES), UserRow.disabled_at.is_(None))
    .order_by(UserRow.shown_name, UserRow.id)
)
