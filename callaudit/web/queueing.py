"""What the queue's page and API share: reading the address, and what is chosen from."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

from fastapi import Request
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from callaudit.desk import worklist
from callaudit.desk.asked import Asked, asked_of, filter_of, place_of
from callaudit.desk.people import User
from callaudit.desk.views import View, views_of
from callaudit.desk.worklist import Colleague, Line
from callaudit.store import queries, search
from callaudit.store.database import Store
from callaudit.store.queries import PAGE, Filter, Known, Place
from callaudit.store.spoken import Said, first_in, said
from callaudit.store.tables import AuditRow
from callaudit.web.desk import Desk

NOBODY = Known((), (), ())
KNOWN_FOR_S: Final = 60.0
"""So long it is believed what there is to choose from, unless a call is judged before."""
_KNOWN: Final[WeakKeyDictionary[Store, tuple[int, float, Known]]] = WeakKeyDictionary()
_LOCK: Final = Lock()
_NEWEST: Final = select(func.max(AuditRow.id))
_PLACE: Final = select(AuditRow.rank, AuditRow.id).where(AuditRow.call_id == bindparam("call_id"), AuditRow.latest)
_CALL: Final = select(AuditRow.call_id).where(AuditRow.id == bindparam("audit_id"))
AROUND: Final = 16
"""Characters that are shown around what was searched for."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """What was searched for, with what is said around it, and when."""

    start_s: float
    speaker: str
    before: str
    hit: str
    behind: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue: `n` calls in all; `after` is where the next page begins, None where there is none."""

    asked: Asked
    lines: tuple[Line, ...]
    n: int
    after: Place | None
    colleagues: tuple[Colleague, ...]
    known: Known
    views: tuple[View, ...] = ()
    snippets: Mapping[int, Snippet] = field(default_factory=dict)
    searchable: bool = True

    @property
    def is_floor(self) -> bool:
        """Whether there are more calls than `n`, which nobody counts."""
        return bool(self.asked.q) and self.n == queries.MOST + 1

    @property
    def nothing_to_find(self) -> bool:
        """Whether what was typed has neither a character nor a word in it."""
        return bool(self.asked.q) and said(self.asked.q) is None

    @property
    def queue(self) -> str:
        """The filters, as the page of a call is told them."""
        return self.asked.query()


def page_of(desk: Desk, user: User, asked: Asked, after: Place | None = None, limit: int = PAGE) -> Page:
    """A page of the queue as somebody sees it."""
    return desk.store.transact(lambda session: read_page(session, desk, user, asked, after, limit), write=False)


def read_page(
    session: Session, desk: Desk, user: User, asked: Asked, after: Place | None = None, limit: int = PAGE,
    n: int | None = None, known: Known = NOBODY,
) -> Page:  # fmt: skip
    """As `page_of`, in a session of the caller's.

    Parameters
    ----------
    n : how many calls are asked for, where that is known
    known : what there is to choose from, for who sees all calls
    """
    colleagues = worklist.colleagues(session) if user.may("see all calls") else ()
    wanted = filter_of(asked, user, _accounts(colleagues))
    listed = queries.queue(session, wanted, after=after, limit=limit + 1)
    more = listed[limit - 1].place if len(listed) > limit else None
    lines = worklist.lines(session, user, listed[:limit], asked.rule, asked.severity)
    snippets = {} if wanted.said is None else _snippets(session, wanted.said, [one.listed.call_id for one in lines])
    if after is None and more is None:
        n = len(lines)  # all of them
    elif n is None:
        n = queries.count(session, wanted)
    return Page(
        asked, lines, n, more, colleagues, known if user.may("see all calls") else NOBODY, views_of(session, user),
        snippets, not desk.store.vault.keys,
    )  # fmt: skip


def _snippets(session: Session, wanted: Said, call_ids: Sequence[int]) -> dict[int, Snippet]:
    """Where in each call it is said first."""
    found = {}
    for call_id, turns in search.turns_of(session, call_ids).items():
        if (hit := first_in(wanted, turns)) is not None:
            turn, start, end = hit
            before, behind = turn.text[:start], turn.text[end:]
            found[call_id] = Snippet(
                turn.start_s, turn.speaker, ("…" if len(before) > AROUND else "") + before[-AROUND:],
                turn.text[start:end], behind[:AROUND] + ("…" if len(behind) > AROUND else ""),
            )  # fmt: skip
    return found


def asked_in(request: Request, titles: Mapping[str, str]) -> tuple[Asked, Place | None]:
    """What the address asks, and behind which place the page begins; rules may be given by their names."""
    ids = {title: rule for rule, title in titles.items()}
    pairs = [(name, ids.get(value.strip(), value) if name == "rule" else value)
             for name, value in request.query_params.multi_items()]  # fmt: skip
    return asked_of(pairs), place_of(request.query_params.get("after", ""))


def known_in(desk: Desk, session: Session) -> Known:
    """What a filter can choose from: read anew when a call has been judged since, and now and then."""
    newest = session.scalar(_NEWEST) or 0
    with _LOCK:
        kept = _KNOWN.get(desk.store)
    if kept is not None and kept[0] == newest and time.monotonic() - kept[1] < KNOWN_FOR_S:
        return kept[2]
    known = queries.choices(session)
    with _LOCK:
        _KNOWN[desk.store] = newest, time.monotonic(), known
    return known


def following(session: Session, user: User, call_id: int, queue: str) -> int | None:
    """The call that comes behind one in the queue; None where that was the last."""
    here = session.execute(_PLACE, {"call_id": call_id}).first()
    if here is None:
        return None
    found = queries.places(session, wanted_by(session, user, asked_of(queue)), after=Place(*here), limit=1)
    return session.scalar(_CALL, {"audit_id": found[0].audit_id}) if found else None


def wanted_by(session: Session, user: User, asked: Asked) -> Filter:
    """The filter of the store."""
    colleagues = worklist.colleagues(session) if asked.held not in (None, "me", "nobody", "somebody") else ()
    return filter_of(asked, user, _accounts(colleagues))


def _accounts(colleagues: tuple[Colleague, ...]) -> dict[str, int]:
    return {one.name: one.id for one in colleagues}
