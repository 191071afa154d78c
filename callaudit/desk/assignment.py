"""Calls given to reviewers: chosen ones, the worst of a filter, or a sample, evenly or by share.

Nobody loses a call unawares: whoever gives calls away saw who has them (the version of each case tells), and calls that
nobody chose one by one are only given where nobody has them. Each call that changes hands is noted in the trail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.batch.sampling import LOTS, Plan, lot
from callaudit.desk.cases import By, put, taken
from callaudit.desk.people import JUDGES, User
from callaudit.desk.trail import note
from callaudit.errors import DeskError, NotAllowed, Stale
from callaudit.store.desk_tables import CaseRow, UserRow
from callaudit.store.queries import Filter, places
from callaudit.store.tables import AuditRow, CallRow

MOST = 1000
"""Calls that are given at a time."""
MOST_DRAWN = 50_000
"""Calls out of which a sample is drawn."""
CHUNK = 500
ASSIGN, TAKE, FREE = "assign call", "take call", "free call"
"""How the trail calls them."""


@dataclass(frozen=True, slots=True)
class Given:
    """What became of an act: how many calls each got, by id, and those that somebody had changed meanwhile."""

    by_user: Mapping[int, int]
    refused: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Calls that changed hands."""
        return sum(self.by_user.values())


def assign(
    session: Session, user: User, chosen: Sequence[tuple[str, int]], shares: Mapping[int, int], *, now: datetime
) -> Given:
    """Gives calls to reviewers by their shares, or where there are no shares takes them from whoever has them.

    Parameters
    ----------
    chosen : recording and version of each case, as it was seen, the worst first

    Raises
    ------
    NotAllowed, DeskError
    """
    _needs(user, "assign")
    names = _names(session, shares)
    if len(chosen) > MOST:
        raise DeskError("that is too many calls at a time; 1000 at most")
    receivers: Sequence[int | None] = list(turns(shares, len(chosen))) if shares else [None] * len(chosen)
    given: dict[int, int] = {}
    refused = []
    for (recording_id, seen), to in sorted(zip(chosen, receivers, strict=True)):  # locked in one order by everybody
        act = FREE if to is None else ASSIGN
        try:
            _hand_over(session, By(user, now, seen), recording_id, to, act, names.get(to or 0))
        except Stale:
            refused.append(recording_id)
        else:
            given[to or 0] = given.get(to or 0, 0) + 1
    return Given(given, tuple(refused))


def take(session: Session, user: User, recording_id: str, seen: int, *, now: datetime) -> None:
    """Takes a call that nobody has for oneself; gives one's own back.

    Raises
    ------
    Stale, NotAllowed, DeskError
    """
    _needs(user, "judge")
    row = session.get(CaseRow, recording_id, populate_existing=True)
    holder = None if row is None else row.assignee_id
    if holder not in (None, user.id):
        raise DeskError("somebody else has this call")
    to = None if holder == user.id else user.id
    _hand_over(session, By(user, now, seen), recording_id, to, TAKE if to else FREE, user.name if to else None)


def worst(session: Session, wanted: Filter, n: int) -> list[tuple[str, int]]:
    """The first calls of a filter that nobody has or has been through, for `assign`."""
    free = replace(wanted, reviewed=False, assigned=False, assignees=())
    found = [place.audit_id for place in places(session, free, limit=min(n, MOST))]
    known = {audit_id: recording_id for audit_id, recording_id, _ in _calls(session, found)}
    return _seen(session, [known[one] for one in found])


def sample(session: Session, wanted: Filter, plan: Plan) -> list[tuple[str, int]]:
    """Calls of a filter drawn by lot, of those that nobody has or has been through, for `assign`.

    The lot hangs on the recording and the seed alone (`callaudit.batch.sampling`): nobody can draw again until a call
    is missed. Here `per_agent` counts all calls of the filter, whatever their day.

    Raises
    ------
    DeskError
        The filter holds too many calls, or the sample is too large.
    """
    free = replace(wanted, reviewed=False, assigned=False, assignees=())
    found = [place.audit_id for place in places(session, free, limit=MOST_DRAWN + 1)]
    if len(found) > MOST_DRAWN:
        raise DeskError("that is too many calls to draw from; name the days")
    lots = [(lot(recording_id, plan), recording_id, agent) for _, recording_id, agent in _calls(session, found)]
    if plan.per_agent is None:
        share = plan.share or Fraction(1)
        drawn = [recording_id for number, recording_id, _ in lots if number < share * LOTS]
    else:
        n_of: dict[str | None, int] = {}
        drawn = []
        for _, recording_id, agent in sorted(lots, key=lambda one: one[:2]):
            n_of[agent] = n_of.get(agent, 0) + 1
            if n_of[agent] <= plan.per_agent:
                drawn.append(recording_id)
    if len(drawn) > MOST:
        raise DeskError("that is too many calls at a time; 1000 at most")
    return _seen(session, drawn)


def turns(shares: Mapping[int, int], n: int) -> Iterator[int]:
    """Whose turn it is, so that after any number of calls each has their share of them but for one.

    >>> list(turns({1: 2, 2: 1}, 6))
    [1, 2, 1, 1, 2, 1]
    """
    total, had = sum(shares.values()), dict.fromkeys(shares, 0)
    for k in range(1, n + 1):
        one = max(shares, key=lambda who: (shares[who] * k - had[who] * total, -who))
        had[one] += 1
        yield one


def _hand_over(session: Session, by: By, recording_id: str, to: int | None, act: str, name: str | None) -> None:
    case, at = taken(session, recording_id, by)
    after = put(session, case, at, assignee_id=to, assigned_at=None if to is None else at)
    note(
        session, by.user, act, now=at, recording_id=recording_id, to=name, before=case.assignee_id,
        version=after.version,
    )  # fmt: skip


def _needs(user: User, act: str) -> None:
    if not (user.may(act) and user.may_write):  # type: ignore[arg-type]  # both are acts
        raise NotAllowed(f"{user.role} may not: {act}")


def _names(session: Session, shares: Mapping[int, int]) -> dict[int, str]:
    """The names of those who get calls; all of them can."""
    known = select(UserRow.id, UserRow.name).where(
        UserRow.id.in_(shares), UserRow.role.in_(JUDGES), UserRow.disabled_at.is_(None)
    )
    names = {one: name for one, name in session.execute(known)} if shares else {}
    if len(names) < len(shares) or any(share < 1 for share in shares.values()):
        raise DeskError("calls are given to reviewers and leads whose account is open, in whole shares")
    return names


def _calls(session: Session, audit_ids: Sequence[int]) -> list[tuple[int, str, str | None]]:
    found: list[tuple[int, str, str | None]] = []
    wanted = select(AuditRow.id, CallRow.recording_id, AuditRow.agent_id).join(CallRow, CallRow.id == AuditRow.call_id)
    for first in range(0, len(audit_ids), CHUNK):
        rows = session.execute(wanted.where(AuditRow.id.in_(audit_ids[first : first + CHUNK])))
        found += [(row.id, row.recording_id, row.agent_id) for row in rows]
    return found


def _seen(session: Session, recordings: Sequence[str]) -> list[tuple[str, int]]:
    versions: dict[str, int] = {}
    for first in range(0, len(recordings), CHUNK):
        part = select(CaseRow.recording_id, CaseRow.version).where(
            CaseRow.recording_id.in_(recordings[first : first + CHUNK])
        )
        versions |= {one: version for one, version in session.execute(part)}
    return [(one, versions.get(one, 0)) for one in recordings]
