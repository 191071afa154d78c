"""Accounts, opinions, appeals and shared work of the review desk; the access log names the recording"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shown_name", sa.String(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
        sa.UniqueConstraint("subject", name=op.f("uq_users_subject")),
    )
    op.create_table(
        "appeals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_appeals_decided_by")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_appeals_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
    )
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeals_recording_id"), ["recording_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeals_state_at"), ["state", "at"], unique=False)

    op.create_table(
        "calibrations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_calibrations_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
    )
    op.create_table(
        "cases",
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("assignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("assigned_at", sa.DateTime(), nullable=True),
        sa.Column("reviewer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(), nullable=True),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("verdict", sa.String(length=6), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("judged_at", sa.DateTime(), nullable=True),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=True),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name=op.f("fk_cases_assignee_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_cases_reviewer_id")),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_audit_id"), ["audit_id"], unique=False)
        batch_op.create_index("ix_cases_held", ["assignee_id", "state", "rank", "day"], unique=False)
        batch_op.create_index(
            "ix_cases_load", ["state", "rank", "day", "assignee_id", "agent_id", "team"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_cases_state_changed_at"), ["state", "changed_at"], unique=False)

    op.create_table(
        "sign_ins",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("began_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_ins_user_id"), ["user_id"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("may_write", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tokens_user_id"), ["user_id"], unique=False)

    op.create_table(
        "views",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_views_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_views_user_id_name")),
    )
    op.create_table(
        "calibration_calls",
        sa.Column("calibration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calibration_id"],
            ["calibrations.id"],
            name=op.f("fk_calibration_calls_calibration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_calibration_calls_user_id")),
        sa.PrimaryKeyConstraint("calibration_id", "recording_id", "user_id", name=op.f("pk_calibration_calls")),
    )
    with op.batch_alter_table("calibration_calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calibration_calls_recording_id"), ["recording_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_calibration_calls_user_id_done_at"), ["user_id", "done_at"], unique=False)

    op.create_table(
        "opinions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("says", sa.String(length=10), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("found", sa.String(length=14), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("judging", sa.String(length=64), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=True),
        sa.Column("end_s", sa.Double(), nullable=True),
        sa.Column("calibration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["calibrations.id"], name=op.f("fk_opinions_calibration_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_opinions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinions")),
    )
    with op.batch_alter_table("opinions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opinions_calibration_id"), ["calibration_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_opinions_recording_id_rule_id"), ["recording_id", "rule", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_opinions_stands_rule_found_says_confidence"),
            ["stands", "rule", "found", "says", "confidence"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_opinions_user_id_at"), ["user_id", "at"], unique=False)

    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recording_id", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_access_log_recording_id"), ["recording_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_log_who_id"), ["who", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_log_act_id"), ["act", "id"], unique=False)

    _add_figures()


def _add_figures() -> None:
    """Measures of calls and their counts; the sums of the counts that are new are worked out from the judgements."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    names = (
        "ring_to_answer_s", "silence_s", "longest_silence_s", "hold_s", "longest_hold_s", "overlap_share",
        "agent_rate_cpm", "agent_share", "agent_level_dbov",
    )  # fmt: skip
    op.create_table(
        "call_figures",
        sa.Column("call_id", key, nullable=False),
        *(sa.Column(name, sa.Double(), nullable=True) for name in names),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_figures_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_figures")),
    )
    op.create_table(
        "figure_counts",
        sa.Column("span", sa.String(length=5), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("bin", sa.Integer(), nullable=False),
        sa.Column("n_calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("span", "period", "team", "name", "bin", name=op.f("pk_figure_counts")),
        sqlite_with_rowid=False,
    )
    for table in ("day_counts", "agent_counts"):
        op.add_column(table, sa.Column("n_not_assessable", sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("score_squares", sa.BigInteger(), nullable=False, server_default="0"))
    tenths = "CAST(ROUND(CAST(COALESCE(a.score, 0.0) * 10 AS DOUBLE PRECISION)) AS BIGINT)"
    day, month, agent = "COALESCE(a.day, '')", "COALESCE(SUBSTR(a.day, 1, 7), '')", "COALESCE(a.agent_id, '')"
    shared = {"team": "COALESCE(a.team, '')", "verdict": "a.verdict"}
    for table, keys in (
        ("day_counts", {"day": day}),
        ("agent_counts", {"span": "'day'", "period": day, "agent_id": agent}),
        ("agent_counts", {"span": "'month'", "period": month, "agent_id": agent}),
    ):
        keys |= shared
        names_of, values = ", ".join(keys), ", ".join(keys.values())
        grouped = ", ".join(value for name, value in keys.items() if name != "span")
        sums = f"SUM(a.n_not_assessable), SUM({tenths} * {tenths})"
        rows = f"SELECT {values}, {sums} FROM audits a WHERE a.latest GROUP BY {grouped}"
        temporary = f"WITH f({names_of}, n, s) AS ({rows})"
        same = " AND ".join(f"f.{name} = {table}.{name}" for name in keys)
        op.execute(f"{temporary} UPDATE {table} SET n_not_assessable = f.n, score_squares = f.s FROM f WHERE {same}")
    points = "CAST(ROUND(CAST(a.score * 10000 AS DOUBLE PRECISION)) AS BIGINT) / 10000"
    for span, period, team in (("day", day, "'*'"), ("month", month, "'*'"), ("month", month, shared["team"])):
        grouped = ", ".join([period, *([] if team == "'*'" else [team]), points])
        op.execute(
            f"INSERT INTO figure_counts SELECT '{span}', {period}, {team}, 'score', {points}, COUNT(*) "
            f"FROM audits a WHERE a.latest AND a.score IS NOT NULL GROUP BY {grouped}"
        )
