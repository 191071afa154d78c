"""What tests of several parts need: a PostgreSQL server of their own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.batch.postgres import BINARIES, Postgres, free_port, give_to_server


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
