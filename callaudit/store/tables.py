"""The tables; `callaudit/store/migrations` brings a database to them, never `create_all`.

Times of day are UTC. A row that lists show is narrow; documents lie in tables of their own, so that a page of a list
reads no document.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, LargeBinary, MetaData, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only in an INTEGER


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with a time zone, kept as UTC: SQLite keeps no zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment in the store needs a time zone")
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Root of the tables; constraints have names, so that migrations can change them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime, dict[str, Any]: JSON}


# ── what is to be done ───────────────────────────────────────────────────────────────────────────────────────────
class FileRow(Base):
    """A name under which a recording was seen; several names may hold the same recording."""

    __tablename__ = "files"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    location: Mapped[str] = mapped_column(String, unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    modified_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    recording_id: Mapped[str | None] = mapped_column(String(64), index=True)


class TaskRow(Base):
    """A recording to be heard by one way of hearing: waiting, leased, done, or failed (the quarantine)."""

    __tablename__ = "tasks"
    __table_args__ = (Unique("recording_id", "hearing"), Index(None, "state", "next_at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    recording_id: Mapped[str] = mapped_column(String(64))
    hearing: Mapped[str] = mapped_column(String(64))
    location: Mapped[str]
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    found_at: Mapped[datetime]
    next_at: Mapped[datetime]
    owner: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    kind: Mapped[str | None]
    why: Mapped[str | None]
    started_at: Mapped[datetime | None]
    agent_id: Mapped[str | None]


class RunRow(Base):
    """A batch, a night or a rescore: when, by whom, and how it went."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str]
    owner: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)


