"""The commands on a store: what they print, what they change, what they note."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select

from callaudit.cli import root
from callaudit.store.crypt import new_key, vault_of
from callaudit.store.database import Store, open_store
from callaudit.store.schema import HEAD
from callaudit.store.tables import AccessRow, TaskRow
from tests.store.calls import entry, judged, recording
from tests.store.conftest import NOW

Run = Callable[..., Result]


@pytest.fixture
def run(url: str) -> Run:
    def command(*words: str, url: str = url) -> Result:
        return CliRunner().invoke(root, [*words, "--store", url], catch_exceptions=False)

    return command


@pytest.fixture
def failed(store: Store) -> Store:
    with store.session() as session:
        for number, kind in enumerate(("TimedOut", "UnreadableAudio", "UnreadableAudio"), 1):
            session.execute(
                insert(TaskRow).values(
                    recording_id=recording(number), hearing="h", location=f"=calls/{number}.wav", state="failed",
                    kind=kind, why="it took 3600 s", attempts=3, found_at=NOW, next_at=NOW,
                )
            )  # fmt: skip
    return store


def test_status_tells_what_is_there(store: Store, run: Run) -> None:
    store.save(entry(1, judged(), duration_s=5400.0), now=NOW)
    found = run("store", "status")
    assert found.exit_code == 0
    assert "calls       1, 1.5 h, 2026-01-01 to 2026-01-01" in found.output
    assert "plain" in found.output


def test_upgrade_makes_the_tables(run: Run, url: str) -> None:
    if "://" not in url:
        Path(url).touch()
    found = run("store", "upgrade")
    assert found.exit_code == 0
    assert f"none → {HEAD}" in found.output


def test_failures_are_listed_with_their_cause(failed: Store, run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("store", "failures", "--format", "csv").output)))
    assert [row["cause"] for row in rows] == ["TimedOut", "UnreadableAudio", "UnreadableAudio"]
    assert rows[0]["file"] == "'=calls/1.wav"  # no spreadsheet computes it
    assert rows[0]["why"] == "it took 3600 s"
    assert "UnreadableAudio" in run("store", "failures").output


@pytest.mark.parametrize(
    ("options", "waiting"),
    [(["--kind", "UnreadableAudio"], {2, 3}), (["1", "3"], {1, 3}), (["--all"], {1, 2, 3}), (["99"], set())],
)
def test_failures_are_put_back(failed: Store, run: Run, options: list[str], waiting: set[int]) -> None:
    assert run("store", "retry", *options).output == f"{len(waiting)} calls wait to be tried again\n"
    with failed.session(write=False) as session:
        rows = session.scalars(select(TaskRow).where(TaskRow.state == "waiting")).all()
        assert {row.id for row in rows} == waiting
        assert all((row.attempts, row.kind, row.why) == (0, None, None) for row in rows)


def test_retry_wants_to_know_which(failed: Store, run: Run) -> None:
    assert run("store", "retry").exit_code == 2


def test_purge_asks_first_and_is_noted(store: Store, run: Run) -> None:
    now = datetime.now(UTC)
    for number, days in enumerate((1, 100, 200)):
        store.save(
            entry(number, judged(), day=(now - timedelta(days) - datetime(2026, 1, 1, 8, tzinfo=UTC)).days), now=now
        )
    assert "would be deleted: 1 calls" in run("purge", "--older-than", "180d").output
    assert len(list(store.each())) == 3
    assert "deleted: 2 calls" in run("purge", "--older-than", "4w", "--yes").output
    assert len(list(store.each())) == 1
    assert "purge" in run("store", "access-log").output


@pytest.mark.parametrize("age", ["180", "0d", "-3d", "d", "5 months"])
def test_a_doubtful_age_is_refused(store: Store, run: Run, age: str) -> None:
    assert run("purge", "--older-than", age, "--yes").exit_code == 2


def test_export_writes_a_folder_and_is_noted(store: Store, run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    store.save(entry(1, judged()), now=NOW)
    found = run("export", "--out", str(tmp_path / "f.parquet"), "--what", "findings")
    assert found.exit_code == 0
    assert (tmp_path / "f.parquet").is_file()
    assert run("export", "--out", str(tmp_path / "f.parquet")).exit_code == 2
    with store.session(write=False) as session:
        row = session.scalars(select(AccessRow)).one()
        assert (row.act, row.what["what"]) == ("export", ["findings"])


def test_a_new_key_is_one() -> None:
    found = CliRunner().invoke(root, ["store", "new-key"])
    assert vault_of(found.output.strip()).keys


def test_rekey_encrypts_what_was_plain(store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(entry(1, judged()), now=NOW)
    settings, key = tmp_path / "callaudit.toml", new_key()
    settings.write_text('[store]\nkey_env = "CALLS_KEY"\n')
    monkeypatch.setenv("CALLS_KEY", key)
    found = CliRunner().invoke(root, ["store", "rekey", "--store", url, "--config", str(settings)])
    assert found.output == "2 documents written anew\n"
    with open_store(url, key=key) as again:
        assert again.judgement(1) == {"findings": []}
