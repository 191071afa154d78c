"""What tests of several parts need: signals that are heard, a PostgreSQL server of their own."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.postgres import BINARIES, Postgres, free_port, give_to_server


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
