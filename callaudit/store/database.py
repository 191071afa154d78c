"""The store: open it, write calls with their judgements, read them back."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, and_, insert, or_, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from callaudit.config import StoreConfig
from callaudit.errors import LeaseLost, StoreError
from callaudit.records import Audit, Call
from callaudit.reports.stored import audit_from, call_from
from callaudit.store.connection import (
    ALONE,
    HASTY,
    READING,
    address_of,
    altering,
    fault,
    make_engine,
    patiently,
    shown,
)
from callaudit.store.crypt import OPEN, Vault, is_sealed, keys_in, vault_of
from callaudit.store.documents import unpacked
from callaudit.store.entries import Entry, JudgementEntry, joined
from callaudit.store.judgements import write_judgements
from callaudit.store.schema import HEAD, bring_to_head, revision_of, wanting
from callaudit.store.tables import AccessRow, AuditDocument, AuditRow, CallDocument, CallRow, JudgingRow, TaskRow
from callaudit.store.writing import write_call

T = TypeVar("T")
log = logging.getLogger("callaudit.store")

PATIENCE_S = 120.0
"""How long a database that is gone is waited for."""
PAGE = 200
"""Calls read at a time."""


def open_store(
    url_or_path: str | os.PathLike[str],
    *,
    key: str | None = None,
    patience_s: float = PATIENCE_S,
    upgrade: bool = True,
    documents: bool = True,
) -> Store:
    """The store at an address; a database that is empty or of an older version is brought to this one's tables.

    Parameters
    ----------
    url_or_path : path of an SQLite file, made where there is none; or sqlite:///PATH, or postgresql://…
    key : encrypts documents (`callaudit.store.crypt`); None leaves them plain
    patience_s : how long a database that is gone is waited for, now and later
    upgrade : False leaves the tables as they are and makes no file
    documents : False for work that reads and writes none: then the key is not tried

    Raises
    ------
    StoreError
        It cannot be reached, is no store, was written by a newer version, or the key is not its key.
    """
    url = address_of(url_or_path)
    vault = vault_of(key) if key is not None else OPEN
    if url.get_backend_name() == "sqlite":
        _ready(Path(url.database or ""), upgrade)
    store = Store(url, make_engine(url), vault, patience_s)
    try:
        if upgrade:
            patiently(store._upgrade, url, patience_s)
        if documents and (upgrade or store.revision() == HEAD):
            store._try_key()
    except BaseException:
        store.close()
        raise
    return store


def configured_store(
    config: StoreConfig, *, patience_s: float = PATIENCE_S, upgrade: bool = True, documents: bool = True
) -> Store:
    """The store of the settings, with the key of the environment variable that they name.

    Raises
    ------
    StoreError
        As `open_store`; or its tables are of another version, `upgrade` is False, and documents are to be read.
    """
    key = keys_in(config.key_env) if config.key_env and documents else None
    store = open_store(config.url or "", key=key, patience_s=patience_s, upgrade=upgrade, documents=documents)
    if documents and not upgrade and (why := store.wanting()):
        store.close()
        raise StoreError(why)
    return store


def _ready(path: Path, make: bool) -> None:
    """The file, made for its owner's eyes alone where there is none: calls are personal data."""
    try:
        if make:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        elif not path.is_file():
            raise StoreError(f"{path}: there is no such store; check --store")
    except OSError as error:
        raise StoreError(f"{path}: cannot open the database ({error.strerror}); check --store") from error


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call as it lies in the store; `document` is compressed and no longer encrypted (`entries.call_of`)."""

    id: int
    recording_id: str
    hearing: str
    document: bytes


class Store:
    """Calls, judgements and the queue in one database; one object may be used by several threads.

    Whatever needs the database waits for it while it is gone. A method that writes is one transaction.
    """

    def __init__(self, url: URL, engine: Engine, vault: Vault = OPEN, patience_s: float = PATIENCE_S) -> None:
        self._url, self._engine, self._patience_s = url, engine, patience_s
        self.vault = vault

    @property
    def name(self) -> str:
        """The address for people, without password."""
        return shown(self._url)

    @property
    def dialect(self) -> str:
        """Which database it is: sqlite or postgresql."""
        return self._engine.dialect.name

    @property
    def path(self) -> Path | None:
        """The file of an SQLite store."""
        return Path(self._url.database or "") if self.dialect == "sqlite" else None

    def close(self) -> None:
        """Gives all connections back."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    # ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────
    @contextmanager
    def session(self, *, write: bool = True) -> Iterator[Session]:
        """One transaction, committed at the end unless something was raised.

        Not tried again when the database is gone: `transact` is.

        Parameters
        ----------
        write : False takes no lock; nothing is written

        Raises
        ------
        StoreError
        """
        engine = self._engine if write else self._engine.execution_options(**{READING: True})
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            raise fault(error, self._url) from None  # the cause repeats statements

    def transact(self, work: Callable[[Session], T], *, write: bool = True, hasty: bool = False) -> T:
        """What `work` returns, done in one transaction; done once more where the database was gone meanwhile.

        `work` must bear that: when a connection is lost at the commit nobody knows whether it was made.

        Parameters
        ----------
        write : False takes no lock; nothing is written
        hasty : what is written may be lost when the power fails (never in part), and takes no wait for the disk
        """
        engine = (
            self._engine
            if write and not hasty
            else self._engine.execution_options(**{READING: not write, HASTY: hasty})
        )

        def once() -> T:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                return work(session)

        return patiently(once, self._url, self._patience_s)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────
    def save(self, entry: Entry, *, now: datetime, task_id: int | None = None, owner: str | None = None) -> int:
        """The id of the call, written with its judgement, and with its task done, in one transaction.

        Parameters
        ----------
        task_id, owner : the task that the call comes from and who has its lease, or had it if nobody has it now; a call
            that is there already was to be heard again, and is replaced

        Raises
        ------
        LeaseLost
            The task is somebody else's by now; nothing was written.
        StoreError
        """

        def work(session: Session) -> int:
            if task_id is not None and not _finished(session, task_id, owner):
                known = select(CallRow.id).join(TaskRow, TaskRow.recording_id == CallRow.recording_id)
                known = known.where(TaskRow.id == task_id, TaskRow.state == "done", CallRow.hearing == TaskRow.hearing)
                if (there := session.scalar(known)) is not None:  # this very work, committed as the connection was lost
                    return there
                raise LeaseLost(f"task {task_id} is another run's by now; its outcome is left to that one")
            call_id = write_call(session, entry.call, self.vault, now, anew=task_id is not None)
            write_judgements(session, {call_id: entry.judgement}, self.vault, now)
            return call_id

        return self.transact(work)

    def save_judgement(self, call_id: int, judgement: JudgementEntry, *, now: datetime) -> None:
        """Writes a judgement of a call that is stored; one made earlier in the same way is replaced."""
        self.save_judgements({call_id: judgement}, now=now)

    def save_judgements(self, judgements: Mapping[int, JudgementEntry], *, now: datetime) -> None:
        """Writes judgements, by call, in one transaction."""
        self.transact(lambda session: write_judgements(session, judgements, self.vault, now))

    def log_access(self, who: str, act: str, what: Mapping[str, Any] | None = None, *, now: datetime) -> None:
        """Notes who does what with the calls; no word of a call belongs in `what`."""
        row = insert(AccessRow).values(at=now, who=who, act=act, what=dict(what or {}))
        self.transact(lambda session: session.execute(row))

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────
    def document(self, call_id: int, *, judging: str | None = None) -> dict[str, Any]:
        """The audit document of a call, as the contract has it.

        Parameters
        ----------
        judging : digest of the way of judging; the newest judgement by default

        Raises
        ------
        StoreError
            There is no such call or judgement.
        """
        wanted = (
            select(CallDocument.document, AuditDocument.document)
            .join(AuditRow, AuditRow.call_id == CallDocument.call_id)
            .join(AuditDocument, AuditDocument.audit_id == AuditRow.id)
            .where(CallDocument.call_id == call_id)
        )
        if judging is None:
            wanted = wanted.order_by(AuditRow.latest.desc(), AuditRow.judged_at.desc(), AuditRow.id.desc()).limit(1)
        else:
            wanted = wanted.join(JudgingRow, JudgingRow.id == AuditRow.judging_id).where(JudgingRow.judging == judging)
        row = self.transact(lambda session: session.execute(wanted).first(), write=False)
        if row is None:
            raise StoreError(f"{self.name}: no call {call_id} with that judgement; it may have been purged")
        return joined(*(unpacked(self.vault.opened(half)) for half in row))

    def judgement(self, audit_id: int) -> dict[str, Any]:
        """The judgement's half of an audit document, by the id of its row."""
        wanted = select(AuditDocument.document).where(AuditDocument.audit_id == audit_id)
        kept = self.transact(lambda session: session.scalar(wanted), write=False)
        if kept is None:
            raise StoreError(f"{self.name}: no judgement {audit_id}; it may have been purged")
        return unpacked(self.vault.opened(kept))

    def audit(self, call_id: int, *, judging: str | None = None) -> Audit:
        """The audit of a call; parameters and errors as `document`."""
        return audit_from(self.document(call_id, judging=judging))

    def call(self, call_id: int) -> Call:
        """What was heard in a call; errors as `document`."""
        wanted = select(CallDocument.document).where(CallDocument.call_id == call_id)
        kept = self.transact(lambda session: session.scalar(wanted), write=False)
        if kept is None:
            raise StoreError(f"{self.name}: no call {call_id}; it may have been purged")
        return call_from(joined(unpacked(self.vault.opened(kept))))

    def each(self, *, after: int = 0, page: int = PAGE) -> Iterator[StoredCall]:
        """Every recording's newest call in the order of ids, a page in memory at a time.

        Parameters
        ----------
        after : only calls with a greater id: a pass that was broken off goes on there
        """
        while True:
            wanted = _page(after, page)
            rows = self.transact(partial(_all, wanted), write=False)
            for row in rows:
                yield StoredCall(row.id, row.recording_id, row.hearing, self.vault.opened(row.document))
            if len(rows) < page:
                return
            after = rows[-1].id

    # ── the database itself ──────────────────────────────────────────────────────────────────────────────────────
    def revision(self) -> str | None:
        """The revision of the tables; None where there are none."""

        def work() -> str | None:
            with self._engine.execution_options(**{READING: True}).connect() as connection:
                return revision_of(connection)

        return patiently(work, self._url, self._patience_s)

    def wanting(self) -> str | None:
        """Why the tables cannot be worked with, and what is to be done; None where they are this version's."""
        return wanting(self.revision(), self._url)

    def tidy(self, *, least_free: float = 0.0) -> None:
        """Leaves nothing of what was deleted in the files, and gives its room back to the system.

        SQLite has overwritten it already, in its log; here the log is brought into the file and emptied. PostgreSQL
        marks the room as free and overwrites it in time; `VACUUM FULL` does it at once, and locks tables.

        Parameters
        ----------
        least_free : share of an SQLite file that has to be free, in [0, 1], before room is given back: for that the
            whole file is copied, which takes as much room again, and whoever writes waits for it
        """
        options = {ALONE: True} | ({"isolation_level": "AUTOCOMMIT"} if self.dialect == "postgresql" else {})

        def work() -> None:
            with self._engine.execution_options(**options).connect() as connection:
                if self.dialect != "sqlite":
                    connection.exec_driver_sql("VACUUM")
                    return
                free, pages = (
                    connection.exec_driver_sql(f"PRAGMA {what}").scalar_one()
                    for what in ("freelist_count", "page_count")
                )
                if free >= least_free * pages:
                    connection.exec_driver_sql("VACUUM")
                if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                    log.warning(
                        "%s: somebody reads it all the time; what was deleted is in its files until that ends",
                        self.name,
                    )

        patiently(work, self._url, self._patience_s)

    def size_bytes(self) -> int:
        """Room that the database takes on its disk."""
        if self.path is not None:
            return sum(one.stat().st_size for one in self.path.parent.glob(f"{self.path.name}*"))
        size = text("SELECT pg_database_size(current_database())")
        return self.transact(lambda session: int(session.scalar(size) or 0), write=False)

    def _upgrade(self) -> None:
        with self._engine.execution_options(**{READING: True}).connect() as connection:
            if revision_of(connection) == HEAD:
                return
        with altering(self._engine) as connection:
            bring_to_head(connection, self._url)

    def _try_key(self) -> None:
        """Opens the newest document, so that a wrong key is told before a night's work."""
        newest = select(CallDocument.document).order_by(CallDocument.call_id.desc()).limit(1)
        kept = self.transact(lambda session: session.scalar(newest), write=False)
        if kept is not None and is_sealed(kept):
            try:
                self.vault.opened(kept)
            except StoreError as error:
                raise StoreError(f"{self.name}: {error}") from error


