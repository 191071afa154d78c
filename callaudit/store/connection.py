"""Engines for the two databases, and what their faults mean: to be waited for, or to be told."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from callaudit.errors import StoreError, Unstorable

T = TypeVar("T")
log = logging.getLogger("callaudit.store")

BUSY_S = 30.0
"""How long a writer waits for another one of the same SQLite file."""
CONNECT_S = 10
LONGEST_WAIT_S = 8.0
"""Between two tries to reach a database that is gone."""
HASTY = "callaudit_hasty"
"""Option of connections whose commits need not outlive a power failure: they do not wait for the disk."""
READING = "callaudit_reading"
"""Option of connections that will not write: they take no lock."""
ALONE = "callaudit_alone"
"""Option of connections that do what may not be part of a transaction."""

GONE = ("08", "57P01", "57P02", "57P03", "53300", "40001", "40P01", "55P03")
"""SQLSTATEs (or their class) that pass: connection lost, server shutting down or starting, too many clients,
serialisation failure, deadlock, lock not available (PostgreSQL 15, appendix A)."""
FULL = ("53100",)
STARTING = (
    "starting up", "not yet accepting", "shutting down", "in recovery mode", "too many clients", "connection slots",
)  # fmt: skip


def address_of(url_or_path: str | os.PathLike[str]) -> URL:
    """The URL of a store: of an SQLite file, given by path or as sqlite:///PATH, or of PostgreSQL.

    Raises
    ------
    StoreError
        It is of neither; the message does not repeat a password.
    """
    text = os.fspath(url_or_path)
    if not text:
        raise StoreError("no store is named; give --store PATH or postgresql://USER@HOST/NAME, or set store.url")
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError(
            "the URL of the store cannot be read; wanted sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME "
            "with special characters of the password written as %XX"
        ) from None  # the cause repeats the URL with its password
    kind = url.get_backend_name()
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite")
    raise StoreError(f"{shown(url)}: wanted an SQLite file or PostgreSQL; give a path or postgresql://USER@HOST/NAME")


def shown(url: URL) -> str:
    """The address for people: without password and options."""
    return url.database or "" if url.get_backend_name() == "sqlite" else url.set(query={}).render_as_string()


def make_engine(url: URL) -> Engine:
    """An engine for the store.

    Raises
    ------
    StoreError
        The driver is not installed, or the folder of the file does not exist.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    try:
        engine = create_engine(
            url, pool_pre_ping=True, hide_parameters=True, pool_size=5, max_overflow=20,
            connect_args={"connect_timeout": CONNECT_S, "application_name": "callaudit", "keepalives_idle": 30},
        )  # fmt: skip
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(
            f"{shown(url)}: the driver of PostgreSQL is not installed; pip install 'callaudit[postgres]'"
        ) from error
    event.listen(engine, "begin", _begin_postgres)
    return engine


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    if not path.parent.is_dir():
        raise StoreError(f"{path}: the folder {path.parent} does not exist; create it, or choose another --store")
    engine = create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": BUSY_S})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_begin` does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # Every commit reaches the disk: a call costs seconds of work, an fsync milliseconds; NORMAL could lose the last
    # calls when the power fails, after their audits have been written to the out folder.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
    cursor.execute("PRAGMA temp_store = MEMORY")  # no word of a call in temporary files
    cursor.execute("PRAGMA cache_size = -65536")  # at most 64 MiB
    cursor.close()


def _begin(connection: Connection) -> None:
    # IMMEDIATE waits for the lock at once; a transaction that reads first and writes later would fail instead
    options = connection.get_execution_options()
    if not options.get(ALONE, False):
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA synchronous = {'NORMAL' if options.get(HASTY, False) else 'FULL'}")
        connection.exec_driver_sql("BEGIN" if options.get(READING, False) else "BEGIN IMMEDIATE")


@contextmanager
def altering(engine: Engine) -> Iterator[Connection]:
    """A transaction that may change tables.

    SQLite changes a table by making it anew and dropping the old one, which would take along every row that hangs on
    it: references are looked at once, at the end.

    Raises
    ------
    StoreError
        A row would hang on nothing; nothing was changed.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF")  # within a transaction it would do nothing
        try:
            with connection.begin():
                yield connection
                if torn := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise StoreError(f"rows of {torn[0]} hang on missing rows of {torn[2]}; please report this")
        finally:
            driver.execute("PRAGMA foreign_keys = ON")


def _begin_postgres(connection: Connection) -> None:
    if connection.get_execution_options().get(HASTY, False):
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────
def patiently(work: Callable[[], T], url: URL, patience_s: float) -> T:
    """What `work` returns, tried again for up to `patience_s` seconds while the database is gone.

    Parameters
    ----------
    work : a whole transaction that may be done twice: when the connection is lost at the commit, nobody knows whether
        it was made

    Raises
    ------
    StoreError
        The database stayed away, is full, or refused.
    """
    told: list[str] = []

    def tell(state: RetryCallState) -> None:
        if not told:
            told.append("gone")
            log.warning("%s does not answer; trying again for %.0f s", shown(url), patience_s)

    tries = Retrying(
        retry=retry_if_exception(passes), stop=stop_after_delay(patience_s), before_sleep=tell, reraise=True,
        wait=wait_random_exponential(multiplier=0.2, max=LONGEST_WAIT_S),
    )  # fmt: skip
    try:
        return tries(work)
    except SQLAlchemyError as error:
        raise fault(error, url) from None  # the cause holds statements; what is of use of it is in the message


def passes(error: BaseException) -> bool:
    """Whether the fault may be gone in a minute."""
    if not isinstance(error, DBAPIError):
        return False
    if name := getattr(error.orig, "sqlite_errorname", None):
        return str(name).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    if state := getattr(error.orig, "sqlstate", None):
        return str(state).startswith(GONE)
    said = str(error.orig)
    if "FATAL" in said:  # the server answers: only these answers change by themselves
        return any(sign in said for sign in STARTING)
    return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"


def fault(error: SQLAlchemyError, url: URL) -> StoreError:
    """The fault in one line, without statements, values and passwords."""
    where, cause = shown(url), getattr(error, "orig", None)
    name, state = str(getattr(cause, "sqlite_errorname", "")), str(getattr(cause, "sqlstate", "") or "")
    if isinstance(error, DataError):
        return Unstorable(f"{where}: it cannot keep what it was given, e.g. a NUL in a text; nothing was written")
    if name == "SQLITE_FULL" or state.startswith(FULL):
        return StoreError(
            f"{where}: the disk of the database is full; nothing was half written; make room, start again"
        )
    if name.startswith("SQLITE_READONLY"):
        return StoreError(f"{where}: the database may not be written; check the rights of the file and its folder")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StoreError(f"{where}: no SQLite database, or a damaged one; choose another --store, or restore a backup")
    if name.startswith("SQLITE_CANTOPEN"):
        return StoreError(f"{where}: cannot open the database; check the path and its rights")
    lines = [line for line in str(cause if cause is not None else error).splitlines() if line.strip()]
    said = lines[0].strip() if lines else type(error).__name__
    if url.password:
        said = said.replace(str(url.password), "***")
    return StoreError(f"{where}: the database does not answer or refuses: {said}; check --store and the server")
