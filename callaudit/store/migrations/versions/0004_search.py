"""What is said in calls, to be searched by characters and by sound; `callaudit store index` fills in older calls"""

from __future__ import annotations

import sqlite3

from alembic import op

revision = "0004"
down_revision = "0003"

_POSTGRESQL = (
    "CREATE TABLE call_texts (call_id BIGINT NOT NULL, chars TSVECTOR NOT NULL, sounds TSVECTOR NOT NULL,"
    " turns BYTEA NOT NULL, CONSTRAINT pk_call_texts PRIMARY KEY (call_id),"
    " CONSTRAINT fk_call_texts_call_id FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE CASCADE)",
    "CREATE INDEX ix_call_texts_chars ON call_texts USING gin (chars)",
    "CREATE INDEX ix_call_texts_sounds ON call_texts USING gin (sounds)",
)
_SQLITE = (
    "CREATE TABLE call_texts (call_id INTEGER NOT NULL, chars BLOB NOT NULL, sounds BLOB NOT NULL,"
    " turns BLOB NOT NULL, CONSTRAINT pk_call_texts PRIMARY KEY (call_id),"
    " CONSTRAINT fk_call_texts_call_id FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE CASCADE)",
    # without content, and as ASCII alone: whatever is no ASCII is part of a word, on every version of SQLite
    "CREATE VIRTUAL TABLE call_words USING fts5(chars, sounds, content='', columnsize=0, tokenize='ascii')",
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        op.execute(statement)
    if is_sqlite and sqlite3.sqlite_version_info >= (3, 42):
        op.execute("INSERT INTO call_words (call_words, rank) VALUES ('secure-delete', 1)")
