"""What tests of several parts need: signals that are heard, a PostgreSQL server of their own."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.postgres import BINARIES, Postgres, free_port, give_to_server


class Skipped:
    """Writes down which tests and modules were skipped, so that they can be run once what they need is installed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ids: dict[str, None] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_sessionfinish(self) -> None:
        self.path.write_text("".join(f"{one}\n" for one in self.ids), encoding="utf-8")

    def _note(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.skipped and report.nodeid:
            self.ids[report.nodeid] = None


def pytest_configure(config: pytest.Config) -> None:
    """With CALLAUDIT_SKIPPED=FILE, `pytest @FILE` runs what was skipped."""
    if path := os.environ.get("CALLAUDIT_SKIPPED"):
        config.pluginmanager.register(Skipped(Path(path)))


@pytest.fixture(scope="session", autouse=True)
def signals_are_heard() -> None:
    """What whoever runs the tests ignores or blocks (a shell, Ctrl-C of what it runs in the background) is heard here
    and by the programs that tests start, which would inherit it."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, usual)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that tests share; each takes a database of its own, and starts it again where it stops it."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed on this machine (apt install postgresql)")
    with tempfile.TemporaryDirectory(prefix="callaudit-pg-", dir="/tmp") as folder:  # a socket's path must be short
        give_to_server(Path(folder))
        server = Postgres(Path(folder), free_port())
        server.make()
        server.start()
        yield server
        server.stop()