class RunTaskRow(Base):
    """A task that belongs to a run, because the run found its recording; several runs may share one.

    `position` is the order in which the run takes its tasks; `name` is what the audit's file in the out folder is
    called, without its ending.
    """

    __tablename__ = "run_tasks"
    __table_args__ = (Unique("run_id", "task_id"), Unique("run_id", "name"))

    run_id: Mapped[int] = mapped_column(Key, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    task_id: Mapped[int] = mapped_column(Key, ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]


# ── what was heard, and how it was judged ────────────────────────────────────────────────────────────────────────
class CallRow(Base):
    """A call as it was heard; the id of one that was purged is never given to another."""

    __tablename__ = "calls"
    __table_args__ = (Unique("recording_id", "hearing"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    recording_id: Mapped[str] = mapped_column(String(64))
    hearing: Mapped[str] = mapped_column(String(64))
    path: Mapped[str]
    duration_s: Mapped[float]
    heard_at: Mapped[datetime] = mapped_column(index=True)
    direction: Mapped[str | None] = mapped_column(String(8))
    started_at: Mapped[datetime | None] = mapped_column(index=True)
    utc_offset_s: Mapped[int | None]  # of the clock where the call took place: lists tell the time as people there do
    day: Mapped[str | None] = mapped_column(String(10), index=True)
    agent_id: Mapped[str | None] = mapped_column(index=True)
    agent_name: Mapped[str | None]
    team: Mapped[str | None] = mapped_column(index=True)
    sector: Mapped[str | None]
    language: Mapped[str] = mapped_column(String(8))
    masked: Mapped[dict[str, Any]] = mapped_column(default=dict)  # personal data that was masked: how many of each kind


class CallDocument(Base):
    """What was heard, whole."""

    __tablename__ = "call_documents"

    call_id: Mapped[int] = mapped_column(Key, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)


class CallFigureRow(Base):
    """Measures of a call that dashboards tell; None where one could not be had (`callaudit.store.entries.FIGURES`).

    A call that was written by an earlier version has no row until `callaudit store figures` has been through.
    """

    __tablename__ = "call_figures"

    call_id: Mapped[int] = mapped_column(Key, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    ring_to_answer_s: Mapped[float | None]
    silence_s: Mapped[float | None]
    longest_silence_s: Mapped[float | None]
    hold_s: Mapped[float | None]
    longest_hold_s: Mapped[float | None]
    overlap_share: Mapped[float | None]
    agent_rate_cpm: Mapped[float | None]
    agent_share: Mapped[float | None]
    agent_level_dbov: Mapped[float | None]


class JudgingRow(Base):
    """A way of judging: a rulebook with its settings; `digests`, one a rule, tell what a change touches."""

    __tablename__ = "judgings"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    judging: Mapped[str] = mapped_column(String(64), unique=True)
    rulebook: Mapped[str]
    rulebook_sha256: Mapped[str] = mapped_column(String(64))
    digests: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AuditRow(Base):
    """A judgement of a call; `latest` marks the one that lists show: one for each recording.

    `day`, `agent_id` and `team` are the call's, so that lists and counts read one table. `rank` orders the queue, the
    worst first (`callaudit.store.entries.rank_of`). `sure_…` is the greatest confidence of a violation of that
    severity, None where there is none.
    """

    __tablename__ = "audits"
    __table_args__ = (
        Unique("call_id", "judging_id"),
        Index(None, "judging_id"),
        Index("ix_audits_queue", "latest", "rank", "day", "sure_critical", "sure_major", "sure_minor"),
        Index("ix_audits_agent", "latest", "agent_id", "rank", "day"),
        Index("ix_audits_team", "latest", "team", "rank", "day"),
        Index("ix_audits_day", "latest", "day", "rank", "sure_critical", "sure_major", "sure_minor"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(Key, ForeignKey("calls.id", ondelete="CASCADE"))
    judging_id: Mapped[int] = mapped_column(Key, ForeignKey("judgings.id"))
    judged_at: Mapped[datetime]
    latest: Mapped[bool]
    rank: Mapped[int]
    day: Mapped[str | None] = mapped_column(String(10))
    agent_id: Mapped[str | None]
    team: Mapped[str | None]
    verdict: Mapped[str] = mapped_column(String(6))
    score: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    sheet: Mapped[str | None]
    sure_critical: Mapped[float | None]
    sure_major: Mapped[float | None]
    sure_minor: Mapped[float | None]
    n_violated: Mapped[int]
    n_critical: Mapped[int]
    n_not_assessable: Mapped[int]
    n_failures: Mapped[int]


class AuditDocument(Base):
    """A judgement, whole."""

    __tablename__ = "audit_documents"

    audit_id: Mapped[int] = mapped_column(Key, ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)


class BreachRow(Base):
    """A rule violated, for lists and counts; `rank` and `day` are the judgement's, `rank` None unless it is latest."""

    __tablename__ = "breaches"
    __table_args__ = (
        Index("ix_breaches_queue", "rule", "rank", "audit_id", "day", "confidence", "severity"),
        {"sqlite_with_rowid": False},
    )

    audit_id: Mapped[int] = mapped_column(Key, ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str] = mapped_column(String(8))
    confidence: Mapped[float]
    start_s: Mapped[float | None]
    times: Mapped[int]
    rank: Mapped[int | None]
    day: Mapped[str | None] = mapped_column(String(10))


class KeptRow(Base):
    """Rules that a call kept and rules that could not be told: names with a blank between.

    With the breaches they say how many calls a rule applied to; a row for each would be fifty times as many.
    """

    __tablename__ = "kept_rules"

    audit_id: Mapped[int] = mapped_column(Key, ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True)
    passed: Mapped[str]
    unassessed: Mapped[str]


class PastRow(Base):
    """What other calls of the same customer or agent need to know of a call, as one rulebook remembers it."""

    __tablename__ = "past_calls"
    __table_args__ = (Index(None, "rulebook_sha256", "customer"),)

    call_id: Mapped[int] = mapped_column(Key, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    rulebook_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer: Mapped[str | None]
    agent_id: Mapped[str | None] = mapped_column(index=True)
    ended_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)


class AskedRow(Base):
    """What a judgement asked of other calls, and the answer: a call whose answer would be another is judged again."""

    __tablename__ = "asked"
    __table_args__ = (Index(None, "key", "audit_id"), {"sqlite_with_rowid": False})

    audit_id: Mapped[int] = mapped_column(Key, ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[str] = mapped_column(String(64))


# ── counts of the latest judgements, kept up to date by whoever writes one (`callaudit/store/counts.py`) ──────────────
class DayCount(Base):
    """Calls of a team on a day, by verdict; empty text where day or team are unknown, here and below.

    Sums are whole numbers (tenths of points, milliseconds), so that adding and taking away leaves no rest.
    """

    __tablename__ = "day_counts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[str] = mapped_column(String(6), primary_key=True)
    n_calls: Mapped[int]
    n_scored: Mapped[int]
    n_violated: Mapped[int]
    n_critical: Mapped[int]
    n_not_assessable: Mapped[int]
    score_tenths: Mapped[int] = mapped_column(BigInteger)
    score_squares: Mapped[int] = mapped_column(BigInteger)  # of tenths: what a spread is worked out from
    duration_ms: Mapped[int] = mapped_column(BigInteger)


class AgentCount(Base):
    """Calls of an agent, by verdict: for each day, and once more for each month (`period` is then 2026-11).

    A year is then twelve rows an agent, and a stretch of days its whole months and the days at its ends.
    """

    __tablename__ = "agent_counts"
    __table_args__ = (Index(None, "agent_id", "span", "period"), {"sqlite_with_rowid": False})

    span: Mapped[str] = mapped_column(String(5), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[str] = mapped_column(String(6), primary_key=True)
    n_calls: Mapped[int]
    n_scored: Mapped[int]
    n_violated: Mapped[int]
    n_critical: Mapped[int]
    n_not_assessable: Mapped[int]
    score_tenths: Mapped[int] = mapped_column(BigInteger)
    score_squares: Mapped[int] = mapped_column(BigInteger)  # of tenths: what a spread is worked out from
    duration_ms: Mapped[int] = mapped_column(BigInteger)


class RuleCount(Base):
    """Calls that broke a rule: of all teams (`*`) for each day and each month, and of each team for each month."""

    __tablename__ = "rule_counts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    span: Mapped[str] = mapped_column(String(5), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str] = mapped_column(String(8), primary_key=True)
    n_calls: Mapped[int]
    n_times: Mapped[int]


class FigureCount(Base):
    """Calls by the size of a figure (`callaudit.store.bins`), for the same teams and stretches as `RuleCount`."""

    __tablename__ = "figure_counts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    span: Mapped[str] = mapped_column(String(5), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    bin: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n_calls: Mapped[int]


# ── who looked ───────────────────────────────────────────────────────────────────────────────────────────────────
class AccessRow(Base):
    """Who did what with the calls, and when; triggers refuse to change or delete a row.

    `recording_id` is the call it was done with, where it was one.
    """

    __tablename__ = "access_log"
    __table_args__ = (Index(None, "who", "id"), Index(None, "act", "id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str]
    act: Mapped[str]
    what: Mapped[dict[str, Any]] = mapped_column(default=dict)
    recording_id: Mapped[str | None] = mapped_column(String(64), index=True)
