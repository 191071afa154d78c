"""The night: alone, until its time is up, and whatever fails is told and masks nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from callaudit.batch.configured import STORE_NAME, Order, Result
from callaudit.batch.executors.serial import Serial
from callaudit.batch.nightly import alone, lock_of, order_of, outlook, run_night
from callaudit.batch.run import Plan, run_batch
from callaudit.batch.sources import Search
from callaudit.batch.stopping import next_time
from callaudit.batch.summaries import write_summary
from callaudit.cli.nightly import nightly
from callaudit.config import BatchConfig, Config, NightlyConfig, NotifyConfig, StoreConfig
from callaudit.errors import ConfigError, NightAtWork, StoreError
from callaudit.store.database import open_store
from callaudit.store.tables import AccessRow
from tests.batch.fakes import HEARING, Fake, recording


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "calls").mkdir()
    night = NightlyConfig((str(tmp_path / "calls"),), str(tmp_path / "out"), lock=str(tmp_path / "own.lock"))
    return Config(batch=BatchConfig(settle_s=0.0, attempts=1), nightly=night)


def fake_batch(config: Config, order: Order) -> Result:
    """What `run_configured` does, with work that obeys its recordings."""
    with open_store(order.out.parent / STORE_NAME) as store:
        search = Search(order.sources, 0.0)
        own = Plan(HEARING, order.out, config.batch, order.kind, order.until)
        figures = run_batch(store, search, Serial(), Fake(), own)
        return Result(figures, write_summary(store, figures.run_id, order.out), search.n_troubles, 0)


def test_a_night_audits_what_is_there_and_the_next_one_what_is_new(config: Config, tmp_path: Path) -> None:
    recording(tmp_path / "calls", "1.wav")
    first = run_night(config, who="qa", batch=fake_batch)
    assert first.is_whole
    assert first.result is not None
    assert first.result.figures.n_heard == 1
    assert (tmp_path / "out" / "1.json").exists()
    assert (tmp_path / "out" / "summary.xlsx").exists()
    recording(tmp_path / "calls", "2.wav")
    second = run_night(config, who="qa", batch=fake_batch)
    assert second.result is not None
    assert (second.result.figures.n_heard, second.result.figures.n_before) == (1, 1)


def test_a_night_whose_time_is_up_is_whole_and_the_next_one_goes_on(config: Config, tmp_path: Path) -> None:
    for k in range(3):
        recording(tmp_path / "calls", f"{k}.wav")

    def late(config: Config, order: Order) -> Result:
        assert order.until is not None
        return fake_batch(config, Order(order.sources, order.out, "night", datetime.now(UTC) - timedelta(seconds=1)))

    first = run_night(config, who="qa", until="06:00", batch=late)
    assert first.result is not None
    assert first.result.figures.n_heard == 0
    assert first.result.figures.stopped is not None
    assert first.is_whole
    second = run_night(config, who="qa", batch=fake_batch)
    assert second.result is not None
    assert second.result.figures.n_heard == 3


def test_a_call_that_cannot_be_audited_leaves_the_night_not_whole(config: Config, tmp_path: Path) -> None:
    recording(tmp_path / "calls", "1.wav")
    recording(tmp_path / "calls", "2.wav", "unreadable")
    night = run_night(config, who="qa", batch=fake_batch)
    assert not night.is_whole
    assert night.faults == ()
    after = run_night(config, who="qa", batch=fake_batch)  # it failed last night, and was told then
    assert after.is_whole
    assert after.result is not None
    assert (after.result.summary.n_failed, after.result.summary.n_quarantined) == (0, 1)


class Hearer:
    """A server that keeps what is posted to it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def hearer() -> Iterator[Hearer]:
    pytest.importorskip("apprise", reason="needs callaudit[notify]")
    one = Hearer()
    yield one
    one.server.shutdown()
    one.server.server_close()


def told(config: Config, monkeypatch: pytest.MonkeyPatch, urls: str) -> Config:
    monkeypatch.setenv("NIGHT_URLS", urls)
    return replace(config, notify=NotifyConfig("NIGHT_URLS"))


