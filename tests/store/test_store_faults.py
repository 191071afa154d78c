"""What the store does when its database is gone, locked, full, damaged or somebody else's."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from callaudit.errors import StoreError
from callaudit.store.connection import address_of, shown
from callaudit.store.database import open_store
from callaudit.store.entries import Entry
from callaudit.store.tables import CallRow
from tests.batch.postgres import Postgres
from tests.store.calls import entry, judged
from tests.store.conftest import NOW
from tests.waiting import HANG_S

SECRET = "t0p-s3cret"


def test_a_server_that_is_gone_for_a_while_is_waited_for(postgres: Postgres) -> None:
    with open_store(postgres.database("gone"), patience_s=HANG_S) as store:
        first = store.save(entry(1, judged()), now=NOW)
        postgres.stop()
        back = threading.Timer(1.5, postgres.start)
        back.start()
        try:
            second = store.save(entry(2, judged()), now=NOW)
        finally:
            back.join()
        assert [one.id for one in store.each()] == [first, second]


def test_a_server_that_stays_away_is_told_with_its_address(postgres: Postgres) -> None:
    with open_store(postgres.database("away"), patience_s=0.5) as store:
        postgres.stop()
        try:
            with pytest.raises(StoreError, match=f"127.0.0.1:{postgres.port}/away: the database does not answer"):
                store.save(entry(1, judged()), now=NOW)
        finally:
            postgres.start()
        assert store.save(entry(1, judged()), now=NOW) == 1


def test_what_does_not_pass_is_told_at_once(postgres: Postgres) -> None:
    begun = time.monotonic()
    with pytest.raises(StoreError, match="does not exist"):
        open_store(postgres.url("nowhere"), patience_s=2 * HANG_S)
    assert time.monotonic() - begun < HANG_S


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://qa:{SECRET}@127.0.0.1:9/calls",
        f"postgresql://qa@127.0.0.1:9/calls?password={SECRET}",
        f"postgresql://qa:{SECRET}@127.0.0.1:not-a-port/calls",
        f"mysql://qa:{SECRET}@127.0.0.1/calls",
    ],
)
def test_no_message_holds_a_password(url: str) -> None:
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    with pytest.raises(StoreError) as caught:
        open_store(url, patience_s=0.1)
    error: BaseException | None = caught.value
    while error is not None:  # what a traceback would show
        assert SECRET not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_a_password_with_special_characters_is_kept_and_hidden() -> None:
    url = address_of("postgresql://qa:p%40ss@db/calls")
    assert url.password == "p@ss"
    assert shown(url) == "postgresql+psycopg://qa:***@db/calls"


@pytest.mark.parametrize("url", ["", "oracle://x", "sqlite://", "sqlite:///:memory:"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(StoreError):
        open_store(url)


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_writer_waits_for_another_program(tmp_path: Path) -> None:
    with open_store(tmp_path / "calls.db") as store:
        other = sqlite3.connect(tmp_path / "calls.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, other.execute, ["COMMIT"])
        release.start()
        assert store.save(entry(1, judged()), now=NOW) == 1
        release.join()
        other.close()


def test_a_reader_waits_for_nobody(tmp_path: Path) -> None:
    with open_store(tmp_path / "calls.db") as store:
        call_id = store.save(entry(1, judged()), now=NOW)
        other = sqlite3.connect(tmp_path / "calls.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert [one.id for one in store.each()] == [call_id]  # it would wait for ever: the other one stays
        other.close()


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    def small(connection: Any, record: object) -> None:
        connection.execute("PRAGMA max_page_count = 120")  # SQLite then says that the disk is full

    def saved(number: int) -> Entry:
        return entry(number, judged(("r1", "major", 0.5)), path="x" * 3000)

    with open_store(tmp_path / "calls.db") as store:
        event.listen(store._engine, "connect", small)
        store._engine.dispose()
        numbers = iter(range(1000))
        with pytest.raises(StoreError, match="full; nothing was half written"):
            all(store.save(saved(number), now=NOW) for number in numbers)
        n_saved = next(numbers) - 1
        assert n_saved > 3
    with open_store(tmp_path / "calls.db") as store:  # there is room again
        assert len(list(store.each())) == n_saved
        store.save(saved(n_saved), now=NOW)
        with store.session(write=False) as session:
            assert session.scalar(select(func.count()).select_from(CallRow)) == n_saved + 1


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "calls.db").write_bytes(b"These are notes, and no database at all. " * 100)
    with pytest.raises(StoreError, match="no SQLite database"):
        open_store(tmp_path / "calls.db")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing"):
        open_store(tmp_path / "missing" / "calls.db")


def test_a_store_that_is_only_looked_at_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such store"):
        open_store(tmp_path / "calls.db", upgrade=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    open_store(tmp_path / "calls.db").close()
    (tmp_path / "calls.db").chmod(0o400)
    with pytest.raises(StoreError, match=r"calls\.db"):
        open_store(tmp_path / "calls.db")
