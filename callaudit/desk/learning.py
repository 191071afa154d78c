"""What people's judgements say of the rules: how often each is right, where it is wrong, what its confidence is worth.

Only the opinion that counts for a rule in a call is counted (`OpinionRow.stands`), held against what the machine had
said when it was given. A miss is known where somebody reported it, so there is a precision and no recall.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import case, func, join, select
from sqlalchemy.orm import Session

from callaudit.desk.outcome import BROKEN
from callaudit.evaluation.calibration import EDGES
from callaudit.evaluation.intervals import Interval, wilson
from callaudit.store.desk_tables import OpinionRow, UserRow
from callaudit.store.tables import AuditRow, BreachRow, CallRow

FEW: Final = 20
"""From so few judgements a precision says little."""
PAGE: Final = 20
Which = Literal["false", "missed", "unsure"]
_interval = lru_cache(maxsize=4096)(wilson)
"""Half a millisecond each, and a list of rules asks for hundreds."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What people said of a rule: of what it found, `upheld`, `overturned` or `unsure`; of the rest, `missed`.

    `confirmed` are calls that it passed and of which a person said that this is so.
    """

    rule: str
    upheld: int = 0
    overturned: int = 0
    unsure: int = 0
    missed: int = 0
    confirmed: int = 0

    @property
    def n(self) -> int:
        """Findings that were decided."""
        return self.upheld + self.overturned

    @property
    def precision(self) -> float | None:
        """The share of findings that are so, in [0, 1]."""
        return self.upheld / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the precision (Wilson)."""
        return _interval(self.upheld, self.n)

    @property
    def is_thin(self) -> bool:
        """Whether too few were decided to tell."""
        return self.n < FEW


@dataclass(frozen=True, slots=True)
class Band:
    """Findings of about the same confidence, in [`start`, `end`): how sure the machine was, and how many were so."""

    start: float
    end: float
    n: int
    n_right: int
    said: float

    @property
    def right(self) -> float:
        """The share that was so."""
        return self.n_right / self.n

    @property
    def interval(self) -> Interval:
        """Its 95 % interval (Wilson)."""
        return _interval(self.n_right, self.n) or (0.0, 1.0)

    @property
    def is_honest(self) -> bool:
        """Whether the confidence may be the true share."""
        low, high = self.interval
        return low <= self.said <= high


@dataclass(frozen=True, slots=True)
class Heard:
    """A judgement worth listening to; `call_id` is None once the call has no judgement."""

    id: int
    recording_id: str
    call_id: int | None
    agent: str | None
    started_at: datetime | None
    at: datetime
    who: str
    comment: str
    confidence: float | None
    start_s: float | None


@dataclass(frozen=True, slots=True)
class Present:
    """What the machine says by now where people judged a rule: broken or not, against what they said."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        """The share of findings that are so."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else None

    @property
    def recall(self) -> float | None:
        """The share of violations known to people that are found."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else None


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────
def overview(session: Session, rule: str | None = None) -> tuple[Judged, ...]:
    """What people said of every rule, or of one; the worst precision first, then those judged most."""
    violated = _violated()
    rows = select(OpinionRow.rule, violated, OpinionRow.says, func.count()).where(OpinionRow.stands)
    rows = rows.group_by(OpinionRow.rule, violated, OpinionRow.says)
    if rule is not None:
        rows = rows.where(OpinionRow.rule == rule)
    found: dict[str, dict[str, int]] = {}
    for name, was_found, says, n in session.execute(rows):
        counts = found.setdefault(name, {})
        key = _kind(bool(was_found), says)
        counts[key] = counts.get(key, 0) + n
    return tuple(sorted((Judged(name, **counts) for name, counts in found.items()), key=_worst))


def of_rule(session: Session, rule: str) -> Judged:
    """What people said of one rule."""
    return next(iter(overview(session, rule)), Judged(rule))


def _violated() -> Any:  # an expression
    return case((OpinionRow.found == "violated", 1), else_=0)


def _kind(was_found: bool, says: str) -> str:
    if says == "unsure":
        return "unsure"
    if was_found:
        return "upheld" if says in BROKEN else "overturned"
    return "missed" if says in BROKEN else "confirmed"


def _worst(one: Judged) -> tuple[bool, float, int, str]:
    return one.precision is None, one.precision or 0.0, -(one.n + one.missed), one.rule


def bands(session: Session, rule: str | None = None) -> tuple[Band, ...]:
    """What confidence was worth, of every finding judged or of one rule's; empty bands are left out."""
    place = case(*((OpinionRow.confidence < end, index) for index, end in enumerate(EDGES[1:])), else_=len(EDGES) - 1)
    sums = (
        func.count(),
        func.sum(case((OpinionRow.says == "overturned", 0), else_=1)),
        func.sum(OpinionRow.confidence),
    )
    rows = select(place, *sums).where(
        OpinionRow.stands,
        OpinionRow.found == "violated",
        OpinionRow.says != "unsure",
        OpinionRow.confidence.is_not(None),
    )
    rows = rows.group_by(place).order_by(place)
    if rule is not None:
        rows = rows.where(OpinionRow.rule == rule)
    ends = (*EDGES[1:], 1.0)
    return tuple(
        Band(EDGES[index], ends[index], n, right, total / n) for index, n, right, total in session.execute(rows)
    )