@pytest.mark.parametrize("error", [StoreError("db: the database does not answer"), ZeroDivisionError("secret words")])
def test_a_batch_that_ends_in_an_error_is_told_all_the_same(
    config: Config, monkeypatch: pytest.MonkeyPatch, hearer: Hearer, error: Exception
) -> None:
    def broken(config: Config, order: Order) -> Result:
        raise error

    night = run_night(told(config, monkeypatch, hearer.url), who="qa", batch=broken)
    assert night.result is None
    assert not night.is_whole
    assert len(night.faults) == len(hearer.heard) == 1
    assert night.faults[0].startswith("batch: ")
    assert "secret" not in night.faults[0] + hearer.heard[0]


def test_a_message_that_cannot_be_sent_is_a_fault_and_the_result_is_kept(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hearer: Hearer
) -> None:
    recording(tmp_path / "calls", "1.wav", "unreadable")
    night = run_night(told(config, monkeypatch, f"json://127.0.0.1:9 {hearer.url}"), who="qa", batch=fake_batch)
    assert night.result is not None
    assert [fault.startswith("notify: ") for fault in night.faults] == [True]
    assert len(hearer.heard) == 1


def test_wrong_settings_are_told_before_the_night(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(config: Config, order: Order) -> Result:
        raise AssertionError("the night has begun")

    monkeypatch.delenv("NIGHT_URLS", raising=False)
    with pytest.raises(ConfigError, match="NIGHT_URLS"):
        run_night(Config(nightly=config.nightly, notify=NotifyConfig("NIGHT_URLS")), who="qa", batch=never)
    with pytest.raises(ConfigError, match=r"nightly\.sources"):
        run_night(Config(), who="qa", batch=never)
    with pytest.raises(ConfigError, match=r"nightly\.out"):
        run_night(Config(nightly=NightlyConfig(("/calls",))), who="qa", batch=never)
    with pytest.raises(ConfigError, match="time of day"):
        run_night(config, who="qa", until="25:00", batch=never)


def test_what_fails_after_the_batch_is_told_and_what_is_too_old_goes_all_the_same(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hearer: Hearer
) -> None:
    recording(tmp_path / "calls", "1.wav")
    with_purge = replace(
        told(config, monkeypatch, hearer.url),
        store=StoreConfig(str(tmp_path / STORE_NAME)),
        nightly=replace(config.nightly, purge_older_than="1d"),
    )

    def with_fault(config: Config, order: Order) -> Result:
        return replace(fake_batch(config, order), faults=("summary: no room",))

    night = run_night(with_purge, who="qa", batch=with_fault)
    assert night.faults == ("summary: no room",)
    assert night.purged is not None
    assert night.purged.n_calls == night.purged.n_files == 1
    assert not (tmp_path / "out" / "1.json").exists()
    assert "summary: no room" in hearer.heard[0]
    with open_store(tmp_path / STORE_NAME) as store, store.session(write=False) as session:
        assert [(row.who, row.act) for row in session.scalars(select(AccessRow))] == [("qa", "purge")]
    assert run_night(with_purge, who="qa", batch=fake_batch).result is not None  # and it is not heard again
    with pytest.raises(ConfigError, match="wanted days, weeks or years"):
        run_night(replace(config, nightly=replace(config.nightly, purge_older_than="soon")), who="qa", batch=fake_batch)


# ── the lock ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_two_nights_do_not_overlap_and_a_killed_one_leaves_no_lock(config: Config, tmp_path: Path) -> None:
    path = lock_of(config)
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from callaudit.batch.nightly import alone\n"
        "with alone(Path(sys.argv[1])):\n"
        "    print('in', flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        with pytest.raises(NightAtWork, match="another night is at work"):
            run_night(config, who="qa", batch=fake_batch)
        file = tmp_path / "night.toml"
        file.write_text(f"[nightly]\nsources = ['{tmp_path}/calls']\nout = '{tmp_path}/out'\nlock = '{path}'\n")
        run = CliRunner().invoke(nightly, ["--config", str(file)])
        assert (run.exit_code, "another night" in run.output) == (3, True)
        assert other.poll() is None  # nobody waited for it
        os.kill(other.pid, signal.SIGKILL)
    assert run_night(config, who="qa", batch=fake_batch).is_whole


def test_nights_of_other_stores_have_other_locks(tmp_path: Path) -> None:
    def lock(out: str, url: str | None = None) -> Path:
        return lock_of(Config(store=StoreConfig(url), nightly=NightlyConfig(("/calls",), out)))

    assert lock(f"{tmp_path}/a") == lock(f"{tmp_path}/b/../a") != lock(f"{tmp_path}/b")
    assert lock(f"{tmp_path}/a") != lock(f"{tmp_path}/a", "postgresql://db/calls")


def test_a_place_that_cannot_be_locked_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be locked .*set nightly\.lock"), alone(tmp_path / "file" / "lock"):
        pass


# ── the deadline ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is set on at 2:00 on 8 March 2026 and back at 2:00 on 1 November 2026."""
    monkeypatch.setenv("TZ", "EST5EDT,M3.2.0,M11.1.0")  # as POSIX says it: not every machine has the table of zones
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("clock", "now", "wanted_utc"),
    [
        ("06:00", datetime(2026, 11, 20, 22, 0), "2026-11-21 11:00"),
        ("06:00", datetime(2026, 11, 21, 0, 30), "2026-11-21 11:00"),
        ("23:30", datetime(2026, 11, 20, 22, 0), "2026-11-21 04:30"),
        ("22:00", datetime(2026, 11, 20, 22, 0), "2026-11-22 03:00"),  # at that very time: the next one
        ("06:00", datetime(2026, 3, 7, 22, 0), "2026-03-08 10:00"),  # seven hours later by the sun, eight by the clock
        ("06:00", datetime(2026, 10, 31, 22, 0), "2026-11-01 11:00"),
        ("2:30", datetime(2026, 3, 8, 0, 0), "2026-03-08 07:30"),  # a time that the clock leaves out
        ("1:30", datetime(2026, 11, 1, 0, 0), "2026-11-01 05:30"),  # a time that comes twice: the first
        ("1:30", datetime(2026, 11, 1, 1, 40), "2026-11-01 06:30"),  # and after the first the second
        ("1:30", datetime(2026, 11, 1, 1, 40, fold=1), "2026-11-02 06:30"),
    ],
)
def test_the_deadline_is_the_next_such_time_by_a_clock_that_is_set(
    new_york: None, clock: str, now: datetime, wanted_utc: str
) -> None:
    assert next_time(clock, now).astimezone(UTC).strftime("%Y-%m-%d %H:%M") == wanted_utc