def _finished(session: Session, task_id: int, owner: str | None) -> bool:
    """Whether the task was ours, or nobody's again (a lease that ran out, or that a crash of the server undid), and now
    is done."""
    ours = and_(TaskRow.state == "leased", TaskRow.owner == owner)
    done = update(TaskRow).where(TaskRow.id == task_id, or_(ours, TaskRow.state == "waiting"))
    done = done.values(state="done", owner=None, leased_until=None, kind=None, why=None)
    return bool(session.execute(done).rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def _all(wanted: Any, session: Session) -> Sequence[Any]:
    return session.execute(wanted).all()


def documents_of(session: Session, key: Any, document: Any, ids: Collection[int]) -> dict[int, bytes]:
    """Documents as they are kept, by id; `key` and `document` are the columns of their table."""
    return {row[0]: row[1] for row in session.execute(select(key, document).where(key.in_(ids)))} if ids else {}


def _page(after: int, page: int) -> Any:
    newer = select(CallRow.id.label("newer"), CallRow.recording_id.label("of")).subquery()
    return (
        select(CallRow.id, CallRow.recording_id, CallRow.hearing, CallDocument.document)
        .join(CallDocument, CallDocument.call_id == CallRow.id)
        .where(CallRow.id > after)
        .where(~select(newer.c.newer).where(newer.c.of == CallRow.recording_id, newer.c.newer > CallRow.id).exists())
        .order_by(CallRow.id)
        .limit(page)
    )