def gap(found: Sequence[Band]) -> float | None:
    """How far confidence is from what it says, on average over findings: the expected calibration error, in [0, 1]."""
    n = sum(one.n for one in found)
    return sum(one.n * abs(one.said - one.right) for one in found) / n if n else None


def present(session: Session, rule: str) -> Present:
    """What lists show of the calls in which people judged a rule: it may have changed since they did."""
    broken = case((OpinionRow.says.in_(BROKEN), 1), else_=0)
    found = case((BreachRow.audit_id.is_not(None), 1), else_=0)
    rows = (
        select(broken, found, func.count())
        .join(CallRow, CallRow.recording_id == OpinionRow.recording_id)
        .join(AuditRow, (AuditRow.call_id == CallRow.id) & AuditRow.latest)
        .outerjoin(BreachRow, (BreachRow.audit_id == AuditRow.id) & (BreachRow.rule == rule))
        .where(OpinionRow.stands, OpinionRow.rule == rule, OpinionRow.says != "unsure")
        .group_by(broken, found)
    )
    counts = {(bool(is_broken), bool(is_found)): n for is_broken, is_found, n in session.execute(rows)}
    return Present(counts.get((True, True), 0), counts.get((False, True), 0), counts.get((True, False), 0))


# ── to listen to ─────────────────────────────────────────────────────────────────────────────────────────────────
def heard(
    session: Session, rule: str, which: Which, *, before: int | None = None, limit: int = PAGE
) -> tuple[Heard, ...]:
    """False alarms, misses or doubts of a rule, the newest first.

    Parameters
    ----------
    before : the id of the last one of the page before
    """
    was_found, says = OpinionRow.found == "violated", OpinionRow.says
    chosen: dict[Which, Iterable[Any]] = {
        "false": (was_found, says == "overturned"),
        "missed": (~was_found, says.in_(BROKEN)),
        "unsure": (says == "unsure",),
    }
    own = select(OpinionRow.id).where(OpinionRow.stands, OpinionRow.rule == rule, *chosen[which])
    own = own if before is None else own.where(OpinionRow.id < before)
    ids = list(session.scalars(own.order_by(OpinionRow.id.desc()).limit(limit)))
    shown = join(CallRow, AuditRow, (AuditRow.call_id == CallRow.id) & AuditRow.latest)
    rows: Any = (
        select(
            OpinionRow.id, OpinionRow.recording_id, CallRow.id, AuditRow.agent_id, CallRow.started_at, OpinionRow.at,
            UserRow.shown_name, OpinionRow.comment, OpinionRow.confidence,
            func.coalesce(OpinionRow.start_s, BreachRow.start_s),
        )
        .join(UserRow, UserRow.id == OpinionRow.user_id)
        .outerjoin(shown, CallRow.recording_id == OpinionRow.recording_id)
        .outerjoin(BreachRow, (BreachRow.audit_id == AuditRow.id) & (BreachRow.rule == rule))
        .where(OpinionRow.id.in_(ids))
        .order_by(OpinionRow.id.desc())
    )  # fmt: skip
    return tuple(Heard(*row) for row in session.execute(rows)) if ids else ()
