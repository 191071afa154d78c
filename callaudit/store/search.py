"""Search in what is said: an index of characters and of sounds, kept in step with the calls.

SQLite has an FTS5 table without content; to take a call out of it, it must be told the very words that were put in, so
these are kept compressed beside it. PostgreSQL has two columns of tsvector with GIN indexes. Where the store has a key,
nothing is indexed: words that can be searched can be read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import zstandard
from sqlalchemy import and_, cast, column, delete, exists, func, literal, or_, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from callaudit.store.crypt import Vault
from callaudit.store.documents import unpacked
from callaudit.store.spoken import Leaf, Said, Spoken, Turn, spoken_in, turns_in
from callaudit.store.tables import CallDocument, CallRow

FEW = 20_000
"""Calls in which something was said that are all looked at; of more, calls are asked one by one, the worst first."""
LOTS = 200_000
"""Of so many hits SQLite gathers the ids once; of more, it asks call by call."""
LASTING = 16_000
"""Places of words that a tsvector tells apart; a longer call begins anew at 1, between two turns."""
SECURE = sqlite3.sqlite_version_info >= (3, 42)
"""Whether SQLite overwrites words of the index that were taken out; else `tidy` has to write it anew."""

TEXTS = table("call_texts", column("call_id"), column("chars"), column("sounds"), column("turns"))
WORDS = table("call_words", column("rowid"), column("call_words"))
"""SQLite's index; the column of its own name is what is matched."""

_PUT = text("INSERT INTO call_texts (call_id, chars, sounds, turns) VALUES (:id, :chars, :sounds, :turns)")
_PUT_VECTORS = text(
    "INSERT INTO call_texts (call_id, chars, sounds, turns)"
    " VALUES (:id, CAST(:chars AS tsvector), CAST(:sounds AS tsvector), :turns)"
)
_ADD = text("INSERT INTO call_words (rowid, chars, sounds) VALUES (:id, :chars, :sounds)")
_TAKE = text("INSERT INTO call_words (call_words, rowid, chars, sounds) VALUES ('delete', :id, :chars, :sounds)")


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
def put(session: Session, call_id: int, words: Spoken | None, vault: Vault) -> None:
    """Puts what is said in a new call into the index; of a store with a key, nothing."""
    if words is None or vault.keys:
        return
    run = session.connection().execute
    row = {"id": call_id, "turns": words.turns}
    if session.get_bind().dialect.name == "postgresql":
        run(_PUT_VECTORS, {**row, "chars": vector(words.chars), "sounds": vector(words.sounds)})
        return
    packed = zstandard.ZstdCompressor(level=3).compress
    run(_PUT, {**row, "chars": packed(words.chars.encode()), "sounds": packed(words.sounds.encode())})
    run(_ADD, {"id": call_id, "chars": words.chars, "sounds": words.sounds})


def take(session: Session, call_ids: Collection[int]) -> None:
    """Takes calls out of the index; the caller deletes them in the same transaction."""
    if not call_ids:
        return
    if session.get_bind().dialect.name == "sqlite":
        unpacked = zstandard.ZstdDecompressor().decompress
        kept = select(TEXTS.c.call_id, TEXTS.c.chars, TEXTS.c.sounds).where(TEXTS.c.call_id.in_(call_ids))
        for call_id, chars, sounds in session.execute(kept).all():
            row = {"id": call_id, "chars": unpacked(chars).decode(), "sounds": unpacked(sounds).decode()}
            session.connection().execute(_TAKE, row)
    session.execute(delete(TEXTS).where(TEXTS.c.call_id.in_(call_ids)))


def missing(session: Session, *, after: int = 0, limit: int = 100) -> list[int]:
    """Calls that are not in the index, in order of their ids: those that an earlier version has written."""
    there = select(TEXTS.c.call_id).where(TEXTS.c.call_id == CallRow.id).exists()
    wanted = select(CallRow.id).where(CallRow.id > after, ~there).order_by(CallRow.id).limit(limit)
    return list(session.scalars(wanted))


