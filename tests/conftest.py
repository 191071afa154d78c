"""What tests of several parts need: signals that are heard, a PostgreSQL server of their own."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
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
def new_server() -> Iterator[Callable[[], Postgres]]:
    """Starts servers that end with the tests; skips where none can be had."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed on this machine (apt install postgresql)")
    made: list[Postgres] = []

    def start() -> Postgres:
        folder = Path(tempfile.mkdtemp(prefix="callaudit-pg-", dir="/tmp"))  # a socket's path must be short
        give_to_server(folder)
        server = Postgres(folder, free_port())
        server.make()
        server.start()
        made.append(server)
        return server

    yield start
    for server in made:
        server.stop()
        shutil.rmtree(server.folder)


@pytest.fixture(scope="session")
def postgres(new_server: Callable[[], Postgres]) -> Postgres:
    """A server that tests share; each takes a database of its own."""
    return new_server()
