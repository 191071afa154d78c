"""The trail: who did what with which call, and when; written in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import Session

from callaudit.desk.people import User
from callaudit.store.desk_tables import UserRow
from callaudit.store.tables import AccessRow

PAGE: Final = 100
MOST_NAMES: Final = 1000
MARGIN: Final = timedelta(hours=1)
"""Ids follow the time of day but for the clocks of several machines, which differ by less."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the trail; `shown_name` is that of the account, None where there is none of that name."""

    id: int
    at: datetime
    who: str
    shown_name: str | None
    act: str
    what: Mapping[str, Any]
    recording_id: str | None

    @property
    def name(self) -> str:
        """Who it was, for people."""
        return self.shown_name or self.who


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines are wanted; what is None does not filter. `since` and `until` are moments, the second is past."""

    who: str | None = None
    act: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    recording_id: str | None = None


def note(
    session: Session, user: User | str, act: str, *, now: datetime, recording_id: str | None = None, **what: Any
) -> None:
    """Adds a line to the access log, which nobody can change.

    Parameters
    ----------
    user : who did it; a name where it was nobody who is signed in (the command line, a sign-in that failed)
    act : a verb and its object, e.g. "judge finding"
    what : names, ids and states; no word of a call or of a comment
    """
    row = {
        "at": now,
        "who": user if isinstance(user, str) else user.name,
        "act": act,
        "what": dict(what),
        "recording_id": recording_id,
    }
    session.execute(insert(AccessRow).values(row))


def seen(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is worth keeping of filters: those that are set."""
    return {key: value for key, value in given.items() if value not in (None, "", (), [])}


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def lines(session: Session, asked: Asked, *, before: int | None = None, limit: int = PAGE) -> tuple[Line, ...]:
    """Lines of the trail, the newest first.

    Parameters
    ----------
    before : the id of the last one of the page before
    """
    wanted = _lines().where(*_where(session, asked))
    if before is not None:
        wanted = wanted.where(AccessRow.id < before)
    return _read(session, wanted.order_by(AccessRow.id.desc()).limit(limit))


def of_call(
    session: Session, recording_id: str, acts: Collection[str], *, after: int = 0, limit: int = PAGE
) -> tuple[Line, ...]:
    """What was done with a call, of certain acts, the newest first.

    Parameters
    ----------
    after : only what made a version of its case that is newer
    """
    found = _read(session, _of_call(), {"recording_id": recording_id, "acts": acts, "most": limit})
    return tuple(line for line in found if not after or line.what.get("version", 0) > after)


def acts(session: Session) -> tuple[str, ...]:
    """Every act that the trail knows, in order."""
    return _distinct(session, AccessRow.act)


def names(session: Session) -> tuple[str, ...]:
    """Everybody whom the trail names, in order."""
    return _distinct(session, AccessRow.who)


def days(since: date | None, until: date | None, offset: timedelta) -> tuple[datetime | None, datetime | None]:
    """The moments at which the first day begins and the last one is past, where clocks are `offset` ahead of UTC."""
    first = None if since is None else datetime.combine(since, time(), UTC) - offset
    end = None if until is None else datetime.combine(until + timedelta(1), time(), UTC) - offset
    return first, end


def _distinct(session: Session, column: Any) -> tuple[str, ...]:
    """The values of a column, each found by a step through its index: a million lines hold a few dozen."""
    found = select(func.min(column).label("one")).cte("found", recursive=True)
    following = select(func.min(column)).where(column > found.c.one).scalar_subquery()
    found = found.union_all(select(following).where(found.c.one.is_not(None)))
    wanted = select(found.c.one).where(found.c.one.is_not(None)).limit(MOST_NAMES)
    return tuple(session.scalars(wanted))


def _where(session: Session, asked: Asked) -> list[Any]:
    """The conditions; days are told by ids, so that the newest lines of a person or an act are found by one index."""
    found: list[Any] = []
    for column, value in (
        (AccessRow.recording_id, asked.recording_id), (AccessRow.who, asked.who), (AccessRow.act, asked.act),
    ):  # fmt: skip
        if value is not None:
            found.append(column == value)
    if asked.since is not None:
        first = select(AccessRow.id).where(AccessRow.at >= asked.since - MARGIN).order_by(AccessRow.at).limit(1)
        known = session.scalar(first)
        found += [AccessRow.id >= (known or 0), AccessRow.at >= asked.since]
    if asked.until is not None:
        last = select(AccessRow.id).where(AccessRow.at < asked.until + MARGIN).order_by(AccessRow.at.desc()).limit(1)
        found += [AccessRow.id <= (session.scalar(last) or 0), AccessRow.at < asked.until]
    return found


def _lines() -> Any:  # a SELECT
    return select(
        AccessRow.id, AccessRow.at, AccessRow.who, UserRow.shown_name, AccessRow.act, AccessRow.what,
        AccessRow.recording_id,
    ).outerjoin(UserRow, UserRow.name == AccessRow.who)  # fmt: skip


@cache
def _of_call() -> Any:  # a SELECT of a recording, acts and the most lines
    wanted = _lines().where(AccessRow.recording_id == bindparam("recording_id"))
    wanted = wanted.where(AccessRow.act.in_(bindparam("acts", expanding=True)))
    return wanted.order_by(AccessRow.id.desc()).limit(bindparam("most"))


def _read(session: Session, wanted: Any, given: Mapping[str, Any] | None = None) -> tuple[Line, ...]:
    return tuple(Line(*row) for row in session.execute(wanted, given))
