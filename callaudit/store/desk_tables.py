"""Tables of the review desk: who may see calls, what people say of them, and how they share the work.

What people say belongs to a recording (its content hash), not to one hearing or judgement of it: it stays when the call
is heard by another model or judged by another rulebook. Purging a call takes it along (`callaudit.store.purge`). Each
act is noted in the access log, too, in the same transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from callaudit.store.tables import Base, Key


# ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class UserRow(Base):
    """An account; `role` is admin, lead, reviewer or agent, `name` what one signs in with, in lower case.

    An account that was used is disabled, never deleted: the trail names it. `agent_id` is whose calls an agent sees;
    `subject` is the identity at the company's single sign-on (issuer and subject with a blank between). `must_change`:
    the password was given by somebody else, and opens nothing but the page that changes it.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    shown_name: Mapped[str]
    role: Mapped[str] = mapped_column(String(8))
    agent_id: Mapped[str | None]
    password: Mapped[str | None]  # argon2id; None: signs in elsewhere
    must_change: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str | None] = mapped_column(unique=True)
    language: Mapped[str | None] = mapped_column(String(8))
    made_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class SignInRow(Base):
    """A browser that is signed in; the id is the SHA-256 of what its cookie holds."""

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    until: Mapped[datetime]


class TokenRow(Base):
    """A key to the API, of one account and never with more rights than it; `digest` is its SHA-256."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    may_write: Mapped[bool]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


# ── what people say of a call ────────────────────────────────────────────────────────────────────────────────────
class CaseRow(Base):
    """A call that people work on; there is none before somebody is given it or says something.

    `version` grows with every change: who saw an older one is told, and overwrites nothing. `state` is open, reviewed
    (all that was found has been judged) or final. `verdict`, `score`, `low` and `high` are those of the machine's
    findings as people left them; None until somebody judged one. `judged_at` is that of the judgement they were worked
    out from: where the latest one is another, they are worked out anew (`callaudit.desk.cases.behind`).

    `audit_id`, `rank`, `day`, `agent_id` and `team` are those of the latest judgement (`AuditRow`), so that lists and
    counts of cases read one index; None while there is none (`callaudit.store.caseload` keeps them).
    """

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_load", "state", "rank", "day", "assignee_id", "agent_id", "team"),
        Index("ix_cases_held", "assignee_id", "state", "rank", "day"),
        Index(None, "audit_id"),
        Index(None, "state", "changed_at"),
    )

    recording_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    assignee_id: Mapped[int | None] = mapped_column(Key, ForeignKey("users.id"))
    assigned_at: Mapped[datetime | None]
    reviewer_id: Mapped[int | None] = mapped_column(Key, ForeignKey("users.id"))
    reviewed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    verdict: Mapped[str | None] = mapped_column(String(6))
    score: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    judged_at: Mapped[datetime | None]
    audit_id: Mapped[int | None] = mapped_column(Key)
    rank: Mapped[int | None]
    day: Mapped[str | None] = mapped_column(String(10))
    agent_id: Mapped[str | None]
    team: Mapped[str | None]


class OpinionRow(Base):
    """What somebody said of one rule in a call; rows are added, and taken back by `undone_at` alone.

    `says` is upheld (属实), overturned (误判), unsure (存疑), or missed (not found by the machine). `kind` is review,
    final (what decides an appeal; it outranks a review) or blind (a second review that nobody else sees until its
    calibration is closed, and that never changes the outcome). `found` is what the machine had said: violated, passed,
    not_applicable or not_assessable; `judging` by which judgement, with `confidence`. `stands` marks the one that
    counts for its rule and call (`callaudit.desk.outcome.standing`), so that figures of a rule read an index alone.
    """

    __tablename__ = "opinions"
    __table_args__ = (
        Index(None, "recording_id", "rule", "id"),
        Index(None, "stands", "rule", "found", "says", "confidence"),
        Index(None, "user_id", "at"),
        Index(None, "calibration_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    recording_id: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str]
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(6))
    says: Mapped[str] = mapped_column(String(10))
    comment: Mapped[str]
    found: Mapped[str] = mapped_column(String(14))
    confidence: Mapped[float | None]
    judging: Mapped[str] = mapped_column(String(64))
    start_s: Mapped[float | None]  # where a missed one was heard
    end_s: Mapped[float | None]
    calibration_id: Mapped[int | None] = mapped_column(Key, ForeignKey("calibrations.id", ondelete="CASCADE"))
    undone_at: Mapped[datetime | None]
    stands: Mapped[bool] = mapped_column(default=False)


class AppealRow(Base):
    """An agent's appeal (申诉) against one finding, or the whole call where `rule` is empty, and its decision (终审).

    `state` is open, granted, refused or withdrawn.
    """

    __tablename__ = "appeals"
    __table_args__ = (Index(None, "recording_id"), Index(None, "state", "at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    recording_id: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str]
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"))
    at: Mapped[datetime]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(String(9))
    decided_by: Mapped[int | None] = mapped_column(Key, ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str]


# ── how they share the work ──────────────────────────────────────────────────────────────────────────────────────
class ViewRow(Base):
    """Filters of the queue under a name; `query` is what follows the ? of its address."""

    __tablename__ = "views"
    __table_args__ = (Unique("user_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    query: Mapped[str]
    shared: Mapped[bool]


class CalibrationRow(Base):
    """Calls that several people judge without seeing each other's opinions, until it is closed."""

    __tablename__ = "calibrations"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str]
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"))
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CalibrationCallRow(Base):
    """A call of a calibration, for one of its reviewers; `done_at` when that one has judged all of it.

    `items` are the rules that are judged, the same for each reviewer, with what the machine had said when the
    calibration was made.
    """

    __tablename__ = "calibration_calls"
    __table_args__ = (Index(None, "user_id", "done_at"), Index(None, "recording_id"))

    calibration_id: Mapped[int] = mapped_column(
        Key, ForeignKey("calibrations.id", ondelete="CASCADE"), primary_key=True
    )
    recording_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"), primary_key=True)
    done_at: Mapped[datetime | None]
    items: Mapped[dict[str, Any]] = mapped_column(default=dict)
