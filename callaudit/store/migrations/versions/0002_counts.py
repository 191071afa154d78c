"""Counts by day and month, so that figures over a year need not read every judgement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

CALLS = (
    "COUNT(*), COUNT(a.score), SUM(a.n_violated), SUM(a.n_critical), "
    "SUM(CAST(ROUND(CAST(COALESCE(a.score, 0.0) * 10 AS DOUBLE PRECISION)) AS BIGINT)), "
    "SUM(CAST(ROUND(CAST(c.duration_s * 1000 AS DOUBLE PRECISION)) AS BIGINT)) "
    "FROM audits a JOIN calls c ON c.id = a.call_id WHERE a.latest"
)
RULES = "COUNT(*), SUM(b.times) FROM breaches b JOIN audits a ON a.id = b.audit_id WHERE a.latest"
DAY, MONTH = "COALESCE(a.day, '')", "COALESCE(SUBSTR(a.day, 1, 7), '')"
TEAM, AGENT = "COALESCE(a.team, '')", "COALESCE(a.agent_id, '')"


def upgrade() -> None:
    op.create_table(
        "day_counts",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(length=6), nullable=False),
        sa.Column("n_calls", sa.Integer(), nullable=False),
        sa.Column("n_scored", sa.Integer(), nullable=False),
        sa.Column("n_violated", sa.Integer(), nullable=False),
        sa.Column("n_critical", sa.Integer(), nullable=False),
        sa.Column("score_tenths", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "team", "verdict", name=op.f("pk_day_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agent_counts",
        sa.Column("span", sa.String(length=5), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(length=6), nullable=False),
        sa.Column("n_calls", sa.Integer(), nullable=False),
        sa.Column("n_scored", sa.Integer(), nullable=False),
        sa.Column("n_violated", sa.Integer(), nullable=False),
        sa.Column("n_critical", sa.Integer(), nullable=False),
        sa.Column("score_tenths", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("span", "period", "team", "agent_id", "verdict", name=op.f("pk_agent_counts")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("agent_counts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agent_counts_agent_id_span_period"), ["agent_id", "span", "period"], unique=False
        )
    op.create_table(
        "rule_counts",
        sa.Column("span", sa.String(length=5), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("n_calls", sa.Integer(), nullable=False),
        sa.Column("n_times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("span", "period", "team", "rule", "severity", name=op.f("pk_rule_counts")),
        sqlite_with_rowid=False,
    )
    keys = f"{DAY}, {TEAM}, a.verdict"
    op.execute(f"INSERT INTO day_counts SELECT {keys}, {CALLS} GROUP BY {keys}")
    for span, period in (("day", DAY), ("month", MONTH)):
        keys = f"{period}, {TEAM}, {AGENT}, a.verdict"
        op.execute(f"INSERT INTO agent_counts SELECT '{span}', {keys}, {CALLS} GROUP BY {keys}")
        op.execute(
            f"INSERT INTO rule_counts SELECT '{span}', {period}, '*', b.rule, b.severity, {RULES} "
            f"GROUP BY {period}, b.rule, b.severity"
        )
    keys = f"{MONTH}, {TEAM}, b.rule, b.severity"
    op.execute(f"INSERT INTO rule_counts SELECT 'month', {keys}, {RULES} GROUP BY {keys}")