def test_the_option_outranks_the_settings(config: Config) -> None:
    night = replace(config, nightly=replace(config.nightly, until="05:00"))
    by_settings, by_option = order_of(night).until, order_of(night, "06:00").until
    assert by_settings is not None
    assert by_option is not None
    assert (by_settings.hour, by_option.hour) == (5, 6)
    assert order_of(config).until is None


# ── the rehearsal ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_dry_run_says_what_would_be_done_and_does_nothing(tmp_path: Path) -> None:
    for k in range(20):
        recording(tmp_path / "calls", f"{k}.wav")
    file = tmp_path / "night.toml"
    text = "[batch]\nsettle_s = 0\nsample = '3 per agent'\n[nightly]\nsources = ['{0}/calls']\n"
    text += "out = '{0}/out'\nuntil = '06:00'\n"
    file.write_text(text.format(tmp_path))
    run = CliRunner().invoke(nightly, ["--config", str(file), "--dry-run"])
    assert run.exit_code == 0
    assert "found      20 files; the plan '3 per agent' draws 3," in run.output
    assert "T06:00" in run.output
    assert not (tmp_path / "out").exists()
    file.write_text(text.format(tmp_path).replace("/calls'", "/calls', '/nonesuch'"))
    run = CliRunner().invoke(nightly, ["--config", str(file), "--dry-run"])
    assert run.exit_code == 2
    assert "/nonesuch: cannot be searched" in run.output


def test_an_outlook_counts_the_young(config: Config, tmp_path: Path) -> None:
    recording(tmp_path / "calls", "1.wav")
    seen = outlook(replace(config, batch=BatchConfig(settle_s=60.0)))
    assert (seen.n_found, seen.n_young, seen.n_drawn) == (0, 1, 0)
