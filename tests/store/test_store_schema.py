"""Migrations bring any database to the tables, keep what is in it, and touch nothing that is not ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import delete, select, text, update

from callaudit.errors import StoreError
from callaudit.store import counts, desk_tables  # noqa: F401  # the second adds its tables to `Base`
from callaudit.store.connection import address_of, altering, make_engine
from callaudit.store.database import Store, open_store
from callaudit.store.schema import HEAD, migrations
from callaudit.store.tables import AccessRow, AgentCount, Base, DayCount, FigureCount, RuleCount
from tests.batch.postgres import Postgres
from tests.store.calls import entry, judged
from tests.store.conftest import NOW


def _differences(url: str) -> list[object]:
    engine = make_engine(address_of(url))
    with engine.connect() as connection:
        own = {"include_name": _is_of_metadata}
        return list(compare_metadata(MigrationContext.configure(connection, opts=own), Base.metadata))


def _is_of_metadata(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
    """What is searched differs between databases, and is written by its step alone (`callaudit.store.search`)."""
    return kind != "table" or not (name or "").startswith(("call_texts", "call_words"))


def test_head_is_the_newest_step_and_there_is_one() -> None:
    assert ScriptDirectory.from_config(migrations()).get_heads() == [HEAD]


def test_migrations_bring_an_empty_database_to_the_tables(url: str) -> None:
    with open_store(url) as store:
        assert store.revision() == HEAD
    assert _differences(url) == []


def test_opening_again_changes_nothing(url: str) -> None:
    with open_store(url) as store:
        store.save(entry(1, judged()), now=NOW)
    with open_store(url) as store:
        assert len(list(store.each())) == 1


def _at(url: str, revision: str) -> None:
    engine = make_engine(address_of(url))
    with engine.begin() as connection:
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_a_database_of_the_first_version_keeps_its_rows_and_is_counted(url: str) -> None:
    _at(url, "0001")
    with open_store(url, upgrade=False) as old:
        assert old.revision() == "0001"
        with old.session() as session:
            for statement in (
                "INSERT INTO judgings VALUES (1, 'j', 'book', 'x', '{}')",
                "INSERT INTO calls (id, recording_id, hearing, path, duration_s, heard_at, day, team, language, masked)"
                " VALUES (1, 'r1', 'h', '/1.wav', 60.0004, '2026-01-02', '2026-01-02', 't1', 'zh', '{}'),"
                " (2, 'r2', 'h', '/2.wav', 30, '2026-01-02', NULL, NULL, 'zh', '{}')",
                "INSERT INTO audits (id, call_id, judging_id, judged_at, latest, rank, day, team, verdict, score,"
                " n_violated, n_critical, n_not_assessable, n_failures)"
                " VALUES (1, 1, 1, '2026-01-02', true, 5, '2026-01-02', 't1', 'fail', 55.5, 1, 1, 3, 0),"
                " (2, 2, 1, '2026-01-02', true, 6, NULL, NULL, 'review', NULL, 0, 0, 4, 0)",
                "INSERT INTO breaches (audit_id, rule, severity, confidence, times, rank, day)"
                " VALUES (1, 'r', 'critical', 0.9, 2, 5, '2026-01-02')",
            ):
                session.execute(text(statement))
    with open_store(url, documents=False) as store:
        assert store.revision() == HEAD
        found = _counted(store)
        assert found[0] == [
            ("", "", "review", 1, 0, 0, 0, 4, 0, 0, 30000),
            ("2026-01-02", "t1", "fail", 1, 1, 1, 1, 3, 555, 555 * 555, 60000),
        ]
        with store.session() as session:
            counts.recount(session)
        assert _counted(store) == found
    assert _differences(url) == []


def _counted(store: Store) -> list[list[tuple[object, ...]]]:
    with store.session(write=False) as session:
        return [
            [tuple(row) for row in session.execute(select(own.__table__).order_by(*own.__table__.primary_key.columns))]
            for own in (DayCount, AgentCount, RuleCount, FigureCount)
        ]


def test_a_table_that_is_made_anew_keeps_what_hangs_on_it(url: str) -> None:
    with open_store(url) as store:
        call_id = store.save(entry(1, judged(("r", "major", 0.9))), now=NOW)
    engine = make_engine(address_of(url))
    with altering(engine) as connection:
        changes = Operations(MigrationContext.configure(connection))
        recreate = "always" if engine.dialect.name == "sqlite" else "auto"
        with changes.batch_alter_table("calls", recreate=recreate) as calls:  # type: ignore[arg-type]
            calls.drop_column("sector")
    with engine.connect() as connection:
        for table in ("call_documents", "audits", "audit_documents", "breaches"):
            assert connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar() == 1, table
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM calls WHERE id = :of"), {"of": call_id})
        assert connection.execute(text("SELECT COUNT(*) FROM breaches")).scalar() == 0


def test_tables_are_not_changed_so_that_a_row_hangs_on_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path / "calls.db") as store:  # PostgreSQL looks at every reference at once
        store.save(entry(1, judged()), now=NOW)
    engine = make_engine(address_of(tmp_path / "calls.db"))
    with pytest.raises(StoreError, match="hang on missing rows of calls"), altering(engine) as one:
        one.execute(text("DELETE FROM calls"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM calls")).scalar() == 1


def test_a_newer_database_is_refused_and_left_alone(url: str) -> None:
    with open_store(url) as store, store.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer callaudit.*9999.*upgrade callaudit"):
        open_store(url)


def test_another_programs_database_is_refused_and_left_alone(url: str) -> None:
    engine = make_engine(address_of(url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
    with pytest.raises(StoreError, match=r"no store of callaudit.*invoices"):
        open_store(url)
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "calls")


def test_programs_that_open_an_empty_database_at_once_make_it_once(new_url: Callable[[], str]) -> None:
    url, faults = new_url(), []

    def work() -> None:
        try:
            open_store(url).close()
        except StoreError as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert _differences(url) == []


@pytest.mark.parametrize("statement", [update(AccessRow).values(who="nobody"), delete(AccessRow)])
def test_the_access_log_can_only_be_added_to(store: Store, statement: object) -> None:
    store.log_access("li", "open call", {"call": 1}, now=NOW)
    with pytest.raises(StoreError, match="can only be added to"), store.session() as session:
        session.execute(statement)  # type: ignore[call-overload]  # either of the two
    with store.session(write=False) as session:
        row = session.scalars(select(AccessRow)).one()
        assert (row.at, row.who, row.act, row.what) == (NOW, "li", "open call", {"call": 1})


def test_no_row_of_the_access_log_can_be_put_in_the_place_of_another(tmp_path: Path) -> None:
    with open_store(tmp_path / "calls.db") as store:  # PostgreSQL has no REPLACE, and asks triggers on a conflict
        for _ in range(2):
            store.log_access("li", "open call", now=NOW)
        replacing = "REPLACE INTO access_log (id, at, who, act, what) VALUES (1, '2026-01-01', 'nobody', '', '{}')"
        with pytest.raises(StoreError, match="can only be added to"), store.session() as session:
            session.execute(text(replacing))
        with store.session(write=False) as session:
            assert session.scalars(select(AccessRow.who)).all() == ["li", "li"]


def test_a_conflict_changes_no_row_of_the_access_log(store: Store) -> None:
    store.log_access("li", "open call", now=NOW)
    conflict = (
        "INSERT INTO access_log (id, at, who, act, what) VALUES (1, '2026-01-01', 'nobody', '', '{}') "
        "ON CONFLICT (id) DO UPDATE SET who = 'nobody'"
    )
    with pytest.raises(StoreError, match="can only be added to"), store.session() as session:
        session.execute(text(conflict))


def test_the_access_log_cannot_be_emptied_at_once(postgres: Postgres) -> None:
    url = postgres.database("emptied")  # SQLite has no TRUNCATE
    with (
        open_store(url) as store,
        pytest.raises(StoreError, match="can only be added to"),
        store.session() as session,
    ):
        session.execute(text("TRUNCATE access_log"))


def test_the_steps_are_part_of_the_package() -> None:
    from importlib.resources import files

    names = {path.name for path in (files("callaudit.store") / "migrations" / "versions").iterdir()}
    assert any(name.startswith(f"{HEAD}_") for name in names)