def fill_in(session: Session, call_ids: Sequence[int], vault: Vault) -> int:
    """Puts stored calls into the index; how many of them are still there."""
    wanted = select(CallDocument.call_id, CallDocument.document).where(CallDocument.call_id.in_(call_ids))
    rows = session.execute(wanted.order_by(CallDocument.call_id).with_for_update()).all()
    for call_id, document in rows:
        put(session, call_id, spoken_in(unpacked(vault.opened(document))), vault)
    return len(rows)


def tidy(session: Session) -> None:
    """Leaves nothing in SQLite's index of what was taken out of it."""
    if session.get_bind().dialect.name == "sqlite" and not SECURE:
        session.execute(text("INSERT INTO call_words (call_words) VALUES ('optimize')"))


def vector(words: str) -> str:
    """Words of the index as PostgreSQL writes a tsvector, each with its places.

    >>> vector("你好 好\\n吗")
    "'你好':1 '好':2 '吗':3"
    """
    places: dict[str, list[int]] = {}
    at = 0
    for line in words.split("\n"):
        tokens = line.split()
        if at + len(tokens) > LASTING:
            at = 0
        for token in tokens:
            at = at + 1 if at < LASTING else 1
            places.setdefault(token, []).append(at)
    return " ".join(f"'{token}':{','.join(map(str, sorted(set(own))))}" for token, own in places.items())


# ── searching ────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Hits:
    """Calls in which something was said; `are_few` tells that all of them can be looked at."""

    said: Said
    dialect: str
    are_few: bool
    are_lots: bool = False

    def ids(self) -> Any:  # a SELECT
        """Their ids."""
        return _ids(self.said, self.dialect)

    def holds(self, call_id: Any) -> Any:  # a condition
        """Whether it was said in a call."""
        if self.dialect == "postgresql":
            return exists().where(TEXTS.c.call_id == call_id, _holds(self.said))
        if not self.are_lots:
            return (call_id + 0).in_(self.ids())  # a condition, nothing to begin with: no index is looked into by it
        return exists().where(WORDS.c.rowid == call_id, _matches(self.said))


def hits(session: Session, said: Said) -> Hits:
    """The calls in which it was said."""
    dialect = session.get_bind().dialect.name
    first = _ids(said, dialect).limit(LOTS + 1).subquery()
    n = session.scalar(select(func.count()).select_from(first)) or 0
    return Hits(said, dialect, n <= FEW, n > LOTS)


def _ids(said: Said, dialect: str) -> Any:  # a SELECT
    if dialect == "postgresql":
        return select(TEXTS.c.call_id).where(_holds(said))
    return select(WORDS.c.rowid).where(_matches(said))


def _matches(said: Said) -> Any:
    """The condition of SQLite; its language has quotes around words, and none of these holds a quote."""
    groups = (" OR ".join(f'{leaf.column} : "{" ".join(leaf.tokens)}"' for leaf in group) for group in said.groups)
    return WORDS.c.call_words.op("MATCH")(" AND ".join(f"({group})" for group in groups))


def _holds(said: Said) -> Any:
    """The condition of PostgreSQL, whose words have quotes likewise."""
    return and_(*(or_(*(_holds_leaf(leaf) for leaf in group)) for group in said.groups))


def _holds_leaf(leaf: Leaf) -> Any:
    query = " <-> ".join(f"'{token}'" for token in leaf.tokens)
    return TEXTS.c[leaf.column].op("@@")(cast(literal(query), TSQUERY))


# ── what is shown of it ──────────────────────────────────────────────────────────────────────────────────────────
def turns_of(session: Session, call_ids: Sequence[int]) -> dict[int, tuple[Turn, ...]]:
    """What is said in some calls."""
    kept = select(TEXTS.c.call_id, TEXTS.c.turns).where(TEXTS.c.call_id.in_(call_ids))
    return {call_id: turns_in(turns) for call_id, turns in session.execute(kept)} if call_ids else {}


def n_indexed(session: Session) -> int:
    """How many calls are in the index."""
    return session.scalar(select(func.count()).select_from(TEXTS)) or 0
